"""Reading files of the work tree as git sees them: no symbolic link is followed, nothing outside is read."""

from __future__ import annotations

import os
import stat

from review_bot.values import NamedTuple

BIG = 512 * 1024 * 1024
"""Bytes; git's core.bigFileThreshold, above which it takes a file for binary."""
SUBMODULE = "160000"
SYMLINK = "120000"


class Entry(NamedTuple):
    """What lies at a path."""

    mode: str
    """As git writes it."""
    content: bytes | None
    """Text of a file, target of a symbolic link; None where it can't or should not be read."""
    big: bool = False
    """True above git's limit for text."""


class WorkTree:
    """The files below one folder."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._real = os.path.realpath(root)
        self._safe: dict[str, bool] = {"": True}

    def entry(self, path: str) -> Entry | None:
        """What lies at `path`, relative to the root; None where nothing does or a link leads there."""
        if not self._reached_without_links(os.path.dirname(path)):
            return None
        full = os.path.join(self._root, path)
        try:
            status = os.lstat(full)
        except (OSError, ValueError):
            return None
        return _entry(full, status)

    def _reached_without_links(self, folder: str) -> bool:
        safe = self._safe.get(folder)
        if safe is None:
            full = os.path.join(self._real, *folder.split("/"))
            safe = self._safe[folder] = os.path.realpath(full) == full
        return safe


def _entry(full: str, status: os.stat_result) -> Entry | None:
    if stat.S_ISLNK(status.st_mode):
        return Entry(SYMLINK, _target(full))
    if stat.S_ISDIR(status.st_mode):
        return Entry(SUBMODULE, None)
    if not stat.S_ISREG(status.st_mode):
        return None
    mode = "100755" if status.st_mode & stat.S_IXUSR else "100644"
    big = status.st_size > BIG
    return Entry(mode, None if big else _content(full), big)


def _target(full: str) -> bytes | None:
    try:
        return os.fsencode(os.readlink(full))
    except OSError:
        return None


def _content(full: str) -> bytes | None:
    """The bytes of a regular file; None if it became something else in the meantime, or may not be read."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(full, flags), "rb", buffering=0) as stream:
            return stream.read() if stat.S_ISREG(os.fstat(stream.fileno()).st_mode) else None
    except OSError:
        return None
