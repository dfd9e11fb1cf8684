"""Findings from parsed values, whatever the keys are called and however deep they lie."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from review_bot.prompts.raw import RawFinding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ALIASES = {
    "path": ("path", "file", "filename", "file_name", "filepath", "file_path", "location", "where"),
    "line": ("line", "line_number", "linenumber", "lineno", "line_no", "lines", "start_line", "row", "ln"),
    "quote": ("quote", "quoted", "quoted_line", "code", "snippet", "code_snippet", "source", "line_text", "original"),
    "category": ("category", "type", "kind", "class"),
    "severity": ("severity", "level", "priority"),
    "message": ("message", "msg", "description", "issue", "problem", "comment", "title", "explanation", "summary"),
    "fix": ("fix", "fixed", "fixed_code", "suggestion", "suggested_fix", "replacement", "suggested_code", "patch"),
}
"""What models call the keys of a finding, the right name first."""
CANONICAL = {alias.replace("_", ""): key for key, aliases in ALIASES.items() for alias in aliases}
"""The right name by alias without its underscores."""
_RANK = {alias.replace("_", ""): rank for aliases in ALIASES.values() for rank, alias in enumerate(aliases)}
_SEPARATORS = re.compile(r"[\s*_\"'`-]+")
_DEEPEST = 8
_LONGEST = {"path": 1000, "quote": 4000, "category": 60, "severity": 40, "message": 4000, "fix": 8000}
_NUMBER = re.compile(r"(?<![\w.])[+L#]?(\d{1,7})(?!\d)", re.IGNORECASE)
_PLACE = re.compile(r"^\s*(?P<path>[^\s:][^:\n]{0,900}?):(?P<line>\d{1,7})(?::\d+)?\s*$")
_PATH = re.compile(r"[\w@.+-]{1,200}(?:[/\\][\w@.+ -]{1,200}){0,40}\.[A-Za-z0-9_]{1,12}$|[\w.-]{1,200}/[\w./-]{1,800}$")


def key_of(name: str) -> str | None:
    """The right name of a finding's key, or None for another key."""
    return CANONICAL.get(_plain(name))


def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name).lower()


def findings_in(value: Any, path: str = "", depth: int = 0) -> Iterator[RawFinding]:
    """Every finding in a parsed value; `path` is that of the file whose group it lies in."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            yield from findings_in(one, path, depth + 1)
    elif isinstance(value, dict):
        finding = finding_of(value, path)
        if finding is not None:
            yield finding
            return
        own = _own_path(value) or path
        for key, inside in value.items():
            if isinstance(inside, (dict, list)):
                yield from findings_in(inside, str(key) if _PATH.match(str(key)) else own, depth + 1)


def _own_path(value: Mapping[Any, Any]) -> str:
    for key, inside in value.items():
        if isinstance(inside, str) and key_of(str(key)) == "path":
            return inside
    return ""


def finding_of(values: Mapping[Any, Any], path: str = "") -> RawFinding | None:
    """The finding that a table of values makes; None where it lacks a message, or both line and quote."""
    fields = _fields(values)
    place = _place(fields.get("path"))
    line = number_of(fields.get("line"))
    texts = {name: _text(fields.get(name))[:longest] for name, longest in _LONGEST.items()}
    line = place[1] if line is None else line
    if not texts["message"].strip() or (line is None and not texts["quote"].strip()):
        return None
    return RawFinding(
        path=(place[0] or path)[:1000].strip(),
        line=line,
        quote=texts["quote"].strip("\r\n"),
        category=texts["category"].strip(),
        severity=texts["severity"].strip(),
        message=texts["message"].strip(),
        fix=texts["fix"].strip("\r\n") if texts["fix"].strip() else "",
    )


def _fields(values: Mapping[Any, Any]) -> dict[str, Any]:
    """Values by right name; where several aliases are there, the better name wins, and tables inside are opened."""
    found: dict[str, tuple[int, Any]] = {}
    for name, value in values.items():
        key = key_of(str(name))
        if key == "path" and isinstance(value, dict):
            for inner, one in _fields(value).items():
                found.setdefault(inner, (99, one))
        elif key is not None:
            rank = _RANK[_plain(str(name))]
            if key not in found or rank < found[key][0]:
                found[key] = (rank, value)
    return {key: value for key, (_, value) in found.items()}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(_text(one) for one in value[:50] if isinstance(one, str))
    return "" if value is None or isinstance(value, (dict, bool)) else str(value)[:100]


def _place(value: Any) -> tuple[str, int | None]:
    """Path and, of `a.py:12`, the line."""
    text = _text(value).strip()
    found = _PLACE.match(text)
    return (found["path"], int(found["line"])) if found else (text, None)


def number_of(value: Any) -> int | None:
    """The first line number that a value names: 12, "12", "L12", "12-14", [12], "+12"."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float):
        return int(value) if 0 < value < 10_000_000 and value == int(value) else None
    if isinstance(value, int):
        return value if 0 < value < 10_000_000 else None
    if isinstance(value, list):
        return number_of(value[0]) if value else None
    found = _NUMBER.search(value) if isinstance(value, str) else None
    return int(found[1]) if found and int(found[1]) > 0 else None
