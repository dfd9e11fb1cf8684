"""An engine with what is done about its failures: breaker, retries, waits, and a memory of how long it takes."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from review_bot.errors import BackendError, BreakerOpen, ModelMissing, RateLimited, Unreachable
from review_bot.resilience import breaker, retry
from review_bot.resilience.breaker import BreakerPolicy
from review_bot.resilience.pace import Pace
from review_bot.resilience.retry import RetryPolicy
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from review_bot.domain.model import Answer, Completion, ModelInfo
    from review_bot.ports import Backend
    from review_bot.resilience.breaker import Breakers, BreakerState


class Clocks(NamedTuple):
    """Time, from outside."""

    wall: Callable[[], float]
    """Seconds since the epoch, as other processes see them."""
    steady: Callable[[], float]
    """Seconds that never go back."""
    sleep: Callable[[float], None]
    dice: Callable[[], float]
    """A number from 0 to 1."""


def clocks() -> Clocks:
    """The real ones."""
    import time

    return Clocks(time.time, time.monotonic, time.sleep, _dice)


def _dice() -> float:
    import random  # it loads much, and few calls fail

    return random.random()  # noqa: S311 - it spreads waits


class Guarded:
    """A Backend around another; `key` names the engine in the store of breakers.

    `notice(what, reason)` is told of each retry and of each change of the breaker.
    """

    def __init__(
        self,
        backend: Backend,
        key: str,
        breakers: Breakers,
        *,
        policy: BreakerPolicy | None = None,
        retries: RetryPolicy | None = None,
        time: Clocks | None = None,
        sought: bool = False,
        notice: Callable[[str, str], None] = lambda what, reason: None,
    ) -> None:
        self.key = key
        self._backend = backend
        self._breakers = breakers
        self._policy = policy or BreakerPolicy()
        self._retries = retries or RetryPolicy()
        self._time = time or clocks()
        self._sought = sought
        self._notice = notice
        self._pace = Pace(self._time.steady)
        self._counts = True

    def describe(self) -> ModelInfo:
        """What the engine says; an open breaker raises BreakerOpen.

        A failure counts unless it says that nobody or no model is there: that costs nothing, and is for a person to
        mend. While an engine is only looked for (`sought`), none counts.
        """
        self._refuse(self._breakers.state(self.key), self._time.wall())
        try:
            return self._backend.describe()
        except BackendError as error:
            if not self._sought and not isinstance(error, (Unreachable, ModelMissing)):
                self._failed(error)
            raise

    def count(self, text: str) -> int | None:
        """As the engine counts; None where it can't, or fails to: then it is not asked again."""
        if not self._counts:
            return None
        try:
            counted = self._backend.count(text)
        except BackendError:
            counted = None
        self._counts = counted is not None
        return counted

    def stream(self, call: Completion) -> Generator[str, None, Answer]:
        """The pieces of the answer; where a call is made again, they begin anew."""
        until = self._time.steady() + call.timeout
        for attempt in count(1):
            self._hold(until)
            self._enter()
            try:
                return (yield from self._once(call, until))
            except BackendError as error:
                seconds = self._wait(error, attempt, until)
                if seconds is None:
                    self._failed(error)
                    raise
            except BaseException:  # a stream closed by its reader, Ctrl-C
                self._breakers.change(self.key, breaker.after_nothing)
                raise
            self._time.sleep(seconds)
        raise AssertionError  # pragma: no cover - count() has no end

    def complete(self, call: Completion) -> Answer:
        """The whole answer."""
        answers: list[Answer] = []

        def run() -> Generator[str, None, None]:
            answers.append((yield from self.stream(call)))

        for _ in run():
            pass
        return answers[0]

    def embed(self, texts: Sequence[str]) -> list[list[float]] | None:
        """Vectors, where the engine makes them."""
        return self._backend.embed(texts)

    def close(self) -> None:
        """Let go of the engine."""
        self._backend.close()

    def _once(self, call: Completion, until: float) -> Generator[str, None, Answer]:
        start = self._time.steady()
        answer = yield from self._backend.stream(call._replace(timeout=until - start))
        self._breakers.change(self.key, breaker.after_success)
        self._breakers.took(self.key, self._time.steady() - start)
        return answer

    def _hold(self, until: float) -> None:
        """Wait as long as the engine asked for; raises RateLimited where the call has no time for that."""
        left = self._pace.left()
        if left and left >= until - self._time.steady():
            raise RateLimited(f"asks to wait {left:.0f} s", where=self.key, after=left)
        if left:
            self._time.sleep(left)

    def _enter(self) -> None:
        now = self._time.wall()
        before, after = self._breakers.change(self.key, lambda state: breaker.before_call(state, self._policy, now))
        self._refuse(before, now)
        if after.trying is not None:
            self._notice("half-open", f"{self.key} is tried again")

    def _refuse(self, state: BreakerState, now: float) -> None:
        """Raise BreakerOpen while the engine is left alone."""
        if breaker.position(state, self._policy, now) == "open":
            left = breaker.seconds_left(state, self._policy, now)
            why = f" ({state.reason})" if state.reason else ""
            what = f"left alone for {left:.0f} s more after {state.failures} failures{why}"
            raise BreakerOpen(what, where=self.key)

    def _failed(self, error: BackendError) -> None:
        if not breaker.counts(error):
            self._breakers.change(self.key, breaker.after_neither)
            return
        now, reason = self._time.wall(), str(error)
        before, after = self._breakers.change(
            self.key, lambda state: breaker.after_failure(state, self._policy, now, reason)
        )
        if after.opened is not None and before.opened is None:
            self._notice("open", f"{self.key}: {reason}")

    def _wait(self, error: BackendError, attempt: int, until: float) -> float | None:
        """Seconds before another try, None where there is none."""
        if isinstance(error, RateLimited) and error.after is not None:
            self._pace.hold(error.after)
        left = until - self._time.steady()
        seconds = retry.wait(error, attempt, left, self._retries, dice=self._time.dice())
        if seconds is not None:
            self._notice("retry", f"in {seconds:.1f} s: {error}")
        return seconds
