"""Heads of the functions that a part calls: those of the change first, then those of the tree around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from review_bot.diffing.context import outline
from review_bot.diffing.rows import changed
from review_bot.domain.diff import shown
from review_bot.domain.language import grammar_of, language_of
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.domain.diff import FileDiff
    from review_bot.domain.window import Part
    from review_bot.ports import Change

_CALL = re.compile(r"(?<![\w$])([A-Za-z_$][\w$]{3,60})[ ]?\(")
_NO_CALL = re.compile(r"\b(?:def|func|function|fn|class|fun|sub)\s+(?:\([^)]{0,80}\)\s*)?\Z")
_DEFINITION = (
    r"^[ \t]*(?:(?:export|default|public|private|protected|internal|static|async|pub|final|override)[ \t]+){{0,4}}"
    r"(?:def|func|function|fn|fun)\b[^\n]{{0,80}}(?<![\w$]){name}[ \t]*[(<\[]"
)
_EVERYDAY = frozenset(
    (
        "print", "range", "list", "dict", "tuple", "isinstance", "sorted", "enumerate", "super", "append", "assert",
        "while", "switch", "return", "catch", "require", "import", "printf", "println", "Println", "Errorf", "Printf",
        "make", "panic", "with", "elif", "join", "split", "format", "open", "hasattr", "getattr", "setattr", "iter",
        "next", "type", "bool", "float", "function", "typeof", "await", "await_", "filter", "push", "then", "expect",
        "describe", "test", "update", "find", "items", "keys", "values", "close", "read", "write", "strip", "replace",
    )
)  # fmt: skip
_MOST_NAMES = 60
"""Names that the tree is asked for in one go."""
_MOST_PLACES = 2
"""Definitions of one name in the tree; with more nobody knows which is meant."""


class Signature(NamedTuple):
    """The head of a function and where it stands."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        """As a note says it."""
        return f"{shown(self.path)}:{self.line} {self.text}"


class Signatures:
    """Looks for the functions that parts of one change call."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self._files = {file.path: file for file in change.files if file.status not in ("binary", "submodule")}
        self._of_change: dict[str, list[Signature]] | None = None
        self._of_tree: dict[str, list[Signature]] = {}

    def __call__(self, parts: Sequence[Part]) -> list[str]:
        """A line for each function that the parts call and do not show, in the order of the calls."""
        languages = {part.language for part in parts}
        there = {(part.path, number) for part in parts for number in (*part.added_lines, *part.context_lines)}
        names = list(dict.fromkeys(name for part in parts for name in calls_of(part)))
        known = self._known()
        self._ask_the_tree([name for name in names if name not in known])
        found: dict[Signature, None] = {}
        for name in names:
            for one in known.get(name, self._of_tree.get(name, [])):
                if (one.path, one.line) not in there and language_of(one.path) in languages:
                    found[one] = None
        return [str(one) for one in found]

    def _known(self) -> dict[str, list[Signature]]:
        if self._of_change is None:
            self._of_change = {}
            for file in self._files.values():
                for name, one in self._heads(file):
                    self._of_change.setdefault(name, []).append(one)
        return self._of_change

    def _heads(self, file: FileDiff) -> Iterator[tuple[str, Signature]]:
        data = None if file.deleted else self._change.contents.new(file)
        language = language_of(file.path)
        grammar = grammar_of(language, file.path) if language else None
        if data is None or grammar is None:
            return
        text = data.decode("utf-8", "replace")
        lines = text.split("\n")
        for one in outline(text, grammar).definitions:
            if one.name:
                head = " ".join(line.strip() for line in lines[one.start - 1 : min(one.head_end, one.start + 5)])
                yield one.name, Signature(file.path, one.start, head.rstrip("{ :"))

    def _ask_the_tree(self, names: Sequence[str]) -> None:
        """Look the names up that nobody looked up before, all at once."""
        tree = self._change.tree
        new = [name for name in names if name not in self._of_tree][:_MOST_NAMES]
        if tree is None or not new:
            return
        self._of_tree.update({name: [] for name in new})
        patterns = {name: re.compile(_DEFINITION.format(name=re.escape(name))) for name in new}
        for hit in tree.grep(new):
            for name, pattern in patterns.items():
                if name in hit.text and pattern.match(hit.text):
                    self._of_tree[name].append(Signature(hit.path, hit.line, hit.text.strip().rstrip("{ :")))
        for name in new:
            if len(self._of_tree[name]) > _MOST_PLACES:
                self._of_tree[name] = []


def calls_of(part: Part) -> Iterator[str]:
    """Names of what the added lines of a part call."""
    for line in changed(part.text):
        if line[0] == "-" or "(" not in line:
            continue
        for call in _CALL.finditer(line):
            if call.group(1) not in _EVERYDAY and not _NO_CALL.search(line[: call.start()]):
                yield call.group(1)
