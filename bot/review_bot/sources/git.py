"""Changes of a git repository: what is staged, the work tree against HEAD, two commits."""

from __future__ import annotations

import os

from review_bot.diffing.narrow import narrow
from review_bot.diffing.raw import parse_git
from review_bot.domain.review import SourceInfo
from review_bot.ports import Change
from review_bot.sources.contents import GitContents, records
from review_bot.sources.lookup import GitTree
from review_bot.sources.process import CONTEXT, diff, staged
from review_bot.sources.repository import empty_tree, head_commit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from review_bot.domain.diff import FileDiff
    from review_bot.domain.review import SourceKind
    from review_bot.sources.repository import Repository


_LOOKED_AT = 8000
"""Bytes in which git looks for a NUL to tell binary from text."""


class StagedSource:
    """What the next commit would change: the index (GIT_INDEX_FILE) against HEAD, by one git process."""

    def __init__(self, repository: Repository, paths: Sequence[str] = (), *, data: bytes | None = None) -> None:
        """Take what git said, where `process.staged` was asked already."""
        self._repository = repository
        self._paths = paths
        self._data = data

    def read(self) -> Change:
        """Read the change. Unmerged files are in it without hunks: no version of them is staged."""
        repository = self._repository
        root = repository.work_tree()
        data = staged(repository.cwd) if self._data is None else self._data
        full = parse_git(_without_notes(data))
        contents = GitContents(data, cwd=repository.cwd, full=full)
        info = source_info("staged", base=head_commit(repository))
        files = _with_binaries(narrowed(map(narrow, full), self._paths, repository), contents)
        return Change(info, files, contents, root, tree=GitTree(repository.cwd, root=root))


class WorktreeSource:
    """The files on disk against HEAD, untracked ones included."""

    def __init__(self, repository: Repository, paths: Sequence[str] = ()) -> None:
        self._repository = repository
        self._paths = paths

    def read(self) -> Change:
        """Read the change; unmerged files are compared as they lie in the work tree."""
        from review_bot.sources.tree import untracked

        repository = self._repository
        root = repository.work_tree()
        head = head_commit(repository)
        data = diff([f"-U{CONTEXT}", head or empty_tree(repository), "--"], cwd=repository.cwd)
        tracked = [_as_counted(file, data) for file in parse_git(data)]
        work_tree, new = untracked(repository, self._paths)
        contents = GitContents(data, cwd=repository.cwd, full=[*tracked, *new], work_tree=work_tree)
        files = sorted([*map(narrow, tracked), *new], key=_path)
        info, tree = source_info("worktree", base=head), GitTree(repository.cwd, root=root, on_disk=True)
        kept = _with_binaries(narrowed(files, self._paths, repository), contents)
        return Change(info, kept, contents, root, writable=True, tree=tree)


class RangeSource:
    """What lies between two commits, `A..B`, or between B and where it left A, `A...B`."""

    def __init__(self, repository: Repository, revisions: str, paths: Sequence[str] = ()) -> None:
        self._repository = repository
        self._revisions = revisions
        self._paths = paths

    def read(self) -> Change:
        """Read the change; raises SourceError that names a revision which is not there, and how to fetch it."""
        from review_bot.sources.revisions import resolve

        repository = self._repository
        base, head = resolve(self._revisions, repository)
        data = diff(["-U3", base, head, "--"], cwd=repository.cwd)
        contents = GitContents(data, cwd=repository.cwd)
        info = source_info("range", base=base, head=head)
        files = _with_binaries(narrowed(parse_git(data), self._paths, repository), contents)
        tree = GitTree(repository.cwd, root=repository.root, revision=head)
        return Change(info, files, contents, repository.root, tree=tree)


def source_info(kind: SourceKind, *, base: str | None = None, head: str | None = None) -> SourceInfo:
    """Where a change of this repository came from; in a workflow of GitHub the repository has a name."""
    return SourceInfo(kind, base, head, os.environ.get("GITHUB_REPOSITORY") or None)


def narrowed(files: Iterable[FileDiff], paths: Sequence[str], repository: Repository) -> tuple[FileDiff, ...]:
    """The files that the PATHs of the command line leave; raises UsageError for one that names nothing."""
    if not paths:
        return tuple(files)
    from review_bot.sources.paths import Wanted

    return Wanted(paths, cwd=repository.cwd, root=repository.root).narrow(files)


def _with_binaries(files: tuple[FileDiff, ...], contents: GitContents) -> tuple[FileDiff, ...]:
    """`files` with binary ones called so also where only name or mode changed: the patch says nothing of them."""
    return tuple(file._replace(status="binary") if _is_binary(file, contents) else file for file in files)


def _is_binary(file: FileDiff, contents: GitContents) -> bool:
    if file.hunks or file.status not in {"renamed", "copied", "mode"}:
        return False
    return b"\0" in (contents.new(file) or b"")[:_LOOKED_AT]


def _without_notes(data: bytes) -> bytes:
    """`data` without `* Unmerged path X` where X has a line feed: unquoted, it may look like a diff."""
    if data.find(b" U\0", 0, data.find(b"\0\0") + 1) < 0:
        return data
    import re

    for path, record in records(data).items():
        if record.state == "U" and "\n" in path:
            note = re.escape(b"* Unmerged path " + os.fsencode(path) + b"\n")
            data = re.sub(rb"(?<=[\0\n])" + note, b"", data)
    return data


def _as_counted(file: FileDiff, data: bytes) -> FileDiff:
    """`file` with git's count for a submodule that only has changes inside: the patch shows a line, numstat none."""
    if file.status != "submodule":
        return file
    record = records(data)[file.path]
    return file if record.old != record.new else file._replace(hunks=(), added=0, removed=0)


def _path(file: FileDiff) -> bytes:
    return file.path.encode("utf-8", "surrogateescape")
