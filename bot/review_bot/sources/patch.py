"""A diff from a file or from standard input: no repository and no git needed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from review_bot.diffing.narrow import new_text
from review_bot.diffing.parse import parse
from review_bot.domain.review import SourceInfo
from review_bot.errors import DiffError, SourceError
from review_bot.ports import Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review_bot.domain.diff import FileDiff

STANDARD_INPUT = "standard input"
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UTF_8 = b"\xef\xbb\xbf"


class PatchSource:
    """The diff in a file, or on standard input for `-`."""

    def __init__(self, name: str, paths: Sequence[str] = ()) -> None:
        self._name = name
        self._paths = paths

    def read(self) -> Change:
        """Read the diff; raises SourceError where the file can't be read, DiffError where it holds no diff."""
        where = STANDARD_INPUT if self._name == "-" else self._name
        try:
            files = parse(_plain(_read(self._name)))
        except DiffError as error:
            raise DiffError(error.what, where=error.where or where, remedy=error.remedy) from error
        return Change(SourceInfo("diff"), _narrowed(files, self._paths), FragmentContents())


class FragmentContents:
    """A patch holds whole files only where it adds them."""

    def new(self, file: FileDiff) -> bytes | None:
        """The text of an added file that the patch shows whole; else None."""
        if file.status != "added" or len(file.hunks) > 1:
            return None
        if not file.hunks:
            return b""
        return new_text(file) if file.hunks[0].old_count == 0 else None

    def old(self, file: FileDiff) -> bytes | None:
        """None: a patch does not show what it does not change."""
        return None


def _narrowed(files: tuple[FileDiff, ...], paths: Sequence[str]) -> tuple[FileDiff, ...]:
    if not paths:
        return files
    from review_bot.sources.paths import Wanted

    return Wanted(paths, cwd=os.getcwd(), root=None).narrow(files)


def _read(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read()
        with open(name, "rb", buffering=0) as stream:
            return stream.read()
    except (OSError, ValueError, AttributeError) as error:
        where = STANDARD_INPUT if name == "-" else name
        reason = getattr(error, "strerror", None) or "it is closed"
        raise SourceError(
            f"can't be read: {reason}", where=where, remedy="give a diff file, or - to read a pipe"
        ) from error


def _plain(data: bytes) -> bytes:
    """`data` as the bytes that git wrote: PowerShell's `>` makes UTF-16 of them, editors add a byte order mark."""
    encoding = _UTF_16.get(data[:2])
    if encoding is None:
        return data.removeprefix(_UTF_8)
    try:
        return data[2:].decode(encoding).encode()
    except UnicodeError as error:
        raise DiffError("the input is damaged UTF-16", remedy="write it with git diff --output=FILE") from error
