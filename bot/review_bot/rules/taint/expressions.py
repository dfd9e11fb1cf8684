"""Values of expressions."""

from __future__ import annotations

from review_bot.patterns import compiled, lazy
from review_bot.rules.taint import effects
from review_bot.rules.taint.names import dotted
from review_bot.rules.taint.nodes import FRAGMENTS, literal, named, operator, part, span
from review_bot.rules.taint.sources import ROOTS, source_of
from review_bot.rules.taint.value import CLEAN, EVERYTHING, Taint, boxed, built, cleansed, join, member, passed, unboxed
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from ast_grep_py import SgNode

    from review_bot.rules.taint.frame import Frame
    from review_bot.rules.taint.grammar import Grammar
    from review_bot.rules.taint.nodes import Span
    from review_bot.rules.taint.sources import Source
    from review_bot.rules.taint.value import Value

_HOST = frozenset(("ssrf", "open-redirect"))
_ROOTED = frozenset(("path-traversal",))
_OPEN_END = lazy(r"\s*(?:[a-zA-Z][\w+.-]*:)?/{0,3}\s*")
"""Beginnings of an address that leave its host open."""
_PLACE = lazy(r"%[-+ #0-9.*]*\(?\w|\{\w*[^{}]*\}|\$\{")
_SELVES = frozenset(("self", "this", "cls", "$this", "super()"))
_CHOICE = frozenset(("||", "&&", "??", "or", "and", "?:", "|"))
_PUT_TOGETHER = frozenset(("+", ".", "/", "<<"))
_CONVERTERS = lazy(r"^(?:int|float|bool|Number|parseInt|parseFloat|Boolean|encodeURIComponent|:to_i|&:to_i|intval)$")
_CONVERSIONS = lazy(r"^\(?\s*(?:int|integer|float|double|bool|boolean|long|short|Integer|Long|decimal|Guid)\b")
_FREE_JOINS = lazy(r"^(?:path|os\.path|filepath|Path)\.\w+$|^safe_join$")


class BuiltText(NamedTuple):
    """A text put together from literals and tainted values."""

    node: SgNode
    literals: str
    value: Value


class Callee(NamedTuple):
    """What is called."""

    text: str
    path: str | None
    name: str
    receiver: SgNode | None
    arguments: SgNode | None


