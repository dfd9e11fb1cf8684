"""Exchanging a log with a store that holds nothing but batches: a folder, or a database."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from review_bot.domain.event import parse_all
from review_bot.errors import StoreError
from review_bot.ports import Batch, Synced
from review_bot.stores import atomic
from review_bot.stores.batches import name_of
from review_bot.stores.erase import erase, erase_derived, objects_of
from review_bot.stores.merge import Known
from review_bot.stores.segments import live_of
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from typing import Protocol

    from review_bot.domain.event import Event
    from review_bot.ports import EventStore
    from review_bot.stores.gitref import Entries, GitRef

    class Store(EventStore, Protocol):
        """A store that can say where it is."""

        def where(self) -> str:
            """Its place, to be shown."""


class News(NamedTuple):
    """What the store has that we have not looked at."""

    names: frozenset[str]
    """All that is there."""
    batches: tuple[Batch, ...]
    rewritten: bool
    """Whether something that was there is gone: then all of it is looked at."""


class StoreExchange:
    """The exchange of one clone with one store."""

    eager = True
    """Events are sent as they are recorded."""

    def __init__(self, local: GitRef, open_store: Callable[[], Store], name: str) -> None:
        self.local = local
        self.open_store = open_store
        self.sent = f"refs/review-bot/seen/store-{_slug(name, local.ref)}/log"
        """A commit whose batches the store has."""
        self.looked_at = _place(local, name)

    def where(self) -> str:
        """The store's place."""
        return self.open_store().where()

    def shared(self) -> frozenset[str]:
        """Ids of the local batches that the store has."""
        return frozenset(self.local.entries(self.local.commit_of(self.sent)).values())

    def sync(self, waiting: Entries) -> Synced:
        """Send and receive; raises StoreError where the store can't be used, and then the events wait."""
        store = self.open_store()
        news = self._news(store)
        mine = {**self.local.entries(self.local.head()), **waiting}
        shared = frozenset() if news.rewritten else self.shared()
        ours = {path: oid for path, oid in mine.items() if oid not in shared}
        if not news.batches and not ours:
            return Synced(0, 0, 0)
        here = Known().take(self.local.read(dict.fromkeys(mine.values())))
        outgoing = self._outgoing(ours, mine, news)
        before = len(here.ids)
        incoming = self._incoming(here, news.batches)
        store.append(outgoing)
        moved = self._take(mine, incoming)
        if moved:  # else both are looked at again, so that nothing is sent twice
            self._note(news.names)
        self._forget(news)
        note = "" if moved else "our refs can't be moved here now; the next run tries again"
        return Synced(len(outgoing), len(here.ids) - before, 0, note)

    def rewrite(self, entries: Entries, before: Collection[str]) -> bool:
        """Compact the store and make `entries` the local log, in place of the paths `before`."""
        store = self.open_store()
        store.compact()
        head = self.local.head()
        if self.local.entries(head).keys() - set(before):
            return False
        new = self.local.commit(entries)
        if not self.local.swap(new, head):
            return False
        if self._sent(new):
            self._note(store.names())
        return True

    def _news(self, store: Store) -> News:
        names = store.names()
        known = self._known()
        rewritten = bool(known - names)
        read = store.read(() if rewritten else known & names)
        batches = tuple(Batch(one.name, tuple(one.lines)) for one in read) if rewritten or names - known else ()
        return News(names, batches, rewritten)

    def _outgoing(self, ours: Entries, mine: Entries, news: News) -> list[Event]:
        """The events that the store lacks and nobody forgot."""
        if not ours:
            return []
        theirs = Known().take(news.batches)
        if not news.rewritten:  # what was sent before stands in the store, whatever our batches look like now
            sent = {oid for oid in mine.values() if oid not in ours.values()} | self.shared()
            theirs.take(self.local.read(sent))
        found: list[Event] = []
        for batch in self.local.read(dict.fromkeys(ours.values())):
            lines = list(batch.lines)
            for _, data in theirs.rest([Batch(batch.name, lines)]):
                found += parse_all(lines if data is None else data.splitlines())
        return found

    def _incoming(self, here: Known, batches: Iterable[Batch]) -> Entries:
        found: Entries = {}
        whole = {one.name: one.lines for one in batches}
        for name, data in here.rest(batches):
            content = b"".join(line + b"\n" for line in whole[name]) if data is None else data
            if content:
                found[name_of(content)] = self.local.blob(content)
        return found

    def _take(self, mine: Entries, incoming: Entries) -> bool:
        """Add what came to the local log, and remember that the store has all of that."""
        both = {**mine, **incoming}
        if not both:
            return True

        def wanted(head: str) -> str:
            entries = self.local.entries(head)
            lacking = {path: oid for path, oid in both.items() if path not in entries}
            return self.local.commit({**entries, **lacking}, head) if lacking else head

        new = self.local.update(wanted)
        if not new:
            return False
        later = self.local.entries(new).keys() - both.keys()
        return self._sent(self.local.commit(both) if later else new)

    def _forget(self, news: News) -> None:
        """Erase here what is forgotten elsewhere."""
        stones = Known().take(news.batches).forgotten
        head = self.local.head()
        if not stones or not head:
            return
        entries = self.local.entries(head)
        kept = live_of(self.local.read(dict.fromkeys(entries.values())))
        if not kept.dropped:
            return
        before = objects_of(self.local)
        new = self.local.commit({path: self.local.blob(data) for path, data in kept.files()})
        if self.local.swap(new, head):
            self._sent(new)
            erase(self.local, before)
            erase_derived(self.local)

    def _sent(self, commit: str) -> bool:
        return self.local.note(self.sent, commit)

    def _known(self) -> frozenset[str]:
        return _names(self.looked_at)

    def _note(self, names: Iterable[str]) -> None:
        """Remember what was looked at; where that fails it is looked at again."""
        with suppress(OSError, StoreError):
            os.makedirs(self.local.folder, exist_ok=True)
            atomic.replace(self.looked_at, "".join(f"{name}\n" for name in sorted(names)).encode("utf-8"))


def taken_in(local: GitRef, name: str) -> frozenset[str]:
    """Names of the batches of the store `name` that a `sync` has taken in, whatever became of them here."""
    return _names(_place(local, name))


def _place(local: GitRef, name: str) -> str:
    return os.path.join(local.folder, f"imported-{_slug(name, local.ref)}")


def _slug(name: str, ref: str) -> str:
    return hashlib.blake2b(f"{name}\0{ref}".encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def _names(path: str) -> frozenset[str]:
    try:
        with open(path, encoding="utf-8") as stream:
            return frozenset(stream.read().split("\n")) - {""}
    except (OSError, ValueError):
        return frozenset()
