"""The judge's turn: a question for each finding that is left, and only a yes keeps it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from review_bot.domain.finding import Finding, Suppressed
from review_bot.domain.model import Answer
from review_bot.errors import BackendError, ModelMissing, NotLocal, TimedOut, Truncated, Unavailable
from review_bot.pipeline.calls import OutOfTime, Stopped, digest, packed, unpacked
from review_bot.pipeline.graph import Step
from review_bot.pipeline.pool import Pool
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from review_bot.domain.model import Completion
    from review_bot.domain.window import Part
    from review_bot.pipeline.ask import PartResult
    from review_bot.pipeline.calls import Caller
    from review_bot.pipeline.shelf import Shelf
    from review_bot.pipeline.stages import Store, Toolkit


class Outcome(NamedTuple):
    """The findings behind the judge."""

    kept: tuple[Finding, ...]
    dropped: tuple[Suppressed, ...]
    cached: int
    """Verdicts that needed no call."""
    final: bool
    """False where the judge could not be asked of each: another run may come out otherwise."""


class _Question(NamedTuple):
    """One finding before the judge."""

    finding: Finding
    key: str
    call: Completion
    known: str | None


class _Verdict(NamedTuple):
    """What the judge made of it."""

    finding: Finding | Suppressed
    asked: bool


class Judging:
    """Puts findings before the judge, several at once where the engine can."""

    def __init__(
        self, caller: Caller, tools: Toolkit, shelf: Shelf, store: Store, observe: Callable[[Step], None]
    ) -> None:
        self._caller = caller
        self._tools = tools
        self._shelf = shelf
        self._store = store
        self._observe = observe

    def run(self, findings: Sequence[Finding], results: Sequence[PartResult], workers: int) -> Outcome:
        """Ask of each finding whether it is right."""
        parts = {(one.part.path, line): one.part for one in results for line in one.part.added_lines}
        jobs = [self._question(one, parts[one.path, one.start_line]) for one in findings]
        known = self._shelf.get([job.key for job in jobs])
        jobs = [job._replace(known=known.get(job.key)) for job in jobs]
        caller = self._caller
        pool = Pool(self._verdict, workers=workers, until=caller.until, clock=caller.clock, stop=caller.stop)
        verdicts = [one or self._left(job) for one, job in zip(pool.run(jobs), jobs, strict=True)]
        found = [one.finding for one in verdicts]
        return Outcome(
            tuple(one for one in found if isinstance(one, Finding)),
            tuple(one for one in found if isinstance(one, Suppressed)),
            len(known),
            all(one.asked for one in verdicts),
        )

    def _question(self, finding: Finding, part: Part) -> _Question:
        return _Question(finding, self._shelf.key_of(finding, part), self._tools.question(finding, part), None)

    def _left(self, job: _Question) -> _Verdict:
        return _Verdict(self._tools.verdict(job.finding, None, "deadline"), asked=False)

    def _verdict(self, job: _Question) -> _Verdict:
        began = self._caller.clock()
        answer, reason = self._opinion(job)
        verdict = self._tools.verdict(job.finding, answer, reason)
        edge = "kept" if isinstance(verdict, Finding) else "dropped"
        prompt = digest(job.call.prompt.system + job.call.prompt.user)
        tokens = answer.prompt_tokens + answer.completion_tokens if answer else 0
        seconds = self._caller.clock() - began
        self._observe(Step(job.finding.fingerprint, "verdict", edge, seconds, prompt, tokens, reason))
        return _Verdict(verdict, asked=answer is not None)

    def _opinion(self, job: _Question) -> tuple[Answer | None, str]:
        """The judge's answer, or why there is none."""
        if job.known is not None:
            with suppress(ValueError, TypeError, KeyError, BackendError):
                return unpacked(job.known), "cached"
        try:
            answer, engine = self._ask(job.call)
        except (OutOfTime, Stopped):
            return None, "deadline"
        except BackendError as error:
            return None, str(error)
        if not engine:
            self._store.put({job.key: packed(answer)})
        return answer, ""

    def _ask(self, call: Completion, number: int = 0) -> tuple[Answer, int]:
        """The answer of engine `number`, or of the first behind it that works, as in a review."""
        try:
            return self._caller.ask(number, call), number
        except Truncated as error:  # its first word is all that is asked for
            if not error.text:
                raise
            return Answer(error.text), number
        except (Unavailable, TimedOut, ModelMissing, NotLocal):
            if number + 1 == len(self._caller.engines):
                raise
        return self._ask(call, number + 1)
