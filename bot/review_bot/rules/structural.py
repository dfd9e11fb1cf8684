"""Rules that read the syntax tree, through ast-grep."""

from __future__ import annotations

from review_bot.domain.language import grammars_of
from review_bot.errors import RuleError
from review_bot.patterns import compiled, lazy
from review_bot.rules.match import Match

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from ast_grep_py import SgNode

    from review_bot.domain.diff import Side
    from review_bot.rules.forest import Forest
    from review_bot.rules.model import Rule
    from review_bot.rules.view import Unit, View

_NAMES = lazy(r"\{([A-Z][A-Z0-9_]*)\}|\$+([A-Z][A-Z0-9_]*)")
LARGEST_FILE = 1_000_000
"""Characters; larger files are not parsed."""
LARGEST_SCREEN = 100_000
"""Characters; in larger texts the search costs more than compiling the rule for it."""
_FEW = 3
"""That many rules are asked one by one where one of them matches."""
_FLAT = 1_000
"""Nodes at the top of a file from which on it may be searched in parts."""
_PART = 50
_STEPS = 300_000
"""Steps over such nodes that a search may take: the binding finds the parent of a node by going along them all, and
some rules look at the whole file from every place. In parts a rule sees less of the file, but it ends."""
DEEPEST_NESTING = 400
"""Brackets; some rules take time quadratic in the depth, and the engine can't be interrupted."""


def config_of(rule: Rule) -> Any:
    """The rule as ast-grep reads it."""
    if rule.kind == "pattern":
        patterns = [{"pattern": {"context": text, "strictness": "relaxed"}} for text in rule.body]
        return {"rule": patterns[0] if len(patterns) == 1 else {"any": patterns}}
    body = dict(rule.body)
    if isinstance(body.get("rule"), dict):
        return body
    beside = {key: body.pop(key) for key in ("constraints", "utils", "transform") if key in body}
    return {"rule": body, **beside}


def check(rule: Rule) -> None:
    """Compile the rule with each of its grammars; raises RuleError where ast-grep refuses it."""
    for language in rule.languages:
        grammars = grammars_of(language)
        if not grammars:
            raise RuleError(
                f"rule {rule.id}, key `languages`: there is no grammar for `{language}`",
                where=rule.file,
                remedy="write a regex rule for it",
            )
        for grammar in grammars:
            _compile(rule, grammar)


def _compile(rule: Rule, grammar: str) -> None:
    from review_bot.rules.binding import root_of

    try:
        root_of("", grammar).find_all(config_of(rule))
    except Exception as error:  # the binding raises bare Exception and RuntimeError
        reason = _reason(str(error))
        raise RuleError(f"rule {rule.id}, key `{rule.kind}`: {reason} ({grammar})", where=rule.file) from error


def _reason(text: str) -> str:
    """The innermost cause in ast-grep's message, without its backtrace."""
    head = text.partition("Stack backtrace")[0]
    lines = [line.strip() for line in head.splitlines() if line.strip() and line.strip() != "Caused by:"]
    return lines[-1].partition(": ")[2] or lines[-1] if lines else "is refused by ast-grep"


class Trees:
    """The syntax trees of one file, parsed at most once for each side."""

    def __init__(self, view: View, forest: Forest | None = None) -> None:
        self._view = view
        self._forest = forest
        self._roots: dict[Side, list[tuple[Unit, SgNode]]] = {}
        self._silent: frozenset[str] = frozenset()
        self.refused: str | None = None
        """Why a text was not parsed."""
        self.notes: dict[object, object] = {}
        """What costs too much to find out again for each rule."""

    def of(self, side: Side) -> list[tuple[Unit, SgNode]]:
        """Units of one side with their root nodes."""
        if side not in self._roots:
            known = self._forest.roots.get(id(self._view)) if self._forest and side == "new" else None
            self._roots[side] = [
                (unit, known or self._parse(unit.text)) for unit in self._view.units(side) if self._fit(unit.text)
            ]
        return self._roots[side]

    def searched(self, rule: Rule, side: Side) -> Iterator[tuple[Unit, SgNode]]:
        """The same, in parts where a search of the whole would take time quadratic in its length."""
        for unit, root in self.of(side):
            yield from self._parts(unit, root) if _is_slow(rule, unit, root) else ((unit, root),)

    def _parts(self, unit: Unit, root: SgNode) -> list[tuple[Unit, SgNode]]:
        key = ("parts", unit.first_line, len(unit.text))
        if key not in self.notes:
            self.notes[key] = [(part, self._parse(part.text)) for part in _cut(unit, root)]
        return self.notes[key]  # type: ignore[return-value]

    def known(self, rule: Rule, side: Side) -> Sequence[Match] | None:
        """Matches of the rule in this file, where an earlier search has answered that; else None."""
        if side != "new":
            return None
        if rule.id in self._silent:
            return ()
        return self._forest.matches(rule, self._view) if self._forest is not None else None

    def is_silent(self, rule: Rule) -> bool:
        """True where an earlier search has shown that the rule matches nothing in the new version."""
        if rule.where.scope == "removed":
            return False
        return rule.id in self._silent or (self._forest is not None and self._forest.is_silent(rule, self._view))

    def screen(self, rules: Sequence[Rule]) -> None:
        """Find out by few searches which of the rules match nothing in this file."""
        alone = [rule for rule in rules if self._forest is None or not self._forest.answers(rule, self._view)]
        if len(alone) > 1:
            found = [silent(root, alone) for _, root in self.of("new")]
            self._silent = frozenset.intersection(*found) if found else frozenset()

    def _parse(self, text: str) -> SgNode:
        from review_bot.rules.binding import root_of

        return root_of(text, self._view.grammar or "")

    def _fit(self, text: str) -> bool:
        if len(text) > LARGEST_FILE:
            self.refused = "too large to parse"
        elif too_deep(text):
            self.refused = "nested too deep to parse"
        else:
            return True
        return False


