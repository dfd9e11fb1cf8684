"""Putting events into the memory's index, so that it holds what `memory.fold` says of the set of them."""

from __future__ import annotations

from review_bot.domain.event import parse
from review_bot.domain.forget import Forgotten
from review_bot.memory.evidence import pattern_number
from review_bot.memory.fold import (
    better,
    example_of,
    imported_of,
    mute_of,
    names_nothing,
    pattern_of,
    prior_of,
    shown_of,
    signal_of,
    undone,
)
from review_bot.memory.score import Prior, Signal, prior_weights, totals, weighed
from review_bot.stores.index_rows import (
    COLUMNS,
    TABLES,
    event_number,
    imported_row,
    marks,
    packed,
    read_patterns,
    totals_row,
    value_of,
    with_sum,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from typing import Any

    from review_bot.domain.event import Event
    from review_bot.memory.evidence import Pattern

_BY_EVENT = ("signal", "prior", "mute", "example", "imported", "shown")
_KEPT = ("learned", "decision", "forget")
"""Kinds of events that are kept as their lines."""


def fold_all(database: sqlite3.Connection, events: Iterable[Event]) -> None:
    """Make the tables hold these events and nothing else."""
    for name in TABLES:
        database.execute(f"DELETE FROM {name}")
    once = {event.id: event for event in events}
    _insert(database, once.values(), Forgotten(once.values()))


def fold_in(database: sqlite3.Connection, events: Sequence[Event]) -> bool:
    """Add events to what the tables hold; False, and nothing done, where only folding all of them is right.

    A `forget` among them, or an unmute that names nothing, takes back what can't be told from the tables.
    """
    if any(event.kind == "forget" or names_nothing(event) for event in events):
        return False
    lines = database.execute("SELECT line FROM other WHERE kind = 'forget'")
    _insert(database, events, Forgotten(parse(line) for (line,) in lines))
    return True


def _insert(database: sqlite3.Connection, events: Iterable[Event], forgotten: Forgotten) -> None:
    """Put in the events that are not forgotten; those that are there already change nothing."""
    living = [event for event in events if event not in forgotten]
    rows = database.execute("SELECT line FROM other WHERE kind = 'unmute'")
    taken_back = undone([*(parse(line) for (line,) in rows), *living])
    database.executemany("INSERT OR IGNORE INTO undone VALUES (?)", ((one,) for one in taken_back))
    rules = _take_back(database, taken_back)
    _insert_patterns(database, living)
    gone = {one for (one,) in database.execute("SELECT event FROM undone")}
    for event in living:
        if event.id not in gone or event.kind in ("forget", "unmute"):
            rules.update(_insert_one(database, event))
    for rule in sorted(rules):
        _sum_up(database, rule)


def _take_back(database: sqlite3.Connection, events: Iterable[str]) -> set[str]:
    """Drop what was undone; the rules whose figures that changes."""
    rules: set[str] = set()
    for event in events:
        for table in ("signal", "prior"):
            rules.update(one for (one,) in database.execute(f"SELECT rule FROM {table} WHERE event = ?", (event,)))
        database.execute("DELETE FROM imported_fp WHERE number = ?", (event_number(event),))
        for table in _BY_EVENT:
            database.execute(f"DELETE FROM {table} WHERE event = ?", (event,))
        database.execute("DELETE FROM other WHERE event = ? AND kind NOT IN ('forget', 'unmute')", (event,))
    return rules


def _insert_patterns(database: sqlite3.Connection, events: Iterable[Event]) -> None:
    found: dict[int, Pattern] = {}
    seen: set[tuple[int, str]] = set()
    for event in events:
        pattern = pattern_of(event)
        if pattern is not None:
            number = pattern.number
            found[number] = better(found.get(number), pattern)
            if event.get("finding"):
                seen.add((number, event.get("finding")))
    for old in read_patterns(database, sorted(found)):
        best = better(old, found[old.number])
        if best == old:
            del found[old.number]
        else:
            found[old.number] = best
            database.execute("DELETE FROM fp WHERE pattern = ?", (old.number,))
    for number, pattern in found.items():
        _put(database, "pattern", (number, *with_sum((pattern.rule, pattern.key, packed(pattern.fp), pattern.lang))))
    hashes = sorted((one, number) for number, pattern in found.items() for one in pattern.fp)
    database.executemany("INSERT OR IGNORE INTO fp VALUES (?, ?)", hashes)
    database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", sorted(seen))


def _insert_one(database: sqlite3.Connection, event: Event) -> list[str]:
    """The rows that one event makes; the rules whose figures that changes."""
    signal, prior, mute, example = signal_of(event), prior_of(event), mute_of(event), example_of(event)
    if signal is not None:
        _put(database, "signal", (*with_sum(signal), pattern_number(signal.rule, signal.key)))
    if prior is not None:
        _put(database, "prior", with_sum(prior))
    if mute is not None:
        _put(database, "mute", with_sum(mute))
    if example is not None:
        _put(database, "example", (*with_sum(example), pattern_number(example.rule, example.key)))
    _insert_further(database, event)
    if event.kind in _KEPT or names_nothing(event):
        _put(database, "other", (event.id, event.kind, event.line.encode()))
    return [one.rule for one in (signal, prior) if one is not None]


def _insert_further(database: sqlite3.Connection, event: Event) -> None:
    """The rows of an event that no rule's figures depend on."""
    imported, shown = imported_of(event), shown_of(event)
    if imported is not None:
        number = event_number(event.id)
        _put(database, "imported", imported_row(imported))
        database.executemany("INSERT OR IGNORE INTO imported_fp VALUES (?, ?)", [(one, number) for one in imported.fp])
    if shown is not None:
        _put(database, "shown", shown)


def _put(database: sqlite3.Connection, table: str, row: Sequence[Any]) -> None:
    database.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks(row)})", row)


def _sum_up(database: sqlite3.Connection, rule: str) -> None:
    """Write the figures of a rule anew."""
    rows = database.execute(f"SELECT {COLUMNS[Signal]} FROM signal WHERE rule = ?", (rule,))
    signals = [value_of(Signal, row) for row in rows]
    rows = database.execute(f"SELECT {COLUMNS[Prior]} FROM prior WHERE rule = ?", (rule,))
    priors = [value_of(Prior, row) for row in rows]
    if signals or priors:
        _put(database, "rule", totals_row(rule, totals(weighed(signals), prior_weights(priors))))
    else:
        database.execute("DELETE FROM rule WHERE rule = ?", (rule,))
