"""Whole files as a change that adds them: everything in the work tree, or what is not tracked yet."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from review_bot.diffing.narrow import whole
from review_bot.domain.diff import FileDiff
from review_bot.ports import Change
from review_bot.sources.contents import GitContents
from review_bot.sources.disk import SUBMODULE, Entry, WorkTree
from review_bot.sources.git import narrowed, source_info
from review_bot.sources.paths import Wanted
from review_bot.sources.process import git

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review_bot.sources.repository import Repository

_ATTRIBUTE_FIELDS = 3


class TreeSource:
    """Every file of the work tree that git does not ignore, each line as added."""

    def __init__(self, repository: Repository, paths: Sequence[str] = ()) -> None:
        self._repository = repository
        self._paths = paths

    def read(self) -> Change:
        """Read the files; those that sparse checkout leaves out, or that were deleted, are not among them."""
        repository = self._repository
        root = repository.work_tree()
        work_tree, files = _files(repository, self._paths, ["--cached", "--others"])
        contents = GitContents(b"", cwd=repository.cwd, full=files, work_tree=work_tree)
        kept = narrowed(files, self._paths, repository)
        return Change(source_info("all"), kept, contents, root, writable=True)


def untracked(repository: Repository, paths: Sequence[str]) -> tuple[WorkTree, list[FileDiff]]:
    """The files that git neither tracks nor ignores, narrowed to `paths`, and the work tree that they lie in."""
    return _files(repository, paths, ["--others"])


def _files(repository: Repository, paths: Sequence[str], which: list[str]) -> tuple[WorkTree, list[FileDiff]]:
    root = repository.work_tree()
    listed = git(["ls-files", *which, "--exclude-standard", "--full-name", "-z", "--", ":/"], cwd=repository.cwd)
    names = {name.rstrip(b"/") for name in listed.split(b"\0") if name}
    wanted = Wanted(paths, cwd=repository.cwd, root=repository.root)
    kept = [path for path in (os.fsdecode(name) for name in sorted(names)) if wanted.holds(path)]
    work_tree = WorkTree(root)
    binary = _declared_binary(kept, repository)
    added = (_added(path, work_tree.entry(path), binary=path in binary) for path in kept)
    return work_tree, [file for file in added if file is not None]


def _added(path: str, entry: Entry | None, *, binary: bool) -> FileDiff | None:
    """What lies at `path` as added; without lines where it can't be read, None where nothing is there."""
    if entry is None:
        return None
    if entry.mode == SUBMODULE:
        return FileDiff(path, None, "submodule", new_mode=entry.mode, new_file=True)
    if entry.big or (binary and entry.content):
        return FileDiff(path, None, "binary", new_mode=entry.mode, new_file=True)
    if entry.content is None:
        return FileDiff(path, None, "added", new_mode=entry.mode, new_file=True)
    return whole(path, entry.content, mode=entry.mode)


def _declared_binary(paths: list[str], repository: Repository) -> frozenset[str]:
    """Those of `paths` that .gitattributes keeps out of diffs (`-diff`, `binary`)."""
    if not paths or repository.root is None:
        return frozenset()
    named = "\0".join(os.path.join(repository.root, path) for path in paths)
    said = git(["check-attr", "-z", "--stdin", "diff"], cwd=repository.cwd, stdin=os.fsencode(named))
    values = said.split(b"\0")[_ATTRIBUTE_FIELDS - 1 :: _ATTRIBUTE_FIELDS]
    return frozenset(path for path, value in zip(paths, values, strict=False) if value == b"unset")
