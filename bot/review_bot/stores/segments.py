"""A log rewritten: the events that count, each once, by month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.domain.event import parse_all
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

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Path and content of the segments."""
        return segments(self.events, self.later)


def live_of(batches: Iterable[Batch]) -> Live:
    """What counts of `batches`; lines that are no events of any version are dropped."""
    events: dict[str, Event] = {}
    later: dict[str, bytes] = {}
    for batch in batches:
        lines = list(batch.lines)
        events.update((one.id, one) for one in parse_all(lines))
        later.update(later_versions(lines))
    kept = tuple(live(events.values()))
    ids = Forgotten(kept).ids
    dropped = events.keys() - {one.id for one in kept} | later.keys() & ids
    return Live(kept, tuple(line for name, line in later.items() if name not in ids), frozenset(dropped))
