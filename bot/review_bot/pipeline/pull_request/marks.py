"""The hidden line by which our comments are recognised: `<!-- review-bot:v1 {json} -->`, always the last one.

Text of others may hold such a line too, so only the last one counts, and only in comments of our own login.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal

from review_bot.domain.threads import Mark, SummaryMark

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPEN, _CLOSE = "<!-- review-bot:v1 ", " -->"
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_STATES: Mapping[str, Literal["gone", "aside"]] = {"gone": "gone", "aside": "aside"}
_KEPT = 1000
"""Fingerprints that a summary remembers."""


def of_finding(mark: Mark) -> str:
    """The hidden line of a comment on a finding."""
    return _line({key: value for key, value in mark._asdict().items() if value})


def of_summary(mark: SummaryMark) -> str:
    """The hidden line of a summary."""
    short = mark._replace(rejected=mark.rejected[:_KEPT], posted=mark.posted[-_KEPT:])
    return _line({"kind": "summary", **short._asdict()})


def of_answer(to: int) -> str:
    """The hidden line of an answer to the comment `to`."""
    return _line({"kind": "answer", "to": to})


def read_answer(body: str) -> int | None:
    """The number of the comment that an answer of ours is to; None where it is none."""
    values = _values(body)
    to = values.get("to") if values is not None and values.get("kind") == "answer" else None
    return to if type(to) is int else None


def read_finding(body: str) -> Mark | None:
    """The mark in the text of a comment; None where it is none of ours."""
    values = _values(body)
    if values is None or values.get("kind") or not _FINGERPRINT.fullmatch(_text(values, "fingerprint")):
        return None
    return Mark(
        _text(values, "fingerprint"),
        _text(values, "rule"),
        _text(values, "path"),
        "old" if values.get("side") == "old" else "new",
        _text(values, "origin"),
        _text(values, "text"),
        _STATES.get(_text(values, "state"), "open"),
        _text(values, "commit"),
    )


def read_summary(body: str) -> SummaryMark | None:
    """The mark in the text of a summary; None where it is none."""
    values = _values(body)
    if values is None or values.get("kind") != "summary":
        return None
    head, content, done = _text(values, "head"), _text(values, "content"), values.get("done") is True
    return SummaryMark(head, content, _fingerprints(values, "rejected"), _fingerprints(values, "posted"), done)


def without(body: str) -> str:
    """`body` without its hidden line."""
    start = body.rfind(_OPEN)
    return body if start < 0 or _values(body) is None else body[:start].rstrip()


def _line(values: Mapping[str, object]) -> str:
    """JSON that can't end the comment it stands in."""
    text = json.dumps(values, separators=(",", ":")).replace("<", r"\u003c").replace(">", r"\u003e")
    return f"{_OPEN}{text}{_CLOSE}"


def _values(body: str) -> dict[str, Any] | None:
    last = body.rstrip()
    start = last.rfind(_OPEN)
    if start < 0 or not last.endswith(_CLOSE) or "\n" in last[start:]:
        return None
    try:
        values = json.loads(last[start + len(_OPEN) : -len(_CLOSE)])
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key, "")
    return value if isinstance(value, str) else ""


def _fingerprints(values: Mapping[str, Any], key: str) -> tuple[str, ...]:
    rows = values.get(key)
    return tuple(one for one in rows if isinstance(one, str)) if isinstance(rows, list) else ()
