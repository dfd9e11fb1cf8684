"""The journal of a run: its steps, and every answer a model gave, so that a killed run can be gone on with.

Steps wait in memory until an answer is kept: nothing is lost that could not be done again without a call.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from review_bot.errors import StoreError
from review_bot.stores import sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_T = TypeVar("_T")
MIGRATIONS = (
    """
    CREATE TABLE run (id INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, began REAL NOT NULL);
    CREATE INDEX run_scope ON run (scope);
    CREATE TABLE step (run INTEGER NOT NULL, number INTEGER NOT NULL, thread TEXT NOT NULL, node TEXT NOT NULL,
        edge TEXT NOT NULL, reason TEXT NOT NULL);
    CREATE INDEX step_run ON step (run);
    CREATE TABLE answer (run INTEGER NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run, key))
        WITHOUT ROWID;
    """,
)
_KEPT = 7 * 86_400
"""Seconds after which nobody goes on with a killed run."""
_WAITING = 200
"""Steps that wait at most."""


class Journal:
    """The journal of one run; where it can't be written it says so in `trouble` and the run goes on."""

    def __init__(
        self, path: str | None, scope: str, *, resume: bool = False, clock: Callable[[], float] = time.time
    ) -> None:
        self.trouble = ""
        self._path = path or ""
        self.resumed = False
        """Whether a killed run was found that this one goes on with."""
        self._lock = threading.Lock()
        self._waiting: list[tuple[int, str, str, str, str]] = []
        self._number = 0
        self._run = 0
        self._scope = scope
        self._clock = clock
        self._earlier: tuple[int, ...] = ()
        self._connection: sqlite3.Connection | None = None
        self._opened = False
        if resume:
            self._guarded(self._find)

    def step(self, thread: str, node: str, edge: str, reason: str = "") -> None:
        """Note that `node` of `thread` ended in `edge`."""
        with self._lock:
            self._number += 1
            self._waiting.append((self._number, thread, node, edge, reason))
            if len(self._waiting) >= _WAITING:
                self._guarded(self._write)

    def recall(self, key: str) -> str | None:
        """The answer that this run, or the killed one it goes on with, kept under `key`."""
        if not self._earlier:
            return None
        with self._lock:
            return self._guarded(lambda connection: self._recalled(connection, key))

    def keep(self, key: str, body: str) -> None:
        """Keep an answer before anything is made of it."""
        with self._lock:
            self._guarded(lambda connection: self._write(connection, (key, body)))

    def finish(self) -> None:
        """Forget the run and those it went on with: there is nothing left to resume."""
        runs = tuple(filter(None, (self._run, *self._earlier)))
        with self._lock:
            self._waiting.clear()
            if runs:
                self._guarded(lambda connection: _forget(connection, runs))
            self._shut()

    def close(self) -> None:
        """Write what waits and let go of the file; the run stays to be resumed. May be called twice."""
        with self._lock:
            if self._waiting:
                self._guarded(self._write)
            self._shut()

    def _shut(self) -> None:
        self._opened = True
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> None:
        """Open the file; only for a run with something to keep, or to go on with."""
        self._opened = True
        if not self._path:
            self.trouble = "there is no folder for it"
            return
        try:
            self._connection = sqlite.connect(self._path, MIGRATIONS, disposable=True)
        except StoreError as error:
            self.trouble = str(error)

    def _find(self, connection: sqlite3.Connection) -> None:
        """The killed runs that this one goes on with."""
        rows = connection.execute("SELECT id FROM run WHERE scope = ? ORDER BY id DESC", (self._scope,)).fetchall()
        self._earlier = tuple(row[0] for row in rows)
        self.resumed = bool(rows)

    def _begin(self, connection: sqlite3.Connection) -> None:
        """Give this run a number, and forget those that nobody will go on with."""
        now = self._clock()
        old = connection.execute("SELECT id FROM run WHERE began < ?", (now - _KEPT,)).fetchall()
        if old:
            _forget(connection, [row[0] for row in old if row[0] not in self._earlier])
        added = connection.execute("INSERT INTO run (scope, began) VALUES (?, ?)", (self._scope, now))
        self._run = added.lastrowid or 0

    def _recalled(self, connection: sqlite3.Connection, key: str) -> str | None:
        for run in (self._run, *self._earlier):
            row = connection.execute("SELECT body FROM answer WHERE run = ? AND key = ?", (run, key)).fetchone()
            if row is not None:
                return str(row[0])
        return None

    def _write(self, connection: sqlite3.Connection, answer: tuple[str, str] | None = None) -> None:
        if not self._run:
            self._begin(connection)
        connection.execute("BEGIN IMMEDIATE")
        if answer is not None:
            connection.execute("INSERT OR REPLACE INTO answer VALUES (?, ?, ?)", (self._run, *answer))
        steps = [(self._run, *step) for step in self._waiting]
        connection.executemany("INSERT INTO step VALUES (?, ?, ?, ?, ?, ?)", steps)
        connection.execute("COMMIT")
        self._waiting.clear()

    def _guarded(self, work: Callable[[sqlite3.Connection], _T]) -> _T | None:
        """What `work` gives; None where there is no journal, or no longer one."""
        if not self._opened:
            self._open()
        if self._connection is None:
            self._waiting.clear()
            return None
        try:
            return work(self._connection)
        except sqlite3.Error as error:
            self.trouble = self.trouble or str(error)
            self._waiting.clear()
            self._shut()
            if sqlite.is_damage(error):
                sqlite.discard(self._path)
            return None


def _forget(connection: sqlite3.Connection, runs: Iterable[int]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for run in runs:
        connection.execute("DELETE FROM answer WHERE run = ?", (run,))
        connection.execute("DELETE FROM step WHERE run = ?", (run,))
        connection.execute("DELETE FROM run WHERE id = ?", (run,))
    connection.execute("COMMIT")
