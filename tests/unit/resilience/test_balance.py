from __future__ import annotations

import pytest

from fakes.engines import Engine, Hands, call
from review_bot.errors import BadAnswer, ModelMissing, RateLimited, Unavailable
from review_bot.resilience.balance import Balanced

DOWN = Unavailable("down")


def served(engines: list[Engine]) -> list[int]:
    return [len(engine.calls) for engine in engines]


def test_calls_go_where_the_fewest_are_in_flight() -> None:
    engines = [Engine(("a", "b"), name=name) for name in "xyz"]
    balanced = Balanced(engines, Hands().time)
    open_streams = [balanced.stream(call()) for _ in range(3)]
    for stream in open_streams:
        next(stream)
    assert served(engines) == [1, 1, 1]
    list(open_streams[1])
    balanced.complete(call())
    assert served(engines) == [1, 2, 1]


def test_one_after_another_they_take_turns() -> None:
    engines = [Engine("a", name=name) for name in "xy"]
    balanced = Balanced(engines, Hands().time)
    for _ in range(4):
        balanced.complete(call())
    assert served(engines) == [2, 2]


def test_what_one_can_not_do_another_does_and_the_first_is_left_alone_for_a_while() -> None:
    hands = Hands()
    engines = [Engine(DOWN, "back", name="x"), Engine("a", name="y")]
    balanced = Balanced(engines, hands.time)
    for _ in range(3):
        assert balanced.complete(call()).text == "a"
    assert served(engines) == [1, 3]
    hands.now += 30
    assert balanced.complete(call()).text == "back"


def test_a_rate_limit_sets_aside_for_as_long_as_asked() -> None:
    hands = Hands()
    engines = [Engine(RateLimited("wait", after=100), "back", name="x"), Engine("a", name="y")]
    balanced = Balanced(engines, hands.time)
    balanced.complete(call())
    hands.now += 99
    assert balanced.complete(call()).text == "a"
    hands.now += 1
    assert balanced.complete(call()).text == "back"


def test_all_down_is_an_error() -> None:
    engines = [Engine(DOWN, name="x"), Engine(DOWN, name="y")]
    with pytest.raises(Unavailable):
        Balanced(engines, Hands().time).complete(call())
    assert served(engines) == [1, 1]


def test_a_bad_answer_is_not_asked_elsewhere() -> None:
    engines = [Engine(BadAnswer("nonsense"), name="x"), Engine("a", name="y")]
    with pytest.raises(BadAnswer):
        Balanced(engines, Hands().time).complete(call())
    assert served(engines) == [1, 0]


def test_a_broken_stream_is_not_begun_anew() -> None:
    engines = [Engine(("a", DOWN), name="x"), Engine("a", name="y")]
    with pytest.raises(Unavailable):
        list(Balanced(engines, Hands().time).stream(call()))
    assert served(engines) == [1, 0]


def test_an_endpoint_with_another_model_is_left_out() -> None:
    told = []
    engines = [Engine("a", name="x"), Engine("b", name="y", digest="other")]
    balanced = Balanced(engines, Hands().time, notice=lambda what, reason: told.append(reason))
    for _ in range(3):
        assert balanced.complete(call()).text == "a"
    assert told == ["http://y runs model other, not d"]


def test_an_endpoint_that_is_down_at_first_is_passed_over() -> None:
    engines = [Engine("a", name="x"), Engine("b", name="y")]
    engines[0].down = DOWN
    balanced = Balanced(engines, Hands().time)
    assert balanced.describe().where == "http://y"
    assert balanced.complete(call()).text == "b"


def test_none_there_raises_the_first_reason() -> None:
    engines = [Engine("a", name="x"), Engine("b", name="y")]
    engines[0].down, engines[1].down = ModelMissing("no model"), DOWN
    with pytest.raises(ModelMissing, match="no model"):
        Balanced(engines, Hands().time).describe()


def test_the_rest_is_passed_on() -> None:
    engines = [Engine("a", name="x"), Engine("b", name="y")]
    balanced = Balanced(engines, Hands().time)
    assert balanced.count("four") == 4
    assert balanced.embed(["ab"]) == [[2.0]]
    balanced.close()
    assert [engine.closed for engine in engines] == [1, 1]
