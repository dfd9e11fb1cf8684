"""What signals add up to: log odds that people here want a finding, and what follows from them.

Every formula and bound of docs/memory.md, "How the score works", stands here and nowhere else.
"""

from __future__ import annotations

from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Literal, TypeVar

    Kind = Literal["none", "raise", "fold", "hide"]
    P = TypeVar("P", "Prior", "Imported")

USEFUL, USELESS = 0.7, 0.2
"""Share of its findings that people want, of a good rule and of a bad one: the two hypotheses that are weighed."""
PATTERN_LEAST, PATTERN_MOST = -6.0, 4.0
RULE_LEAST, RULE_MOST = -8.0, 4.0
RULE_SHARE, SHARE_LEAST, SHARE_MOST = 0.5, -2.5, 1.5
HIDE, FOLD, RAISE, SHOW_AGAIN = -4.0, -2.5, 2.0, -3.0
GUARD_SIGNALS, GUARD_CHANGES, GUARD_PEOPLE = 5, 2, 2
PROBATION, PROBATION_SIGNALS, PROBATION_PEOPLE, PROBATION_CHANGES = -8.0, 12, 3, 3
PRIOR_CAP = 4
"""Pseudo-signals of a rule that all its priors together are worth at most."""
IMPORT_CAP = 2
"""Pseudo-signals of a pattern that all that was imported about it is worth: with the rule's priors too few to fold."""
_WEAK_ALONE = frozenset(("sentiment",))
"""Signals that, without any other, hide nothing."""


class Signal(NamedTuple):
    """What one person did with one finding, as far as the score asks."""

    event: str
    ts: int
    rule: str
    key: str
    finding: str
    sig: str
    y: int
    eps: float
    actor: str
    change: str


class Prior(NamedTuple):
    """What another repository made of a rule: how often it was accepted and rejected there."""

    event: str
    rule: str
    accepted: float
    rejected: float
    eps: float


class Imported(NamedTuple):
    """What repositories with the same salt made of one pattern, all of it hashed."""

    event: str
    salt: str
    """Check of the salt that it was hashed with."""
    key: str
    fp: tuple[int, ...]
    accepted: float
    rejected: float
    eps: float


class Weighed(NamedTuple):
    """A signal, its log likelihood ratio, and whether it is the one that counts of its person, rule and change."""

    signal: Signal
    weight: float
    counted: bool


class Totals(NamedTuple):
    """The counted signals of a pattern or a rule."""

    sum: float = 0.0
    """Of the weights, priors among them; not clipped."""
    signals: int = 0
    people: int = 0
    changes: int = 0
    strong: bool = False
    """Whether a signal against it is among them that may hide a finding alone."""
    accepted: int = 0
    rejected: int = 0


class Decision(NamedTuple):
    """What is done with a finding, before mutes and exploration."""

    effect: Kind
    score: float
    pattern: float
    """The pattern's value: its sum, clipped."""
    rule: float
    """The rule's share: its sum, clipped, halved and clipped."""
    by_rule: bool = False
    """True where the rule's signals decide: the pattern's own would not have done it."""


def weight(y: int, eps: float) -> float:
    """log p(y | useful) / p(y | useless) of a signal that is wrong with probability `eps`; 0 for one of pure noise."""
    from math import log

    good = USEFUL * (1 - eps) + (1 - USEFUL) * eps
    bad = USELESS * (1 - eps) + (1 - USELESS) * eps
    return log(good / bad) if y else log((1 - good) / (1 - bad))


def weighed(signals: Iterable[Signal]) -> list[Weighed]:
    """Every signal once, by time, with its weight; only the strongest of a person, rule and change counts.

    Of equally strong ones the latest counts, then the one with the greatest id: no order of the events matters.
    """
    ordered = sorted({one.event: one for one in signals}.values(), key=lambda one: (one.ts, one.event))
    best: dict[tuple[str, str, str], tuple[float, int]] = {}
    weights = [weight(one.y, one.eps) for one in ordered]
    for at, one in enumerate(ordered):
        group = _group(one)
        if group not in best or abs(weights[at]) >= best[group][0]:
            best[group] = (abs(weights[at]), at)
    counted = {at for _, at in best.values()}
    return [Weighed(one, weights[at], at in counted) for at, one in enumerate(ordered)]


def _group(signal: Signal) -> tuple[str, str, str]:
    return signal.actor, signal.rule, signal.change


def totals(signals: Iterable[Weighed], priors: Iterable[tuple[object, float]] = ()) -> Totals:
    """The figures of the counted signals; priors add to the sum and to nothing else."""
    from math import fsum

    counted = [one for one in signals if one.counted]
    return Totals(
        sum=fsum([*(one.weight for one in counted), *(value for _, value in priors)]),
        signals=len(counted),
        people=len({one.signal.actor for one in counted}),
        changes=len({one.signal.change for one in counted}),
        strong=any(one.weight < 0 and one.signal.sig not in _WEAK_ALONE for one in counted),
        accepted=sum(one.signal.y == 1 for one in counted),
        rejected=sum(one.signal.y == 0 for one in counted),
    )


def prior_weights(priors: Iterable[Prior]) -> list[tuple[Prior, float]]:
    """What each prior of one rule adds to the rule's sum: all of them together count as four signals at most."""
    return _capped(priors, PRIOR_CAP)


