"""What the nodes of each syntax tree mean for the flow of values."""

from __future__ import annotations

from review_bot.rules.taint.nodes import words as _words
from review_bot.values import NamedTuple


class Grammar(NamedTuple):
    """Kinds of nodes by meaning; tuples hold the names of the fields to read."""

    functions: frozenset[str]
    classes: frozenset[str]
    names: frozenset[str]
    strings: frozenset[str]
    """Literals without a value in them, and strings with values put in."""
    assigns: dict[str, tuple[str, str]]
    calls: dict[str, tuple[str, str, str]]
    """Function or receiver field, name field ("" where the function field holds both), arguments field."""
    members: dict[str, str]
    """Field of the object."""
    subscripts: dict[str, str]
    branches: dict[str, tuple[str, str, str]]
    """Condition, then, else."""
    each: dict[str, tuple[str, str, str]]
    """Variable, what is gone through, body."""
    loops: frozenset[str]
    choices: frozenset[str]
    """A switch, or a try: each of the parts may run or not."""
    parts: frozenset[str]
    returns: frozenset[str]
    exits: frozenset[str]
    """The function, or this turn of the loop, is left here."""
    constants: frozenset[str]
    """Their value says nothing of what went into them: comparisons, negations, numbers."""
    concats: frozenset[str]
    formats: frozenset[str] = frozenset()
    """Operators that put the right side into the literal on the left."""
    opaque: frozenset[str] = frozenset()
    """Not looked into: types, comments, imports."""
    inverted: frozenset[str] = frozenset()
    """Branches whose body runs when the condition does not hold."""


_PYTHON = Grammar(
    functions=_words("function_definition lambda"),
    classes=_words("class_definition"),
    names=_words("identifier"),
    strings=_words("string"),
    assigns={"assignment": ("left", "right"), "augmented_assignment": ("left", "right"),
             "named_expression": ("name", "value")},
    calls={"call": ("function", "", "arguments")},
    members={"attribute": "object"},
    subscripts={"subscript": "value"},
    branches={"if_statement": ("condition", "consequence", "alternative"),
              "elif_clause": ("condition", "consequence", "alternative"),
              "conditional_expression": ("1", "0", "2")},
    each={"for_statement": ("left", "right", "body"), "for_in_clause": ("left", "right", "")},
    loops=_words("while_statement"),
    choices=_words("try_statement match_statement"),
    parts=_words("except_clause case_clause else_clause"),
    returns=_words("return_statement yield"),
    exits=_words("return_statement raise_statement continue_statement break_statement"),
    constants=_words("comparison_operator not_operator integer float true false none"),
    concats=_words("binary_operator"),
    formats=_words("%"),
    opaque=_words("comment import_statement import_from_statement type global_statement nonlocal_statement"),
)  # fmt: skip

_JAVASCRIPT = Grammar(
    functions=_words(
        "function_declaration function_expression generator_function generator_function_declaration arrow_function "
        "method_definition"
    ),
    classes=_words("class_declaration class abstract_class_declaration"),
    names=_words("identifier shorthand_property_identifier this"),
    strings=_words("string template_string"),
    assigns={"variable_declarator": ("name", "value"), "assignment_expression": ("left", "right"),
             "augmented_assignment_expression": ("left", "right")},
    calls={"call_expression": ("function", "", "arguments"), "new_expression": ("constructor", "", "arguments")},
    members={"member_expression": "object"},
    subscripts={"subscript_expression": "object"},
    branches={"if_statement": ("condition", "consequence", "alternative"),
              "ternary_expression": ("condition", "consequence", "alternative")},
    each={"for_in_statement": ("left", "right", "body")},
    loops=_words("for_statement while_statement do_statement"),
    choices=_words("switch_statement try_statement"),
    parts=_words("switch_case switch_default catch_clause"),
    returns=_words("return_statement"),
    exits=_words("return_statement throw_statement continue_statement break_statement"),
    constants=_words("number true false null undefined regex"),
    concats=_words("binary_expression"),
    opaque=_words("comment import_statement type_annotation type_arguments interface_declaration "
                  "type_alias_declaration jsx_closing_element"),
)  # fmt: skip

_GO = Grammar(
    functions=_words("function_declaration method_declaration func_literal"),
    classes=frozenset(),
    names=_words("identifier"),
    strings=_words("interpreted_string_literal raw_string_literal"),
    assigns={"short_var_declaration": ("left", "right"), "assignment_statement": ("left", "right"),
             "var_spec": ("name", "value"), "const_spec": ("name", "value")},
    calls={"call_expression": ("function", "", "arguments")},
    members={"selector_expression": "operand"},
    subscripts={"index_expression": "operand"},
    branches={"if_statement": ("condition", "consequence", "alternative")},
    each={"range_clause": ("left", "right", "")},
    loops=_words("for_statement"),
    choices=_words("expression_switch_statement type_switch_statement select_statement"),
    parts=_words("expression_case default_case type_case communication_case"),
    returns=_words("return_statement"),
    exits=_words("return_statement continue_statement break_statement"),
    constants=_words("int_literal float_literal true false nil"),
    concats=_words("binary_expression"),
    opaque=_words("comment import_declaration type_declaration package_clause"),
)  # fmt: skip

