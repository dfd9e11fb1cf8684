"""Exchanging a log with the ref of a remote, beside any number of others who do the same at once."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from review_bot.errors import StoreError
from review_bot.ports import Batch, Synced
from review_bot.stores.batches import name_of
from review_bot.stores.erase import erase, erase_derived, objects_of
from review_bot.stores.git_remote import SPOOL, Pushed
from review_bot.stores.merge import Known
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from review_bot.stores.git_remote import GitRemote, Theirs
    from review_bot.stores.gitref import Entries, GitRef

_REJECTIONS = 4
"""Lost races after which the events go to a spool ref."""
_ENOUGH = 4.0
"""Seconds after which one lost race is enough: somebody is waiting."""


class Plan(NamedTuple):
    """The log as it would be with what each side knows."""

    entries: Entries
    """The batches of the whole log."""
    ours: Entries
    """The batches among them that the remote does not have."""
    local: frozenset[str]
    """Paths of the local log when the plan was made."""
    sent: int
    received: int
    fold: Mapping[str, str]
    """Spool refs of the remote that the log takes in."""
    forgot: bool
    """Whether something that we had is forgotten elsewhere."""


class GitExchange:
    """The exchange of one clone with one remote."""

    eager = False

    def __init__(self, local: GitRef, remote: GitRemote, allowed: Callable[[], None] = lambda: None) -> None:
        self.local = local
        self.remote = remote
        self.allowed = allowed
        """Raises StoreError where nothing may leave this machine."""

    def where(self) -> str:
        """The ref and the remote."""
        return f"{self.local.ref} of the remote {self.remote.name}"

    def shared(self) -> frozenset[str]:
        """Ids of the batches that the remote had when we last looked."""
        theirs = self.remote.last_seen()
        commits = [theirs.head, *theirs.spools.values()]
        return frozenset(oid for commit in commits for oid in self.local.entries(commit).values())

    def sync(self, waiting: Entries) -> Synced:
        """Send and receive; `waiting` are batches that the local ref does not have yet.

        Raises StoreError where the remote refuses or can't be reached; then nothing has changed.
        """
        self.allowed()
        until = time.monotonic() + _ENOUGH
        for attempt in range(_REJECTIONS):
            theirs = self.remote.fetch()
            plan = self._plan(theirs, waiting)
            if not plan.ours and not plan.fold:
                return self._done(theirs.head, plan)
            new = self.local.commit(plan.entries, theirs.head)
            pushed = self.remote.push(new, theirs, plan.fold)
            if pushed.outcome == "done":
                return self._done(new, plan)
            if pushed.outcome == "refused":
                raise StoreError(f"refuses {self.local.ref}: {pushed.reason}", where=f"remote {self.remote.name}")
            if time.monotonic() > until:
                break
            time.sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - so that clones do not stay in step
        return self._leave(theirs, plan)

    def rewrite(self, entries: Entries, before: Collection[str]) -> bool:
        """Make `entries` the whole log, without its history; False where the remote has changed since we looked.

        `before` are the paths of the local log that `entries` stands for.
        """
        new = self.local.commit(entries)
        pushed = self.remote.push(new, self.remote.last_seen(), {})
        if pushed.outcome == "refused":
            reason = f"refuses that {self.local.ref} is rewritten: {pushed.reason}"
            raise StoreError(reason, where=f"remote {self.remote.name}", remedy="allow forced pushes to that ref")
        return pushed.outcome == "done" and self._adopt(new, before)

    def _plan(self, theirs: Theirs, waiting: Entries) -> Plan:
        local = self.local
        here = local.entries(local.head())
        there = local.entries(theirs.head)
        theirs_oids, ours_oids = set(there.values()), {*here.values(), *waiting.values()}
        ours = {path: oid for path, oid in {**here, **waiting}.items() if oid not in theirs_oids}
        news = Known().take(local.read(theirs_oids - ours_oids))
        held = [Batch(one.name, list(one.lines)) for one in local.read(ours.values())]
        received = len(news.ids - Known().take(held).ids) if news.ids else 0
        spooled = self._spooled(theirs, theirs_oids)
        # What was folded in before a compaction can be told by its ids only.
        known = Known().take(local.read(theirs_oids)) if spooled else news
        received -= len(known.ids)
        folded = self._rest(spooled, local.read(spooled.values()), known)
        before = len(known.ids)
        received += before
        sending = self._rest(ours, held, known)
        entries = {**there, **folded, **sending}
        forgot = bool(known.forgotten) and sending != ours
        added = {**folded, **sending}
        return Plan(entries, added, frozenset(here), len(known.ids) - before, received, theirs.spools, forgot)

    def _spooled(self, theirs: Theirs, known: set[str]) -> Entries:
        trees = map(self.local.entries, theirs.spools.values())
        return {path: oid for tree in trees for path, oid in tree.items() if oid not in known}

    def _rest(self, entries: Entries, batches: Iterable[Batch], known: Known) -> Entries:
        """The batches with what is not `known` in them; those that are new as a whole stay as they are."""
        paths = {oid: path for path, oid in entries.items()}
        found: Entries = {}
        for oid, data in known.rest(batches):
            if data is None:
                found[paths[oid]] = oid
            elif data:
                found[name_of(data)] = self.local.blob(data)
        return found

    def _done(self, head: str, plan: Plan) -> Synced:
        before = objects_of(self.local) if plan.forgot else set()
        moved = self._adopt(head, plan.local)
        if plan.forgot:
            erase(self.local, before)
            erase_derived(self.local)
        note = "" if moved else f"{self.local.ref} can't be moved here; the next run tries again"
        return Synced(plan.sent, plan.received, 0, note)

    def _adopt(self, theirs: str, before: Collection[str]) -> bool:
        """Make the log at `theirs` the local one, with what other processes added to it since `before`."""

        def wanted(head: str) -> str:
            later = {path: oid for path, oid in self.local.entries(head).items() if path not in before}
            return self.local.commit({**self.local.entries(theirs), **later}, theirs) if later else theirs

        return not theirs or bool(self.local.update(wanted))

    def _leave(self, theirs: Theirs, plan: Plan) -> Synced:
        """Put what is ours under a spool ref, and take in what came."""
        pushed = self.remote.leave(self.local.commit(plan.ours)) if plan.sent else Pushed("done")
        if pushed.outcome != "done":
            raise StoreError(f"refuses events: {pushed.reason}", where=f"remote {self.remote.name}")
        note = f"others were faster: the events lie in {SPOOL}* and the next sync folds them in"
        return Synced(plan.sent, plan.received, 0, note)
