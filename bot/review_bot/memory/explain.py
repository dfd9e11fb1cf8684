"""Why memory does what it does with a finding: the sum, event by event."""

from __future__ import annotations

from review_bot.memory import effects, score
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from review_bot.domain.finding import Effect, Finding
    from review_bot.memory.effects import Policy
    from review_bot.memory.evidence import Evidence, Mute
    from review_bot.memory.normalise import Shape
    from review_bot.memory.score import Imported, Prior, Weighed


class Term(NamedTuple):
    """A part of the score."""

    term: str
    """`pattern` or `rule`."""
    sum: float
    """Of the weights of what counts."""
    value: float
    """What that is worth after clipping; the score is the sum of the values."""


class Row(NamedTuple):
    """One event that speaks of a term."""

    term: str
    event: str
    sig: str
    y: int | None
    eps: float
    weight: float
    counted: bool
    actor: str | None
    change: str | None
    ts: int | None


class Explanation(NamedTuple):
    """What memory makes of a finding, exploration left out, and everything that this rests on."""

    effect: Effect
    terms: tuple[Term, ...]
    signals: tuple[Row, ...]
    mute: Mute | None


def explain(finding: Finding, shape: Shape | None, evidence: Evidence, policy: Policy) -> Explanation:
    """The sum behind the effect on `finding`, whose code has this `shape`."""
    effect, done, mute = effects.judge(finding, shape, evidence, policy)
    decision = done.decision
    terms = (Term("pattern", done.pattern.sum, decision.pattern), Term("rule", done.rule.sum, decision.rule))
    rule = score.weighed(evidence.signals_of(finding.rule))
    priors = score.prior_weights(evidence.priors_of(finding.rule))
    patterns = [*_signals("pattern", done.signals), *_priors("pattern", done.imported)]
    rows = [*patterns, *_signals("rule", rule), *_priors("rule", priors)]
    return Explanation(effect, terms, tuple(rows), mute)


def _signals(term: str, signals: Iterable[Weighed]) -> Iterator[Row]:
    for one, weight, counted in signals:
        who, where = one.actor or None, one.change or None
        yield Row(term, one.event, one.sig, one.y, one.eps, weight, counted, who, where, one.ts)


def _priors(term: str, priors: Iterable[tuple[Prior | Imported, float]]) -> Iterator[Row]:
    for one, weight in priors:
        yield Row(term, one.event, "prior", None, one.eps, weight, True, None, None, None)  # noqa: FBT003 - a row
