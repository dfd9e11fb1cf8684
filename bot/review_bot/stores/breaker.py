"""States of breakers and how long calls took, kept for the next process: a hook is a new one every time."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from review_bot.errors import StoreError
from review_bot.resilience.breaker import BreakerState
from review_bot.stores.sqlite import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MIGRATIONS = (
    """CREATE TABLE breaker (
        engine TEXT PRIMARY KEY, failures INTEGER NOT NULL, opened REAL, trying REAL, reason TEXT NOT NULL
    );
    CREATE TABLE latency (id INTEGER PRIMARY KEY AUTOINCREMENT, engine TEXT NOT NULL, seconds REAL NOT NULL);
    CREATE INDEX latency_engine ON latency (engine, id)""",
)
_KEPT = 100
"""Latencies of each engine."""


class BreakerStore:
    """`resilience.breaker.Breakers` in the SQLite file at `path`.

    What can't be written is held in memory, so that the run at hand is right; it never stops a review.
    """

    def __init__(self, path: str | None) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, BreakerState] = {}
        self._db = _opened(path)

    def state(self, engine: str) -> BreakerState:
        """What is remembered of an engine."""
        with self._lock:
            try:
                return self._held.get(engine) or self._read(engine)
            except sqlite3.Error:
                return BreakerState()

    def change(self, engine: str, step: Callable[[BreakerState], BreakerState]) -> tuple[BreakerState, BreakerState]:
        """Replace a state by `step` of it while other processes wait; before and after."""
        before = self.state(engine)
        after = step(before)
        if after == before:  # most calls, of an engine that works
            return before, after
        with self._lock:
            try:
                return self._replace(engine, step)
            except sqlite3.Error:
                self._held[engine] = after
                return before, after

    def took(self, engine: str, seconds: float) -> None:
        """Remember how long a call took; the oldest go."""
        with self._lock:
            try:
                with _transaction(self._db):
                    self._db.execute("INSERT INTO latency (engine, seconds) VALUES (?, ?)", (engine, seconds))
                    self._db.execute(
                        "DELETE FROM latency WHERE engine = ? AND id NOT IN"
                        " (SELECT id FROM latency WHERE engine = ? ORDER BY id DESC LIMIT ?)",
                        (engine, engine, _KEPT),
                    )
            except sqlite3.Error:
                return

    def latencies(self, engine: str) -> tuple[float, ...]:
        """Seconds of the latest calls, the newest last."""
        with self._lock:
            try:
                rows = self._db.execute("SELECT seconds FROM latency WHERE engine = ? ORDER BY id", (engine,))
                return tuple(seconds for (seconds,) in rows)
            except sqlite3.Error:
                return ()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def _replace(self, engine: str, step: Callable[[BreakerState], BreakerState]) -> tuple[BreakerState, BreakerState]:
        if engine in self._held:
            before = self._held[engine]
            self._held[engine] = step(before)
            return before, self._held[engine]
        with _transaction(self._db):
            before = self._read(engine)
            after = step(before)
            self._write(engine, after)
        return before, after

    def __del__(self) -> None:
        with suppress(AttributeError, sqlite3.Error):  # an attribute is missing where the file could not be opened
            self._db.close()

    def _read(self, engine: str) -> BreakerState:
        query = "SELECT failures, opened, trying, reason FROM breaker WHERE engine = ?"
        row = self._db.execute(query, (engine,)).fetchone()
        return BreakerState(*row) if row else BreakerState()

    def _write(self, engine: str, state: BreakerState) -> None:
        if state == BreakerState():
            self._db.execute("DELETE FROM breaker WHERE engine = ?", (engine,))
        else:
            self._db.execute("REPLACE INTO breaker VALUES (?, ?, ?, ?, ?)", (engine, *state))


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All statements within, or none."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def _opened(path: str | None) -> sqlite3.Connection:
    if path is not None:
        with suppress(StoreError):
            return connect(path, _MIGRATIONS, disposable=True)
    db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    db.executescript(_MIGRATIONS[0])
    return db
