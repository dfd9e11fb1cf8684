"""Changes for tests of windows: real diffs made by difflib, with and without the whole files."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from review_bot.diffing.parse import parse
from review_bot.domain.review import SourceInfo
from review_bot.ports import Change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review_bot.domain.diff import FileDiff


class Texts:
    """Contents that are known by path."""

    def __init__(self, new: Mapping[str, str], old: Mapping[str, str]) -> None:
        self._new, self._old = new, old

    def new(self, file: FileDiff) -> bytes | None:
        text = self._new.get(file.path)
        return None if text is None else text.encode("utf-8", "surrogatepass")

    def old(self, file: FileDiff) -> bytes | None:
        text = self._old.get(file.before)
        return None if text is None else text.encode("utf-8", "surrogatepass")


def change_of(files: Mapping[str, tuple[str, str]], *, whole: bool = True) -> Change:
    """The change from the first to the second text of each file; an empty first one makes a new file."""
    data = b"".join(_diff(path, old, new) for path, (old, new) in files.items())
    new = {path: pair[1] for path, pair in files.items()} if whole else {}
    old = {path: pair[0] for path, pair in files.items()} if whole else {}
    return Change(SourceInfo("worktree"), parse(data) if data else (), Texts(new, old))


def _diff(path: str, old: str, new: str) -> bytes:
    if old == new:
        return b""
    before, after = _lines(old), _lines(new)
    first = "/dev/null" if not old else f"a/{path}"
    body = difflib.unified_diff(before, after, first, f"b/{path}", n=3)
    text = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in body)
    mode = "new file mode 100644\n" if not old else ""
    return f"diff --git a/{path} b/{path}\n{mode}index 1234567..89abcde{'' if mode else ' 100644'}\n{text}".encode(
        "utf-8", "surrogatepass"
    )


def _lines(text: str) -> list[str]:
    pieces = text.split("\n")
    return [f"{piece}\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def lines_of(text: str) -> list[str]:
    """The lines of a text, without their ends."""
    return text.removesuffix("\n").split("\n")
