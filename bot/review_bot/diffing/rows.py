"""The lines of a hunk as a prompt shows them, each with its price."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from review_bot.diffing.tokens import fit, weigh
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from review_bot.domain.diff import Hunk, LineKind

    Clean = Callable[[str, int, str], str]
    """Path, line and text to the text that may be shown; the line is negative for one of the old file, 0 for none."""
    Shorten = Callable[[str], str]

MARK = "…"
"""Stands where text was cut out."""
_LONGEST_BESIDE = 150
"""Tokens of a removed or unchanged line."""
_ROW = re.compile(r"(\d+)([+ ]) (.*)|-  (.*)", re.DOTALL)
_TELLING = re.compile(
    r"\b(?:if|elif|else|unless|guard|assert|raise|throw|throws|return|except|catch|finally|defer|await|with|lock|unlock"
    r"|synchronized|require|requires|ensure|test)\b|check|valid|verif|auth|permi|allow|deny|escap|sanit|limit|timeout"
    r"|close|releas|free|expect|secur|csrf|token",
    re.IGNORECASE,
)
"""What a removed line holds that the rest of the change can't make up for."""


class Row(NamedTuple):
    """One line of a prompt."""

    kind: LineKind
    number: int
    """In the new file; of a removed line in the old one."""
    text: str
    """With its number and its line feed."""
    weight: float

    @property
    def bare(self) -> str:
        """The line as the file has it, as far as it is shown."""
        found = _ROW.fullmatch(self.text[:-1])
        return "" if found is None else found.group(3) if found.group(4) is None else found.group(4)

    @property
    def blank(self) -> bool:
        """True where the line holds nothing but blanks."""
        return not self.bare.strip()


def row_of(kind: LineKind, number: int, text: str) -> Row:
    """The row that shows `text`; a line of a prompt is one line whatever a line of the file holds."""
    text = text.replace("\n", " ")
    shown = f"-  {text}\n" if kind == "-" else f"{number}{kind if kind == '+' else ' '} {text}\n"
    return Row(kind, number, shown, weigh(shown))


def rows_of(hunk: Hunk, show: Callable[[LineKind, int, str], str]) -> list[Row]:
    """The rows of a hunk without blank removed lines and without runs of blank unchanged ones."""
    rows: list[Row] = []
    for line in hunk.lines():
        text = decoded(line.text, first=line.new == 1)
        kind: LineKind = line.kind
        if not text.strip() and (kind == "-" or (kind == " " and rows and rows[-1].kind == " " and rows[-1].blank)):
            continue
        number = line.old if kind == "-" else line.new
        rows.append(row_of(kind, number, show(kind, number, text)))
    return rows


def decoded(line: bytes, *, first: bool = False) -> str:
    """A line as text: U+FFFD for what is not UTF-8, without its carriage return and the file's byte order mark."""
    text = line.decode("utf-8", "replace").removesuffix("\r")
    return text.removeprefix("\ufeff") if first else text


def within(row: Row, tokens: float) -> Row:
    """The row, cut with a mark where it weighs more than `tokens`."""
    if row.weight <= tokens:
        return row
    bare = row.bare
    frame = row_of(row.kind, row.number, MARK).weight
    room = max(tokens - frame - 3, 0)
    # What stands at the end of a long line is cut off most often where it matters least.
    text = bare[: fit(bare, room)] + MARK
    return row_of(row.kind, row.number, text)


def limited(rows: Iterable[Row], tokens: float) -> list[Row]:
    """The rows, none of which weighs more than it may."""
    return [within(row, tokens if row.kind == "+" else min(tokens, _LONGEST_BESIDE)) for row in rows]


def read(text: str) -> Iterator[Row]:
    """The rows of a part's text; lines of another form are left out."""
    for line in text.split("\n")[:-1]:
        found = _ROW.fullmatch(line)
        if found is None:
            continue
        number, sign = found.group(1), found.group(2)
        kind: LineKind = "-" if number is None else "+" if sign == "+" else " "
        yield Row(kind, int(number or 0), line + "\n", weigh(line + "\n"))


def changed(text: str) -> Iterator[str]:
    """The added and removed lines of a part's text, as they stand there; much cheaper than `read`."""
    for line in text.split("\n"):
        if line[:1] == "-" or line[: line.find(" ")].endswith("+"):
            yield line


def total(rows: Iterable[Row]) -> float:
    """What the rows weigh together."""
    return sum(row.weight for row in rows)


def near(rows: Sequence[Row], distance: int) -> list[Row]:
    """The rows without unchanged ones that are further than `distance` from a changed one."""
    changed = [index for index, row in enumerate(rows) if row.kind != " "]
    close = {index + step for index in changed for step in range(-distance, distance + 1)}
    return [row for index, row in enumerate(rows) if row.kind != " " or index in close]


def telling(row: Row) -> bool:
    """True for a removed line whose loss may matter: a check, a way out, a lock, a test."""
    return row.kind == "-" and _TELLING.search(row.text) is not None


def fewer_removed(rows: Sequence[Row], tokens: float) -> list[Row]:
    """The rows with removed ones of no more than `tokens` together: the telling ones first, then in order."""
    removed = [index for index, row in enumerate(rows) if row.kind == "-"]
    kept: set[int] = set()
    for index in sorted(removed, key=lambda index: (not telling(rows[index]), index)):
        tokens -= rows[index].weight
        if tokens < 0:
            break
        kept.add(index)
    return [row for index, row in enumerate(rows) if row.kind != "-" or index in kept]