def too_deep(text: str) -> bool:
    """True when brackets nest deeper than DEEPEST_NESTING, strings and comments not set apart."""
    if text.count("(") + text.count("[") + text.count("{") <= DEEPEST_NESTING:
        return False
    depth = 0
    for bracket in compiled(r"[()\[\]{}]").findall(text):
        depth = depth + 1 if bracket in "([{" else max(0, depth - 1)
        if depth > DEEPEST_NESTING:
            return True
    return False


def matches(rule: Rule, trees: Trees, side: Side) -> Iterator[Match]:
    """Every node of one side that the rule matches."""
    known = trees.known(rule, side)
    if known is not None:
        yield from known
        return
    config = config_of(rule)
    for unit, root in trees.searched(rule, side):
        for node in root.find_all(config):
            yield match_of(node, unit, side, rule)


def _is_slow(rule: Rule, unit: Unit, root: SgNode) -> bool:
    """True where many places may match among many nodes at the top."""
    if unit.text.count("\n") < _FLAT:
        return False
    text = unit.text.lower()
    places = sum(map(text.count, rule.keywords)) if rule.keywords else _FLAT
    return places * text.count("\n") > _STEPS and places * len(root.children()) > _STEPS


def _cut(unit: Unit, root: SgNode) -> Iterator[Unit]:
    """The unit in runs of whole nodes at its top."""
    lines = unit.text.split("\n")
    first, count, end = 0, 0, -1
    for node in root.children():
        place = node.range()
        if count >= _PART and place.start.column == 0 and place.start.line > end:
            yield unit._replace(text="\n".join(lines[first : place.start.line]), first_line=unit.first_line + first)
            first, count = place.start.line, 0
        count, end = count + 1, max(end, place.end.line)
    yield unit._replace(text="\n".join(lines[first:]), first_line=unit.first_line + first)


def silent(root: SgNode, rules: Sequence[Rule]) -> frozenset[str]:
    """Ids of rules that match no node below `root`, found by asking for any of many at once and halving."""
    if len(root.text()) > LARGEST_SCREEN:
        return frozenset()
    left = [(rule, config_of(rule)) for rule in rules]
    simple = [(rule.id, config["rule"]) for rule, config in left if len(config) == 1]
    return frozenset(_silent(root, simple))


def _silent(root: SgNode, rules: list[tuple[str, Any]]) -> Iterator[str]:
    if not rules:
        return
    config: Any = {"rule": {"any": [rule for _, rule in rules]}}
    if root.find(config) is None:
        yield from (name for name, _ in rules)
    elif len(rules) > _FEW:
        middle = len(rules) // 2
        yield from _silent(root, rules[:middle])
        yield from _silent(root, rules[middle:])


def match_of(node: SgNode, unit: Unit, side: Side, rule: Rule, suffix: str = "") -> Match:
    """The node as a place in the file that the unit is from; `suffix` stands behind the names of metavariables."""
    place = node.range()
    start, end = place.start, place.end
    quote = node.text()
    return Match(
        side,
        start.line + unit.first_line,
        start.column + 1 + unit.indent,
        end.line + unit.first_line,
        end.column + 1 + unit.indent,
        quote,
        _captures(node, unit, rule, suffix),
    )


def _captures(node: SgNode, unit: Unit, rule: Rule, suffix: str) -> dict[str, str]:
    """Texts of the metavariables that the rule's message or fix names."""
    words = rule.message + (rule.fix.template if rule.fix else "")
    captures = {}
    for name in _names(words):
        found = node.get_match(name + suffix)
        if found is not None:
            captures[name] = found.text()
            continue
        several = node.get_multiple_matches(name + suffix)
        if several:
            first, last = several[0].range().start.index, several[-1].range().end.index
            captures[name] = unit.text[first:last]
        else:
            transformed = node.get_transformed(name)
            captures[name] = transformed or ""
    return captures


def _names(words: str) -> list[str]:
    return list(dict.fromkeys(a or b for a, b in _NAMES.findall(words)))
