"""Hunks that hold whole files: cut down to what git shows, and read back as either version."""

from __future__ import annotations

from review_bot.domain.diff import FileDiff, Hunk
from review_bot.patterns import lazy
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from review_bot.domain.diff import Side

_CHANGED = lazy(rb"\n[+-]")
_UNCHANGED = lazy(rb"\n[^+\-\\]")
_NO_NEWLINE = b"\n\\ No newline at end of file\n"
_FIRST_BYTES = 8000
"""How far git looks for a NUL to call a file binary (buffer_is_binary in xdiff-interface.c)."""


class _Run(NamedTuple):
    """Changed lines without a common one between them: `data[start:end]`."""

    start: int
    end: int
    old: int
    """Number of the next old line at the start."""
    new: int
    gap: int
    """Common lines between the run before, or the start of the hunk, and this one."""
    added: int
    removed: int


def narrow(file: FileDiff, context: int = 3) -> FileDiff:
    """`file` with hunks of at most `context` common lines around a change, as `git diff -U<context>` cuts them.

    The hunks stay slices of the same bytes.
    """
    hunks: list[Hunk] = []
    for hunk in file.hunks:
        if hunk.parents > 1 or hunk.added + hunk.removed == hunk.old_count + hunk.new_count:
            hunks.append(hunk)
        else:
            hunks += _cut(hunk, context)
    return file._replace(hunks=tuple(hunks))


def _cut(hunk: Hunk, context: int) -> list[Hunk]:
    groups: list[list[_Run]] = []
    for run in _runs(hunk):
        # The rule of xdl_get_hunk: contexts that would touch are one hunk.
        if groups and run.gap <= 2 * context:
            groups[-1].append(run)
        else:
            groups.append([run])
    return [_around(hunk, group, context) for group in groups]


def _runs(hunk: Hunk) -> Iterator[_Run]:
    """The runs of changed lines, found without looking at the common ones between them."""
    data, position = hunk.data, hunk.start
    old, new = hunk.old_start + (hunk.old_count == 0), hunk.new_start + (hunk.new_count == 0)
    while found := _CHANGED.search(data, position - 1, hunk.end):
        start = found.start() + 1
        behind = _UNCHANGED.search(data, start, hunk.end)
        end = behind.start() + 1 if behind else hunk.end
        gap = data.count(b"\n", position, start)
        added, removed = data.count(b"\n+", start - 1, end), data.count(b"\n-", start - 1, end)
        yield _Run(start, end, old + gap, new + gap, gap, added, removed)
        old, new, position = old + gap + removed, new + gap + added, end


def _around(hunk: Hunk, group: list[_Run], context: int) -> Hunk:
    """The hunk of `group` with the common lines around it."""
    first, last = group[0], group[-1]
    start, before = _back(hunk, first, context)
    end, after = _forward(hunk, last.end, context)
    added, removed = sum(run.added for run in group), sum(run.removed for run in group)
    common = before + sum(run.gap for run in group[1:]) + after
    old_count, new_count = removed + common, added + common
    return Hunk(
        first.old - before - (old_count == 0), old_count, first.new - before - (new_count == 0), new_count,
        added, removed, hunk.data, start, end,
    )  # fmt: skip


def _back(hunk: Hunk, run: _Run, context: int) -> tuple[int, int]:
    """Where the common lines before `run` begin, and how many they are."""
    start, count = run.start, min(run.gap, context)
    for _ in range(count):
        start = hunk.data.rfind(b"\n", hunk.start - 1, start - 1) + 1
    return start, count


def _forward(hunk: Hunk, end: int, context: int) -> tuple[int, int]:
    """Where the common lines at `end` end, and how many they are; a note about the missing line feed goes with them."""
    data, count = hunk.data, 0
    while count < context and end < hunk.end and data[end] != ord("\\"):
        end = _next_line(hunk, end)
        count += 1
    return (_next_line(hunk, end) if data.startswith(b"\\", end, hunk.end) else end), count


def _next_line(hunk: Hunk, at: int) -> int:
    stop = hunk.data.find(b"\n", at, hunk.end)
    return hunk.end if stop < 0 else stop + 1


def new_text(file: FileDiff) -> bytes | None:
    """The whole file after the change; None unless the diff was made with all of it as context."""
    return None if file.deleted else _text(file, "new")


def old_text(file: FileDiff) -> bytes | None:
    """The whole file before the change; None unless the diff was made with all of it as context."""
    return None if file.new_file else _text(file, "old")


def _text(file: FileDiff, side: Side) -> bytes | None:
    hunk = _full_hunk(file, side)
    if hunk is None:
        return None
    count, start = (hunk.new_count, hunk.new_start) if side == "new" else (hunk.old_count, hunk.old_start)
    if start != (count > 0):
        return None
    return _side(hunk, b"+" if side == "new" else b"-") if count else b""


def _full_hunk(file: FileDiff, side: Side) -> Hunk | None:
    """The hunk that holds all lines of a side; of a changed type there are two, one for each side."""
    hunks = file.hunks
    if len(hunks) == 2 and hunks[0].new_count == 0 and hunks[1].old_count == 0:
        hunks = hunks[1:] if side == "new" else hunks[:1]
    return hunks[0] if len(hunks) == 1 and hunks[0].parents == 1 else None


def _side(hunk: Hunk, mark: bytes) -> bytes:
    """The common lines and those that begin with `mark`, without their prefixes."""
    data, keep = hunk.data, (mark, b" ", b"")
    note = _note(hunk, keep)
    if not (hunk.old_count and hunk.new_count):
        return data[hunk.start + 1 : hunk.end if note < 0 else note].replace(b"\n" + mark, b"\n")
    rows = data[hunk.start : hunk.end].removesuffix(b"\n").split(b"\n")
    text = b"\n".join([row[1:] for row in rows if row[:1] in keep])
    return text + b"\n" if note < 0 else text


def _note(hunk: Hunk, keep: tuple[bytes, ...]) -> int:
    """Where the line feed stands that a note behind a line of the kinds `keep` declares missing; -1 without one."""
    data = hunk.data
    at = data.find(b"\n\\", hunk.start, hunk.end)
    while at >= 0:
        line = data.rfind(b"\n", hunk.start - 1, at) + 1
        if data[line : line + 1] in keep:
            return at
        at = data.find(b"\n\\", at + 1, hunk.end)
    return -1


def whole(path: str, content: bytes, *, mode: str = "100644") -> FileDiff:
    """The file at `path` as if it were added; binary by git's rule: a NUL among the first bytes."""
    if content.find(b"\0", 0, _FIRST_BYTES) >= 0:
        return FileDiff(path, None, "binary", new_mode=mode, new_file=True)
    if not content:
        return FileDiff(path, None, "added", new_mode=mode, new_file=True)
    hunk = _added(content)
    return FileDiff(path, None, "added", (hunk,), hunk.added, 0, new_mode=mode, new_file=True)


def _added(content: bytes) -> Hunk:
    terminated = content.endswith(b"\n")
    lines = content.count(b"\n") + (not terminated)
    # As in a diff, a line feed stands before the first line.
    text = b"\n+" + content.removesuffix(b"\n").replace(b"\n", b"\n+") + (b"\n" if terminated else _NO_NEWLINE)
    return Hunk(0, 0, 1, lines, lines, 0, text, 1, len(text))
