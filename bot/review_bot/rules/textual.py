"""Rules that read text: regular expressions and entropy."""

from __future__ import annotations

from bisect import bisect_right

from review_bot.patterns import MULTILINE, compiled
from review_bot.rules.keywords import any_of
from review_bot.rules.match import Match

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

    from review_bot.domain.diff import Side
    from review_bot.rules.model import Rule
    from review_bot.rules.view import Unit, View

LONGEST_LINE = 2000
"""Characters of a line that a regular expression gets to see."""


def matches(rule: Rule, view: View, *, every_line: bool) -> Iterator[Match]:
    """Where a regex or entropy rule matches; `every_line` looks at unchanged lines as well."""
    scope = rule.where.scope
    if scope == "removed":
        yield from _by_line(rule, _speaking(rule, view, "old"), "old")
    elif scope in ("file", "context"):
        for unit in view.units("new") if scope == "file" else view.hunk_units("new"):
            yield from _in_unit(rule, unit)
    else:
        found = _by_line(rule, list(view.lines("new").items()) if every_line else _speaking(rule, view, "new"), "new")
        if scope == "pair":
            before = list(view.lines("old").items()) if every_line else _speaking(rule, view, "old")
            yield from news(list(found), _by_line(rule, before, "old"))
        else:
            yield from found


def news(new: list[Match], old: Iterable[Match]) -> list[Match]:
    """Matches of the new version without a counterpart of the same text in the old one."""
    before = [match.quote for match in old] if new else []
    fresh = []
    for match in new:
        if match.quote in before:
            before.remove(match.quote)
        else:
            fresh.append(match)
    return fresh


def _speaking(rule: Rule, view: View, side: Side) -> Iterable[tuple[int, str]]:
    """The changed lines of one side that the rule could match: beyond ASCII, letters have more than two cases."""
    lines = view.added if side == "new" else view.removed
    if not rule.words:
        return lines
    words = rule.words
    return [
        line for line, lower in zip(lines, view.lowered(side), strict=True) if lower is None or any_of(words, lower)
    ]


def _by_line(rule: Rule, lines: Iterable[tuple[int, str]], side: Side) -> Iterator[Match]:
    search = compiled(_regex(rule)).finditer
    for number, text in lines:
        for found in search(text if len(text) <= LONGEST_LINE else text[:LONGEST_LINE]):
            start, end = found.span(_group(found))
            if _counts(rule, found):
                yield Match(side, number, start + 1, number, end + 1, text[start:end], _captures(found))


def _in_unit(rule: Rule, unit: Unit) -> Iterator[Match]:
    starts = None
    for found in compiled(_regex(rule), MULTILINE).finditer(unit.text):
        if not _counts(rule, found):
            continue
        if starts is None:
            starts = _line_starts(unit.text)
        start, end = found.span(_group(found))
        # A match that ends with the line feed ends on its line, not on the next.
        last = end - 1 if end > start and unit.text[end - 1] == "\n" else end
        yield _place(unit, starts, start, last, _captures(found))


def _place(unit: Unit, starts: list[int], start: int, end: int, captures: dict[str, str]) -> Match:
    first, last = bisect_right(starts, start) - 1, bisect_right(starts, end) - 1
    return Match(
        "new",
        unit.first_line + first,
        start - starts[first] + 1 + unit.indent,
        unit.first_line + last,
        end - starts[last] + 1 + unit.indent,
        unit.text[start:end],
        captures,
    )


def _line_starts(text: str) -> list[int]:
    starts, position = [0], text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    return starts


def _regex(rule: Rule) -> str:
    text: str = rule.body if rule.kind == "regex" else rule.body["regex"]
    return text


def _group(found: re.Match[str]) -> int | str:
    """The group `at` names the place to report, where a rule has one."""
    return "at" if found.re.groupindex.get("at") and found["at"] is not None else 0


def _captures(found: re.Match[str]) -> dict[str, str]:
    return {name: text or "" for name, text in found.groupdict().items()} if found.re.groupindex else {}


def _counts(rule: Rule, found: re.Match[str]) -> bool:
    if rule.kind == "regex":
        return True
    measured = found[1] or ""
    long_enough = measured and len(measured) >= rule.body.get("min-length", 0)
    return bool(long_enough and entropy(measured) >= rule.body.get("min", 0.0))


def entropy(text: str) -> float:
    """Shannon entropy in bits a character: -sum p(c) log2 p(c) over the characters of `text`."""
    from math import log2

    length = len(text)
    return -sum(n / length * log2(n / length) for n in map(text.count, set(text))) if text else 0.0
