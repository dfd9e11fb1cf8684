"""The PATHs of the command line: which files of a change they leave.

Files are picked out of the finished change, not by git's pathspecs: so a rename stays one when only one of its sides
is named, and no PATH can be taken for an option or a pattern.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from review_bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from review_bot.domain.diff import FileDiff


class Wanted:
    """The paths that the user named; nothing named means everything."""

    def __init__(self, paths: Sequence[str], *, cwd: str, root: str | None) -> None:
        """Take `paths` relative to `cwd`; raises UsageError for one outside of `root` (None: any place will do)."""
        self._named = [(path, _inside(path, cwd, root)) for path in paths]
        self._root = root

    def holds(self, path: str) -> bool:
        """True where `path` is one of those named, or below one."""
        return not self._named or any(_within(path, top) for _, top in self._named)

    def narrow(self, files: Iterable[FileDiff]) -> tuple[FileDiff, ...]:
        """The files named by either of their paths; raises UsageError for a PATH that names nothing at all."""
        every = tuple(files)
        for path, top in self._named:
            if not self._exists(path, top) and not any(_touches(file, top) for file in every):
                raise UsageError("neither in the work tree nor in the change", where=path, remedy="check the path")
        return tuple(file for file in every if self.holds(file.path) or self.holds(file.before))

    def _exists(self, path: str, top: str) -> bool:
        return os.path.lexists(os.path.join(self._root, top) if self._root else path)


def _inside(path: str, cwd: str, root: str | None) -> str:
    """`path` relative to `root`, empty for the root itself."""
    if not path or "\0" in path:
        raise UsageError("an empty PATH names nothing", remedy="leave it out, or name a file or a folder")
    full = os.path.normpath(os.path.join(cwd, path))
    for folder in _aliases(root or cwd):
        for candidate in _aliases_of_parent(full):
            if _within(candidate, folder):
                return candidate[len(folder) :].strip("/" if os.sep == "/" else "\\/").replace(os.sep, "/")
    raise UsageError("outside of the repository", where=path, remedy=f"name a path below {root or cwd}")


def _aliases(folder: str) -> tuple[str, str]:
    return folder, os.path.realpath(folder)


def _aliases_of_parent(path: str) -> tuple[str, str]:
    """`path`, and the same with its folders resolved; a symbolic link at its end is the thing named."""
    parent, name = os.path.split(path)
    return path, os.path.join(os.path.realpath(parent), name)


def _within(path: str, top: str) -> bool:
    return not top or path == top or path.startswith((top + "/", top.rstrip(os.sep) + os.sep))


def _touches(file: FileDiff, top: str) -> bool:
    return _within(file.path, top) or _within(file.before, top)
