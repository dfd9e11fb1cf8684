"""The seeded bugs and clean changes that ship with the package: `evaluation/cases/*.txt`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from review_bot.diffing.narrow import narrow
from review_bot.domain.diff import FileDiff, Hunk
from review_bot.domain.finding import CATEGORIES
from review_bot.domain.review import SourceInfo
from review_bot.ports import Change
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")
CLEAN = "clean"
_HEAD = "== "


class Case(NamedTuple):
    """A change of one file with at most one bug in it."""

    id: str
    path: str
    categories: tuple[str, ...]
    """Any of them is right; empty for a clean change."""
    about: str
    """What is wrong, or why nothing is."""
    rows: tuple[tuple[str, str], ...]
    """Mark and text of each line: ` ` unchanged, `-` removed, `+` added, `*` added and at fault."""

    @property
    def language(self) -> str:
        """The first part of the id: py, js, ts, go, sql, wf."""
        return self.id.partition("-")[0]

    @property
    def before(self) -> str:
        """The file before the change."""
        return "".join(f"{text}\n" for mark, text in self.rows if mark in " -")

    @property
    def after(self) -> str:
        """The file after the change."""
        return "".join(f"{text}\n" for mark, text in self._new)

    @property
    def lines(self) -> tuple[int, ...]:
        """Numbers in the new file of the lines at fault."""
        return tuple(number for number, (mark, _) in enumerate(self._new, 1) if mark == "*")

    @property
    def _new(self) -> list[tuple[str, str]]:
        return [(mark, text) for mark, text in self.rows if mark != "-"]

    def change(self) -> Change:
        """The change as a source would read it."""
        return Change(SourceInfo("diff"), (narrow(_diff(self)),), _Versions(self))


class _Versions:
    """Contents of the one file."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def new(self, _file: FileDiff) -> bytes:
        return self._case.after.encode()

    def old(self, _file: FileDiff) -> bytes:
        return self._case.before.encode()


class OneCase:
    """A source that delivers a case."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def read(self) -> Change:
        """The change of the case."""
        return self._case.change()


def cases() -> list[Case]:
    """Every shipped case, by file and place."""
    found = []
    for name in sorted(os.listdir(FOLDER)):
        if name.endswith(".txt"):
            with open(os.path.join(FOLDER, name), encoding="utf-8") as stream:
                found += list(parsed(stream.read()))
    return found


def parsed(text: str) -> Iterator[Case]:
    """The cases of one file."""
    for piece in ("\n" + text).split("\n" + _HEAD)[1:]:
        head, _, body = piece.partition("\n")
        name, path, categories, about = (cell.strip() for cell in head.split("|", 3))
        names = () if categories == CLEAN else tuple(one.strip() for one in categories.split(","))
        yield _checked(Case(name, path, names, about, _rows(body)))


def _rows(body: str) -> tuple[tuple[str, str], ...]:
    lines = body.rstrip("\n").split("\n")
    return tuple((line[:1] or " ", line[1:]) for line in lines)


def _checked(case: Case) -> Case:
    """The case, if it is whole; raises ValueError, since only our own files are read."""
    if any(mark not in " -+*" for mark, _ in case.rows):
        raise ValueError(f"{case.id}: a line begins with another mark")
    if bool(case.categories) != bool(case.lines) or not all(one in CATEGORIES for one in case.categories):
        raise ValueError(f"{case.id}: categories and lines at fault do not go together")
    return case


def _diff(case: Case) -> FileDiff:
    """The change as one hunk that holds the whole file."""
    shown = [("+" if mark == "*" else mark) + text for mark, text in case.rows]
    data = ("\n" + "\n".join(shown) + "\n").encode()
    marks = [line[0] for line in shown]
    added, removed, kept = (marks.count(mark) for mark in "+- ")
    hunk = Hunk(1, kept + removed, 1, kept + added, added, removed, data, 1, len(data))
    return FileDiff(case.path, None, "modified", (hunk,), added, removed)
