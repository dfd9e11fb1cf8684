"""A change as the checks see it: both sides of every file, what was only reformatted, what was only moved."""

from __future__ import annotations

import re

from review_bot.rules.delta.masking import without_comments
from review_bot.rules.delta.outline import outline
from review_bot.rules.delta.pairing import Pairing
from review_bot.rules.delta.words import squeezed
from review_bot.rules.match import Match
from review_bot.rules.view import decode
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeVar

    from review_bot.domain.diff import FileDiff, Hunk, Side
    from review_bot.ports import Tree
    from review_bot.rules.delta.outline import Function, Outline, Statement
    from review_bot.rules.view import View

    T = TypeVar("T")

_COMMENT = re.compile(r"#|//|/\*|--|<!--")
_TRIVIAL = re.compile(r"[\s(){}\[\];,:]*$|\s*(?:else|try|pass|end|finally|return|break|continue)\b[\s:;{}]*$")
_LARGEST = 2_000_000
"""Bytes from which on a file of the tree is no text that anybody wrote."""


class Edit(NamedTuple):
    """A run of changed lines without an unchanged one between them."""

    removed: tuple[tuple[int, str], ...]
    added: tuple[tuple[int, str], ...]
    old_at: int
    """Number of the old line before which the added lines stand."""
    new_at: int
    hunk: int


class FileChange:
    """One file of the change, lazily."""

    def __init__(self, view: View, change: WholeChange) -> None:
        self.view = view
        self.change = change
        self.path = view.path
        self.language = view.language
        self._sides: dict[Side, Outline] = {}
        self._edits: list[Edit] | None = None
        self._pairing: Pairing | None = None

    def side(self, side: Side) -> Outline:
        """The statements of one side."""
        if side not in self._sides:
            self._sides[side] = outline(self.view.lines(side), self.language)
        return self._sides[side]

    @property
    def old(self) -> Outline:
        """The statements before the change."""
        return self.side("old")

    @property
    def new(self) -> Outline:
        """The statements after the change."""
        return self.side("new")

    @property
    def edits(self) -> list[Edit]:
        """The runs of changed lines that say something else than before, formatting aside."""
        if self._edits is None:
            self._edits = list(_edits(self.view.file, self.view))
        return self._edits

    @property
    def removed(self) -> list[tuple[int, str]]:
        """Removed lines, reformatted ones aside."""
        return [line for edit in self.edits for line in edit.removed]

    @property
    def added(self) -> list[tuple[int, str]]:
        """Added lines, reformatted ones aside."""
        return [line for edit in self.edits for line in edit.added]

    @property
    def pairing(self) -> Pairing:
        """Which statement and function became which."""
        if self._pairing is None:
            self._pairing = Pairing(self)
        return self._pairing

    def is_removed(self, statement: Statement) -> bool:
        """True where the first line of an old statement was removed or changed."""
        return statement.start in self.view.removed_numbers

    def is_added(self, statement: Statement) -> bool:
        """True where a line of a new statement was added or changed."""
        numbers = self.view.added_numbers
        return any(number in numbers for number in range(statement.start, statement.end + 1))

    def unchanged(self, statement: Statement) -> Statement | None:
        """Where an old statement stands in the new version, if none of its lines changed."""
        number = self._moved_to(statement.start)
        new = None if number is None else self.new.at(number)
        if new is None or new.start != number or self.is_added(new):
            return None
        return new if squeezed(new.code) == squeezed(statement.code) else None

    def _moved_to(self, number: int) -> int | None:
        """The new number of an old line; None for a removed one."""
        if number in self.view.removed_numbers:
            return None
        changed = (line for hunk in self.view.file.hunks for line in hunk.lines() if line.kind in "-+")
        return number + sum(
            (line.kind == "+" and line.old <= number) - (line.kind == "-" and line.old < number) for line in changed
        )

    def was_removed(self, text: str) -> bool:
        """True where `text` stands in a removed line of the file."""
        return any(text in line for _, line in self.view.removed)

    def stood_before(self, statement: Statement) -> bool:
        """True where a statement that reads the same stood anywhere in the old version."""
        normal = squeezed(statement.text)
        return any(squeezed(one.text) == normal for one in self.old.statements)

    def match(
        self, side: Side, place: Statement, needle: str = "", message: str | None = None, **captures: str
    ) -> Match:
        """A match at the changed line of a statement, if possible the one that holds `needle`.

        A new statement that only lost lines is shown at what it lost: nobody looks for a finding at an unchanged line.
        """
        changed = self.view.removed_numbers if side == "old" else self.view.added_numbers
        lines = self.view.lines(side)
        numbers = [number for number in range(place.start, place.end + 1) if number in changed]
        hits = [number for number in numbers if needle and needle in lines.get(number, "")]
        if numbers or side == "old":
            return self.match_line(side, (hits or numbers or [place.start])[0], message, **captures)
        lost = self._lost_from(place)
        return (
            self.match_line("new", place.start, message, **captures)
            if lost is None
            else self.match_line("old", lost, message, **captures)
        )

    def _lost_from(self, place: Statement) -> int | None:
        """The first line that was removed from within a new statement."""
        for edit in self.edits:
            if edit.removed and not edit.added and place.start < edit.new_at <= place.end + 1:
                return edit.removed[0][0]
        return None

    def match_line(self, side: Side, number: int, message: str | None = None, **captures: str) -> Match:
        """A match at one line."""
        text = self.view.lines(side).get(number, "")
        bare = text.strip()
        column = len(text) - len(text.lstrip()) + 1
        return Match(side, number, column, number, column + len(bare), bare, captures, message)


