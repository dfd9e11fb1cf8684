"""The review with a model: engines, cache, journal and trace put around the stages."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from math import inf
from typing import TYPE_CHECKING, Any

from review_bot import __version__, network, resources
from review_bot.bootstrap import engines
from review_bot.domain.review import Degraded
from review_bot.errors import BreakerOpen, UsageError
from review_bot.pipeline import calls
from review_bot.pipeline.coverage import covered
from review_bot.pipeline.graph import Step
from review_bot.pipeline.review import Outcome
from review_bot.pipeline.stages import Opened, Stages
from review_bot.stores.cache import Cache
from review_bot.stores.journal import Journal
from review_bot.stores.rule_cache import cache_folder
from review_bot.stores.trace import Trace
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from review_bot.bootstrap import Request
    from review_bot.config import Loaded
    from review_bot.pipeline.review import Known, Reviewer
    from review_bot.pipeline.stages import Examples, Looked, Work
    from review_bot.pipeline.toolkit import Toolkit
    from review_bot.ports import Change
    from review_bot.rules.ruleset import RuleSet
    from review_bot.sources.repository import Repository

_CALLS = frozenset(("retry", "hedge", "next"))
"""What an engine's notices call a further request."""
_CACHE, _JOURNAL = "answers-1.db", "runs-1.db"


class Job(NamedTuple):
    """What is to be reviewed, with the rules ready to run."""

    request: Request
    loaded: Loaded
    rules: RuleSet
    reviewer: Reviewer
    change: Change
    known: Known | None
    tick: Callable[[int, int, str], None]
    until: float | None = None
    """When the whole review ends, by the monotonic clock."""
    repository: Repository | None = None


def _prompts(job: Job) -> tuple[str, ...]:
    """The user's own prompts, with those that an experiment adds for this change."""
    from review_bot.bootstrap.experiment import change_of, prompts_for

    change, own = job.change, job.loaded.prompt_paths()
    if job.repository is None or change.root is None:
        return own
    return (*own, *prompts_for(job.loaded, job.repository, change_of(change.info.head, change.info.base)))


def answers_file() -> str | None:
    """Where the answers of models are kept; None where there is no folder for it."""
    folder = cache_folder()
    return os.path.join(folder, _CACHE) if folder else None


class _NoCache:
    """The cache of `--no-cache`."""

    trouble = ""

    def get(self, keys: Sequence[str]) -> dict[str, str]:
        """Nothing is known."""
        return {}

    def put(self, entries: Mapping[str, str]) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is held."""


class _Run:
    """One review: what it opened, and what has to be said of it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.prompts = _prompts(job)
        self.caller: calls.Caller | None = None
        self._opened: Opened | None = None
        request, folder = job.request, cache_folder()
        self.trace = Trace(request.trace) if request.trace else None
        self.journal = Journal(
            os.path.join(folder, _JOURNAL) if folder else None,
            job.change.root or os.getcwd(),
            resume=request.resume,
        )
        use = request.use_cache
        self.cache = Cache(answers_file()) if use else _NoCache()

    def work(self) -> Work:
        """Everything up to the model's findings."""
        job = self.job
        total = len(job.change.files)
        config = job.loaded.config
        stages = Stages(
            lambda: job.reviewer.look(job.change, lambda number, path: job.tick(number, total, path)),
            self.tools,
            self.connect,
            self.cache,
            config.model,
            stamp=_stamp(job.loaded, self.prompts),
            recall=self.recall,
            observe=self.observe,
            tick=lambda done, windows: job.tick(done, windows, "windows read by the model"),
        )
        with ExitStack() as stack:
            stack.callback(self._let_go)  # last: an engine that hangs must not keep what was done from being kept
            stack.callback(self.cache.close)
            if self.trace is not None:
                stack.callback(self.trace.close)
            stack.callback(self.journal.close)
            if job.request.require_model:  # before anything is done in vain
                self.connect()
            work = stages.run()
            self.journal.finish()
        return work

    def tools(self) -> Toolkit:
        """What knows prompts and code: loaded for a change that nobody has asked about in this form."""
        from review_bot.bootstrap.windows import message_of_change
        from review_bot.pipeline.toolkit import Toolkit
        from review_bot.prompts.templates import load as load_prompts

        job = self.job
        prompts = load_prompts(self.prompts)
        return Toolkit(job.change, job.rules, job.loaded.config, prompts, message=message_of_change(job.change))

    def recall(self, looked: Sequence[Looked]) -> Examples | None:
        """What memory knows of places like these."""
        job = self.job
        if job.request.examples is not None or not job.request.use_baseline:
            return job.request.examples
        from review_bot.bootstrap.recall import recall_for

        return recall_for(job.loaded, job.repository if job.change.root is not None else None)(looked)

    def connect(self) -> Opened:
        """The engines that the configuration asks for; raises UsageError where one is required and there is none."""
        if self._opened is not None:
            return self._opened
        request, model = self.job.request, self.job.loaded.config.model
        where = engines.place(offline=request.offline, say=request.say, loaded=self.job.loaded)
        where = where._replace(notice=self.notice)
        choice = request.choice or engines.choose(model, where, model=request.model)
        degraded = choice.degraded
        if not choice.engines:
            if request.require_model:
                remedy = "make one available, or scan without it"
                raise UsageError(choice.refusal(), where="--require-model", remedy=remedy)
            if choice.hint:
                degraded = (*degraded, Degraded(f"backend:{model.backend}", choice.hint))
            left_alone = any(isinstance(one.error, BreakerOpen) for one in choice.passed)
            return Opened(None, None, degraded, left_alone)
        self.caller = calls.Caller(
            [calls.Engine(one.name, one.backend) for one in choice.engines],
            self.journal,
            clock=time.monotonic,
            until=min(time.monotonic() + model.deadline, self.job.until or inf),
            hear=request.hear,
        )
        self._opened = Opened(self.caller, choice.info, degraded)
        return self._opened

    def observe(self, step: Step) -> None:
        """Tell journal, trace and terminal of a step."""
        self.journal.step(step.thread, step.node, step.edge, step.reason)
        if self.trace is not None:
            self.trace.write(row_of(step))
        if self.job.request.live is not None:
            self.job.request.live(_line(step))

    def notice(self, what: str, reason: str) -> None:
        """Tell of something that an engine did beside answering; calls made again count."""
        if self.caller is not None and what in _CALLS:
            self.caller.count(calls.Usage(calls=1))
        self.observe(Step("engine", "call", what, reason=reason))

    def trouble(self) -> list[Degraded]:
        """What our own files could not do, in one line at most."""
        if self.cache.trouble:
            return [Degraded("cache", f"answers are not kept: {self.cache.trouble}")]
        if self.journal.trouble and self.job.request.resume:
            return [Degraded("journal", f"nothing can be resumed: {self.journal.trouble}")]
        return []

    def _let_go(self) -> None:
        ours = self.job.request.choice is None
        if ours and self.caller is not None and not self.caller.stop.is_set():
            for engine in self.caller.engines:
                engine.backend.close()


