"""Follows values through the functions of one text and remembers where the tainted ones arrive."""

from __future__ import annotations

from review_bot.patterns import lazy
from review_bot.rules.taint import functions, guards
from review_bot.rules.taint.expressions import Expressions
from review_bot.rules.taint.frame import Frame
from review_bot.rules.taint.grammar import GRAMMARS
from review_bot.rules.taint.names import dotted
from review_bot.rules.taint.nodes import named, operator, part, span, words
from review_bot.rules.taint.sources import NAMED, Signature, origin_of
from review_bot.rules.taint.value import CLEAN, Taint, join, passed, unboxed
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ast_grep_py import SgNode

    from review_bot.rules.taint.guards import Verdict
    from review_bot.rules.taint.nodes import Span
    from review_bot.rules.taint.value import Value

_MOST_STEPS = 150_000
_MOST_INLINED = 200
_DEEPEST_CALL = 2
_MOST_TURNS = 2
"""How often more than once a loop is gone through, where that changes anything."""
_LEAVING = lazy(
    r"^\(?(?:return|raise|throw|continue|break|next|abort|exit|die|quit|panic|halt|head|fail)\b|"
    r"\b(?:os\.Exit|sys\.exit|log\.Fatal\w*|process\.exit|System\.exit|abort|die|exit|c\.Abort\w*|ctx\.throw)\s*\(|"
    r"\b(?:and|&&)\s+return\b"
)

_REJECTING = lazy(r"\b(?:raise|throw|abort|die|panic|fail|40[03])\b")


class Settings(NamedTuple):
    """What a flow is to look for beside the shipped sources and sanitisers."""

    parameters: bool = False
    """Whether every parameter is a source."""
    words: tuple[tuple[str, ...], ...] = ()
    """Of the functions only those are looked into for their parameters that hold all words of one of these."""
    sources: frozenset[Span] = frozenset()
    sanitisers: frozenset[Span] = frozenset()


class TooMuchError(Exception):
    """The text is too large to follow."""


