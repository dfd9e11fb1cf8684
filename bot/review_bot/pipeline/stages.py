"""The nodes of the review with a model: plan, rules, recall, route, review, gate, judge, aggregate."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from review_bot.domain.finding import Finding, Suppressed
from review_bot.domain.review import Degraded
from review_bot.errors import BackendError, ModelMissing, NotLocal, TimedOut, Unavailable
from review_bot.pipeline import reuse
from review_bot.pipeline.ask import Asking, PartResult, State
from review_bot.pipeline.calls import OutOfTime, Stopped, digest, packed, unpacked
from review_bot.pipeline.graph import END, Graph, Outcome, Step
from review_bot.pipeline.pool import Pool
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from review_bot.config.model import Model
    from review_bot.domain.diff import FileDiff
    from review_bot.domain.model import Answer, Completion, ModelInfo
    from review_bot.domain.review import ModelState
    from review_bot.domain.window import Part, Uncovered, Window
    from review_bot.pipeline.ask import Style
    from review_bot.pipeline.calls import Caller
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
    "route": {"windows": "review", "all cached": "gate", "no engine": "aggregate", "nothing to show": "aggregate"},
    "review": {"answered": "gate", "nothing": "aggregate"},
    "gate": {"some left": "judge", "none left": "aggregate", "not judged": "aggregate"},
    "judge": {"judged": "aggregate"},
    "aggregate": {"done": END},
}


class _Question(NamedTuple):
    """One finding before the judge."""

    finding: Finding
    key: str
    call: Completion
    cached: str | None


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
    remembered: bool = False
    """True where the engine was not asked for `info`, since nothing changed since it was."""


class Connect(Protocol):
    """Opens the engines."""

    def __call__(self, *, fresh: bool) -> Opened:
        """The engines of this run; `fresh` for no remembered answer to what they are."""


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
        tools: Toolkit,
        connect: Connect,
        cache: Store,
        model: Model,
        *,
        recall: Recall = lambda looked: None,
        observe: Callable[[Step], None] = lambda step: None,
        tick: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self.tools = tools
        self.cache = cache
        self.model = model
        self.observe = observe
        self._rules = rules
        self._connect = connect
        self._recall = recall
        self._tick = tick
        self._caller: Caller | None = None
        self._salt = ""
        self._keys: dict[Part, reuse.Keys] = {}
        self._cached: dict[Part, reuse.Known] = {}
        nodes: dict[str, Callable[[Work], _Node]] = {
            "plan": _plan,
            "rules": self._look,
            "recall": self._remember,
            "route": self._route,
            "review": self._review,
            "gate": self._gate,
            "judge": self._judge,
            "aggregate": _aggregate,
        }
        self.graph: Graph[Work] = Graph("plan", nodes, _EDGES)

    @property
    def caller(self) -> Caller:
        """What asks the engines; only once `route` has found one."""
        if self._caller is None:
            raise AssertionError("`route` comes first")
        return self._caller

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
        """Open the engines, cut the change into parts, take what the cache knows, pack the rest."""
        work, opened = self._cut(work, self._connect(fresh=False))
        if opened.remembered and any(part not in self._cached for part in work.parts):
            work, opened = self._cut(work, self._connect(fresh=True))
        work = work._replace(degraded=(*work.degraded, *opened.degraded))
        if self._caller is None:
            return work, Outcome("no engine", "; ".join(one.reason for one in opened.degraded))
        if not work.parts:
            return work, Outcome("nothing to show")
        rest = [part for part in work.parts if part not in self._cached]
        windows = tuple(self.tools.windows(rest, work.examples)) if rest else ()
        cached = tuple(_from_cache(part, one) for part, one in self._cached.items())
        work = work._replace(windows=windows, results=cached, counts=Counts(len(windows), len(cached)))
        reason = f"{len(work.parts)} parts, {len(cached)} cached, {len(windows)} windows"
        return work, Outcome("windows" if windows else "all cached", reason)

    def _cut(self, work: Work, opened: Opened) -> tuple[Work, Opened]:
        """The parts for an engine, as far as there is one whose context has room for any."""
        self._caller, self._cached = opened.caller, {}
        if opened.caller is None or opened.info is None:
            left_alone = any("left alone" in one.reason for one in opened.degraded)
            return (work._replace(rest="skipped", reason="breaker open") if left_alone else work), opened
        try:
            self.tools.prepare(work.looked, opened.info)
        except BackendError as error:
            self._caller = None
            name = f"backend:{opened.caller.engines[0].name}"
            return work, opened._replace(degraded=(*opened.degraded, Degraded(name, str(error))))
        parts, uncovered = self.tools.parts()
        self._salt = self._salted(opened.info)
        self._keys = {part: reuse.keys_of(part, self._salt) for part in parts}
        self._cached = self._known(parts)
        return work._replace(parts=tuple(parts), uncovered=tuple(uncovered)), opened

    def _salted(self, info: ModelInfo) -> str:
        model = self.model
        sampling = (model.temperature, model.top_p, model.repeat_penalty, model.seed, model.answer_tokens)
        return reuse.salt(info.digest, self.tools.version, sampling)

    def _known(self, parts: Sequence[Part]) -> dict[Part, reuse.Known]:
        names = list(dict.fromkeys(key for part in parts for key in self._keys[part]))
        found = self.cache.get(names)
        known = {part: reuse.known(part, self._keys[part], found) for part in parts}
        return {part: one for part, one in known.items() if one is not None}

    def _review(self, work: Work) -> _Node:
        asking = Asking(self.caller, self.tools, self._keep, self._kept)

        def ask(window: Window) -> State:
            state = asking.graph.run(State((window,)), thread=window.id[:12], observe=self.observe)
            self._keep_whole(window, state.done)
            return state

        pool = Pool(
            ask,
            workers=self.model.concurrency,
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
                troubles.update(state.troubles)
        work = work._replace(
            results=(*work.results, *results), degraded=(*work.degraded, *self._troubles(troubles, results))
        )
        some = any(one.remarks for one in work.results)
        reason = ", ".join(f"{state} {sum(one.state == state for one in results)}" for state in _states(results))
        return work, Outcome("answered" if some else "nothing", reason)

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

    def _keep(self, results: Sequence[PartResult]) -> None:
        """Put the answer on each part into the cache, unless another engine gave it."""
        entries: dict[str, str] = {}
        for one in results:
            if one.engine or one.state != "reviewed":
                continue
            keys = self._keys.get(one.part) or reuse.keys_of(one.part, self._salt)
            entries.update(dict.fromkeys(keys, reuse.packed(one.part, one.remarks)))
        if entries:
            self.cache.put(entries)

    def _kept(self, parts: Sequence[Part]) -> list[PartResult]:
        """What the cache knows of parts that were not there before the windows were made."""
        for part in parts:
            self._keys.setdefault(part, reuse.keys_of(part, self._salt))
        return [_from_cache(part, one) for part, one in self._known(parts).items()]

    def _keep_whole(self, window: Window, results: Sequence[PartResult]) -> None:
        """Put parts into the cache that could only be asked for in pieces, so that nobody tries them whole again."""
        whole = []
        for part in window.parts:
            lines = set(part.added_lines)
            pieces = [one for one in results if one.part.path == part.path and lines.issuperset(one.part.added_lines)]
            good = all(one.state in ("reviewed", "cached") and not one.engine for one in pieces)
            if good and not any(one.part == part for one in pieces):
                remarks = tuple(remark for one in pieces for remark in one.remarks)
                whole.append(PartResult(part, "reviewed", "", remarks))
        self._keep(whole)

    def _gate(self, work: Work) -> _Node:
        kept, dropped = self.tools.gate(work.results)
        work = work._replace(findings=tuple(kept), suppressed=(*work.suppressed, *dropped))
        reason = f"{len(kept)} kept, {len(dropped)} dropped"
        if not kept:
            return work, Outcome("none left", reason)
        return work, Outcome("some left" if self.model.judge else "not judged", reason)

    def _judge(self, work: Work) -> _Node:
        """Ask of each finding whether it is right; only a yes keeps it."""
        parts = {(one.part.path, line): one.part for one in work.results for line in one.part.added_lines}
        jobs = [self._asked(one, parts[one.path, one.start_line]) for one in work.findings]
        known = self.cache.get([job.key for job in jobs])
        jobs = [job._replace(cached=known.get(job.key)) for job in jobs]
        pool = Pool(
            self._verdict,
            workers=self.model.concurrency,
            until=self.caller.until,
            clock=self.caller.clock,
            stop=self.caller.stop,
        )
        verdicts = [
            one or self.tools.verdict(job.finding, None, "deadline")
            for one, job in zip(pool.run(jobs), jobs, strict=True)
        ]
        kept = tuple(one for one in verdicts if isinstance(one, Finding))
        dropped = tuple(one for one in verdicts if isinstance(one, Suppressed))
        counts = work.counts._replace(cached=work.counts.cached + len(known))
        work = work._replace(findings=kept, suppressed=(*work.suppressed, *dropped), counts=counts)
        return work, Outcome("judged", f"{len(kept)} kept, {len(dropped)} dropped")

    def _asked(self, finding: Finding, part: Part) -> _Question:
        """The judge's question, under a name that stays when the part moves."""
        key = reuse.keys_of(part, self._salt).moved
        text = f"{finding.category}\0{finding.message}\0{finding.quote.strip()}"
        return _Question(finding, reuse.salt("judge", key, text), self.tools.question(finding, part), None)

    def _verdict(self, job: _Question) -> Finding | Suppressed:
        began = self.caller.clock()
        answer, reason = self._opinion(job)
        verdict = self.tools.verdict(job.finding, answer, reason)
        edge = "kept" if isinstance(verdict, Finding) else "dropped"
        prompt = digest(job.call.prompt.system + job.call.prompt.user)
        tokens = answer.prompt_tokens + answer.completion_tokens if answer else 0
        seconds = self.caller.clock() - began
        self.observe(Step(job.finding.fingerprint, "verdict", edge, seconds, prompt, tokens, reason))
        return verdict

    def _opinion(self, job: _Question) -> tuple[Answer | None, str]:
        """The judge's answer, or why there is none."""
        if job.cached is not None:
            with suppress(ValueError, TypeError, KeyError, BackendError):
                return unpacked(job.cached), "cached"
        try:
            answer = self._ask_any(job.call)
        except (OutOfTime, Stopped):
            return None, "deadline"
        except BackendError as error:
            return None, str(error)
        self.cache.put({job.key: packed(answer)})
        return answer, ""

    def _ask_any(self, call: Completion, number: int = 0) -> Answer:
        """The answer of engine `number`, or of the first behind it that works, as in a review."""
        try:
            return self.caller.ask(number, call)
        except (Unavailable, TimedOut, ModelMissing, NotLocal):
            if number + 1 == len(self.caller.engines):
                raise
        return self._ask_any(call, number + 1)


def _from_cache(part: Part, one: reuse.Known) -> PartResult:
    return PartResult(part, "cached", "" if one.how == "same" else one.how, one.remarks)


def _plan(work: Work) -> _Node:
    return work, Outcome("with model")


def _states(results: Sequence[PartResult]) -> list[str]:
    return sorted({one.state for one in results})


def _aggregate(work: Work) -> _Node:
    return work, Outcome("done", f"{len(work.findings)} findings of the model")
