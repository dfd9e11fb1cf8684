"""The log as one clone has it: a ref, a spool for what could not go there yet, and an exchange with others."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from review_bot.domain.event import parse_all
from review_bot.errors import StoreError
from review_bot.ports import Batch, Synced
from review_bot.stores.batches import ids_of, name_of, packed, rough
from review_bot.stores.erase import erase, erase_derived, objects_of
from review_bot.stores.lock import exclusive
from review_bot.stores.segments import live_of
from review_bot.stores.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from review_bot.domain.event import Event
    from review_bot.stores.gitref import Entries, GitRef

_TRIES = 20
_PATIENCE = 30.0
"""Seconds to wait for another process that exchanges or compacts."""


class Exchange(Protocol):
    """The way in which a log is shared."""

    eager: bool
    """Whether events are sent as they are recorded, and not by `sync` only."""

    def where(self) -> str:
        """What the log is shared with, to be shown."""

    def shared(self) -> frozenset[str]:
        """Ids of the local batches that others have, as far as we know without asking."""

    def sync(self, waiting: Entries) -> Synced:
        """Send and receive; `waiting` are batches that the local ref could not take."""

    def rewrite(self, entries: Entries, before: Collection[str]) -> bool:
        """Make `entries` the whole log, here and there, in place of the paths `before`; False where it has changed."""


class Log:
    """An `ports.EventLog` in a repository."""

    def __init__(self, local: GitRef, exchange: Exchange | None = None) -> None:
        self.local = local
        self.exchange = exchange
        self.spool = Spool(os.path.join(local.folder, "spool"))

    def head(self) -> str:
        """The commit of the ref, and what waits beside it."""
        return " ".join([self.local.head(), *self.spool.names()]).strip()

    def names(self) -> frozenset[str]:
        """Ids of the blobs, and names of the waiting batches."""
        return frozenset((*self._entries().values(), *self.spool.names()))

    def paths(self) -> frozenset[str]:
        """Paths of the batches in the tree: names by their content."""
        return frozenset(self._entries())

    def read(self, known: Collection[str] = ()) -> Iterator[Batch]:
        """Every batch but those whose name is `known`."""
        waiting = [name for name in self.spool.names() if name not in known]
        held = [(name, self.spool.get(name)) for name in waiting]
        yield from self.local.read([oid for oid in dict.fromkeys(self._entries().values()) if oid not in known])
        for name, data in held:
            if data is not None:
                yield Batch(name, data.splitlines())

    def append(self, events: Sequence[Event]) -> None:
        """Add events: to the spool first, so that they are safe, then to the ref; raises StoreError."""
        self.put(events)
        self.fold()

    def put(self, events: Sequence[Event]) -> None:
        """Add events to the spool only, without a process; the next `append` or `sync` takes them on."""
        if events:
            self.spool.put(packed(events))

    def fold(self) -> bool:
        """Take what waits into the ref; False where that is not possible now, and nothing is lost."""
        names = self.spool.names()
        if not names:
            return True
        with suppress(StoreError, OSError):
            if self.local.update(lambda head: self._with(names, head)):
                self.spool.drop(names)
                return True
        return False

    def _with(self, names: Sequence[str], head: str) -> str:
        """The commit `head` with what waits under `names`."""
        entries = self.local.entries(head)
        waiting = self._waiting(names, entries)
        return self.local.commit({**entries, **waiting}, head) if waiting else head

    def known(self, ids: Collection[str]) -> set[str]:
        """Those of `ids` that stand in the log as events, not only as the id on a line that is none."""
        wanted = set(ids)
        hits: list[bytes] = []
        for batch in self.read() if wanted else ():
            hits += [line for line in batch.lines if (fields := rough(line)) and fields["id"] in wanted]
        return {one.id for one in parse_all(hits)}

    def pending(self) -> int:
        """Events that others can't see yet; without others those that wait for the ref."""
        return len(self.waiting())

    def waiting(self) -> set[str]:
        """Ids of the events that others can't see yet."""
        oids: set[str] = set()
        if self.exchange is not None:
            oids = set(self._entries().values()) - self.exchange.shared()
        waiting = [data for name in self.spool.names() if (data := self.spool.get(name))]
        found = {one for batch in self.local.read(oids) for one in ids_of(batch.lines)}
        return found.union(*(ids_of(data.splitlines()) for data in waiting))

    def sync(self) -> Synced:
        """Exchange the log with others, if it is shared; raises StoreError, and then the events wait."""
        with self._alone():
            folded = self.fold()
            if self.exchange is None:
                return Synced(0, 0, self.pending())
            names = [] if folded else self.spool.names()
            done = self.exchange.sync(self._waiting(names, {}))
            self.spool.drop(names)
            return done

    def compact(self) -> int:
        """Rewrite the log as monthly segments of the events that count; how many there are."""
        with self._alone():
            before = objects_of(self.local)
            for _ in range(_TRIES):
                if not self.fold():
                    break
                if self.exchange is not None:
                    self.exchange.sync({})
                head = self.local.head()
                old = self.local.entries(head)
                kept = live_of(self.local.read(dict.fromkeys(old.values())))
                entries = {path: self.local.blob(data) for path, data in kept.files()}
                if self._rewrite(entries, head, old):
                    erase(self.local, before)
                    if kept.dropped:
                        erase_derived(self.local)
                    return len(kept.events)
        raise StoreError("can't be rewritten now: it keeps changing, or can't be written to", where=self.local.ref)

    def _rewrite(self, entries: Entries, head: str, old: Entries) -> bool:
        if self.exchange is not None:
            return self.exchange.rewrite(entries, old)
        return not head or self.local.swap(self.local.commit(entries), head)

    def _entries(self) -> Entries:
        return self.local.entries(self.local.head())

    def _waiting(self, names: Sequence[str], entries: Entries) -> Entries:
        """The spooled batches as blobs that `entries` lacks."""
        found: Entries = {}
        for name in names:
            data = self.spool.get(name)
            if data and name_of(data) not in entries:
                found[name_of(data)] = self.local.blob(data)
        return found

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process of this clone exchanges or compacts; where there are no locks it is only likely."""
        with exclusive(os.path.join(self.local.folder, "lock"), _PATIENCE) as held:
            if held is False:
                raise StoreError("another process exchanges events; they wait", where=self.local.folder)
            yield
