"""Bringing two copies of a log together by the ids of their events, whatever the batches look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.domain.event import BadEvent, parse
from review_bot.domain.forget import Forgotten
from review_bot.stores.batches import later_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from review_bot.ports import Batch


class Known:
    """What one copy holds: the ids of its events, and what its tombstones name."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.forgotten = Forgotten()

    def take(self, batches: Iterable[Batch]) -> Known:
        """Take in all events of `batches`, those of later versions too."""
        for batch in batches:
            for line in batch.lines:
                self._line(line)
        return self

    def rest(self, batches: Iterable[Batch]) -> Iterator[tuple[str, bytes | None]]:
        """For each batch its name and what is new in it; None where all of it is, so that it may stay as it is.

        What is new is taken in, so that no event is new twice.
        """
        for batch in batches:
            kept, dropped = [], 0
            for line in batch.lines:
                new = self._line(line)
                if new:
                    kept.append(line)
                dropped += new is False
            if dropped or kept:
                yield batch.name, b"".join(line + b"\n" for line in kept) if dropped else None

    def _line(self, line: bytes) -> bool | None:
        """Take in one line; True where it is an event that was neither known nor is forgotten, None where it is none.

        Lines are checked here too: one that only bears the id of an event must not keep the event itself away.
        """
        try:
            event = parse(line)
        except BadEvent:
            return self._later(line)
        self.forgotten.add(event)
        if event.id in self.ids or event in self.forgotten:
            return False
        self.ids.add(event.id)
        return True

    def _later(self, line: bytes) -> bool | None:
        """The same of a line that a later version wrote."""
        for name, _ in later_versions([line]):
            if name in self.ids or name in self.forgotten.ids:
                return False
            self.ids.add(name)
            return True
        return None
