"""A source line for the terminal with a line of carets under the flagged part."""

from __future__ import annotations

from review_bot.formats.plain import escaped
from review_bot.values import NamedTuple

_TAB = "    "
_CUT = "…"


class Snippet(NamedTuple):
    """Two lines of the same layout."""

    source: str
    carets: str


class _Cell(NamedTuple):
    shown: str
    width: int


def snippet(text: str, start: int, end: int, width: int) -> Snippet:
    """`text` in at most `width` columns (not below 20) with carets under the characters `start` to `end`.

    Tabs become four blanks, what can't be seen becomes an escape, a longer line is cut around the flagged part.
    """
    width = max(width, 20)
    start = min(max(start, 0), len(text))
    low = _first(text, start, width)
    # Lines may be megabytes long: only what fits is looked at. The few more are for marks that take no column.
    cells = [cell(char, text[max(0, at - 2) : at]) for at, char in enumerate(text[low : low + 2 * width], low)]
    count = _fitting(cells, width - (low > 0))
    if low + count < len(text):
        count = _fitting(cells, width - (low > 0) - 1)
    head, tail = _CUT if low else "", _CUT if low + count < len(text) else ""
    source = head + "".join(one.shown for one in cells[:count]) + tail
    before = len(head) + sum(one.width for one in cells[: start - low])
    flagged = sum(one.width for one in cells[start - low : min(max(end - low, 0), count)])
    return Snippet(source.rstrip(), " " * before + "^" * max(flagged, 1))


def cell(char: str, before: str = "") -> _Cell:
    """`char` as the terminal shall show it, and the columns it takes; `before` are the two characters before it."""
    if char == "\t":
        return _Cell(_TAB, len(_TAB))
    if not char.isprintable():
        shown = "\ufffd" if "\ud800" <= char <= "\udfff" else escaped(char)
        return _Cell(shown, len(shown))
    if char == "[" and before == "##":  # GitHub's log reader takes `##[name]` for a command, anywhere in a line
        return _Cell(r"\x5b", 4)
    return _Cell(char, 1 if char.isascii() else _width(char))


def _width(char: str) -> int:
    import unicodedata

    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def _first(text: str, start: int, width: int) -> int:
    """Where to begin: at the beginning if the line fits, else some way before the flagged part."""
    if len(text) <= width and sum(cell(char).width for char in text) <= width:
        return 0
    low = max(0, start - width // 3)
    shown = sum(cell(char).width for char in text[low:start])
    while low < start and shown > width // 2:
        shown -= cell(text[low]).width
        low += 1
    return low


def _fitting(cells: list[_Cell], width: int) -> int:
    """How many cells fit into `width` columns; at least one."""
    used = 0
    for count, one in enumerate(cells):
        used += one.width
        if used > width:
            return max(count, 1)
    return len(cells)
