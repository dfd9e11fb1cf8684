"""From files of a change to parts that fit into a prompt, with every added line in exactly one of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from review_bot.diffing import rows as rowing
from review_bot.diffing.context import EMPTY, Outline, outline
from review_bot.diffing.cutting import cut
from review_bot.diffing.rows import Row, decoded, limited, row_of, rows_of, total
from review_bot.diffing.tokens import estimate, fit
from review_bot.domain.language import grammar_of, language_of
from review_bot.domain.window import Part, Uncovered, heading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from review_bot.diffing.rows import Clean, Shorten
    from review_bot.domain.diff import FileDiff, Hunk, LineKind
    from review_bot.ports import Change, Contents

ONLY_REMOVES = "only removes lines"
_HEADS, _LINE, _REMOVED, _SECTION = 0.25, 0.4, 0.2, 0.1
"""Shares of a part that heads of enclosing definitions, one line, removed lines and git's function context may take."""


def as_it_is(_path: str, _line: int, text: str) -> str:
    """A `Clean` that shows everything."""
    return text


def parts_of(
    change: Change,
    limit: int,
    *,
    skipped: Mapping[str, str] | None = None,
    clean: Clean = as_it_is,
    shorten: Shorten = str,
) -> tuple[tuple[Part, ...], tuple[Uncovered, ...]]:
    """The parts of all files that can be reviewed, in the order of the change, and what is in none of them.

    A part with the heading of its file takes at most `limit` tokens. `skipped` names files that nobody is to review,
    with the reason; `clean` and `shorten` see every line before it is shown.
    """
    parts: list[Part] = []
    uncovered: list[Uncovered] = []
    for file in change.files:
        reason = (skipped or {}).get(file.path) or _nothing_to_show(file)
        if reason:
            uncovered.append(Uncovered(file.path, reason))
            continue
        cutter = _Cutter(file, change.contents, limit - estimate(heading(file.path)), clean, shorten)
        parts += cutter.parts()
        uncovered += cutter.uncovered()
    return tuple(parts), tuple(uncovered)


def _nothing_to_show(file: FileDiff) -> str | None:
    """Why no line of a file can be shown to a model."""
    if file.status in ("binary", "submodule", "deleted"):
        return file.status
    if file.deleted:
        return "deleted"
    if not file.hunks:
        return {"mode": "only its mode changed", "renamed": "only renamed", "copied": "only copied"}.get(
            file.status, "empty"
        )
    return None if file.added else ONLY_REMOVES


