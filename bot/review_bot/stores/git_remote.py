"""The log's ref on a remote: fetched beside ours, pushed with a lease, never by force over what we have not seen."""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING, Literal

from review_bot.errors import ConfigError, StoreError
from review_bot.stores.git_process import NETWORK
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review_bot.stores.git_process import Done
    from review_bot.stores.gitref import GitRef

SPOOL = "refs/review-bot/spool/"
"""Where a clone that keeps losing the race leaves its events for the next winner."""
_RACE = re.compile(
    r"stale info|fetch first|cannot lock ref|failed to update ref|incorrect old value|already exists|but expected"
    r"|atomic (?:push|transaction) fail|shallow update not allowed"
)
_UNDELETABLE = re.compile(r"deletion prohibited|deny(?:ing)? (?:ref )?deletion|refusing to delete")


class Theirs(NamedTuple):
    """The remote as we last saw it."""

    head: str
    """Commit of the log; empty where the remote has none."""
    spools: Mapping[str, str]
    """Commit by the name of each spool ref."""


class Pushed(NamedTuple):
    """How a push ended."""

    outcome: Literal["done", "raced", "refused", "kept-spools"]
    reason: str = ""


class GitRemote:
    """One remote of a repository."""

    def __init__(self, local: GitRef, name: str) -> None:
        if not name or name.startswith("-") or any(ord(sign) < 33 for sign in name):
            raise ConfigError(f"memory.remote can't be {name!r}", remedy="name a remote, such as origin")
        self.local = local
        self.git = local.git
        self.name = name
        self.seen = f"refs/review-bot/seen/{_slug(name, local.ref)}"
        self.seen_log = f"{self.seen}/log"
        self._settings: list[str] | None = None

    def url(self) -> str:
        """Address of the remote; empty where the repository knows none by that name."""
        done = self.git.run("remote", "get-url", "--push", self.name)
        if done.status == 0:
            return os.fsdecode(done.output).strip()
        return self.name if "/" in self.name or ":" in self.name else ""

    def last_seen(self) -> Theirs:
        """What the remote had when we last looked, without asking it."""
        listed = self.git.must("for-each-ref", "--format=%(objectname) %(refname)", f"{self.seen}/")
        rows = [row.partition(" ") for row in listed.split("\n") if row]
        refs = {name: oid for oid, _, name in rows}
        prefix = f"{self.seen}/spool/"
        spools = {SPOOL + name.removeprefix(prefix): oid for name, oid in refs.items() if name.startswith(prefix)}
        return Theirs(refs.get(self.seen_log, ""), spools)

    def fetch(self) -> Theirs:
        """What the remote has now; raises StoreError where it can't be reached."""
        shallow = ["--depth=1"] if os.path.exists(os.path.join(self.local.common_dir, "shallow")) else []
        options = ["--quiet", "--force", "--prune", "--no-tags", "--refmap=", "--recurse-submodules=no", *shallow]
        # Patterns, since git fails where a ref that is named whole is not there.
        refspecs = [f"+{self.local.ref}*:{self.seen_log}*", f"+{SPOOL}*:{self.seen}/spool/*"]
        fetch = ("fetch", "--no-write-fetch-head", *options, self.name, *refspecs)
        done = self._network(*fetch)
        if done.status != 0 and self.local.sweep():
            done = self._network(*fetch)
        if done.status != 0 and "no-write-fetch-head" in done.errors:  # git before 2.29
            done = self._network("fetch", *options, self.name, *refspecs)
        if done.status != 0:
            raise StoreError(f"can't be read: {done.reason()}", where=f"remote {self.name}")
        return self.last_seen()

    def push(self, new: str, theirs: Theirs, fold: Mapping[str, str]) -> Pushed:
        """Make `new` the log where the remote is still as we saw it, and take away the spools that it folds in."""
        leases = [f"--force-with-lease={self.local.ref}:{theirs.head}"]
        leases += [f"--force-with-lease={ref}:{oid}" for ref, oid in fold.items()]
        atomic = ["--atomic"] if fold else []
        targets = [f"{new}:{self.local.ref}", *(f":{ref}" for ref in fold)]
        pushed = self._pushed(self._push(*atomic, *leases, self.name, *targets), deleting=bool(fold))
        if pushed.outcome == "kept-spools":
            pushed = self.push(new, theirs, {})
        if pushed.outcome == "done":
            self.local.note(self.seen_log, new)
            for ref in fold:
                self.local.delete(self._mirror(ref))
        return pushed

    def leave(self, commit: str) -> Pushed:
        """Put a parentless commit under a spool ref of its own, where nobody races with us."""
        ref = f"{SPOOL}{commit[:12]}{os.urandom(6).hex()}"
        pushed = self._pushed(self._push(f"--force-with-lease={ref}:", self.name, f"{commit}:{ref}"), deleting=False)
        if pushed.outcome == "done":
            self.local.note(self._mirror(ref), commit)
        return pushed

    def _mirror(self, spool: str) -> str:
        return f"{self.seen}/spool/{spool.removeprefix(SPOOL)}"

    def _push(self, *arguments: str) -> Done:
        return self._network("push", "--porcelain", "--no-verify", "--recurse-submodules=no", *arguments)

    def _network(self, *arguments: str) -> Done:
        if self._settings is None:
            self._settings = self._unattended()
        return self.git.run(*self._settings, *arguments, seconds=NETWORK)

    def _unattended(self) -> list[str]:
        """Settings under which ssh asks nobody for a password, unless somebody has said how ssh is to be run."""
        if any(name in os.environ for name in ("GIT_SSH_COMMAND", "GIT_SSH")):
            return []
        own = self.git.run("config", "--get", "core.sshCommand").status == 0
        return [] if own else ["-c", "core.sshCommand=ssh -o BatchMode=yes"]

    def _pushed(self, done: Done, *, deleting: bool) -> Pushed:
        """What git's porcelain says of each ref, as one outcome; raises StoreError where the remote was not reached."""
        if done.status == 0:
            return Pushed("done")
        rows = [row.split("\t") for row in done.output.decode("utf-8", "replace").split("\n") if row.startswith("!")]
        reasons = [row[-1] for row in rows]
        if not reasons:
            if "does not support --atomic" in done.errors and deleting:
                return Pushed("kept-spools")
            raise StoreError(f"can't be written to: {done.reason()}", where=f"remote {self.name}")
        if deleting and any(map(_UNDELETABLE.search, reasons)):
            return Pushed("kept-spools")
        firm = [reason for reason in reasons if not _RACE.search(reason)]
        return Pushed("refused", firm[0]) if firm else Pushed("raced", reasons[0])


def _slug(name: str, ref: str) -> str:
    """A part of a ref's name for this remote and this log."""
    digest = hashlib.blake2b(f"{name}\0{ref}".encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()
    return f"{re.sub(r'[^0-9A-Za-z]', '-', name)[:40]}-{digest}"
