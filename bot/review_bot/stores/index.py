"""The folded log as an SQLite file: quick to open at a commit, thrown away and made anew whenever in doubt.

Nothing is only here: the log has everything. Rows carry a check sum, so that bytes that something else wrote into the
file are no evidence. What folding needs is imported only then.
"""

from __future__ import annotations

import sqlite3
import struct
from contextlib import contextmanager, suppress

from review_bot.errors import StoreError
from review_bot.memory.evidence import Example, Mute, Pattern, pattern_number
from review_bot.memory.score import Prior, Signal, Totals
from review_bot.stores import sqlite
from review_bot.stores.index_rows import (
    COLUMNS,
    MIGRATIONS,
    TABLES,
    Damaged,
    imported_of,
    marks,
    pieces,
    read_patterns,
    totals_of,
    value_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, TypeVar

    from review_bot.domain.event import Event
    from review_bot.memory.normalise import Shape
    from review_bot.memory.score import Imported
    from review_bot.ports import EventStore

    T = TypeVar("T")

_PATIENCE = 2.0
"""Seconds to wait for another process that folds; then we fold for ourselves, in memory."""
_COMMON = 64
"""Patterns with a hash from which on it is common."""
_IN_DOUBT = (sqlite3.Error, Damaged, ValueError, TypeError, OverflowError, struct.error)


def open_index(path: str | None, store: EventStore) -> Index:
    """The index at `path`, following the log; in memory where there is no place for one.

    A file that is damaged, of another version or not to be written is no obstacle. Raises StoreError where the log
    can't be read.
    """
    index = Index(path, store)
    try:
        index.update()
    except BaseException:
        index.close()
        raise
    return index


class Index:
    """The state of a log, as `memory.evidence.Evidence`."""

    def __init__(self, path: str | None, store: EventStore) -> None:
        self.skipped = 0
        """Lines that were no events, among those read by this object."""
        self._path = path
        self._store = store
        self._database = _opened(path)
        self._renewed = False
        self._frequent: dict[int, int] = {}
        """How many patterns have a hash; of rare ones only that they are rare."""

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def decides(self) -> bool:
        """False where nothing is known that could change what is shown."""
        tables = ("signal", "mute", "prior", "imported")
        query = "SELECT " + " OR ".join(f"EXISTS (SELECT 1 FROM {name})" for name in tables)
        return bool(self._rows(query)[0][0])

    def mutes(self) -> Sequence[Mute]:
        """The mutes in force, by id."""
        return self._values(Mute, "mute ORDER BY event")

    def near(self, fp: Sequence[int], least: int = 1, limit: int = 200) -> Sequence[Pattern]:
        """Patterns that share `least` hashes of `fp` or more, those with the most first, then by number."""
        hashes = sorted(set(fp))
        numbers = self._sharing(hashes, least, limit) if hashes else []
        return self._answer(lambda: read_patterns(self._database, numbers))

    def _sharing(self, hashes: Sequence[int], least: int, limit: int) -> list[int]:
        """Numbers of the patterns that share `least` hashes or more, those with the most first, then by number.

        Who shares more than `n` hashes shares one beside the `n` most common. These, which nearly every pattern has,
        are looked up for the patterns that share another one, not counted for all. How many may be left out so depends
        on how much the last of the answer shares, which a first look bounds from below.
        """
        common = self._common(hashes)
        rows = self._counted(hashes, common, least, limit) if len(common) < len(hashes) else []
        last = rows[-1][1] if len(rows) == limit else 0
        if max(least, last) <= len(common):
            rows = self._counted(hashes, common[: max(least, last) - 1], least, limit)
        return [number for number, _ in rows]

    def _counted(self, hashes: Sequence[int], common: Sequence[int], least: int, limit: int) -> list[tuple[Any, ...]]:
        """Number of each pattern that has one of the hashes that are not `common`, and how many of all it shares."""
        rest = [one for one in hashes if one not in common]
        counted = f"SELECT pattern, count(*) AS own FROM fp WHERE hash IN ({marks(rest)}) GROUP BY pattern"
        of_all = "own"
        if common:
            others = f"other.pattern = one.pattern AND other.hash IN ({marks(common)})"
            of_all = f"own + (SELECT count(*) FROM fp AS other WHERE {others})"
        query = (
            f"SELECT pattern, {of_all} AS shared FROM ({counted} HAVING own >= ?) AS one"
            " ORDER BY shared DESC, pattern LIMIT ?"
        )
        rows = self._rows(query, (*common, *rest, max(least - len(common), 1), limit))
        return [row for row in rows if row[1] >= least]

    def _common(self, hashes: Sequence[int]) -> list[int]:
        """Those that many patterns have, the most common first."""
        known = self._frequent
        new = [one for one in hashes if one not in known]
        if new:
            few = "SELECT ?, count(*) FROM (SELECT 1 FROM fp WHERE hash = ? LIMIT ?)"
            values = [value for each in new for value in (each, each, _COMMON)]
            known.update(self._rows(" UNION ALL ".join([few] * len(new)), values))
        for one in new:
            if known[one] >= _COMMON:
                known[one] = self._rows("SELECT count(*) FROM fp WHERE hash = ?", (one,))[0][0]
        return sorted((one for one in hashes if known[one] >= _COMMON), key=lambda one: (-known[one], one))

    def signals(self, patterns: Iterable[tuple[str, str]]) -> Sequence[Signal]:
        """The signals in force on patterns given by rule and key."""
        numbers = [pattern_number(rule, key) for rule, key in dict.fromkeys(patterns)]
        found: list[Signal] = []
        for some in pieces(numbers):
            found += self._values(Signal, f"signal WHERE pattern IN ({marks(some)})", some)
        return found

    def signals_of(self, rule: str) -> Sequence[Signal]:
        """The signals in force on all findings of a rule."""
        return self._values(Signal, "signal WHERE rule = ?", (rule,))

    def signals_since(self, ts: int, noisiest: float) -> Sequence[Signal]:
        """The signals in force from the time `ts` on that mislead no more often than `noisiest`."""
        return self._values(Signal, "signal WHERE ts >= ? AND eps <= ?", (ts, noisiest))

    def priors_of(self, rule: str) -> Sequence[Prior]:
        """What was imported about a rule."""
        return self._values(Prior, "prior WHERE rule = ? ORDER BY event", (rule,))

    def totals_of(self, rule: str) -> Totals:
        """The figures of a rule, priors included."""
        rows = self._checked_rows(totals_of, "SELECT * FROM rule WHERE rule = ?", (rule,))
        return rows[0] if rows else Totals()

    def rules(self) -> list[tuple[str, Totals]]:
        """Every rule that something was said about, with its figures."""
        return self._checked_rows(lambda row: (row[0], totals_of(row)), "SELECT * FROM rule ORDER BY rule")

    def imported(self, shape: Shape, salt: str, least: int) -> Sequence[Imported]:
        """What was imported under this salt about patterns with this key or as many of its hashes, by event."""
        query = (
            "SELECT * FROM imported WHERE salt = ? AND (key = ? OR number IN (SELECT number FROM imported_fp"
            f" WHERE hash IN ({marks(shape.fp)}) GROUP BY number HAVING count(*) >= ?)) ORDER BY event"
        )
        return self._checked_rows(imported_of, query, (salt, shape.key, *shape.fp, least))

    def shown(self) -> dict[str, int]:
        """How many findings of each rule people saw: those that were shown, and those that they judged."""
        seen = "SELECT rule, finding FROM shown UNION SELECT rule, finding FROM signal WHERE finding <> ''"
        return dict(self._rows(f"SELECT rule, count(*) FROM ({seen}) GROUP BY rule"))

    def findings_of(self, rule: str, key: str) -> Sequence[str]:
        """Fingerprints of the findings that had this shape, in order."""
        number = pattern_number(rule, key)
        return [one for (one,) in self._rows("SELECT finding FROM seen WHERE pattern = ? ORDER BY 1", (number,))]

    def patterns_of(self, finding: str) -> Sequence[Pattern]:
        """The patterns that the finding with this fingerprint had, by rule and key."""
        query = "SELECT pattern FROM seen WHERE finding = ? ORDER BY 1"
        numbers = [number for (number,) in self._rows(query, (finding,))]
        return sorted(self._answer(lambda: read_patterns(self._database, numbers)))

    def examples_of(self, rule: str, key: str) -> Sequence[Example]:
        """Judged code of this shape, the latest first."""
        number = pattern_number(rule, key)
        return self._values(Example, "example WHERE pattern = ? ORDER BY ts DESC, event", (number,))

    def kept(self, kind: str) -> list[Event]:
        """The events of a kind that are kept whole: learned, decision, forget."""
        from review_bot.domain.event import parse

        query = "SELECT line FROM other WHERE kind = ? ORDER BY event"
        return self._checked_rows(lambda row: parse(row[0]), query, (kind,))

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, in order: equal logs have equal dumps, however they came in."""
        return {name: sorted(self._rows(f"SELECT * FROM {name}"), key=repr) for name in TABLES if name != "batch"}

    def update(self) -> None:
        """Take in what the log has and the index has not; raises StoreError where the log can't be read."""
        head = self._store.head()
        if self._head() == head:
            return
        self._frequent.clear()
        try:
            self._follow(head)
        except _IN_DOUBT as error:
            self._renew(error)
            self._follow(head)

    def _values(self, kind: type[T], rest: str, values: Sequence[Any] = ()) -> list[T]:
        return self._checked_rows(lambda row: value_of(kind, row), f"SELECT {COLUMNS[kind]} FROM {rest}", values)

    def _checked_rows(self, make: Callable[[Any], T], query: str, values: Sequence[Any] = ()) -> list[T]:
        return self._answer(lambda: [make(row) for row in self._database.execute(query, values).fetchall()])

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._answer(lambda: self._database.execute(query, values).fetchall())

    def _answer(self, ask: Callable[[], T]) -> T:
        """What `ask` gives; where the file turns out to be damaged, it is made anew and asked once more."""
        try:
            return ask()
        except _IN_DOUBT as error:
            if self._renewed:
                raise StoreError(f"the index can't be read: {error}", where=self._path or "memory") from error
            self._renew(error)
            self.update()
            return ask()

    def _renew(self, error: Exception) -> None:
        """A new file in the place of a damaged one; where the file is not at fault, an index in memory."""
        self._renewed = True
        with suppress(sqlite3.Error):
            self._database.close()
        damaged = not isinstance(error, sqlite3.Error) or sqlite.is_damage(error) or "no such" in str(error)
        if self._path is None or not damaged or not sqlite.discard(self._path):
            self._path = None
        self._database = _opened(self._path)

    def _head(self) -> str | None:
        """The state of the log that the index has; None for a new index, and for one that can't be read."""
        try:
            row = self._database.execute("SELECT value FROM meta WHERE name = 'head'").fetchone()
        except sqlite3.Error:
            return None
        return None if row is None else str(row[0])

    def _follow(self, head: str) -> None:
        from review_bot.stores.index_fold import fold_all, fold_in

        with _transaction(self._database) as database:
            if self._head() == head:  # look again: another process may have folded while this one waited
                return
            names = self._store.names()
            known = frozenset(one for (one,) in database.execute("SELECT name FROM batch"))
            further = bool(known) and known <= names and fold_in(database, self._events(known))
            if not further:
                self.skipped = 0
                fold_all(database, self._events(frozenset()))
            database.executemany("INSERT OR IGNORE INTO batch VALUES (?)", ((name,) for name in names))
            database.execute("INSERT OR REPLACE INTO meta VALUES ('head', ?)", (head,))

    def _events(self, known: frozenset[str]) -> list[Event]:
        from review_bot.domain.event import parse_all

        return [one for batch in self._store.read(known) for one in parse_all(batch.lines, self._skip)]

    def _skip(self, _reason: str) -> None:
        self.skipped += 1


def _opened(path: str | None) -> sqlite3.Connection:
    """The file at `path`, an empty one in its place, or one in memory."""
    if path is not None:
        try:
            return sqlite.connect(path, MIGRATIONS, disposable=True, patience=_PATIENCE)
        except StoreError as error:
            newer = error.__cause__ is None
        if newer and sqlite.discard(path):
            with suppress(StoreError):
                return sqlite.connect(path, MIGRATIONS, disposable=True, patience=_PATIENCE)
    database = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    database.executescript("".join(MIGRATIONS))
    return database


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    database.execute("BEGIN IMMEDIATE")
    try:
        yield database
        database.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        raise
