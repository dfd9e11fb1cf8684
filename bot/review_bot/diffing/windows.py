"""Parts packed into as few windows as they fit, never over the budget."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING

from review_bot.diffing.cutting import halves
from review_bot.diffing.rows import Row, read
from review_bot.diffing.tokens import estimate
from review_bot.domain.window import Part, Window, heading
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Choose = Callable[[Sequence[Part]], str]
    """The specialist for some parts."""
    Notes = Callable[[Sequence[Part], int], str]
    """What else is worth saying of some parts, in no more than so many tokens."""

_MOST_OPEN = 48
"""Windows that a part may still be put into; more would make large changes slow for nothing."""
_FULL = 0.985
_SPARE = 1.1
"""How many times the fewest calls are allowed for the sake of windows with one specialist."""


class Frame(NamedTuple):
    """What a window has room for."""

    window: int
    answer_tokens: int
    prefixes: Mapping[str, int]
    """Tokens, at most, of what all windows of a specialist share."""
    around: int
    """Tokens of fence, chat template and a word on a wrong answer."""
    shared: Mapping[str, int]
    """Tokens, at least, that the windows of a specialist have in common at their start."""

    def room(self, specialist: str) -> int:
        """Tokens for parts with their headings, and notes."""
        return self.window - self.answer_tokens - self.prefixes[specialist] - self.around

    @property
    def least_room(self) -> int:
        """The room whatever the specialist."""
        return min(map(self.room, self.prefixes))


@lru_cache(maxsize=4096)
def _heading_tokens(path: str) -> int:
    return estimate(heading(path))


class _Bin:
    """A window that is being filled."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.paths: set[str] = set()
        self.used = 0

    def cost(self, parts: Sequence[Part]) -> int:
        """Tokens that more parts take here: a file's heading stands once."""
        if len(parts) == 1:
            (part,) = parts
            return part.tokens if part.path in self.paths else part.tokens + _heading_tokens(part.path)
        paths = {part.path for part in parts} - self.paths
        return sum(part.tokens for part in parts) + sum(map(_heading_tokens, paths))

    def put(self, parts: Sequence[Part]) -> None:
        self.used += self.cost(parts)
        self.parts += parts
        self.paths.update(part.path for part in parts)


def pack(parts: Sequence[Part], frame: Frame, choose: Choose, notes: Notes | None = None) -> tuple[Window, ...]:
    """The windows that show `parts`, the riskiest first.

    Each part must fit: with its heading at most `frame.least_room` tokens. Windows have one specialist's parts as far
    as that costs hardly any more calls.
    """
    bins = _packed(parts, frame, choose) if parts else []
    windows = [_window(one.parts, frame, choose, notes) for one in bins]
    return tuple(sorted(windows, key=lambda one: (*_riskiest_first(one.parts), one.id)))


def _riskiest_first(parts: Sequence[Part]) -> tuple[float, float]:
    """Orders windows by their riskiest part, then by all of them."""
    return -max(part.risk for part in parts), -round(sum(part.risk for part in parts), 6)


def _packed(parts: Sequence[Part], frame: Frame, choose: Choose) -> list[_Bin]:
    room = frame.least_room
    groups: dict[str, list[Part]] = {}
    for part in parts:
        groups.setdefault(choose([part]), []).append(part)
    single = [one for name, group in sorted(groups.items()) for one in _fewest(group, frame.room(name))]
    if len(groups) < 2 or len(single) == 1:
        return single
    mixed = _fewest(parts, room)
    most = max(len(mixed), int(len(mixed) * _SPARE))
    if len(single) <= most:
        return single
    merged = _merged(single, room)
    return merged if len(merged) <= most else mixed