class Flow(Expressions):
    """The flow of values in one text."""

    def __init__(self, root: SgNode, text: str, language: str, settings: Settings) -> None:
        super().__init__(text, language, GRAMMARS[language], settings.sources, settings.sanitisers)
        self.root = root
        self.settings = settings
        self._steps = 0
        self._pending: list[SgNode] = []
        self._defined: dict[str, SgNode | None] = {}
        self._speaking: set[str] = set()
        """Names of the functions that read a source."""
        self._memo: dict[tuple[object, ...], Value] = {}
        self._signatures: dict[int, Signature] = {}
        self._running: list[int] = []
        self._statements = self._table()
        self._module = Frame()

    def run(self) -> Flow:
        """Go through the whole text."""
        self._find_functions()
        try:
            self._guarded(self.root, self._module)
            self._module = self._module.copy()
            done = 0
            while done < len(self._pending):
                self._top(self._pending[done])
                done += 1
        except TooMuchError:
            pass
        return self

    def _guarded(self, node: SgNode, frame: Frame) -> None:
        try:
            self.execute(node, frame)
        except RecursionError:
            return

    def _find_functions(self) -> None:
        for node in self._functions():
            name = self._signature(node).name
            if name:
                name = functions.last_word(name)
                self._defined[name] = None if name in self._defined else node
                if NAMED[self.language].search(node.text()):
                    self._speaking.add(name)

    def _signature(self, node: SgNode) -> Signature:
        start = span(node)[0]
        if start not in self._signatures:
            self._signatures[start] = functions.signature_of(node)
        return self._signatures[start]

    def _functions(self) -> Iterator[SgNode]:
        for kind in self.grammar.functions:
            yield from self.root.find_all(kind=kind)

    def _top(self, node: SgNode) -> None:
        """A function that somebody outside of the text calls."""
        signature = self._signature(node)
        frame = self._module.child()
        everything = self.settings.parameters and self._promises(node)
        interesting = self._bind_parameters(node, signature, frame, everything=everything)
        if interesting or self.settings.sources or self._speaks_of_sources(node) or frame.tainted:
            self._run_body(node, frame)

    def _promises(self, node: SgNode) -> bool:
        """True where a sink may stand in the function."""
        text = node.text()
        return not self.settings.words or any(all(word in text for word in words) for words in self.settings.words)

    def _speaks_of_sources(self, node: SgNode) -> bool:
        text = node.text()
        if NAMED[self.language].search(text) is not None:
            return True
        return any(f"{name}(" in text for name in self._speaking)

    def _bind_parameters(self, node: SgNode, signature: Signature, frame: Frame, *, everything: bool) -> bool:
        """Whether any of the parameters is a source."""
        found = False
        for parameter in signature.parameters:
            origin = origin_of(self.language, signature, parameter)
            value: Value = CLEAN
            if origin.kind is not None:
                value = (Taint(origin.kind, node, span(node)[0] + parameter.position, origin.clean),)
            elif origin.alias is not None:
                found = True
            elif everything and not origin.harmless and parameter.name not in ("self", "cls", "this"):
                value = (Taint("parameter", node, span(node)[0] + parameter.position),)
            if value:
                value = tuple(taint._replace(name=parameter.name) for taint in value)
                found = True
            if parameter.name not in ("self", "this", "cls"):
                frame.bind(parameter.name, value)
            if origin.alias is not None:
                frame.aliases[parameter.name] = origin.alias
        return found

    def _run_body(self, node: SgNode, frame: Frame) -> None:
        body = node.field("body")
        if body is None:
            return
        if body.kind() in self._statements or body.kind().endswith(("block", "statement", "body")):
            self._guarded(body, frame)
        else:
            try:
                frame.returns = join(frame.returns, self.value(body, frame))
            except RecursionError:
                return

    def literal(self, node: SgNode, frame: Frame, arguments: Sequence[Value] | None = None) -> Value:
        """Run a function where it is written; what it changes outside of itself counts."""
        signature = self._signature(node)
        child = frame.child()
        everything = self.settings.parameters and not functions.is_argument(node)
        self._bind_parameters(node, signature, child, everything=everything)
        for parameter, value in zip(signature.parameters, arguments or (), strict=False):
            if value:
                child.bind(parameter.name, value)
        self._run_body(node, child)
        frame.take_over(child, {parameter.name for parameter in signature.parameters})
        return child.returns

    def local(self, node: SgNode, name: str, arguments: Sequence[Value], frame: Frame) -> Value | None:
        """What a function of this text returns for the arguments; None where there is none of that name."""
        function = self._defined.get(name)
        if function is None:
            return None
        if not any(arguments) and not self._speaks_of_sources(function):
            return CLEAN
        start = span(function)[0]
        key = (start, *(tuple((t.kind, t.start, t.clean, t.built, t.boxed) for t in value) for value in arguments))
        if key not in self._memo:
            if start in self._running or len(self._running) >= _DEEPEST_CALL or len(self._memo) >= _MOST_INLINED:
                return join(*arguments) if start not in self._running else CLEAN
            self._memo[key] = CLEAN
            self._running.append(start)
            self._memo[key] = self._called(function, arguments)
            self._running.pop()
        return passed(self._memo[key], node)

    def _called(self, function: SgNode, arguments: Sequence[Value]) -> Value:
        signature = self._signature(function)
        frame = self._module.child()
        self._bind_parameters(function, signature, frame, everything=False)
        own = [one for one in signature.parameters if one.name not in ("self", "cls")]
        for parameter, value in zip(own, arguments, strict=False):
            if value:
                frame.bind(parameter.name, value)
        self._run_body(function, frame)
        return frame.returns

    # statements

    def _table(self) -> dict[str, str]:
        grammar = self.grammar
        table: dict[str, str] = {}
        for kinds, name in (
            (grammar.functions, "_on_function"), (grammar.classes, "_on_class"), (grammar.assigns, "_on_assign"),
            (grammar.branches, "_on_branch"), (grammar.each, "_on_each"), (grammar.loops, "_on_loop"),
            (grammar.choices, "_on_choice"), (grammar.returns, "_on_return"), (("with_item",), "_on_with"),
            (grammar.opaque, "_on_nothing"),
        ):  # fmt: skip
            table.update(dict.fromkeys(kinds, name))
        return table

    def execute(self, node: SgNode, frame: Frame) -> None:
        """Run a statement, or what holds statements."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise TooMuchError
        kind = node.kind()
        handler = self._statements.get(kind)
        if handler is not None:
            getattr(self, handler)(node, frame)
        elif kind.endswith(_STATEMENTS) or kind in _HOLDERS:
            for child in node.children():
                if child.is_named():
                    self.execute(child, frame)
        else:
            self.value(node, frame)

    def _on_nothing(self, _node: SgNode, _frame: Frame) -> None:
        pass

    def _on_function(self, node: SgNode, frame: Frame) -> None:
        if frame.inner:
            self.literal(node, frame)
        else:
            self._pending.append(node)

    def _on_class(self, node: SgNode, frame: Frame) -> None:
        body = node.field("body")
        for child in named(body if body is not None else node):
            inner = child.field("definition") if child.kind() == "decorated_definition" else None
            if inner is not None and inner.kind() in self.grammar.functions:
                self._pending.append(inner)
            elif child.kind() in self.grammar.functions:
                self._pending.append(child)
            elif child.kind() not in self.grammar.names:
                self.execute(child, frame)

    def _on_return(self, node: SgNode, frame: Frame) -> None:
        for child in named(node):
            frame.returns = join(frame.returns, self.value(child, frame))

    def _on_assign(self, node: SgNode, frame: Frame) -> None:
        self.assign(node, frame)

    def assign(self, node: SgNode, frame: Frame) -> Value:
        """Give the left side of an assignment what the right side holds, and return that."""
        left_field, right_field = self.grammar.assigns[node.kind()]
        left, right = part(node, left_field), part(node, right_field)
        if left is None:
            return CLEAN
        if right is None or span(right) == span(left):
            frame.bind(dotted(left.text()) or "", CLEAN)
            return CLEAN
        sign = operator(node, left, right)
        if sign.endswith("=") and sign not in ("=", ":=") and not sign.endswith((" =", ">=")) and len(sign) > 1:
            return self._grow(node, left, right, sign, frame)
        if left.kind() == right.kind() and left.kind() in _LISTS and self._pairwise(node, left, right, frame):
            return CLEAN
        value = self.value(right, frame)
        self.give(left, passed(value, node), frame)
        self._judge(left, right, frame)
        self._keep_text(left, right, frame)
        return value

    def _keep_text(self, left: SgNode, right: SgNode, frame: Frame) -> None:
        """Keep a literal that a name is given, for when values are put into it."""
        path = dotted(left.text())
        text = self.text_of(right, frame)
        if path is not None and text:
            frame.texts[path] = text

    def _grow(self, node: SgNode, left: SgNode, right: SgNode, sign: str, frame: Frame) -> Value:
        """`a += b`."""
        value = self.value(right, frame)
        if sign in ("+=", ".=", "<<=", "||=", "??=", "|="):
            before = self.value(left, frame)
            value = self.assemble(node, [left, right], frame) if sign in ("+=", ".=") else join(before, value)
            self.give(left, passed(value, node) if value else CLEAN, frame)
        return value

    def _pairwise(self, node: SgNode, left: SgNode, right: SgNode, frame: Frame) -> bool:
        """`a, b = c, d`."""
        targets, values = named(left), named(right)
        if len(targets) != len(values):
            return False
        given = [passed(self.value(value, frame), node) for value in values]
        for target, origin, value in zip(targets, values, given, strict=True):
            self.give(target, value, frame)
            self._judge(target, origin, frame)
        return True

    def _judge(self, left: SgNode, right: SgNode, frame: Frame) -> None:
        """Keep what `ok = value in ALLOWED` says, until `if ok`."""
        text = right.text()
        if len(text) > 200 or (frame.nothing_known and "[" not in text):
            return
        found = guards.lookup(f",{left.text().rpartition(',')[2].strip()} = {text}") if "," in left.text() else None
        judged = guards.Verdict((found[1],)) if found else guards.verdict(text)
        name = left.text().rpartition(",")[2].strip()
        if judged is not guards.NOTHING and name.isidentifier():
            frame.verdicts[name] = judged

    def give(self, target: SgNode, value: Value, frame: Frame) -> None:
        """Bind the names of a target; a part of something tainted is tainted."""
        path = dotted(target.text())
        if path is not None:
            frame.bind(path, value)
        elif target.kind() in self.grammar.subscripts or target.kind() in self.grammar.members:
            self.weaken(target, value, frame)
        elif target.kind() not in self.grammar.calls:
            for name in functions.parameter_names(target):
                frame.bind(name, value)

    def _on_with(self, node: SgNode, frame: Frame) -> None:
        for item in named(node):
            if item.kind() == "as_pattern":
                alias = item.field("alias")
                value = self.value(named(item)[0], frame)
                if alias is not None:
                    self.give(alias, value, frame)
            else:
                self.value(item, frame)

    def _on_each(self, node: SgNode, frame: Frame) -> None:
        left, right, body = (part(node, name) for name in self.grammar.each[node.kind()])
        if left is not None and right is not None:
            value = self.value(right, frame)
            self.give(left, passed(unboxed(value), right), frame)
        if body is not None:
            self._repeat([body], frame)
        for child in named(node):
            if child.kind() == "else_clause":
                self.execute(child, frame)

    def _on_loop(self, node: SgNode, frame: Frame) -> None:
        self._repeat(named(node), frame)

    def _repeat(self, nodes: Sequence[SgNode], frame: Frame) -> None:
        """Run a loop's body once, and once more where that changed what it starts with."""
        before = frame.copy()
        for node in nodes:
            self.execute(node, frame)
        frame.merge(before)
        if frame.repeating:
            return
        frame.repeating = True
        for _ in range(_MOST_TURNS):
            if frame.env == before.env:
                break
            before = frame.copy()
            for node in nodes:
                self.execute(node, frame)
            frame.merge(before)
        frame.repeating = False

    def _on_choice(self, node: SgNode, frame: Frame) -> None:
        """A switch or a try: each part may run after what stands before the parts, or not."""
        parts: list[SgNode] = []
        for child in named(node):
            if child.kind() in self.grammar.parts:
                parts.append(child)
            elif child.kind() in ("switch_body", "switch_block", "match_block") or (
                child.kind() == "block" and any(one.kind() in self.grammar.parts for one in named(child))
            ):
                parts += [one for one in named(child) if one.kind() in self.grammar.parts]
            else:
                self.execute(child, frame)
        ends = []
        for one in parts:
            branch = frame.copy()
            for child in named(one):
                self.execute(child, branch)
            frame.returns = join(frame.returns, branch.returns)
            if not self._leaves(one):
                ends.append(branch)
        for branch in ends:
            frame.merge(branch)

    def _on_branch(self, node: SgNode, frame: Frame) -> None:
        self.branch(node, frame)

    def branch(self, node: SgNode, frame: Frame) -> Value:
        """Run both sides of a condition, each knowing what the condition says."""
        condition, then, other = (part(node, name) for name in self.grammar.branches[node.kind()])
        initializer = node.field("initializer")
        if initializer is not None:
            self.execute(initializer, frame)
        judged = self._judged(node, condition, frame)
        yes, no = frame.copy(), frame.copy()
        self._clear(judged.holds, yes)
        self._clear(judged.fails, no)
        value = self._side(then, yes)
        others = [other] if other is not None else []
        others += [child for child in named(node) if child.kind() in ("else_clause", "elif_clause", "else_if_clause")]
        value = join(value, self._others(others, no))
        frame.returns = join(frame.returns, yes.returns, no.returns)
        gone = then is not None and self._leaves(then)
        other_gone = bool(others) and self._leaves(others[-1]) and len({span(one) for one in others}) == 1
        frame.env = no.env if gone else yes.env
        frame.dotted = frame.dotted or yes.dotted or no.dotted
        if gone and not judged.fails:
            self._clear(judged.holds if self._rejects(then) else (), frame)
        if not gone and not other_gone:
            frame.merge(no)
        return value

    def _others(self, others: Sequence[SgNode], frame: Frame) -> Value:
        """`elif` and `else`, one after the other."""
        value: Value = CLEAN
        seen: set[Span] = set()
        for other in others:
            if span(other) not in seen:
                seen.add(span(other))
                value = join(value, self._side(other, frame))
        return value

    def _side(self, node: SgNode | None, frame: Frame) -> Value:
        if node is None:
            return CLEAN
        kind = node.kind()
        if kind in self._statements and kind not in self.grammar.assigns and kind not in self.grammar.branches:
            self.execute(node, frame)
            return CLEAN
        if kind.endswith(_STATEMENTS) or kind in _HOLDERS:
            self.execute(node, frame)
            return CLEAN
        return self.value(node, frame)

    def _judged(self, node: SgNode, condition: SgNode | None, frame: Frame) -> Verdict:
        if condition is None:
            return guards.NOTHING
        self.value(condition, frame)
        text = condition.text()
        judged = guards.verdict(text)
        word = text.strip("()! \t").removeprefix("not ").strip()
        if judged is guards.NOTHING and word in frame.verdicts:
            judged = frame.verdicts[word]
            if text.lstrip("( ").startswith(("!", "not ")):
                judged = judged.inverted()
        return judged.inverted() if node.kind() in self.grammar.inverted else judged

    def _clear(self, names: Sequence[str], frame: Frame) -> None:
        """Names that were looked at are harmless, and so is what came from the same place."""
        seen: set[int] = set()
        for name in names:
            value = frame.get(name)
            if value:
                seen.update(taint.start for taint in value)
            if name not in frame.aliases and (value is not None or "." in name):
                frame.bind(name, CLEAN)
        if seen:
            for name, value in frame.env.items():
                if value and all(taint.start in seen for taint in value):
                    frame.env[name] = CLEAN

    def _leaves(self, node: SgNode) -> bool:
        """True when what follows the node isn't reached through it."""
        kind = node.kind()
        if kind in self.grammar.exits:
            return True
        children = [child for child in named(node) if child.kind() not in self.grammar.opaque]
        if kind.endswith("expression_statement") or not children:
            return _LEAVING.search(node.text()) is not None
        if kind.endswith(_STATEMENTS) or kind in _HOLDERS:
            return self._leaves(children[-1])
        return _LEAVING.match(node.text()) is not None and "\n" not in node.text()

    def _rejects(self, node: SgNode | None) -> bool:
        """True for `raise`, `abort` and the like, which are an answer to a bad value."""
        return node is not None and _REJECTING.search(node.text()[-300:]) is not None


_STATEMENTS = ("block", "_statement", "_body", "_clause", "body", "program", "module", "source_file", "_list", "_rule")
_HOLDERS = words(
    "compilation_unit then else ensure declaration_list decorated_definition with_clause lexical_declaration "
    "variable_declaration local_variable_declaration export_statement var_declaration const_declaration finally_clause "
    "resource_specification switch_label namespace_declaration begin_block switch_block "
    "file_scoped_namespace_declaration var_spec_list public_field_definition field_declaration "
    "class_body"
)
_LISTS = words("expression_list pattern_list left_assignment_list tuple array right_assignment_list")
