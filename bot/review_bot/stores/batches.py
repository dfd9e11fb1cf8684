"""Batches of events as bytes: their names, their lines however long, and telling known events from new ones."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from review_bot.domain.event import LARGEST, VERSION, is_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from typing import IO

    from review_bot.domain.event import Event

SUFFIX = ".jsonl"
SEGMENT = 256 * 1024
"""Bytes of a compacted batch: old ones stay as they are at the next compaction, and are not fetched again."""
_CHUNK = 1 << 16
_FINDING = re.compile(rb'"finding"\s*:\s*"([0-9a-f]{16})"').search


def packed(events: Iterable[Event]) -> bytes:
    """The events as JSON lines, in an order that does not depend on how they came."""
    once = {event.id: event for event in events}
    ordered = sorted(once.values(), key=lambda event: (event.ts, event.id))
    return "".join(f"{event.line}\n" for event in ordered).encode("utf-8")


def name_of(data: bytes) -> str:
    """Path of a batch with the content `data`: its hash, in one of 256 folders, so that none grows large."""
    import hashlib

    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    return f"{digest[:2]}/{digest[2:]}{SUFFIX}"


def lines_of(stream: IO[bytes], size: int | None = None) -> Iterator[bytes]:
    """The lines of the next `size` bytes (None: of all). One that is too long is cut behind what is too long already.

    Memory stays bounded, however long a line is.
    """
    rest = b""
    cut = False
    while size is None or size > 0:
        data = stream.read(_CHUNK if size is None else min(_CHUNK, size))
        if not data:
            break
        size = None if size is None else size - len(data)
        *whole, rest = (rest + data).split(b"\n")
        for number, line in enumerate(whole):
            if not (cut and number == 0):
                yield line
        cut = cut and not whole
        if len(rest) > LARGEST + 2:
            if not cut:
                yield rest
            rest, cut = b"", True
    if rest and not cut:
        yield rest


def rough(line: bytes) -> dict[str, Any] | None:
    """The fields of a line that looks like an event of any version, without checking it; None for anything else."""
    try:
        fields = json.loads(line) if len(line) <= LARGEST + 2 else None
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) and is_id(fields.get("id")) else None


def ids_of(lines: Iterable[bytes]) -> Iterator[str]:
    """The ids that stand on `lines`."""
    for line in lines:
        fields = rough(line)
        if fields is not None:
            yield fields["id"]


def about(lines: Iterable[bytes], findings: Collection[str]) -> Iterator[bytes]:
    """The lines that may speak of one of these findings, and the tombstones; looked at, not parsed: there are many."""
    for line in lines:
        named = _FINDING(line)
        if (named is not None and named[1].decode("ascii") in findings) or b'"forget"' in line:
            yield line


def later_versions(lines: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Id and text of the lines that a later version of ours wrote: we can't read them, and must not lose them."""
    for line in lines:
        fields = rough(line) if b'"v"' in line else None
        if fields is not None and type(fields.get("v")) is int and fields["v"] > VERSION:
            yield fields["id"], line


def segments(events: Iterable[Event], others: Sequence[bytes] = ()) -> Iterator[tuple[str, bytes]]:
    """Path and content of compacted batches, by month; `others` are lines of later versions, kept as they are."""
    months: dict[str, list[Event]] = {}
    for event in events:
        months.setdefault(month_of(event.ts), []).append(event)
    for month in sorted(months):
        for data in _cut(packed(months[month]).splitlines(keepends=True)):
            yield f"{month}/{name_of(data).replace('/', '')}", data
    for data in _cut([line + b"\n" for line in sorted(set(others))]):
        yield f"later/{name_of(data).replace('/', '')}", data


def month_of(ts: int) -> str:
    """Year and month in UTC, such as 2026-11; `undated` beyond what a calendar tells."""
    import datetime

    try:
        return datetime.datetime.fromtimestamp(ts, datetime.timezone.utc).strftime("%Y-%m")
    except (ValueError, OverflowError, OSError):
        return "undated"


def _cut(lines: Iterable[bytes]) -> Iterator[bytes]:
    part: list[bytes] = []
    size = 0
    for line in lines:
        if part and size + len(line) > SEGMENT:
            yield b"".join(part)
            part, size = [], 0
        part.append(line)
        size += len(line)
    if part:
        yield b"".join(part)
