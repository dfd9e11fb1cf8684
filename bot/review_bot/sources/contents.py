"""Whole files of both versions of a change that git made."""

from __future__ import annotations

from review_bot.diffing.narrow import new_text, old_text
from review_bot.sources.process import CONTEXT
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from review_bot.domain.diff import FileDiff
    from review_bot.sources.blobs import Blobs
    from review_bot.sources.disk import WorkTree


class Record(NamedTuple):
    """What `git diff --raw` says of one file; an id is all zeros where git did not compute it."""

    old: str
    new: str
    state: str
    """A letter: `A`, `M`, `U` for unmerged, with a number behind `R` and `C`."""


class GitContents:
    """Texts rebuilt from hunks that hold the whole file, so that they are what the line numbers speak of.

    Else they come from the work tree, or from the blobs that the raw part of the diff names.
    """

    def __init__(
        self, data: bytes, *, cwd: str, full: Iterable[FileDiff] = (), work_tree: WorkTree | None = None
    ) -> None:
        self._data = data
        self._cwd = cwd
        self._full = {(file.path, file.deleted): file for file in full}
        self._work_tree = work_tree
        self._records: dict[str, Record] | None = None
        self._blobs: Blobs | None = None

    def new(self, file: FileDiff) -> bytes | None:
        """The file as after the change."""
        if file.deleted or file.status == "submodule":
            return None
        known = self._rebuilt(file, new_text)
        if known is not None:
            return known
        if self._work_tree is not None:
            entry = self._work_tree.entry(file.path)
            return entry.content if entry else None
        return self._blob(self._record(file).new)

    def old(self, file: FileDiff) -> bytes | None:
        """The file as before the change."""
        if file.new_file or file.status == "submodule":
            return None
        known = self._rebuilt(file, old_text)
        return known if known is not None else self._blob(self._record(file).old)

    def _rebuilt(self, file: FileDiff, side: Callable[[FileDiff], bytes | None]) -> bytes | None:
        """A version of `file` from hunks that hold all of it; None where they don't."""
        full = self._full.get((file.path, file.deleted))
        if full is None:
            return None
        if not full.hunks:  # empty; in a work tree perhaps only unreadable
            return b"" if self._work_tree is None and full.status in {"added", "deleted"} else None
        short = all(max(hunk.old_count, hunk.new_count) < CONTEXT for hunk in full.hunks)
        return side(full) if short else None

    def _record(self, file: FileDiff) -> Record:
        if self._records is None:
            self._records = records(self._data)
        return self._records.get(file.path, Record("", "", ""))

    def _blob(self, identity: str) -> bytes | None:
        if not identity.strip("0"):
            return None
        if self._blobs is None:
            from review_bot.sources.blobs import Blobs

            self._blobs = Blobs(self._cwd)
        return self._blobs.read(identity)


def records(data: bytes) -> dict[str, Record]:
    """The raw part of `git diff --raw -z -p --no-abbrev`, by the path after the change."""
    found = {}
    at = 0
    while data.startswith(b":", at):
        end = data.index(b"\0", at)
        _, _, old, new, status = data[at:end].decode("ascii").split(" ")
        for _ in range(2 if status[0] in "RC" else 1):
            start, end = end + 1, data.index(b"\0", end + 1)
        found[data[start:end].decode("utf-8", "surrogateescape")] = Record(old, new, status)
        at = end + 1
    return found