def review(job: Job) -> Outcome:
    """Review a change with rules and the configured model; the rules' findings stand whatever the model does."""
    if job.request.offline or network.is_asked_for():
        network.go_offline()
    run = _Run(job)
    work = run.work()
    if job.request.require_model and work.degraded and not work.results:
        raise UsageError(f"no model can be used: {work.degraded[0].reason}", where="--require-model")
    reviewer = job.reviewer
    for file, outcome in work.looked:
        reviewer.settle(file, outcome, [one for one in work.findings if one.path == file.path])
    reviewer.suppressed += work.suppressed
    reviewer.note([*work.degraded, *run.trouble()])
    reviewer.coverage = list(
        covered(reviewer.coverage, work.results, uncovered=work.uncovered, rest=work.rest, reason=work.reason)
    )
    done = reviewer.conclude(job.change, job.known)
    usage = run.caller.usage if run.caller is not None else calls.Usage()
    stats = done.review.stats._replace(
        windows=work.counts.windows,
        model_calls=usage.calls,
        cache_hits=work.counts.cached,
        prompt_tokens=usage.prompt_tokens,
        cached_tokens=usage.cached_tokens,
        completion_tokens=usage.completion_tokens,
        seconds=tuple((name, round(seconds, 3)) for name, seconds in work.counts.seconds),
    )
    return Outcome(done.review._replace(stats=stats), done.anchors)


def _stamp(loaded: Loaded, prompts: tuple[str, ...]) -> str:
    """What changes whenever the same change may come out otherwise: version, prompts, and the settings that decide."""
    config, model = loaded.config, loaded.config.model
    chosen = (model.window, model.answer_tokens, model.temperature, model.top_p, model.repeat_penalty, model.seed)
    files = [_file_stamp(path) for path in _prompt_files((resources.folder("prompts"), *prompts))]
    return repr((__version__, chosen, model.judge, config.select, config.ignore, files))


def _prompt_files(places: Iterable[str]) -> Iterator[str]:
    for place in places:
        if os.path.isdir(place):
            yield from sorted(os.path.join(top, name) for top, _, names in os.walk(place) for name in names)
        else:
            yield place


def _file_stamp(path: str) -> tuple[str, int, int]:
    try:
        status = os.stat(path)
    except OSError:  # said by what reads it
        return (path, 0, 0)
    return (path, status.st_size, status.st_mtime_ns)


def row_of(step: Step) -> dict[str, Any]:
    """A step as `--trace` writes it."""
    return {
        "thread": step.thread,
        "node": step.node,
        "edge": step.edge,
        "prompt_hash": step.prompt or None,
        "tokens": step.tokens,
        "seconds": round(step.seconds, 6),
        "reason": step.reason or None,
    }


def _line(step: Step) -> str:
    reason = f": {step.reason}" if step.reason else ""
    return f"{step.thread} {step.node} -> {step.edge} ({step.seconds:.2f} s){reason}"