_JAVA = Grammar(
    functions=_words("method_declaration constructor_declaration lambda_expression"),
    classes=_words("class_declaration interface_declaration enum_declaration record_declaration"),
    names=_words("identifier this"),
    strings=_words("string_literal"),
    assigns={"variable_declarator": ("name", "value"), "assignment_expression": ("left", "right"),
             "resource": ("name", "value")},
    calls={"method_invocation": ("object", "name", "arguments"),
           "object_creation_expression": ("", "type", "arguments")},
    members={"field_access": "object"},
    subscripts={"array_access": "array"},
    branches={"if_statement": ("condition", "consequence", "alternative"),
              "ternary_expression": ("condition", "consequence", "alternative")},
    each={"enhanced_for_statement": ("name", "value", "body")},
    loops=_words("for_statement while_statement do_statement"),
    choices=_words("switch_expression try_statement try_with_resources_statement"),
    parts=_words("switch_block_statement_group switch_rule catch_clause"),
    returns=_words("return_statement"),
    exits=_words("return_statement throw_statement continue_statement break_statement"),
    constants=_words("decimal_integer_literal decimal_floating_point_literal true false null_literal "
                     "instanceof_expression class_literal"),
    concats=_words("binary_expression"),
    opaque=_words("line_comment block_comment import_declaration package_declaration type_identifier modifiers "
                  "annotation marker_annotation"),
)  # fmt: skip

_PHP = Grammar(
    functions=_words("function_definition method_declaration anonymous_function "
                     "arrow_function"),
    classes=_words("class_declaration trait_declaration interface_declaration"),
    names=_words("variable_name name"),
    strings=_words("string encapsed_string heredoc shell_command_expression"),
    assigns={"assignment_expression": ("left", "right"), "augmented_assignment_expression": ("left", "right"),
             "reference_assignment_expression": ("left", "right")},
    calls={"function_call_expression": ("function", "", "arguments"),
           "member_call_expression": ("object", "name", "arguments"),
           "nullsafe_member_call_expression": ("object", "name", "arguments"),
           "scoped_call_expression": ("scope", "name", "arguments"),
           "object_creation_expression": ("", "0", "1")},
    members={"member_access_expression": "object", "nullsafe_member_access_expression": "object",
             "scoped_property_access_expression": "scope"},
    subscripts={"subscript_expression": "0"},
    branches={"if_statement": ("condition", "body", "alternative"),
              "else_if_clause": ("condition", "body", "alternative"),
              "conditional_expression": ("condition", "body", "alternative")},
    each={"foreach_statement": ("1", "0", "body")},
    loops=_words("for_statement while_statement do_statement"),
    choices=_words("switch_statement try_statement match_expression"),
    parts=_words("case_statement default_statement catch_clause match_conditional_expression"),
    returns=_words("return_statement"),
    exits=_words("return_statement throw_expression continue_statement break_statement exit_statement"),
    constants=_words("integer float boolean null unary_op_expression"),
    concats=_words("binary_expression"),
    opaque=_words("comment namespace_use_declaration namespace_definition php_tag"),
)  # fmt: skip

_RUBY = Grammar(
    functions=_words("method singleton_method lambda block do_block"),
    classes=_words("class module singleton_class"),
    names=_words("identifier instance_variable class_variable global_variable constant"),
    strings=_words("string subshell heredoc_body regex string_array"),
    assigns={"assignment": ("left", "right"), "operator_assignment": ("left", "right")},
    calls={"call": ("receiver", "method", "arguments")},
    members={"scope_resolution": "scope"},
    subscripts={"element_reference": "object"},
    branches={"if": ("condition", "consequence", "alternative"), "elsif": ("condition", "consequence", "alternative"),
              "unless": ("condition", "consequence", "alternative"), "if_modifier": ("condition", "body", ""),
              "unless_modifier": ("condition", "body", ""),
              "conditional": ("condition", "consequence", "alternative")},
    each={"for": ("pattern", "value", "body")},
    loops=_words("while until while_modifier until_modifier"),
    choices=_words("case begin"),
    parts=_words("when rescue else"),
    returns=_words("return"),
    exits=_words("return next break redo retry"),
    constants=_words("integer float true false nil simple_symbol"),
    concats=_words("binary"),
    formats=_words("%"),
    opaque=_words("comment"),
    inverted=_words("unless unless_modifier"),
)  # fmt: skip

_CSHARP = Grammar(
    functions=_words("method_declaration constructor_declaration local_function_statement lambda_expression "
                     "anonymous_method_expression"),
    classes=_words("class_declaration struct_declaration record_declaration interface_declaration"),
    names=_words("identifier"),
    strings=_words("string_literal verbatim_string_literal raw_string_literal interpolated_string_expression"),
    assigns={"variable_declarator": ("name", "-1"), "assignment_expression": ("left", "right")},
    calls={"invocation_expression": ("function", "", "arguments"),
           "object_creation_expression": ("", "type", "arguments")},
    members={"member_access_expression": "expression", "conditional_access_expression": "0"},
    subscripts={"element_access_expression": "expression"},
    branches={"if_statement": ("condition", "consequence", "alternative"),
              "conditional_expression": ("condition", "consequence", "alternative")},
    each={"foreach_statement": ("left", "right", "body")},
    loops=_words("for_statement while_statement do_statement"),
    choices=_words("switch_statement switch_expression try_statement"),
    parts=_words("switch_section switch_expression_arm catch_clause"),
    returns=_words("return_statement"),
    exits=_words("return_statement throw_statement throw_expression continue_statement break_statement"),
    constants=_words("integer_literal real_literal boolean_literal null_literal is_pattern_expression "
                     "typeof_expression"),
    concats=_words("binary_expression"),
    opaque=_words("comment using_directive attribute_list modifier predefined_type"),
)  # fmt: skip

GRAMMARS = {
    "python": _PYTHON,
    "javascript": _JAVASCRIPT,
    "typescript": _JAVASCRIPT,
    "tsx": _JAVASCRIPT,
    "go": _GO,
    "java": _JAVA,
    "php": _PHP,
    "ruby": _RUBY,
    "csharp": _CSHARP,
}
"""By the name of the ast-grep grammar."""
