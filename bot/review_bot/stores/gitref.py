"""The log under a ref of the repository: a commit whose tree holds the batches, changed by compare and swap."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from review_bot.errors import ConfigError, StoreError
from review_bot.ports import Batch
from review_bot.stores.batches import SUFFIX, lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from subprocess import Popen
    from typing import IO

    from review_bot.stores.git_process import Git

Entries = dict[str, str]
"""Id of each blob by its path in the tree."""
_PLAIN = re.compile(r"(?:[0-9A-Za-z_-]+/)*[0-9A-Za-z_-][0-9A-Za-z._-]*\.jsonl").fullmatch
_ID = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}").fullmatch
_STALE = 60.0
"""Seconds after which the lock of our ref, held for some milliseconds, was left behind by a killed process."""
_REMEMBERED = 8
"""Commits whose trees are kept at hand."""
_STUCK = 3
"""Times that the ref stays where it is and can't be moved: then it is locked, or nothing can be written."""
_PAUSE = 0.05
_INDEX = "index-"
_OLD = 3600
"""Seconds after which a private index was left behind."""
_OTHERS = ("refs/heads/", "refs/tags/", "refs/remotes/", "refs/pull/", "refs/notes/", "refs/stash", "refs/replace/")
"""Refs that are not ours to write: a configuration may come from anybody."""


def checked(ref: str) -> str:
    """`ref`, if it is a name under which the memory may be kept; raises ConfigError."""
    fine = re.fullmatch(r"refs/[0-9A-Za-z_][0-9A-Za-z_-]*(?:/[0-9A-Za-z_][0-9A-Za-z_.-]*)+", ref)
    if not fine or ref.startswith(_OTHERS) or ".." in ref or ref.endswith((".lock", ".")) or ".lock/" in ref:
        remedy = "name one of its own, such as refs/review-bot/memory"
        raise ConfigError(f"memory.ref can't be {ref}", remedy=remedy)
    return ref


