"""A bound on the time that one rule may take.

CPython's `re` looks for signals while it backtracks, so an interval timer ends a catastrophic expression. The timer
counts the CPU time of this process, so that a loaded machine does not stop a good rule. Where there is no such timer
(Windows, or another thread than the main one) the rule runs unbounded; `rules test` warns about slow expressions.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from types import FrameType
else:  # `signal` makes enumerations of its numbers, which takes longer than all that is done with them here
    import _signal as signal

SECONDS = 1.0
"""CPU time a rule may take on one file of up to a megabyte."""


class RuleTooSlow(Exception):
    """A rule was stopped; never shown to a user as an error, but as a value in `degraded`."""


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise RuleTooSlow


class TimeLimit:
    """Ends what runs inside with RuleTooSlow after some seconds of CPU time; not to be nested.

    The handler stays in place between uses: putting it there costs more than the timer.
    """

    def __init__(self) -> None:
        self._seconds = SECONDS
        self._ready: bool | None = None

    def __call__(self, seconds: float) -> TimeLimit:
        """The same limit, of `seconds`."""
        self._seconds = seconds
        return self

    def __enter__(self) -> None:
        if self._ready is None:
            self._ready = _take_over()
        if self._ready:
            signal.setitimer(signal.ITIMER_VIRTUAL, self._seconds)

    def __exit__(self, *_: object) -> None:
        if self._ready:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _take_over() -> bool:
    """Whether the signal of the timer now comes to us; only the main thread may ask for it."""
    if not hasattr(signal, "SIGVTALRM"):
        return False
    try:
        signal.signal(signal.SIGVTALRM, _stop)
    except ValueError:
        return False
    return True
