"""A bound on the time that one rule may take.

CPython's `re` looks for signals while it backtracks, so an interval timer ends a catastrophic expression. The timer
counts the CPU time of this process, so that a loaded machine does not stop a good rule. Where there is no such timer
(Windows, or another thread than the main one) the rule runs unbounded; `rules test` warns about slow expressions.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

SECONDS = 1.0
"""CPU time a rule may take on one file of up to a megabyte."""


class RuleTooSlow(Exception):  # noqa: N818
    """A rule was stopped; never shown to a user as an error, but as a value in `degraded`."""


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise RuleTooSlow


class TimeLimit:
    """Ends what runs inside with RuleTooSlow after `seconds` of CPU time; not to be nested."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._armed = False

    def __enter__(self) -> None:
        if not hasattr(signal, "SIGVTALRM"):
            return
        try:
            self._before = signal.signal(signal.SIGVTALRM, _stop)
        except ValueError:  # not in the main thread
            return
        signal.setitimer(signal.ITIMER_VIRTUAL, self.seconds)
        self._armed = True

    def __exit__(self, *_: object) -> None:
        if self._armed:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, self._before)
            self._armed = False
