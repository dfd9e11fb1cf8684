"""Hunks: the header says how many lines follow, and whatever those lines look like, they are content.

Where a body ends is guessed by one search for a line that can't belong to it, and proved by counting; both run in C.
Only where the guess goes too far (a mail's signature, the next header) lines are taken back one by one.
"""

from __future__ import annotations

from review_bot.domain.diff import Hunk
from review_bot.errors import DiffError, printable
from review_bot.patterns import compiled, lazy
from review_bot.values import NamedTuple

_HEADER = lazy(rb"@@ -(\d{1,15})(?:,(\d{1,15}))? \+(\d{1,15})(?:,(\d{1,15}))? @@[^\n]*\n?")
_COMBINED = rb"(@@@+)((?: -\d{1,15}(?:,\d{1,15})?)+) \+(\d{1,15})(?:,(\d{1,15}))? @@@[^\n]*\n?"
_NOT_OF_A_HUNK = lazy(rb"\n[^ +\-\\\n]")
_LINE_FEED = 10
_MINUS = ord("-")
_PLUS = ord("+")
_BACKSLASH = ord("\\")
_SHOWN_NAME = 120
MAKE_IT_AGAIN = "make the diff again, without editing or cutting it"


class _Body(NamedTuple):
    """A stretch of lines behind a hunk header."""

    lines: int
    """Without those that begin with a backslash."""
    added: int
    removed: int
    end: int


def read_hunks(data: bytes, at: int, name: str) -> tuple[list[Hunk], int]:
    """The hunks that stand at `at` one after another, and where they end; raises DiffError on one that is cut."""
    hunks: list[Hunk] = []
    end = at
    while data.startswith(b"@@", at):
        hunk = _plain(data, at, name) if data.startswith(b" ", at + 2) else _combined(data, at, name)
        hunks.append(hunk)
        end = hunk.end
        at = _skip_blank_lines(data, end) if data.startswith((b"\n", b"\r"), end) else end
    return hunks, end


def is_header(data: bytes, at: int) -> bool:
    """True when a well-formed hunk header stands at `at`."""
    return bool(_HEADER.match(data, at) or compiled(_COMBINED).match(data, at))


def line_number(data: bytes, at: int) -> int:
    """Number, from 1, of the line of `data` that position `at` is in."""
    return data.count(b"\n", 0, at) + 1


def named(name: str) -> str:
    """`name` fit for a message."""
    return printable(name if len(name) <= _SHOWN_NAME else name[:_SHOWN_NAME] + "…")


def _skip_blank_lines(data: bytes, at: int) -> int:
    """Where the next hunk header stands if only blank lines are in between, else `at`."""
    after = at
    while data.startswith((b"\n", b"\r\n"), after):
        after = data.index(b"\n", after) + 1
    return after if data.startswith(b"@@ -", after) else at


def _plain(data: bytes, at: int, name: str) -> Hunk:
    """The hunk at `at`. Written for speed: a diff of 100 MB has 200,000 of them."""
    header = _HEADER.match(data, at)
    if header is None:
        raise _malformed(data, at, name)
    old_start, old, new_start, new = header.groups()
    old_count = 1 if old is None else int(old)
    new_count = 1 if new is None else int(new)
    start = header.end()
    before = start - 1
    found = _NOT_OF_A_HUNK.search(data, before)
    end = found.start() + 1 if found else len(data)
    added, removed = data.count(b"\n+", before, end), data.count(b"\n-", before, end)
    lines = data.count(b"\n", start, end)
    if lines - added != old_count or lines - removed != new_count or data.find(b"\\", start, end) >= 0:
        _, added, removed, end = _fitting(data, at, start, (old_count, new_count), name)
    return Hunk(int(old_start), old_count, int(new_start), new_count, added, removed, data, start, end)


def _fitting(data: bytes, at: int, start: int, counts: tuple[int, int], name: str) -> _Body:
    """The lines that the header at `at` counts, where the first guess is not right or has a backslash in it."""
    body = _fit(data, start, _measure(data, start, _guess(data, start)), *counts)
    if (body.lines - body.added, body.lines - body.removed) != counts:
        raise _cut(data, at, body.end, name)
    return body


def _guess(data: bytes, start: int) -> int:
    """Where the first line begins that can't be a hunk's: a hunk's begin with blank, `+`, `-`, `\\` or are empty."""
    found = _NOT_OF_A_HUNK.search(data, start - 1)
    return found.start() + 1 if found else len(data)


def _measure(data: bytes, start: int, end: int) -> _Body:
    """Count the lines of `data[start:end]` by their prefixes."""
    before = start - 1
    lines = data.count(b"\n", start, end) + (end > start and data[end - 1] != _LINE_FEED)
    notes = data.count(b"\n\\", before, end)
    return _Body(lines - notes, data.count(b"\n+", before, end), data.count(b"\n-", before, end), end)


