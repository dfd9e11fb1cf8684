"""Writing a mended file back to the work tree, and nowhere else."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from review_bot.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable


def write_file(root: str, path: str, old: bytes, new: bytes) -> None:
    """Replace the content `old` of the file at `path` below `root` by `new`, keeping its mode.

    Raises StoreError, and changes nothing, where the file is no longer `old`, is no plain file, or is reached through a
    link or from outside `root`.
    """
    from review_bot.stores import atomic

    target = _plain_file(root, path)
    try:
        with open(target, "rb") as file:
            current = file.read()
        if current != old:
            raise StoreError("not fixed: the file changed meanwhile", where=path, remedy="run the command again")
        atomic.replace(target, new)
    except OSError as error:
        raise StoreError(f"not fixed: {error.strerror}", where=path) from error


def _plain_file(root: str, path: str) -> str:
    """Absolute path of the file, when every step from `root` to it is a real folder."""
    steps = path.split("/")
    if os.path.isabs(path) or any(step in ("", ".", "..") or os.sep in step for step in steps):
        raise StoreError("not fixed: the path leaves the work tree", where=path)
    place = os.path.realpath(root)
    for index, step in enumerate(steps):
        place = os.path.join(place, step)
        if not _is(stat.S_ISREG if index == len(steps) - 1 else stat.S_ISDIR, place):
            raise StoreError("not fixed: no plain file, or one behind a link", where=path)
    return place


def _is(kind: Callable[[int], bool], place: str) -> bool:
    try:
        return kind(os.lstat(place).st_mode)
    except (OSError, ValueError):
        return False