def imported_weights(found: Iterable[Imported]) -> list[tuple[Imported, float]]:
    """What each import adds to the pattern's sum: all of them together count as two signals at most."""
    return _capped(found, IMPORT_CAP)


def _capped(priors: Iterable[P], cap: int) -> list[tuple[P, float]]:
    ordered = sorted({one.event: one for one in priors}.values(), key=lambda one: one.event)
    count = sum(one.accepted + one.rejected for one in ordered)
    share = min(1.0, cap / count) if count > 0 else 0.0
    return [(one, share * (one.accepted * weight(1, one.eps) + one.rejected * weight(0, one.eps))) for one in ordered]


def pattern_value(total: float) -> float:
    """What a pattern's sum is worth."""
    return _clip(total, PATTERN_LEAST, PATTERN_MOST)


def rule_value(total: float) -> float:
    """What a rule's sum is worth to each of its findings."""
    return _clip(RULE_SHARE * _clip(total, RULE_LEAST, RULE_MOST), SHARE_LEAST, SHARE_MOST)


def _clip(value: float, least: float, most: float) -> float:
    return min(max(value, least), most)


def guarded(pattern: Totals) -> bool:
    """True where there is evidence enough to hide the pattern, whatever the score says."""
    return (
        pattern.strong
        and pattern.signals >= GUARD_SIGNALS
        and pattern.changes >= GUARD_CHANGES
        and pattern.people >= GUARD_PEOPLE
    )


def on_probation(rule: Totals) -> bool:
    """True for a rule that nearly everybody rejects nearly always: its new patterns are hidden too."""
    return (
        rule.strong
        and rule.sum <= PROBATION
        and rule.signals >= PROBATION_SIGNALS
        and rule.people >= PROBATION_PEOPLE
        and rule.changes >= PROBATION_CHANGES
    )


def decide(pattern: Totals, rule: Totals, *, was_hidden: bool = False, hide: float = HIDE) -> Decision:
    """What follows from the sums; `was_hidden` says that the pattern was hidden and has not been shown again since."""
    own, share = pattern_value(pattern.sum), rule_value(rule.sum)
    score = own + share
    bound = SHOW_AGAIN if was_hidden else hide
    if score <= bound and guarded(pattern):
        return Decision("hide", score, own, share)
    if score <= FOLD:
        hidden = on_probation(rule)
        return Decision("hide" if hidden else "fold", score, own, share, by_rule=hidden or own > FOLD)
    if score >= RAISE:
        return Decision("raise", score, own, share, by_rule=own < RAISE - SHARE_MOST)
    return Decision("none", score, own, share)


def undecided(decision: Decision, pattern: Totals, hide: float = HIDE) -> bool:
    """True where only the past can tell: between hiding and showing again."""
    return hide < decision.score <= SHOW_AGAIN and guarded(pattern)


def was_hidden(
    pattern: Sequence[Signal], rule: Sequence[Signal], prior: float = 0.0, hide: float = HIDE, imported: float = 0.0
) -> bool:
    """Whether the signals, taken in the order of their times, have hidden the pattern and not shown it again since.

    `prior` is what the rule's priors are worth, `imported` what was imported about the pattern. Equal times are taken
    in the order of ids, so that this too depends on nothing but the set of signals.
    """
    mine = {one.event for one in pattern}
    every = sorted({one.event: one for one in (*pattern, *rule)}.values(), key=lambda one: (one.ts, one.event))
    of_rule = {one.event for one in rule}
    own, all_of_it = Tally(imported), Tally(prior)
    hidden = False
    for one in every:
        if one.event in of_rule:
            all_of_it.add(one)
        if one.event in mine:
            own.add(one)
        score = pattern_value(own.sum) + rule_value(all_of_it.sum)
        if hidden:
            hidden = score <= SHOW_AGAIN
        elif score <= hide:
            hidden = guarded(own.totals())
    return hidden


class Tally:
    """The totals of signals that come in by time; the same as `totals` gives for all of them at once."""

    def __init__(self, prior: float = 0.0) -> None:
        self.sum = prior
        self._best: dict[tuple[str, str, str], tuple[float, Signal]] = {}
        self._people: dict[str, int] = {}
        self._changes: dict[str, int] = {}
        self._strong = 0
        self._accepted = 0

    def add(self, signal: Signal) -> None:
        """Take in one more signal, no earlier than those before it."""
        value = weight(signal.y, signal.eps)
        group = _group(signal)
        old = self._best.get(group)
        if old is not None and abs(value) < abs(old[0]):
            return
        if old is not None:
            self._count(old, -1)
        self._best[group] = (value, signal)
        self._count((value, signal), 1)

    def totals(self) -> Totals:
        """The figures so far."""
        count = len(self._best)
        people, changes = len(self._people), len(self._changes)
        return Totals(self.sum, count, people, changes, self._strong > 0, self._accepted, count - self._accepted)

    def _count(self, one: tuple[float, Signal], by: int) -> None:
        value, signal = one
        self.sum += by * value
        self._strong += by * (value < 0 and signal.sig not in _WEAK_ALONE)
        self._accepted += by * signal.y
        for counts, name in ((self._people, signal.actor), (self._changes, signal.change)):
            counts[name] = counts.get(name, 0) + by
            if not counts[name]:
                del counts[name]
