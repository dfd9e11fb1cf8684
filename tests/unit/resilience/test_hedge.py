from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from fakes.engines import Engine, call
from review_bot.errors import BadAnswer, Unavailable
from review_bot.resilience.hedge import Hedging, usual

if TYPE_CHECKING:
    from collections.abc import Callable

QUICK = [0.01] * 20


def hedging(
    first: Engine, second: Engine, latencies: list[float] = QUICK, notice: Callable[[str, str], None] | None = None
) -> Hedging:
    return Hedging(first, second, lambda: latencies, soonest=0.0, notice=notice or (lambda what, reason: None))


def slow(*outcomes: str | tuple[str | Exception, ...] | Exception) -> tuple[Engine, threading.Event]:
    """An engine that answers once its gate is open."""
    engine = Engine(*outcomes)
    engine.gate = threading.Event()
    return engine, engine.gate


def test_usual_needs_a_history() -> None:
    assert usual([1.0] * 7) is None
    assert usual([float(n) for n in range(100, 0, -1)]) == 96.0
    assert usual([1.0] * 19 + [50.0]) == 50.0
    assert usual([1.0] * 20 + [50.0]) == 1.0


@pytest.mark.parametrize("latencies", [[], [0.01] * 7, [60.0] * 20])
def test_without_a_history_or_time_left_the_first_is_asked_alone(latencies: list[float]) -> None:
    first, second = Engine(("o", "ne")), Engine("two")
    assert list(hedging(first, second, latencies).stream(call(timeout=60))) == ["o", "ne"]
    assert second.calls == []


def test_a_quick_first_engine_answers_alone() -> None:
    first, second = Engine(("o", "ne")), Engine("two")
    pieces = hedging(first, second, [30.0] * 20)
    assert pieces.complete(call()).text == "one"
    assert [piece for piece in pieces.stream(call()) if piece] == ["o", "ne"]
    assert second.calls == []


def test_a_slow_first_engine_is_overtaken_and_cut() -> None:
    first, gate = slow(("on", "e"))
    second = Engine("two")
    told: list[str] = []
    done = hedging(first, second, notice=lambda what, reason: told.append(what)).complete(call(timeout=60))
    assert done.text == "two"
    assert told == ["hedge"]
    assert 59 < second.calls[0].timeout < 60
    gate.set()
    assert first.cut.wait(10)


def test_a_slow_first_engine_may_still_win() -> None:
    first, gate = slow("one")
    second, other = slow("two")
    assert hedging(first, second, notice=lambda what, reason: gate.set()).complete(call()).text == "one"
    other.set()


def test_one_failure_waits_for_the_other() -> None:
    first, gate = slow("one")

    class Failing(Engine):
        def stream(self, call):  # type: ignore[no-untyped-def]
            threading.Timer(0.05, gate.set).start()
            return super().stream(call)

    assert hedging(first, Failing(Unavailable("two is down"))).complete(call()).text == "one"


def test_the_first_error_is_told_where_both_fail() -> None:
    first, gate = slow(BadAnswer("one"))
    with pytest.raises(BadAnswer, match="one"):
        hedging(first, Engine(Unavailable("two")), notice=lambda what, reason: gate.set()).complete(call())


def test_a_second_engine_that_is_not_there_is_not_called() -> None:
    first, gate = slow("one")
    second = Engine("two")
    second.down = Unavailable("nobody")
    assert hedging(first, second, notice=lambda what, reason: gate.set()).complete(call()).text == "one"
    assert second.calls == []


def test_an_early_failure_is_not_hedged() -> None:
    second = Engine("two")
    with pytest.raises(Unavailable):
        hedging(Engine(Unavailable("down")), second, [30.0] * 20).complete(call())
    assert second.calls == []


def test_a_closed_stream_ends_the_engine_s_work() -> None:
    first, gate = slow(("a", "b", "c"))
    pieces = hedging(first, Engine("two"), [30.0] * 20).stream(call())
    assert next(pieces) == ""
    pieces.close()
    gate.set()
    assert first.cut.wait(10)


def test_the_rest_is_the_first_engine_s() -> None:
    first, second = Engine("one", name="x"), Engine("two", name="y")
    engine = hedging(first, second)
    assert engine.describe() == first.info
    assert engine.count("four") == 4
    assert engine.embed(["ab"]) == [[2.0]]
    engine.close()
    assert (first.closed, second.closed) == (1, 0)
