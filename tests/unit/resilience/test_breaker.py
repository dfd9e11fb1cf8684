from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.errors import (
    BadAnswer,
    BreakerOpen,
    ModelMissing,
    NotLocal,
    RateLimited,
    TimedOut,
    TooLong,
    Unavailable,
)
from review_bot.resilience.breaker import (
    BreakerPolicy,
    BreakerState,
    after_failure,
    after_neither,
    after_nothing,
    after_success,
    before_call,
    counts,
    position,
    seconds_left,
)

POLICY = BreakerPolicy(failures=3, pause=60)


def failed(times: int, now: float = 100.0, state: BreakerState | None = None) -> BreakerState:
    state = state or BreakerState()
    for _ in range(times):
        state = after_failure(state, POLICY, now, "down")
    return state


def test_opens_at_the_third_failure_in_a_row() -> None:
    assert position(failed(2), POLICY, 100.0) == "closed"
    assert position(failed(3), POLICY, 100.0) == "open"
    assert failed(3).reason == "down"


def test_a_success_in_between_starts_the_count_again() -> None:
    assert position(failed(2, state=after_success(failed(2))), POLICY, 100.0) == "closed"


def test_half_open_after_the_pause_lets_one_call_through() -> None:
    state = failed(3)
    assert position(state, POLICY, 159.9) == "open"
    assert seconds_left(state, POLICY, 130.0) == 30.0
    assert position(state, POLICY, 160.0) == "half-open"
    trying = before_call(state, POLICY, 160.0)
    assert position(trying, POLICY, 161.0) == "open"
    assert seconds_left(trying, POLICY, 161.0) == 59.0


def test_the_one_call_decides() -> None:
    trying = before_call(failed(3), POLICY, 160.0)
    assert position(after_success(trying), POLICY, 161.0) == "closed"
    again = after_failure(trying, POLICY, 161.0, "still down")
    assert position(again, POLICY, 220.9) == "open"
    assert position(again, POLICY, 221.0) == "half-open"
    assert after_neither(trying) == BreakerState()
    assert position(after_nothing(trying), POLICY, 161.0) == "half-open"


def test_a_process_that_died_while_it_tried_blocks_for_one_pause() -> None:
    trying = before_call(failed(3), POLICY, 160.0)
    assert position(trying, POLICY, 220.0) == "half-open"


def test_a_clock_that_was_set_back_does_not_keep_it_open() -> None:
    assert position(failed(3, now=1e9), POLICY, 100.0) == "half-open"


def test_neither_leaves_a_closed_one_as_it_is() -> None:
    assert after_neither(failed(2)) == failed(2)


@pytest.mark.parametrize(
    ("error", "does"),
    [
        (Unavailable("x"), True),
        (RateLimited("x"), True),
        (TimedOut("x"), True),
        (ModelMissing("x"), True),
        (BadAnswer("x"), False),
        (TooLong("x"), False),
        (NotLocal("x"), False),
        (BreakerOpen("x"), True),
        (KeyboardInterrupt(), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_counts(error: BaseException, does: bool) -> None:
    assert counts(error) is does


@given(st.lists(st.tuples(st.sampled_from(["call", "ok", "fail", "neither"]), st.floats(0, 100)), max_size=40))
def test_never_open_for_longer_than_the_pause(steps: list[tuple[str, float]]) -> None:
    now, state = 0.0, BreakerState()
    for what, later in steps:
        now += later
        if position(state, POLICY, now) == "open":
            assert 0 < seconds_left(state, POLICY, now) <= POLICY.pause
            assert before_call(state, POLICY, now) == state
            continue
        state = before_call(state, POLICY, now)
        if what == "ok":
            state = after_success(state)
        elif what == "fail":
            state = after_failure(state, POLICY, now, "")
        elif what == "neither":
            state = after_neither(state)
    assert position(state, POLICY, now + POLICY.pause) != "open"
