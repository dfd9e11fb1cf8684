from __future__ import annotations

import threading

import pytest

from fakes.engine import FakeEngine, MemoryJournal
from review_bot.domain.model import Completion, Prompt, Sampling
from review_bot.errors import BackendError, BadAnswer, TimedOut, TooLong, Truncated, Unavailable
from review_bot.pipeline.calls import Caller, Engine, OutOfTime, Stopped, Usage, key_of

CALL = Completion(Prompt("system", "user"), Sampling(), timeout=60.0, schema={"type": "object"})


def caller(
    *engines: FakeEngine, journal: MemoryJournal | None = None, now: float = 0.0, until: float = 100.0
) -> Caller:
    listed = [Engine(f"fake{number}", engine) for number, engine in enumerate(engines)]
    return Caller(listed, journal or MemoryJournal(), clock=lambda: now, until=until)


def test_a_call_is_counted_and_heard_piece_by_piece() -> None:
    pieces: list[str] = []
    asked = Caller([Engine("fake", FakeEngine("one two three"))], MemoryJournal(), clock=lambda: 0.0, until=9.0,
                   hear=pieces.append)  # fmt: skip
    answer = asked.ask(0, CALL)
    assert (answer.text, pieces) == ("one two three", ["one two", " three", ""])
    assert asked.usage == Usage(1, 100, 40, 10)


def test_a_call_has_no_more_time_than_the_run() -> None:
    engine = FakeEngine("x")
    caller(engine, now=95.0).ask(0, CALL)
    assert engine.calls[0].timeout == 5.0
    with pytest.raises(OutOfTime):
        caller(engine, now=100.0).ask(0, CALL)
    assert len(engine.calls) == 1


def test_a_call_that_the_deadline_ends_is_not_the_engines_fault() -> None:
    times = iter([0.0, 100.0])
    late = Caller(
        [Engine("fake", FakeEngine(TimedOut("slow")))], MemoryJournal(), clock=lambda: next(times), until=50.0
    )
    with pytest.raises(OutOfTime):
        late.ask(0, CALL)
    with pytest.raises(TimedOut):
        caller(FakeEngine(TimedOut("slow"))).ask(0, CALL)


def test_an_answer_in_the_journal_costs_no_call() -> None:
    journal, engine = MemoryJournal(), FakeEngine("first", "second")
    first = caller(engine, journal=journal).ask(0, CALL)
    again = caller(engine, journal=journal)
    assert (again.ask(0, CALL), again.usage, len(engine.calls)) == (first, Usage(), 1)
    assert again.ask(0, CALL._replace(timeout=1.0)) == first
    assert again.ask(0, CALL._replace(prompt=Prompt("system", "other"))).text == "second"


@pytest.mark.parametrize(
    "error", [BadAnswer("no JSON", text="Sure!"), Truncated("cut", text='{"thou'), TooLong("4100 of 4096")]
)
def test_a_failure_that_would_come_again_is_not_asked_for_again(error: BackendError) -> None:
    journal, engine = MemoryJournal(), FakeEngine(error)
    for _ in range(2):
        with pytest.raises(type(error), match=error.what) as raised:
            caller(engine, journal=journal).ask(0, CALL)
        assert getattr(raised.value, "text", None) == getattr(error, "text", None)
    assert len(engine.calls) == 1


def test_an_engine_that_was_down_is_asked_again() -> None:
    journal, engine = MemoryJournal(), FakeEngine(Unavailable("down"), "up")
    with pytest.raises(Unavailable):
        caller(engine, journal=journal).ask(0, CALL)
    assert caller(engine, journal=journal).ask(0, CALL).text == "up"


def test_nobody_waits_for_a_stream_once_the_run_is_stopped() -> None:
    stop = threading.Event()
    asked = Caller([Engine("fake", FakeEngine("a long answer in many pieces"))], MemoryJournal(), clock=lambda: 0.0,
                   until=9.0, stop=stop, hear=lambda piece: stop.set())  # fmt: skip
    with pytest.raises(Stopped):
        asked.ask(0, CALL)


def test_another_model_is_another_question() -> None:
    one, other = FakeEngine(digest="a").describe(), FakeEngine(digest="b").describe()
    assert key_of(one, CALL) != key_of(other, CALL)
    assert key_of(one, CALL) != key_of(one, CALL._replace(sampling=Sampling(seed=8)))
