"""Replacing a file in one step: a reader sees the old bytes or the new ones, never a part."""

from __future__ import annotations

import os
import stat


def replace(path: str, data: bytes) -> None:
    """Make `data` the content of the file at `path`, following a link and keeping the mode; raises OSError.

    What is there and no plain file (a pipe, a terminal, /dev/null) is written to, never replaced.
    """
    if _is_special(path):
        with open(path, "wb") as stream:
            stream.write(data)
        return
    target = os.path.realpath(path)
    # Not by tempfile: its files are private, and a new file of the user's has to follow the umask.
    draft = os.path.join(os.path.dirname(target), f".{os.path.basename(target)[:100]}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            _like(target, draft)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, target)
    except BaseException:
        os.unlink(draft)
        raise


def _is_special(path: str) -> bool:
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)
    except FileNotFoundError:
        return False


def _like(target: str, draft: str) -> None:
    """Give `draft` the mode of the file that it replaces, if there is one."""
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return
    os.chmod(draft, mode & 0o7777)
