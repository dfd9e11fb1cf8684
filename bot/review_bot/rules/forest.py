"""Several files of one grammar as one tree.

ast-grep compiles a rule for every search, which costs more than the search itself in a file of ordinary size; so the
files of a batch are searched side by side, and only what the change touches in them.
"""

from __future__ import annotations

from bisect import bisect_right

from review_bot.memo import remembered
from review_bot.rules.structural import LARGEST_FILE, LARGEST_SCREEN, config_of, match_of, silent, too_deep
from review_bot.rules.view import Unit
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ast_grep_py import SgNode

    from review_bot.rules.match import Match
    from review_bot.rules.model import Rule
    from review_bot.rules.view import View

_SEPARATOR = {"python": "# -", "ruby": "# -"}
MERGEABLE = frozenset(("python", "javascript", "typescript", "tsx", "go", "java", "ruby", "rust", "kotlin"))
"""Grammars in which files that stand one behind the other mean what they mean alone."""
_LONGEST = 5_000
"""Lines; a longer file is searched alone, in parts where need be."""
_FEW = 3
"""Rules from which on one search for all of them is worth its making."""
_TOP = ("module", "program", "source_file", "compilation_unit")
"""A rule that speaks of the top of a file could take another file's text for this one's."""


class Chunk(NamedTuple):
    """Some lines of one file, and where they stand in the joined text."""

    start: int
    view: int
    first_line: int


class Forest:
    """What a change touches in the new versions of some files: whole definitions and statements at their top level."""

    def __init__(self, views: Sequence[View], *, whole: bool = False) -> None:
        """Take views of one grammar; `whole` searches all of each file."""
        self._whole = whole
        self.roots: dict[int, SgNode] = {}
        """The tree of each file alone, by the id of its view."""
        self._views = [view for view in views if _fit(view)]
        self._numbers = {id(view): number for number, view in enumerate(self._views)}
        """Position of each view by its id."""
        self._grammar = views[0].grammar or ""
        self._found: dict[str, list[list[Match]]] = {}
        self._chunks: list[Chunk] = []
        self._text = ""
        self._root = self._parsed() if len(self._views) > 1 else None

    def _parsed(self) -> SgNode | None:
        """The common tree; None where a mistake in one file could hide what another one says."""
        from review_bot.rules.binding import root_of

        separator = "\n" + _SEPARATOR.get(self._grammar, "// -") + "\n"
        texts, line = [], 1
        for number, view in enumerate(self._views):
            (unit,) = view.units("new")
            lines = unit.text.split("\n")
            runs = [(1, len(lines))]
            if not self._whole and len(view.added) < len(lines) - 1:
                root = self.roots[id(view)] = root_of(unit.text, self._grammar)
                if root.find(kind="ERROR") is not None:
                    return None
                runs = list(_touched(root, view.added_numbers))
            for first, last in runs:
                text = "\n".join(lines[first - 1 : last])
                self._chunks.append(Chunk(line, number, first))
                texts.append(text)
                line += last - first + 3 - 1
        self._text = separator.join(texts)
        self._starts = [chunk.start for chunk in self._chunks]
        root = root_of(self._text, self._grammar)
        return root if root.find(kind="ERROR") is None else None

    def screen(self, rules: Sequence[Rule]) -> None:
        """Find out by few searches which of the rules match nothing in any of the files."""
        if self._root is None:
            return
        asked = [rule for rule in rules if self._may_ask(rule)]
        if len(self._text) > LARGEST_SCREEN:
            self._search_together(asked, self._root)
            return
        for name in silent(self._root, asked):
            self._found[name] = [[] for _ in self._views]

    def _search_together(self, rules: Sequence[Rule], root: SgNode) -> None:
        """Find what the rules match by one search for all of them."""
        from review_bot.rules import together

        fitting = together.fit(rules)
        if len(fitting) < _FEW:
            return
        self._found.update((rule.id, [[] for _ in self._views]) for rule, _ in fitting)
        for rule, node, suffix in together.find(root, fitting):
            self._take(self._found[rule.id], node, rule, suffix)

    def answers(self, rule: Rule, view: View) -> bool:
        """True where `matches` knows; else the file has to be searched alone."""
        return self._root is not None and id(view) in self._numbers and self._may_ask(rule)

    def is_silent(self, rule: Rule, view: View) -> bool:
        """True where the rule was searched for and matches nothing in the view."""
        number = self._numbers.get(id(view))
        return number is not None and rule.id in self._found and not self._found[rule.id][number]

    def _may_ask(self, rule: Rule) -> bool:
        """False for a rule that must see a whole file, or its top."""
        return not _speaks_of_the_top(rule) and (self._whole or rule.where.scope in ("added", "context"))

    def matches(self, rule: Rule, view: View) -> list[Match] | None:
        """Nodes of the view that the rule matches and the change may touch; None where it is to be searched alone."""
        if self._root is None or not self.answers(rule, view):
            return None
        if rule.id not in self._found:
            self._found[rule.id] = self._search(rule, self._root)
        return self._found[rule.id][self._numbers[id(view)]]

    def _search(self, rule: Rule, root: SgNode) -> list[list[Match]]:
        """Matches of the rule by file, with the lines of each file counted from 1."""
        found: list[list[Match]] = [[] for _ in self._views]
        for node in root.find_all(config_of(rule)):
            self._take(found, node, rule)
        return found

    def _take(self, found: list[list[Match]], node: SgNode, rule: Rule, suffix: str = "") -> None:
        """Put a node to the matches of its file."""
        chunk = self._chunks[bisect_right(self._starts, node.range().start.line + 1) - 1]
        unit = Unit(self._text, 1 + chunk.first_line - chunk.start)
        found[chunk.view].append(match_of(node, unit, "new", rule, suffix))


def _fit(view: View) -> bool:
    (unit,) = view.units("new")
    return len(unit.text) <= LARGEST_FILE and unit.text.count("\n") <= _LONGEST and not too_deep(unit.text)


def _touched(root: SgNode, added: frozenset[int]) -> Iterator[tuple[int, int]]:
    """First and last line of each run of nodes at the top that hold added lines, with a neighbour on either side."""
    children = [(node.range().start.line + 1, node.range().end.line + 1) for node in root.children()]
    hit = [any(line in added for line in range(first, last + 1)) for first, last in children]
    run: tuple[int, int] | None = None
    for index, (first, last) in enumerate(children):
        if any(hit[max(0, index - 1) : index + 2]):
            run = (run[0] if run else first, max(last, run[1] if run else last))
        elif run:
            if first <= run[1]:
                run = (run[0], max(last, run[1]))
                continue
            yield run
            run = None
    if run:
        yield run


@remembered(maxsize=None)
def _alone(words: str) -> bool:
    return any(f"'{word}'" in words for word in _TOP) or (
        ("'follows'" in words or "'precedes'" in words) and "'stopBy'" in words
    )


def _speaks_of_the_top(rule: Rule) -> bool:
    """True for a rule that asks what stands at the top of the file, or anywhere before or behind in it."""
    return rule.kind == "ast" and _alone(repr(rule.body))
