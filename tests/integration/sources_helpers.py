"""What the tests of the sources share: reading a source, and git's own counts to compare it with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.sources.git import RangeSource, StagedSource, WorktreeSource
from review_bot.sources.repository import find_root
from review_bot.sources.tree import TreeSource

if TYPE_CHECKING:
    from conftest import Git
    from review_bot.domain.diff import FileDiff
    from review_bot.ports import Change

Counts = dict[str, tuple[int, int]]


def staged(git: Git, *paths: str, at: str = "") -> Change:
    return StagedSource(find_root(str(git.root / at)), paths).read()


def worktree(git: Git, *paths: str, at: str = "") -> Change:
    return WorktreeSource(find_root(str(git.root / at)), paths).read()


def between(git: Git, revisions: str, *paths: str, at: str = "") -> Change:
    return RangeSource(find_root(str(git.root / at)), revisions, paths).read()


def everything(git: Git, *paths: str, at: str = "") -> Change:
    return TreeSource(find_root(str(git.root / at)), paths).read()


def numstat(git: Git, *arguments: str) -> Counts:
    """Counts by path as `git diff --numstat` prints them; 0 and 0 for a binary."""
    fields = iter(git("diff", "--numstat", "-z", *arguments).split("\0"))
    counts: Counts = {}
    for field in fields:
        if not field:
            continue
        added, removed, path = field.split("\t", 2)
        if not path:
            _, path = next(fields), next(fields)
        counts[path] = (0, 0) if added == "-" else (int(added), int(removed))
    return counts


def counts(change: Change) -> Counts:
    return {file.path: (file.added, file.removed) for file in change.files}


def states(change: Change) -> dict[str, str]:
    return {file.path: file.status for file in change.files}


def only(change: Change) -> FileDiff:
    """The single file of `change`."""
    (file,) = change.files
    return file


def added_text(file: FileDiff) -> list[tuple[int, bytes]]:
    return [line for hunk in file.hunks for line in hunk.added_lines()]


def consistent(change: Change) -> bool:
    """True when every line of every hunk stands at its number in the whole files of both sides."""
    return all(_fits(change, file) for file in change.files)


def _fits(change: Change, file: FileDiff) -> bool:
    new = (change.contents.new(file) or b"").split(b"\n")
    old = (change.contents.old(file) or b"").split(b"\n")
    lines = [line for hunk in file.hunks for line in hunk.lines()]
    return all(new[line.new - 1] == line.text for line in lines if line.kind != "-") and all(
        old[line.old - 1] == line.text for line in lines if line.kind != "+"
    )
