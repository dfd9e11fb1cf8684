"""Where in a pull request a finding can be commented on: checked against the hunks, for the forge names no culprit."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from review_bot.domain.diff import shown
from review_bot.domain.finding import normalised
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Literal

    from review_bot.domain.diff import FileDiff, Side
    from review_bot.domain.finding import Finding, Suggestion

_MOST_LINES = 200
"""Lines of a comment's range; a longer one stands at its first line."""


class Place(NamedTuple):
    """Lines of one hunk, and what they say."""

    path: str
    line: int
    side: Literal["RIGHT", "LEFT"]
    start_line: int | None
    text: str


class Places:
    """The lines of a pull request's hunks, read file by file as they are asked for."""

    def __init__(self, files: Sequence[FileDiff]) -> None:
        self._files = files
        self._new = {shown(file.path): file for file in files if not file.deleted}
        self._old = {shown(file.before): file for file in files if not file.new_file}
        self._lines: dict[tuple[str, Side], list[dict[int, str]]] = {}

    def of(self, finding: Finding) -> Place | None:
        """Where the finding can stand; None outside of the hunks."""
        start, end = finding.start_line, finding.end_line
        ranges = [(start, start), (end, end)]
        if start < end <= start + _MOST_LINES:
            ranges.insert(0, (start, end))
        for first, last in ranges:
            text = self.text(finding.path, finding.side, first, last)
            if text is not None:
                return self._place(finding, first, last, text)
        return None

    def _place(self, finding: Finding, first: int, last: int, text: str) -> Place:
        path = finding.path
        if finding.side == "old":
            path = shown(self._old[path].path)
        return Place(path, last, "RIGHT" if finding.side == "new" else "LEFT", first if first < last else None, text)

    def text(self, path: str, side: Side, first: int, last: int) -> str | None:
        """What the lines say; None where they are not all in one hunk."""
        for hunk in self._hunks(path, side):
            if first in hunk and last in hunk:
                return "\n".join(hunk[number] for number in range(first, last + 1))
        return None

    def fits(self, suggestion: Suggestion, finding: Finding) -> bool:
        """Whether a suggestion replaces lines of the diff around its finding, by something else."""
        if finding.side != "new" or not self._near(suggestion, finding):
            return False
        text = self.text(finding.path, "new", suggestion.start_line, suggestion.end_line)
        return text is not None and text != suggestion.replacement

    def gone(self, path: str, side: Side) -> bool:
        """Whether the change leaves no file of that name, as far as its own files tell."""
        return path not in (self._new if side == "new" else self._old)

    def renamed(self, path: str) -> str | None:
        """What the change renames a file to; None where it does not."""
        file = self._old.get(path)
        return shown(file.path) if file is not None and file.status == "renamed" else None

    def named(self, path: str) -> bool:
        """Whether the change has anything to do with a file of that name."""
        return path in self._new or path in self._old

    @staticmethod
    def _near(suggestion: Suggestion, finding: Finding) -> bool:
        return suggestion.start_line <= finding.end_line and suggestion.end_line >= finding.start_line

    def _hunks(self, path: str, side: Side) -> list[dict[int, str]]:
        file = (self._new if side == "new" else self._old).get(path)
        if file is None:
            return []
        if (path, side) not in self._lines:
            self._lines[path, side] = list(_of_side(file, side))
        return self._lines[path, side]


def _of_side(file: FileDiff, side: Side) -> Iterable[dict[int, str]]:
    """Texts by line number, hunk by hunk; of the old side the removed lines only."""
    for hunk in file.hunks:
        lines = {}
        for line in hunk.lines():
            if line.kind == "-" if side == "old" else line.kind != "-":
                lines[line.old if side == "old" else line.new] = line.text.decode("utf-8", "replace").removesuffix("\r")
        yield lines


def text_key(finding: Finding, text: str) -> str:
    """What a finding has in common with itself in another file: rule, of a model's the category, and lines."""
    rule = finding.category if finding.origin == "model" else finding.rule
    return sha256(f"{rule}\0{normalised(text)}".encode("utf-8", "replace")).hexdigest()[:16]
