"""The log in a folder that several clones can write to: files that appear whole, are never changed, and are named by
their content, so that any number of writers need no lock.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from review_bot.errors import ConfigError, StoreError
from review_bot.ports import Batch
from review_bot.stores import atomic
from review_bot.stores.batches import SUFFIX, lines_of, name_of, packed
from review_bot.stores.beside import CHANGES
from review_bot.stores.lock import exclusive
from review_bot.stores.segments import live_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from review_bot.domain.event import Event

_PATIENCE = 30.0
_ROUNDS = 5


def path_of(url: str) -> str:
    """Absolute path that a `file:` URL names; raises ConfigError for any other."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not os.path.isabs(path) or "\0" in path:
        raise ConfigError(f"memory.url can't be {url}", remedy="write an absolute path: file:///FOLDER")
    return path


class Folder:
    """One repository's log below a shared folder."""

    def __init__(self, top: str, repository: str) -> None:
        self.top = top
        self.root = os.path.join(top, repository)

    @classmethod
    def of(cls, url: str, repository: str) -> Folder:
        """That below the folder which a URL names; raises ConfigError."""
        return cls(path_of(url), repository)

    def where(self) -> str:
        """The folder, to be shown."""
        return self.root

    def head(self) -> str:
        """Hash of the names."""
        names = self.names()
        return hashlib.blake2b("\n".join(sorted(names)).encode(), digest_size=16).hexdigest() if names else ""

    def names(self) -> frozenset[str]:
        """Paths of the files, below the repository's folder."""
        self._require()
        return frozenset(
            os.path.relpath(os.path.join(folder, name), self.root)
            for folder, _, names in os.walk(self.root)
            for name in names
            if name.endswith(SUFFIX) and not name.startswith(".")
        )

    def read(self, known: Collection[str] = ()) -> Iterator[Batch]:
        """Every file but those whose name is `known`; what a compaction takes away meanwhile is read where it went."""
        done = set(known)
        for _ in range(_ROUNDS):
            wanted = sorted(self.names() - done)
            done.update(wanted)
            gone = False
            for name in wanted:
                try:
                    stream = open(os.path.join(self.root, name), "rb")  # noqa: SIM115 - closed below, once it is read
                except FileNotFoundError:
                    gone = True
                    continue
                except OSError as error:
                    raise self._failed(error) from error
                with stream:
                    yield Batch(name, lines_of(stream))
            if not gone:
                return
        raise StoreError("keeps changing", where=self.root, remedy="try again")

    def append(self, events: Sequence[Event]) -> None:
        """Add a file; raises StoreError where there is no room or no right to."""
        if events:
            data = packed(events)
            self._write(name_of(data), data)
            self._tell(name_of(data))

    def compact(self) -> int:
        """Write the segments, then take away the files that are in them; a kill in between doubles nothing for long."""
        self._require()
        with exclusive(os.path.join(self.root, ".lock"), _PATIENCE) as held:
            if held is False:
                raise StoreError("somebody else compacts it", where=self.root)
            names = self.names()
            kept = live_of(batch for batch in self.read() if batch.name in names)
            files = dict(kept.files())
            for name, data in files.items():
                self._write(name, data)
            for name in names - files.keys():
                with suppress(OSError):
                    os.unlink(os.path.join(self.root, name))
                    os.rmdir(os.path.dirname(os.path.join(self.root, name)))
            self._tell_anew()
            return len(kept.events)

    def _tell(self, what: str) -> None:
        """Let those who look at the folder without reading it see that it has changed."""
        with suppress(OSError), open(os.path.join(self.root, CHANGES), "a", encoding="utf-8") as stream:
            stream.write(f"{what}\n")

    def _tell_anew(self) -> None:
        """The same with a file that has not grown."""
        with suppress(OSError):
            atomic.replace(os.path.join(self.root, CHANGES), f"compacted {os.urandom(8).hex()}\n".encode())

    def _write(self, name: str, data: bytes) -> None:
        self._require()
        path = os.path.join(self.root, name)
        draft = os.path.join(self.root, f".{os.urandom(8).hex()}")
        try:
            with open(draft, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            self._place(draft, path)
        except OSError as error:
            with suppress(OSError):
                os.unlink(draft)
            raise self._failed(error) from error

    def _place(self, draft: str, path: str) -> None:
        """Move the file to its name; a compaction may take away its empty folder in between."""
        for last in (False, False, True):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            try:
                os.replace(draft, path)
            except FileNotFoundError:
                if last:
                    raise
            else:
                return

    def _require(self) -> None:
        """Make the repository's folder. Not the way to it: a share that is not mounted must not be mistaken for one."""
        try:
            if os.path.isdir(os.path.dirname(self.top)):
                os.makedirs(self.root, exist_ok=True)
            else:
                raise StoreError("there is no such folder", where=self.top, remedy="make it, or mount it")
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> StoreError:
        return StoreError(f"can't be used: {error.strerror or error}", where=error.filename or self.root)
