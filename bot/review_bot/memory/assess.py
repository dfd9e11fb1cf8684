"""What the memory thinks of one finding: the signals that speak of it, and their sum."""

from __future__ import annotations

from math import ceil

from review_bot.memory import score
from review_bot.memory.normalise import NEAR, similarity
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from review_bot.memory.evidence import Evidence, Pattern
    from review_bot.memory.normalise import Shape
    from review_bot.memory.salt import Salt
    from review_bot.memory.score import Decision, Imported, Totals, Weighed

_MODEL = "model."


class Assessment(NamedTuple):
    """A decision with the figures behind it."""

    decision: Decision
    pattern: Totals
    rule: Totals
    signals: tuple[Weighed, ...]
    """On the pattern, by time."""
    imported: tuple[tuple[Imported, float], ...] = ()
    """What other repositories know of the pattern, with its weight."""


def assess(
    evidence: Evidence,
    rule: str,
    shape: Shape,
    category_of: Callable[[str], str | None] | None = None,
    hide: float = score.HIDE,
    salt: Salt | None = None,
) -> Assessment:
    """Weigh what is known of findings of `rule` on code of this `shape`.

    `category_of` gives the category of a rule; without it only findings of the same rule are taken for the same.
    Without the `salt` nothing that was imported about patterns can be recognised.
    """
    elsewhere = score.imported_weights(() if salt is None else _imported(evidence, rule, shape, salt))
    names = [(rule, shape.key), *(name(one) for one in alike(evidence, rule, shape, category_of))]
    found = evidence.signals(dict.fromkeys(names))
    signals = score.weighed(found)
    pattern, of_rule = score.totals(signals, elsewhere), evidence.totals_of(rule)
    decision = score.decide(pattern, of_rule, hide=hide)
    if score.undecided(decision, pattern, hide):
        prior = sum(value for _, value in score.prior_weights(evidence.priors_of(rule)))
        foreign = sum(value for _, value in elsewhere)
        past = score.was_hidden(found, evidence.signals_of(rule), prior, hide, foreign)
        decision = score.decide(pattern, of_rule, was_hidden=past, hide=hide)
    return Assessment(decision, pattern, of_rule, tuple(signals), tuple(elsewhere))


def _imported(evidence: Evidence, rule: str, shape: Shape, salt: Salt) -> Sequence[Imported]:
    """What was imported about the same code, or code so near that it counts here."""
    if not shape.key:
        return []
    hashed = salt.shape(rule, shape)
    close = evidence.imported(hashed, salt.check, max(ceil(NEAR * len(hashed.fp)), 1))
    return [one for one in close if one.key == hashed.key or _jaccard(one.fp, hashed.fp) >= NEAR]


def _jaccard(one: Sequence[int], other: Sequence[int]) -> float:
    """Plain Jaccard similarity: hashing has taken away the order that an estimate from the least hashes needs."""
    union = len({*one, *other})
    return len({*one} & {*other}) / union if union else 0.0


def name(pattern: Pattern) -> tuple[str, str]:
    """What tells a pattern from all others."""
    return pattern.rule, pattern.key


def alike(
    evidence: Evidence, rule: str, shape: Shape, category_of: Callable[[str], str | None] | None = None
) -> Sequence[Pattern]:
    """Patterns so near that what was said of them counts here: of the same rule or, for a model's findings, whose rule
    is no more than a category, of the same category.
    """
    if not shape.fp:
        return []
    close = evidence.near(shape.fp, least=ceil(NEAR * len(shape.fp)))
    return [
        one
        for one in close
        if similarity(one.fp, shape.fp) >= NEAR and (one.rule == rule or _same_matter(one.rule, rule, category_of))
    ]


def _same_matter(one: str, other: str, category_of: Callable[[str], str | None] | None) -> bool:
    """True where a model speaks for one of the two and both are of one category."""
    if category_of is None or not (one.startswith(_MODEL) or other.startswith(_MODEL)):
        return False
    first, second = _category(one, category_of), _category(other, category_of)
    return first is not None and first == second


def _category(rule: str, category_of: Callable[[str], str | None]) -> str | None:
    return rule[len(_MODEL) :] if rule.startswith(_MODEL) else category_of(rule)
