"""Tables of the memory's index, and how values become rows with a check sum and rows values again."""

from __future__ import annotations

import struct
from zlib import crc32

from review_bot.memory.evidence import Example, Mute, Pattern, pattern_number
from review_bot.memory.score import Imported, Prior, Signal, Totals

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from typing import Any, TypeVar

    T = TypeVar("T")

SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE batch (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE pattern (number INTEGER PRIMARY KEY, rule TEXT, key TEXT, fp BLOB, lang TEXT, crc INTEGER);
CREATE TABLE fp (hash INTEGER, pattern INTEGER, PRIMARY KEY (hash, pattern)) WITHOUT ROWID;
CREATE TABLE seen (pattern INTEGER, finding TEXT, PRIMARY KEY (pattern, finding)) WITHOUT ROWID;
CREATE INDEX seen_finding ON seen (finding);
CREATE TABLE signal (
    event TEXT PRIMARY KEY, ts INTEGER, rule TEXT, key TEXT, finding TEXT, sig TEXT, y INTEGER, eps REAL, actor TEXT,
    change TEXT, crc INTEGER, pattern INTEGER
) WITHOUT ROWID;
CREATE INDEX signal_pattern ON signal (pattern);
CREATE INDEX signal_rule ON signal (rule);
CREATE TABLE rule (
    rule TEXT PRIMARY KEY, sum REAL, signals INTEGER, people INTEGER, changes INTEGER, strong INTEGER,
    accepted INTEGER, rejected INTEGER, crc INTEGER
) WITHOUT ROWID;
CREATE TABLE mute (
    event TEXT PRIMARY KEY, ts INTEGER, actor TEXT, rule TEXT, key TEXT, path TEXT, reason TEXT, crc INTEGER
) WITHOUT ROWID;
CREATE TABLE prior (
    event TEXT PRIMARY KEY, rule TEXT, accepted REAL, rejected REAL, eps REAL, crc INTEGER
) WITHOUT ROWID;
CREATE TABLE example (
    event TEXT PRIMARY KEY, ts INTEGER, rule TEXT, key TEXT, y INTEGER, eps REAL, before TEXT, after TEXT, note TEXT,
    crc INTEGER, pattern INTEGER
) WITHOUT ROWID;
CREATE INDEX example_pattern ON example (pattern);
CREATE TABLE other (event TEXT PRIMARY KEY, kind TEXT, line BLOB) WITHOUT ROWID;
CREATE TABLE undone (event TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_MENDED = """
DROP TABLE example;
CREATE TABLE example (
    event TEXT PRIMARY KEY, ts INTEGER, rule TEXT, key TEXT, y INTEGER, eps REAL, before TEXT, after TEXT, note TEXT,
    at TEXT, crc INTEGER, pattern INTEGER
) WITHOUT ROWID;
CREATE INDEX example_pattern ON example (pattern);
DELETE FROM batch;
DELETE FROM meta;
"""
"""Examples with a place; the log is folded anew."""
_FURTHER = """
CREATE TABLE imported (
    event TEXT PRIMARY KEY, salt TEXT, key TEXT, fp BLOB, accepted REAL, rejected REAL, eps REAL, crc INTEGER,
    number INTEGER
) WITHOUT ROWID;
CREATE INDEX imported_key ON imported (key);
CREATE UNIQUE INDEX imported_number ON imported (number);
CREATE TABLE imported_fp (hash INTEGER, number INTEGER, PRIMARY KEY (hash, number)) WITHOUT ROWID;
CREATE TABLE shown (event TEXT PRIMARY KEY, rule TEXT, finding TEXT) WITHOUT ROWID;
CREATE INDEX shown_rule ON shown (rule, finding);
DELETE FROM meta;
DELETE FROM batch;
"""
"""Further tables; what the log holds of them is read anew."""
MIGRATIONS = (SCHEMA, _MENDED, _FURTHER)
TABLES = (
    "batch", "pattern", "fp", "seen", "signal", "rule", "mute", "prior", "example", "other", "undone", "imported",
    "imported_fp", "shown",
)  # fmt: skip
COLUMNS = {
    Signal: ", ".join((*Signal._fields, "crc")),
    Prior: ", ".join((*Prior._fields, "crc")),
    Mute: ", ".join((*Mute._fields, "crc")),
    Example: ", ".join((*Example._fields, "crc")),
}
"""What is read of each table that holds one kind of value."""
_ROWS = 500
"""Values in one statement: SQLite takes 999 at least."""


class Damaged(Exception):
    """A row is not what we wrote."""


def value_of(kind: type[T], row: Sequence[Any]) -> T:
    """The value in a row of `COLUMNS[kind]`; raises Damaged."""
    made: T = kind(*checked(row))
    return made


def read_patterns(database: sqlite3.Connection, numbers: Sequence[int]) -> list[Pattern]:
    """The patterns with these numbers, as far as there are any, in this order; raises Damaged."""
    found = {}
    for some in pieces(numbers):
        query = f"SELECT rule, key, fp, lang, crc FROM pattern WHERE number IN ({marks(some)})"
        for row in database.execute(query, some):
            rule, key, hashes, lang = checked(row)
            found[pattern_number(rule, key)] = Pattern(rule, key, unpacked(hashes), lang)
    return [found[number] for number in numbers if number in found]


def imported_row(one: Imported) -> tuple[Any, ...]:
    """The row of what was imported about a pattern."""
    values = (one.event, one.salt, one.key, packed(one.fp), one.accepted, one.rejected, one.eps)
    return (*with_sum(values), event_number(one.event))


def imported_of(row: Sequence[Any]) -> Imported:
    """What was imported, in a row of all its columns; raises Damaged."""
    event, salt, key, hashes, accepted, rejected, eps = checked(row[:-1])
    return Imported(event, salt, key, unpacked(hashes), accepted, rejected, eps)


def event_number(event: str) -> int:
    """A number of 60 bits that stands for an event by its id."""
    return int(event[:15], 16)


def totals_row(rule: str, figures: Totals) -> tuple[Any, ...]:
    """The row of a rule's figures."""
    return with_sum((rule, *figures[:4], int(figures.strong), figures.accepted, figures.rejected))


def totals_of(row: Sequence[Any]) -> Totals:
    """A rule's figures in its row; raises Damaged."""
    total, signals, people, changes, strong, accepted, rejected = checked(row)[1:]
    return Totals(total, signals, people, changes, bool(strong), accepted, rejected)


def with_sum(values: Sequence[Any]) -> tuple[Any, ...]:
    """The values and a check sum of them."""
    return (*values, _sum(values))


def checked(row: Sequence[Any]) -> Sequence[Any]:
    """The row without its check sum; raises Damaged where they do not fit."""
    if _sum(row[:-1]) != row[-1]:
        raise Damaged("a row is not what was written")
    return row[:-1]


def _sum(values: Sequence[Any]) -> int:
    return crc32(repr(tuple(values)).encode("utf-8", "surrogatepass"))


def packed(hashes: Sequence[int]) -> bytes:
    """Hashes below 2^32 as bytes."""
    return struct.pack(f"<{len(hashes)}I", *hashes)


def unpacked(data: bytes) -> tuple[int, ...]:
    """The hashes that `packed` made bytes of."""
    return struct.unpack(f"<{len(data) // 4}I", data)


def marks(values: Sequence[Any]) -> str:
    """As many placeholders as there are values."""
    return ", ".join("?" * len(values))


def pieces(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in runs that one statement can take."""
    for start in range(0, len(values), _ROWS):
        yield values[start : start + _ROWS]
