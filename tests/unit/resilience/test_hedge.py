from __future__ import annotations

import threading

import pytest

from fakes.engines import Engine, call
from review_bot.errors import BadAnswer, Unavailable
from review_bot.resilience.hedge import complete, usual


def test_usual_needs_a_history() -> None:
    assert usual([1.0] * 7) is None
    assert usual([float(n) for n in range(100, 0, -1)]) == 96.0
    assert usual([1.0] * 19 + [50.0]) == 50.0
    assert usual([1.0] * 20 + [50.0]) == 1.0


def test_a_quick_first_engine_answers_alone() -> None:
    first, second = Engine("one"), Engine("two")
    done = complete([first, second], call(), 30.0)
    assert (done.engine, done.answer.text, done.hedged) == (0, "one", False)
    assert second.calls == []


def test_a_slow_first_engine_is_overtaken_and_cut() -> None:
    first, second = Engine(("on", "e")), Engine("two")
    first.gate = threading.Event()
    done = complete([first, second], call(timeout=60), 0.0)
    assert (done.engine, done.answer.text, done.hedged) == (1, "two", True)
    assert second.calls[0].timeout == 60
    first.gate.set()
    assert first.cut.wait(10)


def test_a_slow_first_engine_may_still_win() -> None:
    first, second = Engine("one"), Engine("two")
    first.gate, second.gate = threading.Event(), threading.Event()
    notices = []

    def notice(what: str, reason: str) -> None:
        notices.append(what)
        assert first.gate is not None
        first.gate.set()

    done = complete([first, second], call(), 0.0, notice=notice)
    second.gate.set()
    assert (done.engine, done.answer.text, done.hedged) == (0, "one", True)
    assert notices == ["hedge"]


def test_one_failure_waits_for_the_other() -> None:
    first, second = Engine("one"), Engine(Unavailable("two is down"))
    first.gate = threading.Event()
    threading.Timer(0.05, first.gate.set).start()
    assert complete([first, second], call(), 0.0).answer.text == "one"


def test_the_first_error_is_told_where_both_fail() -> None:
    first, second = Engine(BadAnswer("one")), Engine(Unavailable("two"))
    first.gate = threading.Event()
    threading.Timer(0.05, first.gate.set).start()
    with pytest.raises(BadAnswer, match="one"):
        complete([first, second], call(), 0.0)


def test_an_early_failure_is_not_hedged() -> None:
    second = Engine("two")
    with pytest.raises(Unavailable):
        complete([Engine(Unavailable("down")), second], call(), 30.0)
    assert second.calls == []


@pytest.mark.parametrize("after", [None, 60.0])
def test_without_a_usual_time_or_time_left_it_is_a_plain_call(after: float | None) -> None:
    assert complete([Engine("one"), Engine("two")], call(timeout=60), after).answer.text == "one"


def test_a_single_engine_is_a_plain_call() -> None:
    assert complete([Engine("one")], call(), 0.0).answer.text == "one"
