"""Functions of a file: their names, parameters, and what stands around them."""

from __future__ import annotations

from review_bot.patterns import lazy
from review_bot.rules.taint.nodes import named, span, words
from review_bot.rules.taint.sources import Parameter, Signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ast_grep_py import SgNode

_LONGEST_HEAD = 400
_ARGUMENTS = words("arguments argument_list argument pair keyword_argument")
_NAMES = words("identifier variable_name shorthand_property_identifier_pattern simple_parameter_name name")
_SKIPPED = words(
    "type type_annotation type_identifier annotation modifiers attribute_list decorator qualified_type pointer_type "
    "predefined_type integral_type generic_type named_type primitive_type optional_type union_type comment "
    "nullable_type array_type scoped_type_identifier slice_type map_type interface_type function_type receiver"
)


def signature_of(node: SgNode) -> Signature:
    """The head of a function as far as it tells where its arguments come from."""
    return Signature(_name(node), _decorators(node), tuple(_parameters(node)), _call(node))


def _name(node: SgNode) -> str:
    name = node.field("name")
    if name is not None:
        return name.text()
    parent = node.parent()
    if parent is None:
        return ""
    target = parent.field("name") or parent.field("left") or parent.field("key")
    return target.text() if target is not None and parent.kind() not in ("call", "call_expression") else ""


def _decorators(node: SgNode) -> str:
    parent = node.parent()
    if parent is not None and parent.kind() == "decorated_definition":
        return parent.text()[: span(node)[0] - span(parent)[0]]
    name = node.field("name")
    head = node.text()[:_LONGEST_HEAD] if name is None else node.text()[: span(name)[0] - span(node)[0]]
    return head if name is not None else ""


def _call(node: SgNode) -> str:
    """The start of the call that a function literal is an argument of."""
    arguments = node.parent()
    if arguments is not None and arguments.kind() == "argument":
        arguments = arguments.parent()
    if arguments is None or arguments.kind() not in ("arguments", "argument_list"):
        call = arguments.parent() if arguments is not None and arguments.kind() == "assignment_expression" else None
        return call.text()[:80] if call is not None else ""
    call = arguments.parent()
    if call is None:
        return ""
    text = call.text()
    opening = span(arguments)[0] - span(call)[0] + 1
    return text[max(0, opening - 120) : opening + 30] if opening > 120 else text[: opening + 30]


def _parameters(node: SgNode) -> list[Parameter]:
    holder = node.field("parameters") or node.field("parameter")
    if holder is None:
        return []
    if holder.kind() in _NAMES or holder.kind() == "implicit_parameter":
        return [Parameter(holder.text().lstrip("$"), "", holder.text(), 0)]
    found: list[Parameter] = []
    for position, child in enumerate(named(holder)):
        if child.kind() in _SKIPPED:
            continue
        type_ = child.field("type")
        text = child.text()
        type_text = type_.text().lstrip(": ") if type_ is not None else ""
        found += [Parameter(name, type_text, text[:_LONGEST_HEAD], position) for name in parameter_names(child)]
    return found


def parameter_names(node: SgNode) -> list[str]:
    """Names that a parameter binds, without its type and default value."""
    if node.kind() in _NAMES:
        return [node.text().lstrip("$")]
    name = node.field("name")
    if name is not None and node.kind() != "parameter_declaration":
        return [name.text().lstrip("$&")]
    pattern = node.field("pattern")
    if pattern is not None:
        return parameter_names(pattern)
    defaults = (node.field(name) for name in ("value", "right", "default_value"))
    aside = {span(one) for one in defaults if one is not None} if node.kind() != "pair_pattern" else set()
    names: list[str] = []
    for child in named(node):
        if child.kind() not in _SKIPPED and span(child) not in aside:
            names += parameter_names(child)
    return names


def is_argument(node: SgNode) -> bool:
    """True for a function written in the place of an argument: nobody else calls it."""
    parent = node.parent()
    return parent is not None and parent.kind() in _ARGUMENTS


_WORD = lazy(r"\w+$")


def last_word(path: str) -> str:
    """`c` of `a.b.c`."""
    found = _WORD.search(path)
    return found[0] if found else path
