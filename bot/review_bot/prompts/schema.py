"""The JSON schema of the answer to one window: it lets a model name only lines that the window adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.domain.diff import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review_bot.domain.window import Part

_LONGEST = 200
"""Characters of a text; llama.cpp's older builds fail above some 2,000 repetitions in a grammar."""
_MOST_OF_A_PART = 3
_MOST = 5
_SEVERITIES = ("error", "warning", "info")


def answer_schema(parts: Sequence[Part], categories: Sequence[str]) -> Mapping[str, Any]:
    """The schema: keys in the order of writing, `line` an enum of the added lines of that file's parts."""
    lines: dict[str, set[int]] = {}
    for part in parts:
        if part.added_lines:
            lines.setdefault(shown(part.path), set()).update(part.added_lines)
    findings = [_finding(path, sorted(numbers), categories) for path, numbers in lines.items()]
    item: Mapping[str, Any] = findings[0] if len(findings) == 1 else {"anyOf": findings}
    most = min(_MOST_OF_A_PART * len(parts), _MOST) if findings else 0
    return {
        "x-guidance": {"whitespace_flexible": False},
        "type": "object",
        "properties": {
            "thought": _text(),
            "findings": {"type": "array", "items": item, "maxItems": most} if findings else {"enum": [[]]},
        },
        "required": ["thought", "findings"],
        "additionalProperties": False,
    }


def _finding(path: str, lines: Sequence[int], categories: Sequence[str]) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "path": {"type": "string", "enum": [path]},
        "line": {"type": "integer", "enum": list(lines)},
        "quote": _text(),
        "category": {"type": "string", "enum": list(categories)},
        "severity": {"type": "string", "enum": list(_SEVERITIES)},
        "message": _text(),
        "fix": _text(),
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text() -> dict[str, Any]:
    return {"type": "string", "maxLength": _LONGEST}


JUDGE_WORDS = ("yes", "no")
"""First words of an answer to the judge's question."""
