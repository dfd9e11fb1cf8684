"""One process at a time, where the system has advisory locks; a killed process lets go of its own."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def exclusive(path: str, seconds: float) -> Iterator[bool | None]:
    """Hold the lock file at `path`, waiting up to `seconds`; False where somebody else holds it, None without locks."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        yield None
        return
    try:
        yield _held(handle, time.monotonic() + seconds)
    finally:
        os.close(handle)


def _held(handle: int, until: float) -> bool | None:
    while True:
        taken = _taken(handle)
        if taken is not False or time.monotonic() >= until:
            return taken
        time.sleep(0.05)


def _taken(handle: int) -> bool | None:
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):
        return None
    return True
