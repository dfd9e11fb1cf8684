from __future__ import annotations

import pytest

from review_bot.errors import BackendError, BadAnswer, ModelMissing, RateLimited, TimedOut, TooLong, Unavailable
from review_bot.resilience.retry import RetryPolicy, wait


def test_waits_grow_up_to_a_bound() -> None:
    policy = RetryPolicy(attempts=9, first=1, factor=4, most=20)
    waits = [wait(Unavailable("x"), attempt, 1000, policy) for attempt in range(1, 10)]
    assert waits == [1, 4, 16, 20, 20, 20, 20, 20, None]


def test_dice_spread_the_waits() -> None:
    policy = RetryPolicy(first=1)
    assert wait(Unavailable("x"), 1, 1000, policy, dice=0) == 0.5
    assert wait(Unavailable("x"), 1, 1000, policy, dice=1) == 1.5


def test_a_server_that_asks_to_wait_is_obeyed() -> None:
    assert wait(RateLimited("x", after=17), 1, 1000) == 17
    assert wait(RateLimited("x", after=0), 1, 1000) == 0
    assert wait(RateLimited("x"), 1, 1000) == 0.25


def test_no_wait_beyond_the_deadline() -> None:
    assert wait(RateLimited("x", after=17), 1, 17) is None
    assert wait(Unavailable("x"), 1, 0) is None


@pytest.mark.parametrize("error", [TimedOut("x"), ModelMissing("x"), TooLong("x"), BadAnswer("x")])
def test_what_will_not_pass_is_not_tried_again(error: BackendError) -> None:
    assert wait(error, 1, 1000) is None
