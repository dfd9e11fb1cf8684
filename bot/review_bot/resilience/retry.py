"""When a call is made once more, and after how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.errors import RateLimited, Unavailable
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from review_bot.errors import BackendError


class RetryPolicy(NamedTuple):
    """How often, and how the waits grow."""

    attempts: int = 3
    """Calls in all."""
    first: float = 0.25
    """Seconds before the second call."""
    factor: float = 4.0
    most: float = 20.0
    """Longest wait that is our own choice; a server may ask for a longer one."""


def wait(
    error: BackendError, attempt: int, left: float, policy: RetryPolicy | None = None, *, dice: float = 0.5
) -> float | None:
    """Seconds to wait before the call after `attempt` (the first is 1); None where another call is no use.

    Only what may pass is tried again: an engine that is unavailable or asks to wait. `left` is what the deadline
    leaves; `dice`, from 0 to 1, spreads the waits of several processes.
    """
    policy = policy or RetryPolicy()
    if not isinstance(error, Unavailable) or attempt >= policy.attempts:
        return None
    seconds = _asked_for(error)
    if seconds is None:
        seconds = min(policy.most, policy.first * policy.factor ** (attempt - 1)) * (0.5 + dice)
    return seconds if seconds < left else None


def _asked_for(error: Unavailable) -> float | None:
    return error.after if isinstance(error, RateLimited) else None
