"""Examples of rules over two versions, as changes: several files may stand in one text."""

from __future__ import annotations

import re

from review_bot.domain.diff import FileDiff, Hunk
from review_bot.domain.review import SourceInfo
from review_bot.ports import Change, Hit
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from review_bot.domain.diff import Status

_SEPARATOR = re.compile(r"^--- path: (.+?) ---\n", re.MULTILINE)
_CONTEXT = 3


class Versions(NamedTuple):
    """The files of a small repository before and after, by path."""

    before: Mapping[str, str]
    after: Mapping[str, str]


def versions(before: str, after: str, path: str) -> Versions:
    """Two texts as files: `path`, or those that lines such as `--- path: a/b.py ---` begin; no text is no file."""
    return Versions(_files(before, path), _files(after, path))


def _files(text: str, path: str) -> dict[str, str]:
    parts = _SEPARATOR.split(text)
    found = {path: parts[0]} if parts[0].strip() else {}
    found.update(zip(parts[1::2], parts[2::2], strict=True))
    return found


def change_of(both: Versions) -> Change:
    """The change from one version to the other, every file that differs in it."""
    paths = [path for path in sorted({*both.before, *both.after}) if both.before.get(path) != both.after.get(path)]
    files = tuple(_file(path, both.before.get(path), both.after.get(path)) for path in paths)
    return Change(SourceInfo("diff"), files, _Contents(both), tree=MemoryTree(both.after))


class MemoryTree:
    """Files in memory, as a tree."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def grep(self, names: Sequence[str]) -> Iterator[Hit]:
        """Every line that holds one of the names as a whole word."""
        words = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in names))
        for path, text in self._files.items():
            for number, line in enumerate(text.split("\n"), 1):
                if words.search(line):
                    yield Hit(path, number, line)

    def paths(self) -> Iterator[str]:
        """Every path."""
        yield from self._files

    def read(self, path: str) -> bytes | None:
        """The file at `path`, or None where there is none."""
        text = self._files.get(path)
        return None if text is None else text.encode()


class _Contents:
    def __init__(self, both: Versions) -> None:
        self._both = both

    def new(self, file: FileDiff) -> bytes | None:
        text = self._both.after.get(file.path)
        return None if text is None else text.encode()

    def old(self, file: FileDiff) -> bytes | None:
        text = self._both.before.get(file.before)
        return None if text is None else text.encode()


def _file(path: str, before: str | None, after: str | None) -> FileDiff:
    hunks = tuple(_hunks(_lines(before or ""), _lines(after or "")))
    status: Status = "added" if before is None else "deleted" if after is None else "modified"
    added, removed = sum(hunk.added for hunk in hunks), sum(hunk.removed for hunk in hunks)
    return FileDiff(path, None, status, hunks, added, removed, new_file=before is None, deleted=after is None)


def _lines(text: str) -> list[bytes]:
    return text.removesuffix("\n").encode().split(b"\n") if text else []


def _hunks(old: list[bytes], new: list[bytes]) -> Iterator[Hunk]:
    from difflib import SequenceMatcher

    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT):
        body: list[bytes] = []
        for tag, first, last, start, end in group:
            if tag == "equal":
                body += [b" " + line for line in old[first:last]]
            else:
                body += [b"-" + line for line in old[first:last]]
                body += [b"+" + line for line in new[start:end]]
        yield _hunk(body, group[0][1], group[-1][2], group[0][3], group[-1][4])


def _hunk(body: list[bytes], first: int, last: int, start: int, end: int) -> Hunk:
    data = b"@@\n" + b"".join(line + b"\n" for line in body)
    added, removed = sum(line[:1] == b"+" for line in body), sum(line[:1] == b"-" for line in body)
    old_start = first + (last > first)
    new_start = start + (end > start)
    return Hunk(old_start, last - first, new_start, end - start, added, removed, data, 3, len(data))
