"""A change as values: files, hunks and lines.

Values on the path of the commit hook are NamedTuples: immutable and without a dict, at a tenth of the import time of
dataclasses (docs/decisions/0002-values.md).
"""

from __future__ import annotations

from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    Status = Literal["added", "modified", "deleted", "renamed", "copied", "mode", "binary", "submodule"]
    LineKind = Literal["+", "-", " "]
    Side = Literal["new", "old"]

_BACKSLASH = ord("\\")


class Line(NamedTuple):
    """One line of a hunk, without its prefix and its line feed (a carriage return stays)."""

    kind: LineKind
    old: int
    """Number in the old file, from 1; for an added line the number of the next old line."""
    new: int
    """Number in the new file, from 1; for a removed line the number of the next new line."""
    text: bytes
    newline: bool = True
    """False where the diff says `\\ No newline at end of file`."""


class Hunk(NamedTuple):
    """A run of lines, kept as a slice of the input: nothing is copied until somebody asks for the lines."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    added: int
    removed: int
    data: bytes
    """The whole input; the body of this hunk is `data[start:end]`, each line with its prefix, a line feed before it."""
    start: int
    end: int
    parents: int = 1
    """Width of the prefix: 1, or the number of parents in a combined diff."""

    def lines(self) -> Iterator[Line]:
        """The lines in the order of the diff."""
        # A side without lines is given by the line before it: `@@ -5,0 +6,2 @@`, `@@ -0,0 +1 @@`.
        old = self.old_start + (self.old_count == 0)
        new = self.new_start + (self.new_count == 0)
        data, width, position, end = self.data, self.parents, self.start, self.end
        while position < end:
            stop = data.find(b"\n", position, end)
            stop = end if stop < 0 else stop
            after = stop + 1
            prefix = data[position : min(position + width, stop)]
            if not prefix.startswith(b"\\"):
                kind = _kind(prefix)
                newline = after >= end or data[after] != _BACKSLASH
                yield Line(kind, old, new, data[position + width : stop], newline)
                # Of several parents the first counts: it has a removed line that it marks, and a kept one it does not.
                old += prefix.startswith(b"-") if kind == "-" else not prefix.startswith(b"+")
                new += kind != "-"
            position = after

    @property
    def section(self) -> bytes:
        """What stands behind the second `@@`: git's idea of the enclosing definition, or empty."""
        stop = self.start - 1
        header = self.data[self.data.rfind(b"\n", 0, max(stop, 0)) + 1 : max(stop, 0)]
        return header.split(b" @@", 1)[-1].strip(b"@ \r") if header.startswith(b"@@") else b""

    def added_lines(self) -> list[tuple[int, bytes]]:
        """Number in the new file and text of each added line."""
        return [(line.new, line.text) for line in self.lines() if line.kind == "+"]


class FileDiff(NamedTuple):
    """What a change does to one file.

    Paths are text by `surrogateescape`, so that `os` functions find the file whatever its bytes; `shown` makes them
    fit for output.
    """

    path: str
    """Path as after the change; for a deleted file the path it had."""
    old_path: str | None
    """Set for renames and copies only."""
    status: Status
    hunks: tuple[Hunk, ...] = ()
    added: int = 0
    removed: int = 0
    old_mode: str = ""
    """Six octal digits as git writes them, or empty."""
    new_mode: str = ""
    new_file: bool = False
    """True where nothing stood at the path before, also for binary files and submodules."""
    deleted: bool = False

    @property
    def before(self) -> str:
        """Path as before the change."""
        return self.old_path or self.path


def _kind(prefix: bytes) -> LineKind:
    """What a line's prefix says; none at all is an empty context line that lost its blank."""
    if b"-" in prefix:
        return "-"
    return "+" if b"+" in prefix else " "


def shown(path: str) -> str:
    """`path` for output: bytes that are not UTF-8 become U+FFFD."""
    if path.isascii():
        return path
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in path)