class _Cutter:
    """Makes the parts of one file."""

    def __init__(self, file: FileDiff, contents: Contents, limit: int, clean: Clean, shorten: Shorten) -> None:
        self.file = file
        self.limit = limit
        self._clean = clean
        self._shorten = shorten
        self._left_out = 0
        self._whole = _text(contents.new(file))
        first = _first_line(file)
        self.language = language_of(file.path, first)
        self._grammar = grammar_of(self.language, file.path) if self.language else None
        self._lines = self._whole.split("\n") if self._whole is not None else None
        self._outline: Outline | None = None

    def parts(self) -> list[Part]:
        """The parts of the file, ascending; hunks that only remove go with the nearest of them."""
        parts: list[Part] = []
        removing: list[list[Row]] = []
        for hunk in self.file.hunks:
            rows = rows_of(hunk, self._show)
            if hunk.added:
                parts += self._parts_of(hunk, limited(rows, self.limit * _LINE))
            elif rows:
                removing.append(limited(rows, self.limit * _LINE))
        for rows in removing:
            parts = self._with_removed(parts, rows)
        return parts

    def uncovered(self) -> Iterator[Uncovered]:
        """What `parts` left out."""
        if self._left_out:
            hunks = "hunk that only removes" if self._left_out == 1 else "hunks that only remove"
            yield Uncovered(self.file.path, f"{self._left_out} {hunks} lines")

    def _show(self, kind: LineKind, number: int, text: str) -> str:
        removed = kind == "-"
        path = self.file.before if removed else self.file.path
        return self._shorten(self._clean(path, -number if removed else number, text))

    def _parts_of(self, hunk: Hunk, rows: list[Row]) -> list[Part]:
        around = self._around(hunk, rows)
        for lighter in (rows, *self._lighter(rows)):
            first = next(row.number for row in lighter if row.kind != "-")
            heads = self._heads(around, first, lighter)
            if total(heads) + total(lighter) <= self._room(hunk):
                return [self._part(heads, lighter, "1/1", hunk)]
            rows = lighter
        pieces = cut(rows, self._room(hunk), partial(self._heads, around), around.starts)
        count = len(pieces)
        return [self._part(heads, piece, f"{number}/{count}", hunk) for number, (heads, piece) in enumerate(pieces, 1)]

    def _lighter(self, rows: list[Row]) -> Iterator[list[Row]]:
        """The rows with less and less beside the added ones, which are what a review is about."""
        rows = rowing.near(rows, 1)
        yield rows
        rows = rowing.near(rows, 0)
        yield rows
        rows = rowing.fewer_removed(rows, self.limit * _REMOVED)
        yield rows

    def _around(self, hunk: Hunk, rows: Sequence[Row]) -> Outline:
        """The definitions of the file; of a fragment where only a patch is at hand and the hunk has to be cut."""
        if self._whole is not None:
            if self._outline is None:
                self._outline = outline(self._whole, self._grammar)
            return self._outline
        if self._grammar is None or total(rows) <= self.limit / 2:
            return EMPTY
        lines = {line.new: decoded(line.text) for line in hunk.lines() if line.kind != "-"}
        return outline("\n".join(lines.values()), self._grammar, min(lines))

    def _heads(self, around: Outline, line: int, shown: Sequence[Row]) -> list[Row]:
        """Rows of the heads of what `line` stands in, but for lines that are shown anyway."""
        there = {row.number for row in shown if row.kind != "-"}
        heads = [
            row_of(" ", number, self._show(" ", number, text))
            for number in around.heads(line)
            if number not in there and (text := self._line(number)) is not None
        ]
        heads = limited(heads, self.limit / 8)
        return heads if total(heads) <= self.limit * _HEADS else []

    def _line(self, number: int) -> str | None:
        if self._lines is not None:
            return self._lines[number - 1].removesuffix("\r") if 0 < number <= len(self._lines) else None
        for hunk in self.file.hunks:
            if hunk.new_start <= number < hunk.new_start + hunk.new_count:
                return next(
                    (decoded(line.text) for line in hunk.lines() if line.new == number and line.kind != "-"), None
                )
        return None

    def _room(self, hunk: Hunk) -> float:
        return self.limit - estimate(self._section(hunk)) - 1

    def _section(self, hunk: Hunk) -> str:
        """Git's word for what the hunk stands in, where the file itself is not at hand."""
        if self._whole is not None or not hunk.section:
            return ""
        text = self._show(" ", 0, decoded(hunk.section)).strip()
        text = text[: fit(text[:80], max(self.limit * _SECTION - 4, 0))]
        return f"@@ {text}\n" if text else ""

    def _part(self, heads: list[Row], rows: list[Row], part: str, hunk: Hunk) -> Part:
        text = self._section(hunk) + "".join(row.text for row in (*heads, *rows))
        there = [row.number for row in rows if row.kind != "-"]
        return Part(
            path=self.file.path,
            start_line=min(there),
            end_line=max(there),
            added_lines=tuple(row.number for row in rows if row.kind == "+"),
            text=text,
            tokens=estimate(text),
            part=part,
            context_lines=tuple(row.number for row in (*heads, *rows) if row.kind == " "),
            language=self.language,
        )

    def _with_removed(self, parts: list[Part], rows: list[Row]) -> list[Part]:
        """The parts, the nearest of which also shows `rows` if what they remove is telling and it has the room."""
        if not any(map(rowing.telling, rows)) or not parts:
            self._left_out += 1
            return parts
        rows = rowing.fewer_removed(rowing.near(rows, 1), self.limit / 6)
        text = "".join(row.text for row in rows)
        at = next((row.number for row in rows if row.kind == " "), rows[0].number)
        index = min(range(len(parts)), key=lambda index: _distance(parts[index], at))
        near = parts[index]
        joined = near.text + text if at > near.end_line else text + near.text
        if estimate(joined) > self.limit:
            self._left_out += 1
            return parts
        context = tuple(sorted({*near.context_lines, *(row.number for row in rows if row.kind == " ")}))
        parts[index] = near._replace(text=joined, tokens=estimate(joined), context_lines=context)
        return parts


def _distance(part: Part, line: int) -> int:
    return max(part.start_line - line, line - part.end_line, 0)


def _first_line(file: FileDiff) -> bytes:
    if file.hunks and file.hunks[0].new_start == 1:
        return next((line.text for line in file.hunks[0].lines() if line.kind != "-"), b"")
    return b""


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "replace").removeprefix("\ufeff")
