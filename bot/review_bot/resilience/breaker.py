"""A breaker leaves a failing engine alone for a while; its state is a value, for a store to keep.

Closed: calls go through. After some failures in a row it opens, and no call is made. After a pause it is half-open:
one call may try, and decides. A process that dies while it tries blocks nobody for longer than another pause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from review_bot.errors import ModelMissing, TimedOut, Unavailable
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Position = Literal["closed", "open", "half-open"]


class BreakerState(NamedTuple):
    """What is remembered of one engine. Times are seconds since the epoch: they outlive the process."""

    failures: int = 0
    """In a row."""
    opened: float | None = None
    """When it opened last, None while closed."""
    trying: float | None = None
    """When the one call of a half-open breaker went out."""
    reason: str = ""
    """The last failure, for messages."""


class BreakerPolicy(NamedTuple):
    """`model.breaker` of the configuration."""

    failures: int = 3
    pause: float = 60.0


class Breakers(Protocol):
    """Where states and latencies are kept; nothing in it may raise."""

    def state(self, engine: str) -> BreakerState:
        """The state of an engine; a fresh one where nothing is known."""

    def change(self, engine: str, step: Callable[[BreakerState], BreakerState]) -> tuple[BreakerState, BreakerState]:
        """Replace the state by `step` of it, in one step for all processes; the states before and after."""

    def took(self, engine: str, seconds: float) -> None:
        """Remember how long a call took."""

    def latencies(self, engine: str) -> Sequence[float]:
        """Seconds of the latest calls, the newest last."""


def position(state: BreakerState, policy: BreakerPolicy, now: float) -> Position:
    """Whether a call may be made now."""
    if state.opened is None:
        return "closed"
    if _within(state.opened, policy.pause, now):
        return "open"
    if state.trying is not None and _within(state.trying, policy.pause, now):
        return "open"
    return "half-open"


def seconds_left(state: BreakerState, policy: BreakerPolicy, now: float) -> float:
    """Until the next try; 0 where a call may be made."""
    if position(state, policy, now) != "open":
        return 0.0
    since = max(time for time in (state.opened, state.trying) if time is not None)
    return min(policy.pause, since + policy.pause - now)


def before_call(state: BreakerState, policy: BreakerPolicy, now: float) -> BreakerState:
    """The state once a call goes out: a half-open breaker lets no second one through."""
    if position(state, policy, now) == "half-open":
        return state._replace(trying=now)
    return state


def after_success(_: BreakerState) -> BreakerState:
    """All is forgotten."""
    return BreakerState()


def after_failure(state: BreakerState, policy: BreakerPolicy, now: float, reason: str) -> BreakerState:
    """One more failure: opens at the bound, and again after a try that failed."""
    failures = state.failures + 1
    if failures >= policy.failures or state.opened is not None:
        return BreakerState(failures, now, None, reason)
    return BreakerState(failures, None, None, reason)


def after_neither(state: BreakerState) -> BreakerState:
    """A call ended with an error that is not the engine's (a bad answer, a window too long): it does answer."""
    return BreakerState() if state.trying is not None else state


def after_nothing(state: BreakerState) -> BreakerState:
    """A call was given up by us: nothing is known, and another may try."""
    return state._replace(trying=None)


def counts(error: BaseException) -> bool:
    """True for failures of the engine; a bad answer is one of the model."""
    return isinstance(error, (Unavailable, TimedOut, ModelMissing))


def _within(since: float, pause: float, now: float) -> bool:
    """Whether the pause still lasts; a time in the future is of a clock that was set back, and counts for nothing."""
    return since <= now < since + pause
