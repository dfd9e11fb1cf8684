from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakes.engine import FakeEngine, MemoryJournal
from review_bot.config.model import Model
from review_bot.domain.diff import FileDiff
from review_bot.domain.finding import Finding, Suppressed
from review_bot.domain.model import Completion, Prompt, Sampling
from review_bot.domain.review import Degraded
from review_bot.domain.window import Part, Window
from review_bot.errors import BadAnswer, BreakerOpen, TooLong, Unavailable
from review_bot.pipeline.calls import Caller, Engine
from review_bot.pipeline.stages import Opened, Stages, Work
from review_bot.prompts.raw import RawFinding
from review_bot.rules.engine import FileOutcome
from review_bot.rules.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from review_bot.domain.model import Answer, ModelInfo
    from review_bot.pipeline.ask import PartResult, Style
    from review_bot.pipeline.graph import Step
    from review_bot.pipeline.stages import Examples, Looked

PARTS = tuple(Part(f"f{n}.py", 1, 1, (1,), f"1+ code_{n}\n", 5) for n in range(3))


class Contents:
    def new(self, file: FileDiff) -> bytes:
        return f"code of {file.path}\n".encode()

    def old(self, file: FileDiff) -> None:
        return None


def looked() -> list[Looked]:
    files = [FileDiff(part.path, None, "added", added=1) for part in PARTS]
    return [(file, FileOutcome(View(file, Contents()), [], {}, None)) for file in files]


def finding(path: str) -> Finding:
    return Finding(
        f"fp {path}", "model.correctness", "model", "correctness", "error", 0.7, path, "new", 1, 1, 1, 5, "m"
    )


class Tools:
    """Reads `bug` as a remark on the first line of the first part."""

    version = "1"

    def __init__(self, room: bool = True) -> None:
        self.opened = 0
        self.room = room

    def prepare(self, looked: Sequence[Looked], info: ModelInfo) -> None:
        self.opened += 1
        if not self.room:
            raise TooLong("its context has no room")

    def parts(self) -> tuple[Sequence[Part], Sequence[Any]]:
        return PARTS, ()

    def windows(self, parts: Sequence[Part], examples: Examples | None) -> Sequence[Window]:
        return [Window(part.path, "general", (part,), 50, 10) for part in parts]

    def call(self, window: Window, style: Style, problem: str, count: Callable[[str], int | None]) -> Completion:
        return Completion(Prompt("s", f"{window.id} {style}"), Sampling(), 60.0)

    def read(self, text: str, window: Window, style: Style) -> Sequence[tuple[Part, RawFinding]]:
        if text not in ("ok", "bug"):
            raise BadAnswer("unreadable")
        part = window.parts[0]
        return [(part, RawFinding(part.path, 1, "code", "correctness", "error", "m"))] if text == "bug" else []

    def halves(self, window: Window) -> Sequence[Window]:
        return ()

    def gate(self, results: Sequence[PartResult]) -> tuple[Sequence[Finding], Sequence[Suppressed]]:
        return [finding(one.part.path) for one in results if one.remarks], ()

    def question(self, finding: Finding, part: Part) -> Completion:
        return Completion(Prompt("judge", finding.path), Sampling(), 60.0, purpose="judge")

    def verdict(self, finding: Finding, answer: Answer | None, reason: str) -> Finding | Suppressed:
        if answer is not None and answer.text == "yes":
            return finding
        return Suppressed(finding, "gate", reason or "no")


class Dictionary:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, keys: Sequence[str]) -> Mapping[str, str]:
        return {key: self.kept[key] for key in keys if key in self.kept}

    def put(self, entries: Mapping[str, str]) -> None:
        self.kept.update(entries)


class Run:
    def __init__(self, *engines: FakeEngine, store: Dictionary | None = None, tools: Tools | None = None,
                 opened: Opened | None = None, rows: Sequence[Looked] | None = None) -> None:  # fmt: skip
        self.tools, self.engines = tools or Tools(), engines
        listed = [Engine(f"e{number}", engine) for number, engine in enumerate(engines)]
        caller = Caller(listed, MemoryJournal(), clock=lambda: 0.0, until=100.0)
        ready = opened or Opened(caller, engines[0].describe())
        self.steps: list[Step] = []
        stages = Stages(lambda: looked() if rows is None else rows, lambda: self.tools, lambda: ready,
                        store or Dictionary(), Model(), observe=self.steps.append)  # fmt: skip
        self.work: Work = stages.run()

    @property
    def way(self) -> list[str]:
        return [f"{step.node}:{step.edge}" for step in self.steps if step.thread == "review"]

    @property
    def states(self) -> list[str]:
        return [one.state for one in self.work.results]

    @property
    def calls(self) -> int:
        return sum(len(engine.calls) for engine in self.engines)


