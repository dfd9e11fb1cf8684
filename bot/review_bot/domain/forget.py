"""What a `forget` takes out of the log, whatever the order in which events arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from review_bot.domain.event import Event


class Forgotten:
    """The tombstones of a log: the events that they name do not count, and the next compaction drops them.

    A `forget` names events by `ids`, and by `names` {finding, actor, kind} all those before `until` (without it before
    its own `ts`): so it reaches events that its writer had not seen yet, and not those that people record afterwards.
    A `forget` is never forgotten.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.ids: set[str] = set()
        self.names: dict[tuple[tuple[str, str], ...], int] = {}
        """The latest bound by what is named."""
        for event in events:
            self.add(event)

    def add(self, event: Event) -> None:
        """Take in a tombstone; other events are nothing to it."""
        if event.kind != "forget":
            return
        self.ids.update(event.get("ids") or ())
        if event.get("names"):
            named = tuple(sorted(event.get("names").items()))
            until = event.get("until")
            self.names[named] = max(self.names.get(named, 0), event.ts if until is None else until)

    def __contains__(self, event: Event) -> bool:
        if event.kind == "forget":
            return False
        if event.id in self.ids:
            return True
        return any(
            event.ts < until and all(event.get(name) == value for name, value in named)
            for named, until in self.names.items()
        )

    def __bool__(self) -> bool:
        return bool(self.ids or self.names)


def live(events: Iterable[Event]) -> Iterator[Event]:
    """The events that count: each id once, without what is forgotten; in the order of `events`."""
    once = {event.id: event for event in events}
    forgotten = Forgotten(once.values())
    return (event for event in once.values() if event not in forgotten)
