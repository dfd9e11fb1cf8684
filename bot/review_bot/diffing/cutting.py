"""Cutting rows that are too many for one prompt, where a reader would cut them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.diffing.rows import MARK, Row, row_of, total, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_FULL = 0.75
"""Share of the room that a piece fills at least, so that a good border does not cost calls."""
_SHORTEST = 12
"""Characters of a line that are shown at least."""


def cut(
    rows: Sequence[Row],
    room: float,
    heads_of: Callable[[int, Sequence[Row]], list[Row]],
    starts: frozenset[int] = frozenset(),
) -> list[tuple[list[Row], list[Row]]]:
    """The rows in pieces of at most `room` tokens, each with an added line, and the heads to repeat before it.

    `heads_of` gives the rows that say where a line stands; `starts` are the first lines of definitions.
    """
    pieces = []
    rest = list(rows)
    while rest:
        first = next((row.number for row in rest if row.kind != "-"), 0)
        heads = heads_of(first, rest[:1]) if first else []
        space = room - total(heads)
        count = _count(rest, space, starts)
        pieces.append((heads, [within(row, space) for row in rest[:count]]))
        rest = rest[count:]
        if not any(row.kind == "+" for row in rest):
            break
    return pieces


def _count(rows: Sequence[Row], space: float, starts: frozenset[int]) -> int:
    """How many rows the next piece takes: up to the best border within the last part of the space."""
    weight, most, borders = 0.0, 0, []
    added = False
    for index, row in enumerate(rows):
        weight += row.weight
        if weight > space and added:
            break
        added = added or row.kind == "+"
        most = index + 1
        if added and weight >= _FULL * space:
            borders.append(most)
    if most == len(rows):
        return most
    return max(borders or [most], key=lambda index: (_border(rows, index, starts), index))


def _border(rows: Sequence[Row], index: int, starts: frozenset[int]) -> int:
    """How good it is to cut before `rows[index]`."""
    before, after = rows[index - 1], rows[index] if index < len(rows) else None
    if after is None:
        return 5
    if before.kind == "-" and after.kind == "+":
        return -1
    if after.number in starts and after.kind != "-" and not before.bare.lstrip().startswith("@"):
        return 4
    if before.blank and not after.blank:
        return 3 if after.bare[:1] not in (" ", "\t") else 2
    return int(_indent(after) < _indent(before))


def _indent(row: Row) -> int:
    return len(row.bare) - len(row.bare.lstrip())


def halves(rows: Sequence[Row]) -> list[list[Row]]:
    """The rows in two pieces of about the same weight, each with an added line; one line alone is cut to half of it.

    Empty where nothing is left to cut.
    """
    added = [index for index, row in enumerate(rows) if row.kind == "+"]
    if len(added) < 2:
        return _shorter(rows)
    best, aim, weight = added[1], total(rows) / 2, 0.0
    scores = {}
    for index, row in enumerate(rows):
        if added[0] < index <= added[-1]:
            scores[index] = _border(rows, index, frozenset()) - 8 * abs(weight - aim) / max(aim, 1)
        weight += row.weight
    best = max(scores, key=lambda index: scores[index])
    return [list(rows[:best]), list(rows[best:])]


def _shorter(rows: Iterable[Row]) -> list[list[Row]]:
    """The one added row, alone or cut to half."""
    rows = list(rows)
    alone = [row for row in rows if row.kind == "+"]
    if len(rows) > len(alone):
        return [alone] if alone else []
    text = alone[0].bare.removesuffix(MARK) if alone else ""
    if len(text) <= _SHORTEST:
        return []
    return [[row_of("+", alone[0].number, text[: len(text) // 2] + MARK)]]