def _fewest(parts: Sequence[Part], room: int) -> list[_Bin]:
    """Files together, the riskiest first, where that takes no more windows than by size."""
    worst: dict[str, float] = {}
    for part in parts:
        worst[part.path] = max(part.risk, worst.get(part.path, part.risk))
    by_risk = _first_fit(sorted(parts, key=lambda one: (-worst[one.path], one.path, one.start_line)), room)
    if len(by_risk) <= ceil(sum(one.used for one in by_risk) / max(room, 1)):
        return by_risk
    by_size = _first_fit(sorted(parts, key=lambda one: (-one.tokens, one.path, one.start_line)), room)
    return by_size if len(by_size) < len(by_risk) else by_risk


def _merged(bins: Sequence[_Bin], room: int) -> list[_Bin]:
    """The windows, those that are far from full put together."""
    return _fitted([one.parts for one in sorted(bins, key=lambda one: -one.used)], room)


def _first_fit(parts: Iterable[Part], room: int) -> list[_Bin]:
    return _fitted(([part] for part in parts), room)


def _fitted(groups: Iterable[Sequence[Part]], room: int) -> list[_Bin]:
    bins: list[_Bin] = []
    still_open: list[_Bin] = []
    for group in groups:
        target = next((one for one in still_open if one.used + one.cost(group) <= room), None)
        if target is None:
            target = _Bin()
            bins.append(target)
            still_open.append(target)
        target.put(group)
        if target.used >= _FULL * room:
            still_open.remove(target)
        elif len(still_open) > _MOST_OPEN:
            still_open.remove(max(still_open, key=lambda one: one.used))
    return bins


def _window(parts: Iterable[Part], frame: Frame, choose: Choose, notes: Notes | None) -> Window:
    ordered = tuple(sorted(parts, key=lambda part: (part.path, part.start_line)))
    specialist = choose(ordered)
    used = _Bin().cost(ordered)
    extra = notes(ordered, frame.room(specialist) - used) if notes is not None else ""
    tokens = frame.prefixes[specialist] + frame.around + used + estimate(extra)
    return Window(_id(specialist, ordered, extra), specialist, ordered, tokens, frame.shared[specialist], extra)


def _id(specialist: str, parts: Iterable[Part], notes: str) -> str:
    body = [specialist, notes, *(f"{part.path}\0{part.text}" for part in parts)]
    return hashlib.sha256("\0\0".join(body).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def split_part(part: Part) -> tuple[Part, ...]:
    """Two smaller parts with the same added lines, or one with its line cut; empty where nothing is left to cut."""
    pieces = halves(list(read(part.text)))
    many = len(pieces) > 1
    return tuple(_piece(part, rows, number if many else 0) for number, rows in enumerate(pieces, 1))


def _piece(part: Part, rows: Sequence[Row], number: int) -> Part:
    text = "".join(row.text for row in rows)
    there = [row.number for row in rows if row.kind != "-"]
    before, _, count = part.part.partition("/")
    return part._replace(
        start_line=min(there),
        end_line=max(there),
        added_lines=tuple(row.number for row in rows if row.kind == "+"),
        context_lines=tuple(row.number for row in rows if row.kind == " "),
        text=text,
        tokens=estimate(text),
        part=f"{before}.{number}/{count}" if number else part.part,
    )


def split(window: Window, frame: Frame, choose: Choose, notes: Notes | None = None) -> tuple[Window, ...]:
    """Smaller windows that ask the same: two of half the parts, or of half a part; empty where nothing is left to cut.

    Notes go first: `notes` is for a caller that still wants some.
    """
    groups = _divided(window.parts) if len(window.parts) > 1 else [[part] for part in split_part(window.parts[0])]
    return tuple(_window(group, frame, choose, notes) for group in groups if group)


def _divided(parts: Sequence[Part]) -> list[list[Part]]:
    """Two groups of about the same number of tokens, in order."""
    aim, tokens = sum(part.tokens for part in parts) / 2, 0
    for index, part in enumerate(parts[:-1], 1):
        tokens += part.tokens
        if tokens >= aim:
            return [list(parts[:index]), list(parts[index:])]
    return [list(parts[:-1]), [parts[-1]]]
