"""The way of a change through the review: rules, suppressions, filter, baseline, one deduplicated set, verdict."""

from __future__ import annotations

from review_bot.config import severity_of
from review_bot.domain.finding import Finding, Suppressed, fingerprint
from review_bot.domain.review import Coverage, Review, Stats
from review_bot.pipeline.aggregate import merged
from review_bot.pipeline.external import placed
from review_bot.pipeline.select import selected, wanted
from review_bot.pipeline.verdict import verdict
from review_bot.rules.engine import Engine
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from review_bot.config import Config
    from review_bot.domain.diff import FileDiff
    from review_bot.domain.finding import SuppressedBy
    from review_bot.domain.review import Degraded
    from review_bot.ports import Change
    from review_bot.rules.baseline import Entry
    from review_bot.rules.engine import FileOutcome
    from review_bot.rules.ruleset import RuleSet
    from review_bot.rules.suppress import Catalogue
    from review_bot.rules.view import View

_ANYWHERE = ("suppression.", "diff.")
"""Findings that speak of the change wherever they stand: an unchanged comment above an added line, a stale caller."""


class Known(NamedTuple):
    """The baseline, and how to tell that a path of it is still there."""

    entries: Sequence[Entry]
    exists: Callable[[str], bool]


class Outcome(NamedTuple):
    """A review, and what a rewrite of the baseline needs beside it."""

    review: Review
    anchors: dict[str, str]
    """Fingerprint without the path, by fingerprint."""