def says(**answers: str) -> Callable[[Completion], str]:
    """`f0="bug"` answers so where the prompt speaks of f0; the judge says what `judge` is, else yes."""

    def answer(call: Completion) -> str:
        if call.purpose == "judge":
            return answers.get("judge", "yes")
        return next((text for name, text in answers.items() if name in call.prompt.user), "ok")

    return answer


def test_the_way_of_a_review_with_a_finding() -> None:
    run = Run(FakeEngine(says(f1="bug")))
    assert run.way == [
        "plan:with model", "rules:model next", "recall:none", "route:windows", "review:answered", "gate:some left",
        "judge:judged", "aggregate:done",
    ]  # fmt: skip
    assert (run.work.findings, run.states, run.calls) == ((finding("f1.py"),), ["reviewed"] * 3, 4)


def test_a_second_review_opens_no_tools_and_makes_no_call() -> None:
    store = Dictionary()
    first = Run(FakeEngine(says(f1="bug")), store=store)
    again = Run(FakeEngine("unreadable"), store=store)
    assert again.way[3:] == ["route:known", "aggregate:done"]
    assert (again.work.findings, again.states, again.calls) == (first.work.findings, ["cached"] * 3, 0)
    assert (again.tools.opened, again.work.counts.cached) == (0, 3)


def test_another_model_is_asked_anew() -> None:
    store = Dictionary()
    Run(FakeEngine(says(f1="bug")), store=store)
    assert Run(FakeEngine(says(), digest="d2"), store=store).states == ["reviewed"] * 3


def test_what_failed_is_asked_for_again_and_the_rest_is_cached() -> None:
    store = Dictionary()
    first = Run(FakeEngine(says(f0="rubbish")), store=store)
    assert first.states == ["failed", "reviewed", "reviewed"]
    assert [one.what for one in first.work.degraded] == ["backend:e0"]
    again = Run(FakeEngine(says()), store=store)
    assert (sorted(again.states), again.calls) == (["cached", "cached", "reviewed"], 1)


def test_what_another_engine_said_is_not_kept_under_the_first_ones_name() -> None:
    store = Dictionary()
    first = Run(FakeEngine(Unavailable("down")), FakeEngine(says(), digest="d2"), store=store)
    assert (first.states, first.work.degraded) == (["reviewed"] * 3, (Degraded("backend:e0", "down"),))
    assert store.kept == {}


def test_a_breaker_that_is_open_skips_everything() -> None:
    run = Run(opened=Opened(None, None, (Degraded("backend:e0", "left alone"),), left_alone=True))
    assert run.way[3:] == ["route:no engine", "aggregate:done"]
    assert (run.work.rest, run.work.reason, run.work.degraded[0].reason) == ("skipped", "breaker open", "left alone")


def test_a_breaker_that_opens_on_the_way_skips_the_rest() -> None:
    run = Run(FakeEngine(Unavailable("down"), BreakerOpen("left alone for 60 s more")))
    assert run.states == ["failed", "skipped", "skipped"]
    assert run.work.degraded == (Degraded("backend:e0", "down"),)


def test_without_an_engine_or_room_for_instructions_the_rules_stand_alone() -> None:
    assert Run(opened=Opened(None)).way[3:] == ["route:no engine", "aggregate:done"]
    run = Run(FakeEngine(says()), tools=Tools(room=False))
    assert (run.way[3], run.work.degraded) == ("route:no engine", (Degraded("backend:e0", "its context has no room"),))


def test_a_change_that_adds_nothing_opens_no_engine() -> None:
    rows = [(file._replace(added=0), outcome) for file, outcome in looked()]
    run = Run(FakeEngine(says()), rows=rows)
    assert (run.way[1:], run.calls) == (["rules:alone", "aggregate:done"], 0)


def test_a_judge_that_fails_keeps_nothing_and_is_asked_again_next_time() -> None:
    store = Dictionary()

    def broken(call: Completion) -> str:
        if call.purpose == "judge":
            raise Unavailable("gone")
        return says(f1="bug")(call)

    first = Run(FakeEngine(broken), store=store)
    assert (first.work.findings, [one.reason for one in first.work.suppressed]) == ((), ["gone"])
    again = Run(FakeEngine(says()), store=store)
    assert (again.work.findings, again.calls) == ((finding("f1.py"),), 1)
