"""Ctrl-C while a library holds the interpreter: loading a model of some GB takes seconds in one call."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LARGEST = 512
"""Bytes, more than any system's `struct sigaction` has."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Within it Ctrl-C ends the process at once, as it would end a program in C, instead of after the call.

    Nothing of ours is half written then: caches and journals are files that are replaced, or SQLite. Does nothing where
    the process handles Ctrl-C in a way of its own. Not by the module `signal`: calls are made in threads beside the
    main one, which alone may use that, and which can't run meanwhile.
    """
    if os.name != "posix" or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    import ctypes

    libc = ctypes.CDLL(None)
    # All zeros are SIG_DFL without flags, in every system's layout.
    default, before = (ctypes.create_string_buffer(_LARGEST) for _ in range(2))
    libc.sigaction(int(signal.SIGINT), default, before)
    try:
        yield
    finally:
        libc.sigaction(int(signal.SIGINT), before, None)
