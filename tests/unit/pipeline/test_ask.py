from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakes.engine import FakeEngine, MemoryJournal
from review_bot.domain.model import Completion, Prompt, Sampling
from review_bot.domain.window import Part, Window
from review_bot.errors import (
    BadAnswer,
    BadRequest,
    BreakerOpen,
    ModelMissing,
    NotLocal,
    RateLimited,
    TimedOut,
    TooLong,
    Truncated,
    Unavailable,
)
from review_bot.pipeline.ask import Asking, PartResult, State, Style
from review_bot.pipeline.calls import Caller, Engine
from review_bot.prompts.raw import RawFinding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from review_bot.pipeline.graph import Step


def part(line: int, path: str = "a.py") -> Part:
    return Part(path, line, line, (line,), f"{line}+ x\n", 4)


def window(*lines: int) -> Window:
    return Window("w" + ".".join(map(str, lines)), "python", tuple(map(part, lines)), 100, 50)


class FakeDesk:
    """Reads `ok LINE…` as remarks at these lines, anything else as malformed."""

    def call(self, window: Window, style: Style, problem: str, count: Callable[[str], int | None]) -> Completion:
        return Completion(Prompt("s", f"{window.id} {style} {problem}"), Sampling(), 60.0)

    def read(self, text: str, window: Window, style: Style) -> Sequence[tuple[Part, RawFinding]]:
        if not text.startswith("ok"):
            raise BadAnswer(f"unreadable: {text}")
        lines = [int(word) for word in text.split()[1:]]
        parts = {one.start_line: one for one in window.parts}
        return [(parts[line], RawFinding("a.py", line, "x", "correctness", "info", "m")) for line in lines]

    def halves(self, window: Window) -> Sequence[Window]:
        half = len(window.parts) // 2
        lines = [one.start_line for one in window.parts]
        return [_window(lines[:half]), _window(lines[half:])] if half else []


def _window(lines: Sequence[int]) -> Window:
    return window(*lines)


class Run:
    """One window asked for, with everything that can be seen of it."""

    def __init__(
        self, asked: Window, *engines: FakeEngine, until: float = 100.0, clock: Callable[[], float] | None = None
    ):
        self.steps: list[Step] = []
        self.kept: list[PartResult] = []
        listed = [Engine(f"e{number}", engine) for number, engine in enumerate(engines)]
        self.caller = Caller(listed, MemoryJournal(), clock=clock or (lambda: 0.0), until=until)
        asking = Asking(self.caller, FakeDesk(), self.kept.extend)
        self.state = asking.graph.run(State((asked,)), observe=self.steps.append)

    @property
    def way(self) -> list[str]:
        return [f"{step.node}:{step.edge}" for step in self.steps]

    @property
    def parts(self) -> dict[int, str]:
        return {one.part.start_line: one.state for one in self.state.done}


def test_a_good_answer_is_kept_part_by_part() -> None:
    run = Run(window(1, 2), FakeEngine("ok 2 2"))
    assert run.way == ["next:window", "ask:answered", "read:good", "keep:kept", "next:none"]
    assert [(one.part.start_line, one.state, len(one.remarks)) for one in run.state.done] == [
        (1, "reviewed", 0),
        (2, "reviewed", 2),
    ]
    assert run.kept == list(run.state.done)


def test_a_malformed_answer_is_asked_for_again_with_the_error_then_by_lines_then_given_up() -> None:
    engine = FakeEngine("what?")
    run = Run(window(1), engine)
    assert run.way == [
        "next:window", "ask:answered", "read:malformed", "again:asked again", "ask:answered", "read:malformed",
        "again:by lines", "ask:answered", "read:malformed", "again:given up", "fail:failed", "next:none",
    ]  # fmt: skip
    assert [call.prompt.user for call in engine.calls] == [
        "w1 plain ",
        "w1 again unreadable: what?",
        "w1 lines unreadable: what?",
    ]
    assert (run.parts, run.kept) == ({1: "failed"}, [])


@pytest.mark.parametrize("bad", ["what?", BadAnswer("peg-native")])
def test_the_second_or_third_answer_may_be_good(bad: str | Exception) -> None:
    assert Run(window(1), FakeEngine(bad, "ok 1")).parts == {1: "reviewed"}
    assert Run(window(1), FakeEngine(bad, bad, "ok 1")).parts == {1: "reviewed"}


@pytest.mark.parametrize("error", [TooLong("5000 of 4096"), Truncated("cut", text="{")])
def test_a_window_too_large_is_asked_for_in_halves(error: Exception) -> None:
    engine = FakeEngine(error, "ok 1", "ok")
    run = Run(window(1, 2, 3), engine)
    assert [call.prompt.user.split()[0] for call in engine.calls] == ["w1.2.3", "w1", "w2.3"]
    assert run.parts == {1: "reviewed", 2: "reviewed", 3: "reviewed"}


@pytest.mark.parametrize("error", [TooLong("5000 of 4096"), Truncated("cut", text="{")])
def test_what_can_not_be_made_smaller_fails_and_the_rest_is_reviewed(error: Exception) -> None:
    def only_the_second(call: Completion) -> str:
        if "w2" in call.prompt.user:
            return "ok"
        raise error

    assert Run(window(1, 2), FakeEngine(only_the_second)).parts == {1: "failed", 2: "reviewed"}


@pytest.mark.parametrize(
    "error", [Unavailable("down"), RateLimited("busy"), TimedOut("slow"), ModelMissing("none"), BadRequest("what"),
              NotLocal("remote")],
)  # fmt: skip
def test_an_engine_that_fails_gives_way_to_the_next(error: Exception) -> None:
    first, second = FakeEngine(error), FakeEngine("ok 1", digest="d2")
    run = Run(window(1), first, second)
    assert run.parts == {1: "reviewed"}
    assert run.state.troubles == ((0, str(error)),)
    assert run.state.done[0].engine == 1
    assert len(first.calls) == 1
    alone = Run(window(1), FakeEngine(error))
    assert (alone.parts, alone.way[-3:]) == ({1: "failed"}, ["fallback:none left", "fail:failed", "next:none"])


def test_an_engine_that_can_not_even_say_what_it_is_gives_way_to_the_next() -> None:
    run = Run(window(1), FakeEngine(described=Unavailable("refused")), FakeEngine("ok"))
    assert run.parts == {1: "reviewed"}


def test_an_open_breaker_leaves_the_window_to_the_rules() -> None:
    run = Run(window(1), FakeEngine(BreakerOpen("left alone for 40 s more")))
    assert run.way[-3:] == ["fallback:left alone", "leave:skipped", "next:none"]
    assert (run.state.done[0].state, run.state.done[0].reason) == ("skipped", "breaker open")


def test_what_no_time_is_left_for_is_skipped() -> None:
    times = iter([0.0, 200.0, 200.0])
    run = Run(window(1, 2, 3), FakeEngine(Truncated("cut"), "ok"), clock=lambda: next(times))
    assert [(one.state, one.reason) for one in run.state.done] == [("skipped", "deadline")] * 3
    assert run.way[-1] == "ask:deadline" or run.way[-1] == "skip:skipped"
