"""Answers of models, kept by what was asked: shared by hook, command line and CI, bounded, never needed."""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import TYPE_CHECKING

from review_bot.errors import StoreError
from review_bot.stores import sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MIGRATIONS = (
    """
    CREATE TABLE entry (key TEXT PRIMARY KEY, body TEXT NOT NULL, size INTEGER NOT NULL, used INTEGER NOT NULL)
        WITHOUT ROWID;
    """,
)
LIMIT = 64 * 1024 * 1024
"""Bytes of keys and bodies; above it the entries that were not used for longest go."""
_LARGEST = 256 * 1024
"""Bytes of one body; a larger one is not kept."""
_DAY = 86_400
_AT_ONCE = 500
"""Keys in one query."""


class Cache:
    """Texts by key. Every failure makes it a cache without entries that says why in `trouble`."""

    def __init__(
        self, path: str | None, *, limit: int = LIMIT, clock: Callable[[], float] = time.time, patience: float = 0.5
    ) -> None:
        self.trouble = ""
        self._path = path or ""
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._grown = False
        self._connection: sqlite3.Connection | None = None
        if path is None:
            self.trouble = "there is no folder for it"
            return
        try:
            self._connection = sqlite.connect(path, MIGRATIONS, disposable=True, patience=patience)
        except StoreError as error:
            self.trouble = str(error)

    def get(self, keys: Sequence[str]) -> dict[str, str]:
        """The bodies of those of `keys` that are here."""
        found: dict[str, str] = {}
        with self._lock:
            for start in range(0, len(keys), _AT_ONCE):
                found.update(self._found(list(keys[start : start + _AT_ONCE])))
        return found

    def put(self, entries: Mapping[str, str]) -> None:
        """Keep the bodies; what is too large, or can't be written, is not kept."""
        now = int(self._clock())
        rows = [(key, body, len(key) + len(body), now) for key, body in entries.items() if len(body) <= _LARGEST]
        with self._lock:
            self._try(lambda connection: _insert(connection, rows))
            self._grown = True

    def close(self) -> None:
        """Make room where there is too much, and let go of the file; may be called twice."""
        with self._lock:
            if self._grown:
                self._grown = False
                self._try(self._evict)
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _found(self, keys: list[str]) -> dict[str, str]:
        marks = ",".join("?" * len(keys))
        rows: list[tuple[str, str, int]] = []

        def ask(connection: sqlite3.Connection) -> None:
            rows.extend(connection.execute(f"SELECT key, body, used FROM entry WHERE key IN ({marks})", keys))  # noqa: S608

        self._try(ask)
        now = int(self._clock())
        stale = [(now, key) for key, _, used in rows if abs(now - used) > _DAY]
        if stale:  # once a day is enough to tell what is used, and a run that only reads writes nothing
            self._try(lambda connection: _touch(connection, stale))
        return {key: body for key, body, _ in rows}

    def _evict(self, connection: sqlite3.Connection) -> None:
        (total,) = connection.execute("SELECT coalesce(sum(size), 0) FROM entry").fetchone()
        if total <= self._limit:
            return
        target = self._limit * 4 // 5
        gone = []
        for key, size in connection.execute("SELECT key, size FROM entry ORDER BY used, key"):
            if total <= target:
                break
            gone.append((key,))
            total -= size
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("DELETE FROM entry WHERE key = ?", gone)
        connection.execute("COMMIT")
        connection.execute("VACUUM")

    def _try(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do `work`; a lock that somebody holds too long costs this one, anything else the cache for this run."""
        if self._connection is None:
            return
        try:
            work(self._connection)
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._undo()
            if "readonly" in str(error):
                return  # what is there can still be read
            self.trouble = self.trouble or str(error)
            if sqlite.is_damage(error):
                self._connection.close()
                self._connection = None
                sqlite.discard(self._path)

    def _undo(self) -> None:
        from contextlib import suppress

        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")


def _insert(connection: sqlite3.Connection, rows: Sequence[tuple[str, str, int, int]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)", rows)
    connection.execute("COMMIT")


def _touch(connection: sqlite3.Connection, rows: Sequence[tuple[int, str]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("UPDATE entry SET used = ? WHERE key = ?", rows)
    connection.execute("COMMIT")
