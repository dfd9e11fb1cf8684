from __future__ import annotations

import pytest

from fakes.engines import Engine, Hands, Notes, call
from review_bot.errors import (
    BackendError,
    BadAnswer,
    BreakerOpen,
    ModelMissing,
    RateLimited,
    TimedOut,
    Unavailable,
    Unreachable,
)
from review_bot.resilience.breaker import BreakerState
from review_bot.resilience.guarded import Guarded

DOWN = Unavailable("down", where="http://fake")


class Setup:
    def __init__(self, engine: Engine) -> None:
        self.engine, self.hands, self.notes = engine, Hands(), Notes()
        self.told: list[str] = []
        self.guarded = Guarded(
            engine, "fake", self.notes, time=self.hands.clocks(), notice=lambda what, reason: self.told.append(what)
        )


def test_an_answer_is_timed_and_clears_the_breaker() -> None:
    setup = Setup(Engine("answer"))
    setup.notes.states["fake"] = BreakerState(failures=2)
    assert setup.guarded.complete(call()).text == "answer"
    assert setup.notes.states["fake"] == BreakerState()
    assert setup.notes.times["fake"] == [0.0]


def test_a_passing_failure_is_tried_again_and_not_counted() -> None:
    setup = Setup(Engine(DOWN, DOWN, "answer"))
    assert setup.guarded.complete(call()).text == "answer"
    assert setup.hands.slept == [0.25, 1.0]
    assert setup.told == ["retry", "retry"]
    assert setup.engine.calls[2].timeout == pytest.approx(60 - 1.25)


def test_failed_calls_open_the_breaker_and_no_call_is_made_until_the_pause_is_over() -> None:
    setup = Setup(Engine(DOWN))
    for _ in range(3):
        with pytest.raises(Unavailable):
            setup.guarded.complete(call())
    made = len(setup.engine.calls)
    with pytest.raises(BreakerOpen, match=r"left alone for 60 s more after 3 failures \(http://fake: down\)"):
        setup.guarded.complete(call())
    with pytest.raises(BreakerOpen):
        setup.guarded.describe()
    assert len(setup.engine.calls) == made
    assert setup.told[-1] == "open"
    setup.hands.now += 60
    setup.engine.outcomes = ["back"]
    assert setup.guarded.complete(call()).text == "back"
    assert setup.told[-1] == "half-open"
    assert setup.guarded.complete(call()).text == "back"


def test_a_bad_answer_does_not_count() -> None:
    setup = Setup(Engine(BadAnswer("nonsense")))
    for _ in range(5):
        with pytest.raises(BadAnswer):
            setup.guarded.complete(call())
    assert setup.notes.state("fake") == BreakerState()
    assert len(setup.engine.calls) == 5


def test_a_slow_call_counts_and_is_not_repeated() -> None:
    setup = Setup(Engine(TimedOut("slow")))
    with pytest.raises(TimedOut):
        setup.guarded.complete(call())
    assert setup.notes.state("fake").failures == 1
    assert len(setup.engine.calls) == 1


def test_a_stream_that_breaks_off_begins_anew() -> None:
    setup = Setup(Engine(("some", DOWN), ("an", "swer")))
    assert list(setup.guarded.stream(call())) == ["some", "an", "swer"]
    setup = Setup(Engine(("some", DOWN), ("an", "swer")))
    assert setup.guarded.complete(call()).text == "answer"


def test_a_closed_stream_closes_the_engine_s_and_leaves_a_half_open_breaker_to_the_next() -> None:
    setup = Setup(Engine(("a", "b")))
    setup.notes.states["fake"] = BreakerState(3, 0.0, None, "down")
    pieces = setup.guarded.stream(call())
    next(pieces)
    assert setup.notes.states["fake"].trying == setup.hands.now
    pieces.close()
    assert setup.engine.cut.is_set()
    assert setup.notes.states["fake"] == BreakerState(3, 0.0, None, "down")


def test_describe_does_not_close_an_open_breaker() -> None:
    setup = Setup(Engine("x"))
    setup.notes.states["fake"] = state = BreakerState(3, 0.0, None, "down")
    setup.guarded.describe()
    assert setup.notes.states["fake"] == state


@pytest.mark.parametrize(
    ("error", "sought", "counted"),
    [
        (DOWN, False, 1),
        (TimedOut("slow"), False, 1),
        (Unreachable("nobody"), False, 0),
        (ModelMissing("none"), False, 0),
        (DOWN, True, 0),
    ],
)
def test_describe_that_fails(error: BackendError, counted: int, *, sought: bool) -> None:
    engine, notes = Engine("x"), Notes()
    engine.down = error
    with pytest.raises(BackendError):
        Guarded(engine, "fake", notes, sought=sought).describe()
    assert notes.state("fake").failures == counted


def test_a_rate_limit_holds_for_the_calls_after_it() -> None:
    setup = Setup(Engine(RateLimited("wait", after=90), "answer"))
    with pytest.raises(RateLimited):
        setup.guarded.complete(call(timeout=60))
    with pytest.raises(RateLimited, match="asks to wait 90 s"):
        setup.guarded.complete(call(timeout=60))
    assert len(setup.engine.calls) == 1
    assert setup.guarded.complete(call(timeout=100)).text == "answer"
    assert setup.hands.slept == [90]


def test_the_rest_is_passed_on() -> None:
    setup = Setup(Engine("x"))
    assert setup.guarded.count("four") == 4
    assert setup.guarded.embed(["ab"]) == [[2.0]]
    setup.guarded.close()
    assert setup.engine.closed == 1


def test_an_engine_that_can_not_count_is_asked_once() -> None:
    class Mute(Engine):
        asked = 0

        def count(self, text: str) -> int | None:
            self.asked += 1
            raise DOWN

    engine = Mute("answer")
    guarded = Setup(engine).guarded
    assert [guarded.count("a"), guarded.count("b")] == [None, None]
    assert engine.asked == 1
