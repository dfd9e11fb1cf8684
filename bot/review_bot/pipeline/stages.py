"""The nodes of the review with a model: plan, rules, recall, route, review, gate, judge, aggregate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from review_bot.domain.review import Degraded
from review_bot.errors import BackendError
from review_bot.pipeline.ask import Asking, PartResult, State
from review_bot.pipeline.graph import END, Graph, Outcome
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from review_bot.config.model import Model
    from review_bot.domain.diff import FileDiff
    from review_bot.domain.finding import Finding, Suppressed
    from review_bot.domain.model import Answer, Completion, ModelInfo
    from review_bot.domain.review import ModelState
    from review_bot.domain.window import Part, Uncovered, Window
    from review_bot.pipeline.ask import Style
    from review_bot.pipeline.calls import Caller
    from review_bot.pipeline.graph import Step
    from review_bot.pipeline.shelf import Shelf
    from review_bot.prompts.raw import RawFinding
    from review_bot.rules.engine import FileOutcome

    Looked = tuple[FileDiff, FileOutcome]
    Examples = Callable[[Sequence[Part]], Iterable[str]]
    """What memory says of parts, in lines."""
    Recall = Callable[[Sequence[Looked]], Examples | None]
    """What memory knows of a change."""

_EDGES = {
    "plan": {"with model": "rules"},
    "rules": {"alone": "aggregate", "model next": "recall"},
    "recall": {"examples": "route", "none": "route"},
    "route": {
        "known": "aggregate",
        "windows": "review",
        "all cached": "gate",
        "no engine": "aggregate",
        "nothing to show": "aggregate",
    },
    "review": {"answered": "gate", "nothing": "aggregate"},
    "gate": {"some left": "judge", "none left": "aggregate", "not judged": "aggregate"},
    "judge": {"judged": "aggregate"},
    "aggregate": {"done": END},
}


class Store(Protocol):
    """A cache; nothing in it raises."""

    def get(self, keys: Sequence[str]) -> Mapping[str, str]:
        """The bodies of those of `keys` that are there."""

    def put(self, entries: Mapping[str, str]) -> None:
        """Keep bodies."""


class Toolkit(Protocol):
    """The parts of the review that know prompts and code; see pipeline.toolkit."""

    version: str
    """Changes whenever the same part would be asked for otherwise."""

    def prepare(self, looked: Sequence[Looked], info: ModelInfo) -> None:
        """Get ready for an engine; raises BackendError where nothing fits its context."""

    def parts(self) -> tuple[Sequence[Part], Sequence[Uncovered]]:
        """Every hunk worth showing, and what is in none of them."""

    def windows(self, parts: Sequence[Part], examples: Examples | None) -> Sequence[Window]:
        """The parts packed, the riskiest first."""

    def call(self, window: Window, style: Style, problem: str, count: Callable[[str], int | None]) -> Completion:
        """See ask.Desk."""

    def read(self, text: str, window: Window, style: Style) -> Sequence[tuple[Part, RawFinding]]:
        """See ask.Desk."""

    def halves(self, window: Window) -> Sequence[Window]:
        """See ask.Desk."""

    def gate(self, results: Sequence[PartResult]) -> tuple[Sequence[Finding], Sequence[Suppressed]]:
        """What can be trusted of the remarks; every one of the others with its reason."""

    def question(self, finding: Finding, part: Part) -> Completion:
        """What the judge is asked."""

    def verdict(self, finding: Finding, answer: Answer | None, reason: str) -> Finding | Suppressed:
        """The finding as the judge leaves it; `reason` says why there is no answer."""


class Opened(NamedTuple):
    """The engines of this run."""

    caller: Caller | None
    """None where no engine can be used."""
    info: ModelInfo | None = None
    """Of the first engine."""
    degraded: tuple[Degraded, ...] = ()
    left_alone: bool = False
    """True where there is none since the breaker is open."""


class Counts(NamedTuple):
    """Figures for the report."""

    windows: int = 0
    cached: int = 0
    """Parts and verdicts that needed no call."""
    seconds: tuple[tuple[str, float], ...] = ()


class Work(NamedTuple):
    """The state of the review."""

    looked: tuple[Looked, ...] = ()
    examples: Examples | None = None
    parts: tuple[Part, ...] = ()
    uncovered: tuple[Uncovered, ...] = ()
    windows: tuple[Window, ...] = ()
    results: tuple[PartResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    degraded: tuple[Degraded, ...] = ()
    counts: Counts = Counts()
    rest: ModelState = "off"
    """What is said of lines in no part."""
    reason: str = ""


_Node = tuple[Work, Outcome]


class Stages:
    """The review of one change."""

    def __init__(
        self,
        rules: Callable[[], Iterable[Looked]],
        open_tools: Callable[[], Toolkit],
        connect: Callable[[], Opened],
        cache: Store,
        model: Model,
        *,
        stamp: str = "",
        recall: Recall = lambda looked: None,
        observe: Callable[[Step], None] = lambda step: None,
        tick: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self.cache = cache
        self.model = model
        self.observe = observe
        self._open_tools = open_tools
        self._tools: Toolkit | None = None
        self._stamp = stamp
        self._memo = ""
        self._rules = rules
        self._connect = connect
        self._recall = recall
        self._tick = tick
        self._caller: Caller | None = None
        self._shelf: Shelf | None = None
        nodes: dict[str, Callable[[Work], _Node]] = {
            "plan": _plan,
            "rules": self._look,
            "recall": self._remember,
            "route": self._route,
            "review": self._review,
            "gate": self._gate,
            "judge": self._judge,
            "aggregate": self._aggregate,
        }
        self.graph: Graph[Work] = Graph("plan", nodes, _EDGES)

    @property
    def tools(self) -> Toolkit:
        """Opened only for a change that has to be cut: that costs more than all else when nothing is new."""
        if self._tools is None:
            self._tools = self._open_tools()
        return self._tools

    @property
    def caller(self) -> Caller:
        """What asks the engines; only once `route` has found one."""
        if self._caller is None:
            raise AssertionError("`route` comes first")
        return self._caller

    @property
    def shelf(self) -> Shelf:
        """The cache by part; only once `route` has cut the change."""
        if self._shelf is None:
            raise AssertionError("`route` comes first")
        return self._shelf

    def run(self) -> Work:
        """Review the change. What the rules found is in the result whatever became of the model."""
        seconds: dict[str, float] = {}

        def see(step: Step) -> None:
            seconds[step.node] = seconds.get(step.node, 0.0) + step.seconds
            self.observe(step)

        work = self.graph.run(Work(), thread="review", observe=see)
        return work._replace(counts=work.counts._replace(seconds=tuple(seconds.items())))

    def _look(self, work: Work) -> _Node:
        looked = tuple(self._rules())
        found = f"{sum(len(outcome.findings) for _, outcome in looked)} findings"
        worth = any(outcome.view is not None and file.added for file, outcome in looked)
        return work._replace(looked=looked), Outcome("model next" if worth else "alone", found)

    def _remember(self, work: Work) -> _Node:
        examples = self._recall(work.looked)
        return work._replace(examples=examples), Outcome("none" if examples is None else "examples")

    def _route(self, work: Work) -> _Node:
        """Open the engines, take what is known, cut and pack the rest."""
        opened = self._connect()
        self._caller = opened.caller
        work = work._replace(degraded=opened.degraded)
        if opened.caller is None or opened.info is None:
            if opened.left_alone:
                work = work._replace(rest="skipped", reason="breaker open")
            return work, Outcome("no engine", "; ".join(one.reason for one in opened.degraded))
        known = self._whole(work, opened.info)
        if known is not None:
            return known, Outcome("known", f"{len(known.results)} parts")
        try:
            return self._cut(work, opened.info)
        except BackendError as error:
            trouble = Degraded(f"backend:{opened.caller.engines[0].name}", str(error))
            return work._replace(degraded=(*work.degraded, trouble)), Outcome("no engine", str(error))

    def _cut(self, work: Work, info: ModelInfo) -> _Node:
        """The parts for an engine, and the windows of those that are not in the cache."""
        self.tools.prepare(work.looked, info)
        parts, uncovered = self.tools.parts()
        work = work._replace(parts=tuple(parts), uncovered=tuple(uncovered))
        if not parts:
            return work, Outcome("nothing to show")
        known = self._open_shelf(info).known(parts)
        rest = [part for part in parts if part not in known]
        windows = tuple(self.tools.windows(rest, work.examples)) if rest else ()
        work = work._replace(windows=windows, results=tuple(known.values()), counts=Counts(len(windows), len(known)))
        reason = f"{len(parts)} parts, {len(known)} cached, {len(windows)} windows"
        return work, Outcome("windows" if windows else "all cached", reason)

    def _open_shelf(self, info: ModelInfo) -> Shelf:
        from review_bot.pipeline.shelf import Shelf

        self._shelf = Shelf(self.cache, _name(info), self.tools.version, self.model)
        return self._shelf

    def _whole(self, work: Work, info: ModelInfo) -> Work | None:
        """The outcome of exactly this change, where it is known."""
        from review_bot.pipeline import memo

        self._memo = memo.key_of(work.looked, f"{self._stamp} {_name(info)} {info.context}")
        kept = memo.unpacked(self.cache.get([self._memo]).get(self._memo, ""))
        if kept is None:
            return None
        self._memo = ""
        results = tuple(PartResult(part, "cached") for part in kept.parts)
        return work._replace(
            findings=kept.findings,
            suppressed=kept.suppressed,
            results=results,
            uncovered=kept.uncovered,
            counts=Counts(0, len(results)),
        )

    def _aggregate(self, work: Work) -> _Node:
        """Keep the outcome where all of the change was read."""
        if self._memo and work.results and not work.degraded:
            self._remember_whole(work)
        return work, Outcome("done", f"{len(work.findings)} findings of the model")

    def _remember_whole(self, work: Work) -> None:
        from review_bot.pipeline import memo
        from review_bot.pipeline.shelf import complete

        if complete(work.results):
            parts = tuple(one.part for one in work.results)
            kept = memo.Kept(work.findings, work.suppressed, parts, work.uncovered)
            self.cache.put({self._memo: memo.packed(kept)})

    def _review(self, work: Work) -> _Node:
        from review_bot.pipeline.pool import Pool

        shelf = self.shelf
        asking = Asking(self.caller, self.tools, shelf.keep, lambda parts: list(shelf.known(parts).values()))

        def ask(window: Window) -> State:
            state = asking.graph.run(State((window,)), thread=window.id[:12], observe=self.observe)
            shelf.keep_whole(window, state.done)
            return state

        pool = Pool(
            ask,
            workers=self._workers(),
            until=self.caller.until,
            clock=self.caller.clock,
            stop=self.caller.stop,
        )
        states = pool.run(work.windows, self._tick)
        results: list[PartResult] = []
        troubles: dict[int, str] = {}
        for window, state in zip(work.windows, states, strict=True):
            if state is None:  # left behind at the deadline
                results += [PartResult(part, "skipped", "deadline") for part in window.parts]
            else:
                results += state.done
                for number, text in state.troubles:
                    troubles.setdefault(number, text)
        work = work._replace(
            results=(*work.results, *results), degraded=(*work.degraded, *self._troubles(troubles, results))
        )
        some = any(one.remarks for one in work.results)
        reason = ", ".join(f"{state} {sum(one.state == state for one in results)}" for state in _states(results))
        return work, Outcome("answered" if some else "nothing", reason)

    def _workers(self) -> int:
        """How many calls at once; an engine in this process does one after the other anyway."""
        return 1 if self.caller.engines[0].name == "onnx" else self.model.concurrency

    def _troubles(self, troubles: Mapping[int, str], results: Sequence[PartResult]) -> list[Degraded]:
        """What did not work, once for each engine, and how much of the change was not read for it."""
        said = [Degraded(f"backend:{self.caller.engines[number].name}", text) for number, text in troubles.items()]
        name = f"backend:{self.caller.engines[0].name}"
        late = sum(one.reason == "deadline" for one in results)
        if late:
            said.append(Degraded(name, f"the deadline passed: {late} of {len(results)} parts were not reviewed"))
        bad = [one for one in results if one.state == "failed"]
        if bad and not troubles:
            said.append(Degraded(name, f"no usable answer for {len(bad)} of {len(results)} parts: {bad[0].reason}"))
        return said

    def _gate(self, work: Work) -> _Node:
        kept, dropped = self.tools.gate(work.results)
        work = work._replace(findings=tuple(kept), suppressed=(*work.suppressed, *dropped))
        reason = f"{len(kept)} kept, {len(dropped)} dropped"
        if not kept:
            return work, Outcome("none left", reason)
        return work, Outcome("some left" if self.model.judge else "not judged", reason)

    def _judge(self, work: Work) -> _Node:
        from review_bot.pipeline.verdicts import Judging

        judging = Judging(self.caller, self.tools, self.shelf, self.cache, self.observe)
        done = judging.run(work.findings, work.results, self._workers())
        if not done.final:
            self._memo = ""
        counts = work.counts._replace(cached=work.counts.cached + done.cached)
        work = work._replace(findings=done.kept, suppressed=(*work.suppressed, *done.dropped), counts=counts)
        return work, Outcome("judged", f"{len(done.kept)} kept, {len(done.dropped)} dropped")


def _name(info: ModelInfo) -> str:
    """What tells models apart, also where a server says nothing of their weights."""
    return f"{info.backend} {info.model} {info.digest}"


def _plan(work: Work) -> _Node:
    return work, Outcome("with model")


def _states(results: Sequence[PartResult]) -> list[str]:
    return sorted({one.state for one in results})