def _fit(data: bytes, start: int, body: _Body, old: int, new: int) -> _Body:
    """`body` made longer by empty lines that end in CR LF, or shorter by lines from its end, to fit the counts."""
    while body.lines - body.added < old and body.lines - body.removed < new and data.startswith(b"\r\n", body.end):
        more = _measure(data, body.end + 2, _guess(data, body.end + 2))
        body = _Body(body.lines + 1 + more.lines, body.added + more.added, body.removed + more.removed, more.end)
    lines, added, removed, end = body
    while lines - added > old or lines - removed > new:
        end = data.rfind(b"\n", start - 1, end - 1) + 1
        kind = data[end]
        lines -= kind != _BACKSLASH
        added -= kind == _PLUS
        removed -= kind == _MINUS
    return _Body(lines, added, removed, end)


def _combined(data: bytes, at: int, name: str) -> Hunk:
    header = compiled(_COMBINED).match(data, at)
    if header is None or header[2].count(b"-") != len(header[1]) - 1:
        raise _malformed(data, at, name)
    olds = [field.partition(b",") for field in header[2].replace(b"-", b"").split()]
    left = [int(count) if comma else 1 for _, comma, count in olds]
    new_count = 1 if header[4] is None else int(header[4])
    start, old_start, old_count = header.end(), int(olds[0][0]), left[0]
    added, removed, end = _walk(data, start, left, new_count)
    if end < 0:
        lines, added, removed, after = _as_long_as_prefixed(data, start, len(olds))
        if lines - removed != new_count:
            raise _cut(data, at, -end, name)
        end = after
    new_start = int(header[3])
    return Hunk(old_start, old_count, new_start, new_count, added, removed, data, start, end, len(olds))


def _walk(data: bytes, at: int, left: list[int], new: int) -> tuple[int, int, int]:
    """Take lines of a combined hunk until every count is used up: added, removed, and the end (negative: cut there)."""
    width, added, removed = len(left), 0, 0
    while new or any(left) or data.startswith(b"\\", at):
        stop = data.find(b"\n", at)
        stop = len(data) if stop < 0 else stop
        prefix = data[at : min(at + width, stop)]
        if at >= len(data) or (prefix.strip(b" +-\r") and prefix[:1] != b"\\"):
            return added, removed, -at
        if prefix[:1] != b"\\":
            gone = b"-" in prefix
            added += b"+" in prefix and not gone
            removed += gone
            new -= not gone
            _use_up(left, prefix.strip(b"\r").ljust(width), _MINUS if gone else 32)
        if new < 0 or min(left) < 0:
            return added, removed, -at
        at = min(stop + 1, len(data))
    return added, removed, at


def _as_long_as_prefixed(data: bytes, at: int, width: int) -> _Body:
    """The lines that begin with `width` marks. Git 2.39 now and then counts a parent's lines wrong, the result's never.

    It does in uv.lock of the merge e9741288637e of pallets/flask: 49 for 36 lines.
    """
    lines = added = removed = 0
    while len(prefix := data[at : at + width]) == width and not prefix.strip(b" +-"):
        gone = b"-" in prefix
        lines += 1
        removed += gone
        added += b"+" in prefix and not gone
        stop = data.find(b"\n", at)
        at = len(data) if stop < 0 else stop + 1
    return _Body(lines, added, removed, at)


def _use_up(left: list[int], prefix: bytes, here: int) -> None:
    """Count a line for every parent that has it, which its column says by `here`."""
    for parent, mark in enumerate(prefix):
        left[parent] -= mark == here


def _malformed(data: bytes, at: int, name: str) -> DiffError:
    return DiffError(
        f"the hunk header of {named(name)} in line {line_number(data, at)} of the input is damaged",
        remedy=MAKE_IT_AGAIN,
    )


def _cut(data: bytes, at: int, end: int, name: str) -> DiffError:
    """The error for the hunk at `at` that does not go on at `end` as its header says."""
    if data.startswith(b"\x1b[", end):
        return coloured(data, end)
    return DiffError(
        f"the diff ends inside the hunk of {named(name)} that begins in line {line_number(data, at)} of the input:"
        f" line {line_number(data, end)} does not fit its counts",
        remedy=MAKE_IT_AGAIN,
    )


def coloured(data: bytes, at: int) -> DiffError:
    """The error for colour where a header or a line of a hunk should begin."""
    return DiffError(f"the diff is coloured (line {line_number(data, at)} of the input)", remedy="use --no-color")