class WholeChange:
    """All files of the change, and the tree they stand in."""

    def __init__(self, views: Iterable[View], tree: Tree | None = None, paths: Iterable[str] = ()) -> None:
        """`paths` are those of all files of the change, also of files that nobody looks at."""
        self.files = [FileChange(view, self) for view in views]
        self.paths = frozenset(paths) | {file.path for file in self.files}
        self.tree = tree
        self._added: dict[str, int] | None = None
        self._added_text: str | None = None
        self.memory: dict[object, object] = {}
        """What a check wants to keep for the other files."""

    def moved(self, text: str) -> bool:
        """True where a line reads as `text` among the added lines of any file: it is not gone, it stands elsewhere."""
        if self._added is None:
            counts: dict[str, int] = {}
            for file in self.files:
                for _, line in file.view.added:
                    normal = squeezed(line)
                    counts[normal] = counts.get(normal, 0) + 1
            self._added = counts
        return squeezed(text) in self._added

    def moved_from(self, text: str) -> bool:
        """True where a line reads as `text` among the removed lines of any file: it is not new, it stood elsewhere."""
        lines = self.once(
            "removed lines", lambda: {squeezed(line) for file in self.files for _, line in file.view.removed}
        )
        return squeezed(text) in lines

    def text_of(self, path: str) -> str:
        """The file at `path` as after the change, or an empty text."""
        for file in self.files:
            if file.path == path and not file.view.file.deleted:
                whole = file.view.whole("new")
                return "\n".join(file.view.lines("new").values()) if whole is None else whole
        data = self.tree.read(path) if self.tree is not None else None
        return decode(data) if data is not None and len(data) < _LARGEST else ""

    def once(self, key: object, make: Callable[[], T]) -> T:
        """What `make` gives, made once for all checks and files that ask under the same key."""
        if key not in self.memory:
            self.memory[key] = make()
        return self.memory[key]  # type: ignore[return-value]

    @property
    def added_text(self) -> str:
        """All added lines of all files."""
        if self._added_text is None:
            self._added_text = "\n".join(file.view.added_text for file in self.files)
        return self._added_text

    def functions_added(self) -> dict[str, list[tuple[FileChange, Function]]]:
        """Functions of which the header was added or changed, by name."""
        return self.once("functions", self._functions_added)

    def _functions_added(self) -> dict[str, list[tuple[FileChange, Function]]]:
        found: dict[str, list[tuple[FileChange, Function]]] = {}
        for file in self.files:
            if file.view.added and not file.view.file.deleted:
                for function in file.new.functions:
                    if function.header.start in file.view.added_numbers:
                        found.setdefault(function.name, []).append((file, function))
        return found


def trivial(line: str) -> bool:
    """True for lines that stand everywhere, such as a bracket or `else:`."""
    return bool(_TRIVIAL.match(line))


def _edits(file: FileDiff, view: View) -> Iterator[Edit]:
    removed, added = iter(view.removed), iter(view.added)
    for index, hunk in enumerate(file.hunks):
        if hunk.removed or hunk.added:
            found, both = _runs(hunk, index, removed, added)
            yield from _without_layout(found, both, view.language)


def _runs(
    hunk: Hunk, index: int, removed: Iterator[tuple[int, str]], added: Iterator[tuple[int, str]]
) -> tuple[list[Edit], tuple[list[str], list[str]]]:
    """The edits of a hunk, and its old and new lines with those around."""
    found: list[Edit] = []
    old: list[str] = []
    new: list[str] = []
    minus: list[tuple[int, str]] = []
    plus: list[tuple[int, str]] = []
    at = (hunk.old_start, hunk.new_start)
    for line in hunk.lines():
        if line.kind == " ":
            if minus or plus:
                found.append(Edit(tuple(minus), tuple(plus), *at, index))
                minus, plus = [], []
            text = line.text.decode("utf-8", "replace")
            old.append(text)
            new.append(text)
            continue
        if not minus and not plus:
            at = (line.old, line.new)
        changed, side, run = (next(removed), old, minus) if line.kind == "-" else (next(added), new, plus)
        side.append(changed[1])
        run.append(changed)
    if minus or plus:
        found.append(Edit(tuple(minus), tuple(plus), *at, index))
    return found, (old, new)


def _without_layout(edits: list[Edit], both: tuple[list[str], list[str]], language: str | None) -> list[Edit]:
    """The edits of one hunk without those that only lay the same code out in another way, or only comment on it."""
    if _same(*both):
        return []
    return [edit for edit in edits if not _says_the_same(edit, language)]


def _says_the_same(edit: Edit, language: str | None) -> bool:
    old, new = [text for _, text in edit.removed], [text for _, text in edit.added]
    if _same(old, new):
        return True
    if language is None or not _COMMENT.search("\n".join((*old, *new))):
        return False
    return _same(*(without_comments("\n".join(lines), language).split("\n") for lines in (old, new)))


def _same(old: Sequence[str], new: Sequence[str]) -> bool:
    first, second = squeezed("".join(old)), squeezed("".join(new))
    if first == second:
        return True
    # A formatter adds brackets only where it breaks a line.
    return len(old) != len(new) and bool(first) and _bare(first) == _bare(second)


def _bare(text: str) -> str:
    return text.replace("(", "").replace(")", "").replace("\\", "").replace(",", "")
