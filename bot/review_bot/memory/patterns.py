"""What repositories that share a salt tell each other of patterns: hashes and counts, and neither code nor rules.

A file is JSON lines: a head that names the format, the salt's check and the number of rows, then a row a pattern.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from review_bot.domain.event import MOST_HASHES
from review_bot.memory.normalise import Shape
from review_bot.memory.transfer import judgements
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from review_bot.domain.event import Event
    from review_bot.memory.salt import Salt

SCHEMA = "review-bot.patterns/1"
MOST = 5_000
"""Patterns in a file: those with the most judgements."""
LEAST_PEOPLE = 2
"""People behind a row: no row is what one person thinks."""
_MOST_COUNTED = 99
_LONGEST = 1_024
"""Bytes of a row: 16 hashes and a key need fewer than 300."""


class Row(NamedTuple):
    """A pattern, hashed, and how often it was accepted and rejected."""

    key: str
    fp: tuple[int, ...]
    accepted: int
    rejected: int


class BadPatterns(ValueError):
    """A file that holds no patterns that could be used here; the text says why."""


def exported(events: Iterable[Event], salt: Salt) -> list[Row]:
    """The patterns that two people or more judged, in an order that says nothing of them."""
    said: dict[tuple[str, str], list[Event]] = {}
    for one in judgements(events):
        if one.get("key"):
            said.setdefault((one.get("rule"), one.get("key")), []).append(one)
    shared = [some for some in said.values() if len({one.get("actor") for one in some}) >= LEAST_PEOPLE]
    shared.sort(key=lambda some: (-len(some), some[0].get("key")))
    return sorted(_row(some, salt) for some in shared[:MOST])


def _row(some: Sequence[Event], salt: Salt) -> Row:
    hashes = min((one.get("fp") or [] for one in some), key=lambda fp: (not fp, fp))
    rule, key = some[0].get("rule"), some[0].get("key")
    shape = salt.shape(rule, Shape(key, tuple(hashes)))
    accepted = sum(one.get("y") for one in some)
    rejected = len(some) - accepted
    return Row(*shape, min(accepted, _MOST_COUNTED), min(rejected, _MOST_COUNTED))


def written(rows: Sequence[Row], salt: Salt) -> Iterator[str]:
    """The lines of a file, each with its line feed."""
    yield json.dumps({"schema": SCHEMA, "salt": salt.check, "patterns": len(rows)}) + "\n"
    for row in rows:
        yield json.dumps(row._asdict(), separators=(",", ":")) + "\n"


def is_head(line: bytes) -> bool:
    """True for the first line of a file of patterns, whatever its version."""
    head = _object(line)
    return head is not None and str(head.get("schema", "")).startswith("review-bot.patterns/")


def read(lines: Iterable[bytes], salt: Salt) -> list[Row]:
    """The rows of a file that somebody else wrote; raises BadPatterns, and then none of it is to be used."""
    rest = iter(lines)
    count = _counted(next(rest, b""), salt)
    rows: list[Row] = []
    for number, line in enumerate(rest, 2):
        if not line.strip():
            continue
        if len(rows) == count:
            raise BadPatterns(f"line {number}: more rows than the head says")
        rows.append(_checked(line, number))
    if len(rows) != count:
        raise BadPatterns(f"{len(rows)} rows where the head says {count}: it was cut off")
    if len({row.key for row in rows}) != count:
        raise BadPatterns("a pattern stands in it twice")
    return rows


def _counted(line: bytes, salt: Salt) -> int:
    """How many rows follow the head."""
    head = _object(line)
    if head is None or head.get("schema") != SCHEMA:
        raise BadPatterns(f"not {SCHEMA}")
    if head.get("salt") != salt.check:
        raise BadPatterns("written with another salt, so that nothing in it could ever be recognised")
    count = head.get("patterns")
    if type(count) is not int or not 0 <= count <= MOST:
        raise BadPatterns(f"the head must name a number of patterns up to {MOST}")
    return count


def _checked(line: bytes, number: int) -> Row:
    row = _object(line)
    if row is None:
        raise BadPatterns(f"line {number}: not a JSON object of up to {_LONGEST} bytes")
    key, hashes = row.get("key"), row.get("fp")
    if not isinstance(key, str) or len(key) != 32 or key.strip("0123456789abcdef"):
        raise BadPatterns(f"line {number}: key is not 32 hex digits")
    if not isinstance(hashes, list) or len(hashes) > MOST_HASHES or not all(_whole(one, 2**32 - 1) for one in hashes):
        raise BadPatterns(f"line {number}: fp is not a list of up to {MOST_HASHES} hashes")
    counts: list[Any] = [row.get("accepted"), row.get("rejected")]
    if not all(_whole(one, _MOST_COUNTED) for one in counts) or not sum(counts):
        raise BadPatterns(f"line {number}: accepted and rejected must be whole numbers up to {_MOST_COUNTED}")
    return Row(key, tuple(sorted(set(hashes))), counts[0], counts[1])


def _whole(value: Any, most: int) -> bool:
    return type(value) is int and 0 <= value <= most


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line.decode("utf-8")) if len(line) <= _LONGEST else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
