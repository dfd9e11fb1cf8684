"""Playing a log again: what another threshold would have hidden, rightly and wrongly."""

from __future__ import annotations

from review_bot.domain.forget import live
from review_bot.memory.assess import assess
from review_bot.memory.fold import pattern_of, signal_of
from review_bot.memory.growing import Growing
from review_bot.memory.normalise import Shape
from review_bot.memory.score import HIDE
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from review_bot.domain.event import Event

THRESHOLDS = (-2.5, -3.0, -3.5, HIDE, -4.5, -5.0, -6.0)
"""Scores from which on a policy hides; today's is among them."""
COST = 10
"""Useful findings that are hidden count as much as so many useless ones that are not shown."""


class Policy(NamedTuple):
    """A threshold, and what it would have done with the findings that people judged after the split."""

    hide: float
    judged: int
    hidden_right: int
    hidden_wrong: int

    @property
    def worth(self) -> int:
        """Useless findings spared, less what useful ones that are lost cost."""
        return self.hidden_right - COST * self.hidden_wrong


class Replay(NamedTuple):
    """All policies, and the one that the first part of the log speaks for."""

    policies: tuple[Policy, ...]
    chosen: float
    """The threshold that was worth the most before the split; today's where none was worth more."""
    better: bool
    """Whether it is worth more than today's after the split as well."""


def replay(
    events: Iterable[Event], split: float = 0.5, thresholds: Sequence[float] = THRESHOLDS, today: float = HIDE
) -> Replay:
    """Play the log by time. Each signal judges a finding that the memory saw with nothing but what came before it.

    The first `split` of the signals choose a threshold, the rest judge all of them, beside `today`'s.
    """
    # Within a second, what is taken back comes before what takes it back.
    ordered = sorted(live(events), key=lambda event: (event.ts, event.kind == "unmute", event.id))
    count = sum(signal_of(event) is not None for event in ordered)
    first = int(count * split)
    known, number = Growing(), 0
    counts = {hide: [[0, 0], [0, 0]] for hide in thresholds}
    for event in ordered:
        signal = signal_of(event)
        if signal is not None:
            for hide in _hiding(event, known, thresholds):
                counts[hide][number >= first][signal.y] += 1
            number += 1
        known.add(event)
    return _compared(counts, count, first, today)


def _hiding(event: Event, known: Growing, thresholds: Sequence[float]) -> list[float]:
    """The thresholds at which the finding that an event judges would have been hidden."""
    pattern = pattern_of(event)
    shape = Shape("", ()) if pattern is None else Shape(pattern.key, pattern.fp)
    return [
        hide for hide in thresholds if assess(known, event.get("rule"), shape, None, hide).decision.effect == "hide"
    ]


def _compared(counts: dict[float, list[list[int]]], count: int, first: int, today: float) -> Replay:
    before = {hide: Policy(hide, first, *parts[0]) for hide, parts in counts.items()}
    after = {hide: Policy(hide, count - first, *parts[1]) for hide, parts in counts.items()}
    chosen = max(before, key=lambda hide: (before[hide].worth, hide == today, -abs(hide - today)))
    usual = after.get(today)
    better = usual is not None and after[chosen].worth > usual.worth
    return Replay(tuple(after.values()), chosen, better)
