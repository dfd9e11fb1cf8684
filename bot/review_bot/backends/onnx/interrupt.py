"""Ctrl-C while a library holds the interpreter: loading a model of some GB takes seconds in one call."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def interruptible() -> Iterator[None]:
    """Within it Ctrl-C ends the process at once, as it would end a program in C, instead of after the call.

    Nothing of ours is half written then: caches and journals are files that are replaced, or SQLite. Does nothing where
    the process handles Ctrl-C in a way of its own, or outside of the main thread.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