class GitRef:
    """Commits and trees of batches in one repository, whatever its hash, shallow or bare."""

    def __init__(self, git: Git, common_dir: str, ref: str) -> None:
        self.git = git
        self.common_dir = common_dir
        """Absolute path of what all work trees of the repository share."""
        self.ref = checked(ref)
        self.folder = os.path.join(common_dir, "review-bot")
        self._trees: dict[str, Entries] = {}

    def head(self) -> str:
        """Id of the commit; empty where there is none. Without a process where a plain file tells it."""
        try:
            with open(os.path.join(self.common_dir, self.ref), "rb") as stream:
                said = stream.read(65).strip()
        except OSError:
            said = b""
        return said.decode("ascii") if _ID(said) else self.commit_of(self.ref)

    def commit_of(self, ref: str) -> str:
        """Id of the commit that `ref` is at; empty where there is none."""
        done = self.git.run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        return done.output.decode("ascii").strip() if done.status == 0 else ""

    def entries(self, commit: str) -> Entries:
        """The batches in the tree of `commit`; none without a commit."""
        if not commit:
            return {}
        if commit not in self._trees:  # a commit never changes, and a sync asks for the same few again and again
            if len(self._trees) >= _REMEMBERED:
                self._trees.clear()
            self._trees[commit] = self._listed(commit)
        return dict(self._trees[commit])

    def _listed(self, commit: str) -> Entries:
        listed = self.git.run("ls-tree", "-r", "-z", "--full-tree", commit)
        if listed.status != 0:
            raise StoreError(f"the log can't be read: {listed.reason()}", where=self.ref)
        found: Entries = {}
        for row in listed.output.split(b"\0"):
            kind, _, path = row.partition(b"\t")
            if path.endswith(SUFFIX.encode()) and kind.startswith(b"100"):
                oid = kind.split(b" ")[2].decode("ascii")
                name = path.decode("ascii", "replace")
                found[name if _PLAIN(name) else f"{oid[:2]}/{oid[2:]}{SUFFIX}"] = oid
        return found

    def read(self, oids: Collection[str]) -> Iterator[Batch]:
        """The batches with these ids, each to be read before the next one."""
        if not oids:
            return
        process = self.git.popen("cat-file", "--batch", "--buffer")
        wanted = "".join(f"{oid}\n" for oid in oids).encode("ascii")
        threading.Thread(target=_feed, args=(process, wanted), daemon=True).start()
        try:
            yield from self._batches(process)
        finally:
            _open(process.stdout).close()
            process.kill()
            process.wait()

    def _batches(self, process: Popen[bytes]) -> Iterator[Batch]:
        stream = _open(process.stdout)
        while header := stream.readline():
            words = header.split()
            if len(words) != 3:  # `ID missing`: said as one line that is no event, so that it is counted
                yield Batch(words[0].decode("ascii", "replace"), [b"missing"])
                continue
            lines = lines_of(stream, int(words[2]))
            yield Batch(words[0].decode("ascii"), lines)
            for _ in lines:  # whoever stopped early must not shift the next batch
                pass
            stream.read(1)

    def blob(self, data: bytes) -> str:
        """Write a blob; its id."""
        return self.git.must("hash-object", "-w", "-t", "blob", "--stdin", "--no-filters", stdin=data)

    def commit(self, entries: Mapping[str, str], parent: str = "") -> str:
        """Write a commit with these batches and nothing else in its tree; its id. No ref knows it yet."""
        rows = "".join(f"100644 {oid}\t{path}\0" for path, oid in entries.items()).encode("ascii")
        with self._private_index() as index:
            self.git.must("update-index", "--add", "--replace", "-z", "--index-info", stdin=rows, index=index)
            tree = self.git.must("write-tree", index=index)
        ancestry = ["-p", parent] if parent else []
        return self.git.must("commit-tree", tree, *ancestry, "-m", "review-bot memory")

    @contextmanager
    def _private_index(self) -> Iterator[str]:
        """Path of an index beside that of the user, which is not touched."""
        try:
            os.makedirs(self.folder, exist_ok=True)
            self._sweep_indexes()
            folder = tempfile.mkdtemp(prefix=_INDEX, dir=self.folder)
        except OSError as error:
            raise StoreError(f"can't be written to: {error.strerror}", where=self.folder) from error
        try:
            yield os.path.join(folder, "index")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _sweep_indexes(self) -> None:
        """Take away what killed processes left."""
        for name in os.listdir(self.folder):
            path = os.path.join(self.folder, name)
            if name.startswith(_INDEX) and time.time() - os.stat(path).st_mtime > _OLD:
                shutil.rmtree(path, ignore_errors=True)

    def swap(self, new: str, old: str) -> bool:
        """Move the ref from `old` (empty: not there) to `new`; False where it is elsewhere, or can't be moved now."""
        done = self.git.run("update-ref", "--no-deref", self.ref, new, old or "0" * len(new))
        if done.status != 0:
            self.sweep()
        return done.status == 0

    def update(self, wanted: Callable[[str], str]) -> str:
        """Move the ref to the commit that `wanted` makes of the one it is at, as often as somebody else is faster.

        The commit that it is at then; empty where it can't be moved now.
        """
        stuck = 0
        while stuck < _STUCK:
            head = self.head()
            new = wanted(head)
            if new == head or self.swap(new, head):
                return new
            if self.head() == head:
                stuck += 1
                time.sleep(_PAUSE)
        return ""

    def note(self, ref: str, commit: str) -> bool:
        """Move another ref of ours, wherever it is; False where that is not possible now."""
        command = ("update-ref", "--no-deref", ref, commit)
        return self.git.run(*command).status == 0 or (self.sweep() and self.git.run(*command).status == 0)

    def delete(self, ref: str) -> None:
        """Remove one of our refs, if it is there."""
        self.git.run("update-ref", "-d", "--no-deref", ref)

    def sweep(self) -> bool:
        """Take away locks of our refs that killed processes left, since nobody holds one for long; True for any."""
        found = False
        folder = os.path.join(self.common_dir, "refs", "review-bot")
        locks = [os.path.join(base, name) for base, _, names in os.walk(folder) for name in names]
        for lock in (*locks, os.path.join(self.common_dir, f"{self.ref}.lock")):
            with suppress(OSError):
                if lock.endswith(".lock") and time.time() - os.stat(lock).st_mtime > _STALE:
                    os.unlink(lock)
                    found = True
        return found


def _feed(process: Popen[bytes], data: bytes) -> None:
    """Write all of it beside the reader, so that neither pipe can fill up."""
    with suppress(OSError), _open(process.stdin) as stream:
        stream.write(data)


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    """A pipe that we asked for."""
    assert pipe is not None  # noqa: S101 - for the type checker: both ends were asked for
    return pipe
