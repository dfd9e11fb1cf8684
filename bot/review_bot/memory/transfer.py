"""What one repository may tell another: how often each rule was accepted and rejected, and nothing of its code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from review_bot.domain.forget import live
from review_bot.memory.fold import counting
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from review_bot.domain.event import Event

SCHEMA = "review-bot.counts/1"
NOISIEST = 0.2
"""Signals that mislead more often than this are nobody's experience."""
_MOST_RULES = 10_000
_MOST = 1_000_000
_LONGEST = 200


class Counts(NamedTuple):
    """The judgements on a rule."""

    rule: str
    accepted: int
    rejected: int


class BadCounts(ValueError):
    """A file that holds no counts; the text says why."""


def counted(events: Iterable[Event]) -> list[Counts]:
    """Judgements by rule, one for each person and finding, without what was taken back."""
    said: dict[str, list[int]] = {}
    for one in judgements(events):
        said.setdefault(one.get("rule"), []).append(one.get("y"))
    return [Counts(rule, sum(ys), len(ys) - sum(ys)) for rule, ys in sorted(said.items())]


def judgements(events: Iterable[Event]) -> list[Event]:
    """The signals that are somebody's experience: the latest of each person, rule and finding, sure and not undone."""
    latest: dict[tuple[Any, Any, Any], Event] = {}
    for one in sorted(counting(list(live(events))), key=lambda one: (one.ts, one.id)):
        if one.get("rule") and one.get("y") is not None and one.get("eps") <= NOISIEST:
            latest[one.get("rule"), one.get("actor"), one.get("finding")] = one
    return list(latest.values())


def written(counts: Iterable[Counts]) -> str:
    """The counts as a file."""
    rows = [one._asdict() for one in counts]
    return json.dumps({"schema": SCHEMA, "rules": rows}, indent=1) + "\n"


def read(text: str) -> list[Counts]:
    """The counts in a file that somebody else wrote; raises BadCounts."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadCounts("not JSON") from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA or not isinstance(data.get("rules"), list):
        raise BadCounts(f"not {SCHEMA}")
    if len(data["rules"]) > _MOST_RULES:
        raise BadCounts(f"more than {_MOST_RULES} rules")
    return [_row(row) for row in data["rules"]]


def _row(row: Any) -> Counts:
    if not isinstance(row, dict) or not isinstance(row.get("rule"), str) or not 0 < len(row["rule"]) <= _LONGEST:
        raise BadCounts("a row without rule")
    numbers: list[Any] = [row.get("accepted"), row.get("rejected")]
    if any(type(number) is not int or not 0 <= number <= _MOST for number in numbers):
        raise BadCounts(f"{row['rule']}: accepted and rejected must be whole numbers up to {_MOST}")
    return Counts(row["rule"], numbers[0], numbers[1])
