"""Taking out of the repository what the log no longer holds, so that what is forgotten can't be read from there."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from review_bot.stores.gitref import GitRef

_LONG = 3600.0
"""Seconds that listing or repacking all of a repository may take."""
DERIVED = ("memory.db", "memory.db-wal", "memory.db-shm")
"""Files that are made anew from the log: deleted rows stay readable in them."""
_KEPT = ("--all", "--reflog", "--indexed-objects")
"""Whatever git itself would keep, of all work trees."""


def objects_of(local: GitRef) -> set[str]:
    """Commits, trees and blobs of the log as it was and is, here and as we saw it on remotes."""
    refs = local.git.must("for-each-ref", "--format=%(refname)", local.ref, "refs/review-bot/").split()
    return (_listed(local, refs) if refs else None) or set()


def erase(local: GitRef, before: Iterable[str]) -> int:
    """Delete those of the objects `before` that no ref reaches any more; how many are left all the same.

    Other unreachable objects stay, since people get their lost work back from those.
    """
    reachable = _listed(local, _KEPT)
    if reachable is None:  # then nobody knows what is still needed
        return len(set(before))
    victims = set(before) - reachable
    _unlink(local, victims)
    packed = _there(local, victims)
    if packed:
        local.git.run("repack", "-A", "-d", "-q", "--no-write-bitmap-index", seconds=_LONG)
        _unlink(local, packed)
        packed = _there(local, packed)
    if victims:
        _mend_commit_graph(local)
    return len(packed)


def erase_derived(local: GitRef) -> None:
    """Delete what was made of events that are forgotten."""
    for name in DERIVED:
        with suppress(OSError):
            os.unlink(os.path.join(local.folder, name))


def _mend_commit_graph(local: GitRef) -> None:
    """Write git's list of commits anew, where it keeps one: it would still name those that are gone."""
    info = os.path.join(local.common_dir, "objects", "info")
    if any(os.path.exists(os.path.join(info, name)) for name in ("commit-graph", "commit-graphs")):
        local.git.run("commit-graph", "write", "--reachable", "--no-progress", seconds=_LONG)


def _listed(local: GitRef, revisions: Iterable[str]) -> set[str] | None:
    """Ids of all objects that `revisions` reach; None where git can't tell, as in a damaged repository."""
    done = local.git.run("rev-list", "--objects", "--no-object-names", *revisions, seconds=_LONG)
    if done.status != 0:
        return None
    return set(done.output.decode("ascii", "replace").split())


def _unlink(local: GitRef, oids: Iterable[str]) -> None:
    for oid in oids:
        with suppress(OSError):
            os.unlink(os.path.join(local.common_dir, "objects", oid[:2], oid[2:]))


def _there(local: GitRef, oids: set[str]) -> set[str]:
    """Those that git still finds."""
    if not oids:
        return set()
    wanted = "".join(f"{oid}\n" for oid in oids).encode("ascii")
    said = local.git.run("cat-file", "--batch-check", stdin=wanted).output.decode("ascii", "replace")
    return {row.split(" ")[0] for row in said.splitlines() if row and not row.endswith(" missing")}
