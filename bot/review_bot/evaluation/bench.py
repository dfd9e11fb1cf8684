"""Scores of a backend on seeded bugs and clean changes, with and without gate and judge, from one run over the cases.

What the gate and the judge hold back is in `suppressed` with the reason, so that a review tells what would be shown
without them as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Review
    from review_bot.evaluation.seeded import Case

Variant = Literal["rules", "answers", "gate", "gate+judge"]
VARIANTS: tuple[Variant, ...] = ("rules", "answers", "gate", "gate+judge")
"""Rules alone; every finding of the model that could be read; what the gate leaves; what the judge leaves of that."""
_JUDGE = "the judge "
"""How each reason of the judge begins."""
_SAID = "says so already"
"""How the reason of the gate ends where a rule reports the same: the bug is shown, by the rule."""


class Outcome(NamedTuple):
    """One case, and its review."""

    case: Case
    review: Review


class Score(NamedTuple):
    """How many of the bugs were found, and what else was said."""

    bugs: int = 0
    found: int = 0
    """Bugs with a finding on a line at fault."""
    category: int = 0
    """Of these, with the right category."""
    other: int = 0
    """Findings on other lines of changes with a bug."""
    clean: int = 0
    noisy: int = 0
    """Clean changes with a finding."""
    noise: int = 0
    """Findings on clean changes."""

    def plus(self, other: Score) -> Score:
        """The sum of both."""
        return Score(*(one + more for one, more in zip(self, other, strict=True)))


class Cost(NamedTuple):
    """What a run over all cases cost."""

    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    failed: int = 0
    """Cases of which no line was reviewed."""


def run(
    cases: Sequence[Case], review: Callable[[Case], Review], tick: Callable[[int, Case], None] | None = None
) -> list[Outcome]:
    """Review every case; `tick` hears how many are done, and the one that is next."""
    outcomes = []
    for number, case in enumerate(cases):
        if tick is not None:
            tick(number, case)
        outcomes.append(Outcome(case, review(case)))
    return outcomes


def findings_of(review: Review, variant: Variant) -> list[Finding]:
    """What a variant would show: of rules, or of the model."""
    if variant == "rules":
        return [one for one in review.findings if one.origin == "rule"]
    held = [one for one in review.suppressed if one.by == "gate"]
    kept = [one for one in review.findings if one.origin == "model"]
    if variant in ("answers", "gate"):
        kept += [one.finding for one in held if one.reason.startswith(_JUDGE)]
    if variant == "answers":
        kept += [one.finding for one in held if not one.reason.startswith(_JUDGE)]
    return kept


def score_of(outcome: Outcome, variant: Variant) -> Score:
    """The score of one case."""
    case, findings = outcome.case, findings_of(outcome.review, variant)
    if not case.categories:
        return Score(clean=1, noisy=int(bool(findings)), noise=len(findings))
    hits = [one for one in findings if _hits(one, case)]
    other = len(findings) - len(hits)
    hits += [one for one in _said_by_rules(outcome.review, variant) if _hits(one, case)]
    right = any(one.category in case.categories for one in hits)
    return Score(bugs=1, found=int(bool(hits)), category=int(right), other=other)


def _said_by_rules(review: Review, variant: Variant) -> list[Finding]:
    """What the model found as well, but a rule reports."""
    if variant not in ("gate", "gate+judge"):
        return []
    return [one.finding for one in review.suppressed if one.by == "gate" and one.reason.endswith(_SAID)]


def _hits(finding: Finding, case: Case) -> bool:
    if finding.path != case.path or finding.side != "new":
        return False
    return any(finding.start_line <= line <= finding.end_line for line in case.lines)


def score(outcomes: Iterable[Outcome], variant: Variant) -> Score:
    """The score of all cases together."""
    total = Score()
    for outcome in outcomes:
        total = total.plus(score_of(outcome, variant))
    return total


def by_language(outcomes: Iterable[Outcome], variant: Variant) -> dict[str, Score]:
    """The score of each language."""
    scores: dict[str, Score] = {}
    for outcome in outcomes:
        language = outcome.case.language
        scores[language] = scores.get(language, Score()).plus(score_of(outcome, variant))
    return scores


def cost(outcomes: Iterable[Outcome]) -> Cost:
    """What the reviews cost together."""
    total = Cost()
    for _, review in outcomes:
        stats = review.stats
        total = Cost(
            total.calls + stats.model_calls,
            total.prompt_tokens + stats.prompt_tokens,
            total.cached_tokens + stats.cached_tokens,
            total.completion_tokens + stats.completion_tokens,
            total.seconds + dict(stats.seconds).get("total", 0.0),
            total.failed + (not any(row.model in ("reviewed", "cached") for row in review.coverage)),
        )
    return total
