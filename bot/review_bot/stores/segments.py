"""A log rewritten: the events that count, each once, by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.domain.event import VERSION, BadEvent, event, parse
from review_bot.domain.forget import Forgotten, live
from review_bot.stores.batches import later_versions, segments
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from review_bot.domain.event import Event
    from review_bot.ports import Batch


class Live(NamedTuple):
    """What is worth keeping of a log."""

    events: tuple[Event, ...]
    later: tuple[bytes, ...]
    """Lines of later versions: nobody here can read them, and they must not be lost."""
    dropped: frozenset[str]
    """Ids of the events that are forgotten."""
    added: tuple[Event, ...] = ()
    """Tombstones among the events that stand in no batch yet."""

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Path and content of the segments."""
        return segments(self.events, self.later)


SHOWN = 5_000
"""Events of findings being shown that a compaction keeps, the latest ones."""
_MORE = SHOWN // 4
"""As many more as are let be: each pruning leaves a tombstone."""


def live_of(batches: Iterable[Batch]) -> Live:
    """What counts of `batches`, without `shown` events that are old and lines that are no events of any version."""
    events: dict[str, Event] = {}
    later: dict[str, bytes] = {}
    for batch in batches:
        for line in batch.lines:
            one = _event(line)
            if one is not None:
                events[one.id] = one
            else:  # only then: most lines need not be read twice
                later.update(later_versions([line]))
    kept, added = _pruned(tuple(live(events.values())))
    ids = Forgotten(kept).ids
    dropped = events.keys() - {one.id for one in kept} | later.keys() & ids
    return Live(kept, tuple(line for name, line in later.items() if name not in ids), frozenset(dropped), added)


def _event(line: bytes) -> Event | None:
    try:
        return parse(line)
    except BadEvent:
        return None


def _pruned(events: tuple[Event, ...]) -> tuple[tuple[Event, ...], tuple[Event, ...]]:
    """The events without `shown` ones before the latest few thousand, and a tombstone that keeps them away.

    Which those are depends on nothing but the set of events, so that all clones prune the same; no clock is asked.
    """
    times = sorted(one.ts for one in events if one.kind == "shown")
    if len(times) <= SHOWN + _MORE:
        return events, ()
    until = times[-SHOWN]
    stone = event({"v": VERSION, "ts": until, "kind": "forget", "names": {"kind": "shown"}, "until": until})
    return (*(one for one in events if one.kind != "shown" or one.ts >= until), stone), (stone,)