class Reviewer:
    """Collects what is found, and what is held back, over the files of one change."""

    def __init__(
        self,
        rules: RuleSet,
        config: Config,
        *,
        machine_made: bool = False,
        until: float | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.all = rules
        self.config = config
        self.rules = selected(rules, config.select, config.ignore)
        machine_made = machine_made or config.filter == "nofilter"
        self.engine = Engine(self.rules, filter_mode=config.filter, machine_made=machine_made)
        if until is not None and clock is not None:
            self.engine.late = lambda: clock() > until
        self.findings: list[Finding] = []
        self.suppressed: list[Suppressed] = []
        self.coverage: list[Coverage] = []
        self.anchors: dict[str, str] = {}
        self._catalogue: Catalogue | None = None
        self._external: dict[str, list[Finding]] = {}
        self._degraded: list[Degraded] = []

    def note(self, degraded: Iterable[Degraded]) -> None:
        """Parts of the review that did not work."""
        self._degraded += degraded

    def take_in(self, findings: Iterable[Finding], degraded: Iterable[Degraded] = ()) -> None:
        """Findings of other tools; those in files that the change does not touch are not part of its review."""
        for finding in findings:
            self._external.setdefault(finding.path, []).append(finding)
        self._degraded += degraded

    def run(
        self, change: Change, known: Known | None = None, tick: Callable[[int, str], None] | None = None
    ) -> Outcome:
        """Review every file of the change; `tick` hears number and path of each one done."""
        for file, outcome in self.look(change, tick):
            self.settle(file, outcome)
        return self.conclude(change, known)

    def look(
        self, change: Change, tick: Callable[[int, str], None] | None = None
    ) -> Iterator[tuple[FileDiff, FileOutcome]]:
        """What the rules say of each file, one after the other."""
        outcomes = zip(change.files, self.engine.run(change, self.config.exclude), strict=True)
        for number, (file, outcome) in enumerate(outcomes, 1):
            yield file, outcome
            if tick is not None:
                tick(number, file.path)

    def settle(self, file: FileDiff, outcome: FileOutcome, more: Iterable[Finding] = ()) -> None:
        """Sort what was found in one file, and what `more` a model found there, into what stays and what does not."""
        self.coverage += _coverage(file, outcome)
        more = list(more)
        if more and outcome.view is not None:
            self.anchors.update((one.fingerprint, _anchor(one, outcome.view)) for one in more)
            outcome = outcome._replace(findings=[*outcome.findings, *more])
        self._take(outcome)

    def conclude(self, change: Change, known: Known | None = None) -> Outcome:
        """The review, once every file is settled."""
        kinds = {entry.id: entry.kind for entry in self.rules.entries()} if len(self.findings) > 1 else {}
        self.findings = merged(self.findings, kinds)
        # Behind the merging: an entry stands for all rules that were merged into the finding it accepts.
        if known is not None and known.entries:
            self._hold_back_known(known)
        review = Review(
            source=change.info,
            files=change.files,
            findings=tuple(self.findings),
            suppressed=tuple(self.suppressed),
            coverage=tuple(self.coverage),
            degraded=(*self.engine.degraded, *self._degraded),
            stats=Stats(added_lines=sum(file.added for file in change.files), rules=len(self.rules)),
            verdict=verdict(self.findings, self.config.fail_on, model_blocks=self.config.model.blocking),
        )
        return Outcome(review, self.anchors)

    def _take(self, outcome: FileOutcome) -> None:
        """Sort the findings of one file into those that stay and those held back."""
        self.anchors.update(outcome.anchors)
        findings = [self._weighed(finding) for finding in outcome.findings]
        if outcome.view is not None:
            external = self._external.get(outcome.view.path, ())
            findings += [self._weighed(one) for one in placed(external, outcome.view) if self._keeps(one)]
            findings = self._without_suppressed(findings, outcome.view)
            for finding in findings:
                reason = _hidden(finding, outcome.view, self.config.filter)
                if reason is None:
                    self.findings.append(finding)
                else:
                    self.suppressed.append(Suppressed(finding, *reason))

    def _weighed(self, finding: Finding) -> Finding:
        """The finding with the severity that the configuration gives it."""
        severity = severity_of(self.config.severity, finding.rule, finding.severity)
        return finding if severity == finding.severity else finding._replace(severity=severity)

    def _without_suppressed(self, findings: list[Finding], view: View) -> list[Finding]:
        """The findings that no comment in the file holds back, and what is wrong with the comments."""
        if not findings and not view.marked():
            return findings
        from review_bot.rules import suppress

        if self._catalogue is None:
            catalogue = suppress.catalogue(self.all, self.engine.active)
            others = {one.rule: one.category for some in self._external.values() for one in some}
            self._catalogue = catalogue._replace(known={**others, **catalogue.known})
        done = suppress.judge(view, findings, self._catalogue, filter_mode=self.config.filter)
        self.anchors.update(done.anchors)
        self.suppressed += done.suppressed
        problems = [self._weighed(one) for one in done.problems if self._wants(one)]
        return done.kept + problems

    def _keeps(self, external: Finding) -> bool:
        """What another tool runs is chosen there; `ignore` is heard here as well."""
        return wanted(external.rule, external.category, ("*",), self.config.ignore)

    def _wants(self, problem: Finding) -> bool:
        return wanted(problem.rule, problem.category, self.config.select, self.config.ignore)

    def _hold_back_known(self, known: Known) -> None:
        from review_bot.rules.baseline import apply

        done = apply(self.findings, known.entries, anchors=self.anchors, exists=known.exists)
        self.findings = done.kept
        self.suppressed += done.suppressed


def _anchor(finding: Finding, view: View) -> str:
    """What is left of the fingerprint of a model's finding when its file is renamed."""
    first, last = finding.start_line, finding.end_line
    return fingerprint(finding.category, "", view.text_of("new", first, last), view.ordinal("new", first, last))


def _hidden(finding: Finding, view: View, mode: str) -> tuple[SuppressedBy, str] | None:
    """Who holds a finding back and why, before the baseline is asked."""
    if finding.confidence < 0.5:
        return ("gate", "low confidence: a hint for the model, not shown alone")
    if finding.side == "old" or mode in ("file", "nofilter") or finding.rule.startswith(_ANYWHERE):
        return None
    numbers = view.added_numbers if mode == "added" else view.context_numbers()
    if any(number in numbers for number in range(finding.start_line, finding.end_line + 1)):
        return None
    return ("filter", f"stands on lines that the change does not touch (--filter {mode})")


def _coverage(file: FileDiff, outcome: FileOutcome) -> Iterator[Coverage]:
    """A row for each hunk with added lines, and one for a file that was not looked at."""
    reason = outcome.skipped
    rows = 0
    for hunk in file.hunks:
        if hunk.added:
            rows += 1
            end = hunk.new_start + max(hunk.new_count, 1) - 1
            yield Coverage(file.path, hunk.new_start, end, hunk.added, reason is None, "off", reason)
    if reason and not rows:
        yield Coverage(file.path, 1, 1, 0, rules=False, reason=reason)