class Expressions:
    """Evaluates expressions; statements are the business of the flow, which builds on this."""

    def __init__(
        self, text: str, language: str, grammar: Grammar, sources: frozenset[Span], sanitisers: frozenset[Span]
    ) -> None:
        self.text = text
        self.language = "javascript" if language in ("typescript", "tsx") else language
        self.grammar = grammar
        self.records: dict[Span, Value] = {}
        """Values of the tainted expressions, by where they stand."""
        self.built: list[BuiltText] = []
        self._own_sources = sources
        self._own_sanitisers = sanitisers
        self._known_sources: dict[str, Source | None] = {}
        self._handlers = self._expression_table()

    # what the flow adds

    def execute(self, node: SgNode, frame: Frame) -> None:
        """Run a statement."""
        raise NotImplementedError

    def assign(self, node: SgNode, frame: Frame) -> Value:
        """Run an assignment."""
        raise NotImplementedError

    def branch(self, node: SgNode, frame: Frame) -> Value:
        """Run a conditional."""
        raise NotImplementedError

    def literal(self, node: SgNode, frame: Frame, arguments: Sequence[Value] | None = None) -> Value:
        """Run a function where it is written."""
        raise NotImplementedError

    def local(self, node: SgNode, name: str, arguments: Sequence[Value], frame: Frame) -> Value | None:
        """What a function of this text returns."""
        raise NotImplementedError

    # values

    def _expression_table(self) -> dict[str, str]:
        grammar = self.grammar
        table: dict[str, str] = {}
        for kinds, name in (
            (grammar.names, "_name"), (grammar.members, "_member"), (grammar.subscripts, "_member"),
            (grammar.calls, "_call"), (grammar.strings, "_string"), (grammar.constants, "_constant"),
            (grammar.concats, "_concat"), (grammar.assigns, "assign"), (grammar.branches, "branch"),
            (grammar.functions, "_function"), (grammar.opaque, "_nothing"), (grammar.each, "_statement"),
            (grammar.choices, "_statement"), (grammar.loops, "_statement"), (grammar.classes, "_statement"),
            (("cast_expression",), "_cast"), (("type_conversion_expression",), "_cast"),
            (_COMPREHENSIONS, "_comprehension"),
            (("pair", "keyed_element", "keyword_argument", "jsx_attribute"), "_pair"),
            (("block_argument",), "_nothing"),
            (("concatenated_string",), "_string"), (("unary_expression", "unary"), "_unary"),
            (("prefix_unary_expression",), "_unary"),
            (("object", "dictionary", "hash", "composite_literal"), "_object"),
        ):  # fmt: skip
            table.update(dict.fromkeys(kinds, name))
        return table

    def value(self, node: SgNode, frame: Frame) -> Value:
        """The taints of an expression; remembered where there are any."""
        handler = self._handlers.get(node.kind())
        if self._own_sources and span(node) in self._own_sources:
            found: Value = (Taint("own", node, span(node)[0], way=(node,)),)
        elif self._own_sanitisers and span(node) in self._own_sanitisers:
            self._default(node, frame)
            return CLEAN
        elif handler is None:
            found = self._default(node, frame)
        else:
            found = getattr(self, handler)(node, frame)
        if found:
            place = span(node)
            self.records[place] = join(self.records.get(place, CLEAN), found)
        return found

    def _default(self, node: SgNode, frame: Frame) -> Value:
        """What has several parts is as tainted as they are."""
        found: Value = CLEAN
        for child in node.children():
            if child.is_named():
                value = self.value(child, frame)
                if value:
                    found = join(found, value)
        return found

    def _object(self, node: SgNode, frame: Frame) -> Value:
        return boxed(self._default(node, frame))

    def _nothing(self, _node: SgNode, _frame: Frame) -> Value:
        return CLEAN

    def _constant(self, node: SgNode, frame: Frame) -> Value:
        self._default(node, frame)
        return CLEAN

    def _statement(self, node: SgNode, frame: Frame) -> Value:
        self.execute(node, frame)
        return CLEAN

    def _function(self, node: SgNode, frame: Frame) -> Value:
        self.literal(node, frame)
        return CLEAN

    def _pair(self, node: SgNode, frame: Frame) -> Value:
        """Of `key: value` the value counts."""
        value = node.field("value")
        if value is None:
            children = named(node)
            value = children[-1] if children else None
        return self.value(value, frame) if value is not None else CLEAN

    def _unary(self, node: SgNode, frame: Frame) -> Value:
        value = self._default(node, frame)
        return CLEAN if node.text().startswith(("!", "-", "~", "not", "typeof", "+")) else value

    def _cast(self, node: SgNode, frame: Frame) -> Value:
        value = self._default(node, frame)
        return CLEAN if _CONVERSIONS.match(node.text()) else value

    def _comprehension(self, node: SgNode, frame: Frame) -> Value:
        inner = frame.copy()
        children = named(node)
        for child in children[1:]:
            if child.kind() == "for_in_clause":
                self.execute(child, inner)
        for child in children[1:]:
            if child.kind() == "if_clause":
                self._filter(child, inner)
        return self.value(children[0], inner) if children else CLEAN

    def _filter(self, node: SgNode, frame: Frame) -> None:
        from review_bot.rules.taint import guards

        self._default(node, frame)
        for name in guards.verdict(node.text().removeprefix("if")).holds:
            frame.bind(name, CLEAN)

    # names

    def _name(self, node: SgNode, frame: Frame) -> Value:
        path = dotted(node.text())
        return self._known(path, node, frame) if path is not None else CLEAN

    def _member(self, node: SgNode, frame: Frame) -> Value:
        path = dotted(node.text())
        kind = node.kind()
        base = part(node, self.grammar.members.get(kind) or self.grammar.subscripts.get(kind) or "")
        if path is not None:
            return self._known(path, node, frame)
        value = self.value(base, frame) if base is not None else CLEAN
        for child in named(node)[1:]:
            if child.kind() not in self.grammar.names or kind in self.grammar.subscripts:
                self.value(child, frame)
        if kind in self.grammar.members and effects.silent(node.text().rpartition(".")[2]):
            return CLEAN
        return self._part_of(value, kind)

    def _part_of(self, value: Value, kind: str) -> Value:
        return unboxed(value) if kind in self.grammar.subscripts else member(value)

    def _known(self, path: str, node: SgNode, frame: Frame) -> Value:
        """The value of a dotted name: what it was given, else what it is by its name."""
        root, _, rest = path.partition(".")
        if root not in frame.aliases or path in frame.env:
            value = frame.get(path)
            if value is not None:
                silent = bool(rest) and effects.silent(rest.rpartition(".")[2]) and path not in frame.env
                if path not in frame.env:
                    value = self._part_of(value, node.kind())
                return CLEAN if silent else value
        return self._source(path, node, frame)

    def _source(self, path: str, node: SgNode, frame: Frame) -> Value:
        source = self._named(path, frame)
        if source is None or path.endswith(".length"):
            return CLEAN
        return (Taint(source.kind, node, span(node)[0], source.clean, way=(node,)),)

    def _named(self, path: str, frame: Frame) -> Source | None:
        """The shipped source that the name stands for, unless it was given another value here."""
        root, dot, rest = path.partition(".")
        name = frame.aliases.get(root)
        if name is None and root in frame.env:
            return None
        name = name or ROOTS.get(self.language, {}).get(root, root)
        canonical = name + dot + rest
        if canonical not in self._known_sources:
            self._known_sources[canonical] = source_of(self.language, canonical, self.text)
        return self._known_sources[canonical]

    # texts

    def _string(self, node: SgNode, frame: Frame) -> Value:
        text = node.text()
        if "{" not in text and "$" not in text:
            return CLEAN
        parts = list(self._fragments(node))
        if all(isinstance(one, str) for one in parts):
            return CLEAN
        return self.assemble(node, parts, frame)

    def _fragments(self, node: SgNode) -> list[SgNode | str]:
        """The literal parts of a string as texts, those put in as nodes."""
        children = named(node)
        if not children:
            return [literal(node.text())]
        parts: list[SgNode | str] = []
        for child in children:
            kind = child.kind()
            if kind in FRAGMENTS:
                parts.append("" if kind in _EDGES else child.text())
            elif kind in self.grammar.strings or kind in ("heredoc_body", "heredoc_content"):
                parts += self._fragments(child)
            else:
                parts.append(child)
        return parts

    def assemble(self, node: SgNode, parts: Sequence[SgNode | str], frame: Frame) -> Value:
        """The value of a text put together; a host that stands before a value can't be changed by it."""
        words: list[str] = []
        values: list[Value] = []
        fixed = False
        for one in parts:
            text = one if isinstance(one, str) else self.text_of(one, frame)
            if text is not None or isinstance(one, str):
                words.append(text or "")
                fixed = fixed or not _OPEN_END.fullmatch("".join(words))
                continue
            value = self.value(one, frame)
            values.append(unboxed(cleansed(value, _HOST) if fixed else value))
            fixed = True
            words.append(" ")
        found = join(*values)
        whole = "".join(words)
        if found and whole.strip():
            found = built(found)
            self.built.append(BuiltText(node, whole, found))
        return found

    def text_of(self, node: SgNode, frame: Frame) -> str | None:
        """What a literal says, or a name that was given one; None for anything else."""
        kind = node.kind()
        if kind in self.grammar.names:
            return frame.texts.get(dotted(node.text()) or "")
        if kind in ("expression_list", "argument", "parenthesized_expression") and len(named(node)) == 1:
            return self.text_of(named(node)[0], frame)
        if kind not in self.grammar.strings:
            return None
        parts = self._fragments(node)
        texts = [one for one in parts if isinstance(one, str)]
        return "".join(texts) if len(texts) == len(parts) else None

    def _concat(self, node: SgNode, frame: Frame) -> Value:
        left, right = node.field("left"), node.field("right")
        if left is None or right is None:
            return self._default(node, frame)
        sign = operator(node, left, right)
        if sign in self.grammar.formats and left.kind() in (*self.grammar.strings, *self.grammar.names):
            return self._formatted(node, left, [right], frame)
        if sign in _CHOICE:
            return join(self.value(left, frame), self.value(right, frame))
        if sign not in _PUT_TOGETHER or (sign == "/" and self.language != "python"):
            self.value(left, frame)
            self.value(right, frame)
            return CLEAN
        if sign == "<<":
            self.weaken(left, self.value(right, frame), frame)
        return self.assemble(node, self._operands(node, sign), frame)

    def _operands(self, node: SgNode, sign: str) -> list[SgNode]:
        """`a`, `b`, `c` of `a + b + c`."""
        found: list[SgNode] = []
        todo = [node]
        while todo:
            one = todo.pop()
            left, right = one.field("left"), one.field("right")
            while one.kind() == "parenthesized_expression" and len(named(one)) == 1:
                one = named(one)[0]
                left, right = one.field("left"), one.field("right")
            joined = one.kind() in self.grammar.concats and left is not None and right is not None
            if joined and left is not None and right is not None and operator(one, left, right) == sign:
                todo += [right, left]
            else:
                found.append(one)
        return found

    def _formatted(self, node: SgNode, template: SgNode, arguments: Sequence[SgNode], frame: Frame) -> Value:
        """A template with places, and what is put there."""
        text = self.text_of(template, frame) or ""
        place = _PLACE.search(text)
        values: list[SgNode | str] = []
        for argument in arguments:
            values += named(argument) if argument.kind() in ("tuple", "dictionary", "array", "hash") else [argument]
        outer: Value = CLEAN if text else self.value(template, frame)
        parts = [text[: place.start()] if place else "", *values, text[place.end() :] if place else text]
        return join(outer, self.assemble(node, parts, frame))

    # calls

    def callee(self, node: SgNode) -> Callee:
        """What a call calls, by name."""
        function_field, name_field, arguments_field = self.grammar.calls[node.kind()]
        arguments = part(node, arguments_field)
        head = part(node, function_field)
        if name_field:
            name_node = part(node, name_field)
            name = name_node.text() if name_node is not None else ""
            text = f"{head.text()}.{name}" if head is not None else name
            return Callee(text, dotted(text), name.rpartition(".")[2], head, arguments)
        if head is None:
            return Callee("", None, "", None, arguments)
        text = head.text()
        receiver = part(head, self.grammar.members[head.kind()]) if head.kind() in self.grammar.members else None
        if head.kind() in self.grammar.calls:
            return Callee(text, None, "", head, arguments)
        name = text.rpartition(".")[2] if receiver is not None else text
        return Callee(text, dotted(text), name.partition("<")[0], receiver, arguments)

    def washes(self, node: SgNode, category: str) -> bool:
        """True where the node is given to a sanitiser of the category at once."""
        arguments = node.parent()
        if arguments is not None and arguments.kind() == "argument":
            arguments = arguments.parent()
        call = arguments.parent() if arguments is not None else None
        if call is None or call.kind() not in self.grammar.calls:
            return False
        callee = self.callee(call)
        found = effects.sanitised(self.language, callee.path or f".{callee.name}") or frozenset()
        return category in found or EVERYTHING in found

    def _call(self, node: SgNode, frame: Frame) -> Value:
        callee = self.callee(node)
        came = self._came(node, callee, frame)
        receiver = self._receiver(callee, frame) if not came else CLEAN
        literals, arguments = self._arguments(callee, frame)
        values = [self._given(argument, frame) for argument in arguments]
        if callee.path is not None and "." in callee.path and callee.path in frame.env:
            return frame.env[callee.path]
        inner = self._callbacks(callee, literals, receiver, values, frame)
        self._block(node, callee, receiver, frame)
        self._effects(callee, arguments, join(receiver, came, *values), frame)
        result = self._result(node, callee, receiver, arguments, values, frame)
        return join(came, result, inner)

    def _came(self, node: SgNode, callee: Callee, frame: Frame) -> Value:
        """What the call brings in, where the function is a source by its name and not by what it is called on."""
        if callee.path is None or self._changes(callee):
            return CLEAN
        holder = callee.path.rpartition(".")[0]
        source = self._named(callee.path, frame)
        if source is None or (holder and self._named(holder, frame) is source):
            return CLEAN
        return self._source(callee.path, node, frame)

    def _receiver(self, callee: Callee, frame: Frame) -> Value:
        """What a method is called on; an object's own methods are not about any one of its parts."""
        if callee.receiver is None or callee.receiver.text() in _SELVES:
            return CLEAN
        return self.value(callee.receiver, frame)

    def _changes(self, callee: Callee) -> bool:
        """True for a method that makes something harmless of what it is called on."""
        if callee.receiver is None:
            return False
        return effects.silent(callee.name) or effects.sanitised(self.language, callee.name) is not None

    def _given(self, argument: SgNode, frame: Frame) -> Value:
        return self.value(argument, frame)

    def _arguments(self, callee: Callee, frame: Frame) -> tuple[list[SgNode], list[SgNode]]:
        """Functions written as arguments, and the other arguments."""
        if callee.arguments is None:
            return [], []
        if callee.arguments.kind() not in ("arguments", "argument_list"):
            return [], [callee.arguments]
        literals, others = [], []
        for child in named(callee.arguments):
            inner = named(child)[0] if child.kind() == "argument" and len(named(child)) == 1 else child
            if inner.kind() in self.grammar.functions:
                literals.append(inner)
            elif child.kind() not in self.grammar.opaque:
                others.append(child)
        return literals, others

    def _callbacks(
        self, callee: Callee, literals: Sequence[SgNode], receiver: Value, values: Sequence[Value], frame: Frame
    ) -> Value:
        """Run functions given as arguments; some are called with what the method is called on."""
        walks = effects.WALKING.match(callee.name) is not None
        element = join(receiver, *values) if walks else CLEAN
        found: Value = CLEAN
        for one in literals:
            result = self.literal(one, frame, [element, element] if element else None)
            if walks and effects.CHANGING.match(callee.name):
                found = join(found, result)
        return found

    def _block(self, node: SgNode, callee: Callee, receiver: Value, frame: Frame) -> None:
        """The block of a Ruby call."""
        block = node.field("block")
        if block is not None:
            walks = effects.WALKING.match(callee.name) is not None
            self.literal(block, frame, [receiver] if walks and receiver else None)

    def _effects(self, callee: Callee, arguments: Sequence[SgNode], value: Value, frame: Frame) -> None:
        """What the call does to its receiver and to what is given by address."""
        if not value:
            return
        if callee.receiver is not None and effects.GROWING.match(callee.name):
            self.weaken(callee.receiver, value, frame)
        if effects.FILLING.match(callee.name):
            for argument in arguments:
                text = argument.text()
                if text.startswith("&") or self.language in ("php", "go"):
                    frame.add(dotted(text) or "", value)

    def weaken(self, target: SgNode, value: Value, frame: Frame) -> None:
        """Put a value into a variable, or into what a part of a variable belongs to."""
        if not value:
            return
        path = dotted(target.text())
        while path is None:
            kind = target.kind()
            if kind in self.grammar.calls:
                inner = self.callee(target).receiver
            else:
                inner = part(target, self.grammar.members.get(kind) or self.grammar.subscripts.get(kind) or "")
            if inner is None:
                return
            target, path = inner, dotted(inner.text())
        if path.partition(".")[0] in frame.env and not path.startswith(("self.", "this.")):
            frame.add(path, passed(value, target))

    def _result(
        self, node: SgNode, callee: Callee, receiver: Value, arguments: Sequence[SgNode], values: Sequence[Value],
        frame: Frame,
    ) -> Value:  # fmt: skip
        """What the call returns of what it was given."""
        given = join(*values)
        path = callee.path or f".{callee.name}"
        if not given and not receiver:
            return self._returned(node, callee, values, frame)
        categories = effects.sanitised(self.language, path)
        if categories is not None:
            return cleansed(join(receiver, given), categories)
        returned = self._returned(node, callee, values, frame)
        if effects.WALKING.match(callee.name) and any(_CONVERTERS.match(one.text()) for one in arguments):
            return CLEAN
        found = returned
        if receiver and not effects.silent(callee.name) and not effects.CHANGING.match(callee.name):
            found = join(found, unboxed(receiver) if effects.textual(callee.name) else member(receiver))
        if effects.passes(self.language, path):
            found = join(found, self._passed(node, callee, receiver, arguments, given, frame))
        return found

    def _returned(self, node: SgNode, callee: Callee, values: Sequence[Value], frame: Frame) -> Value:
        """What a function of the same file returns."""
        if callee.receiver is not None and callee.receiver.text() not in _SELVES:
            return CLEAN
        return self.local(node, callee.name, values, frame) or CLEAN

    def _passed(
        self, node: SgNode, callee: Callee, receiver: Value, arguments: Sequence[SgNode], given: Value, frame: Frame
    ) -> Value:
        """Of functions that hand on what they get: some put a fixed text before it."""
        path = callee.path or f".{callee.name}"
        if effects.FORMATTING.search(path) or effects.FORMATTING.search(callee.name):
            template = callee.receiver if self._formats_receiver(callee) else arguments[0] if arguments else None
            if template is not None:
                rest = arguments if template is callee.receiver else arguments[1:]
                return self._formatted(node, template, rest, frame)
        if callee.name == "concat" and callee.receiver is not None:
            return self.assemble(node, [callee.receiver, *arguments], frame)
        if _JOINING.search(path) and arguments:
            first = arguments[0]
            if self.language == "go" and self.text_of(first, frame) == "/":
                return cleansed(given, _HOST | _ROOTED)
            leads = self.records.get(span(first), CLEAN)
            return leads if leads == given else join(leads, cleansed(given, _HOST))
        if _CLEANING.search(path) and arguments and compiled(r'["`]/').match(arguments[0].text()):
            return cleansed(given, _ROOTED)
        return given

    def _formats_receiver(self, callee: Callee) -> bool:
        receiver = callee.receiver
        if receiver is None or callee.name not in ("format", "formatted"):
            return False
        return self.language == "python" or callee.name == "formatted"


_JOINING = lazy(r"(?:^|\.)(?:join|Join|resolve|combine|Combine|URL|URI|Uri|File|Paths\.get|Path\.of|expand_path)$")
_CLEANING = lazy(r"(?:^|\.)(?:Clean|normalize|FromSlash)$")
_EDGES = frozenset(
    ("string_start", "string_end", "interpolation_start", "heredoc_start", "heredoc_end", "interpolation_quote")
)
_COMPREHENSIONS = ("list_comprehension", "set_comprehension", "generator_expression", "dictionary_comprehension")
