"""The simpler second form of an answer: a finding a line, `PATH:LINE|CATEGORY|SEVERITY|MESSAGE`, or the word NONE."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from review_bot.prompts.raw import RawFinding

if TYPE_CHECKING:
    from collections.abc import Iterator

_BULLET = r"[ \t]{0,20}\|?[ \t]{0,20}(?:[-*•>][ \t]{1,4}|\d{1,2}[.)][ \t]{1,4})?[`*_\[(]{0,3}"
_PLACE = r"(?:(?P<path>[^\s|:`*\[\]][^|:\n`]{0,500}?):\s?(?:L|line\s?)?)?(?P<line>\d{1,7})\+?(?:[-:]\d{1,7})?"
_PIPED = re.compile(
    rf"^{_BULLET}(?:line\s{{0,3}})?{_PLACE}[`*_\])]{{0,3}}[ \t]{{0,9}}\|(?P<rest>[^\n]{{1,4000}})$",
    re.IGNORECASE | re.MULTILINE,
)
_COMPILER = re.compile(
    rf"^{_BULLET}(?P<path>[\w@./\\+-]{{1,500}}):(?P<line>\d{{1,7}})(?::\d{{1,7}})?[`*_\])]{{0,3}}[ \t]{{0,9}}[:—–-]"
    r"[ \t]{1,9}(?P<rest>[^\n]{8,4000})$",
    re.MULTILINE,
)
_SPOKEN = re.compile(
    rf"^{_BULLET}(?:(?:in\s)?[`*]?(?P<path>[\w@./\\+-]{{1,500}}\.\w{{1,10}})[`*]?,?\s)?(?:at\s|on\s)?line\s{{1,3}}"
    r"(?P<line>\d{1,7})[`*_\])]{0,3}(?:\s\((?P<hint>[\w, -]{2,60})\))?[*_]{0,3}\s{0,3}[:—–-][*_]{0,3}\s{0,3}"
    r"(?P<rest>[^\n]{8,4000})$",
    re.IGNORECASE | re.MULTILINE,
)
_SEVERITY = re.compile(
    r"\s*[\[(*]{0,2}(error|warning|info|critical|high|medium|low|minor|major)[\])*]{0,2}\s*[:|—-]\s*", re.IGNORECASE
)
_CATEGORY = re.compile(r"\s*[\[(*]{0,2}([a-z]{2,14}(?:[-_][a-z]{2,14}){0,2})[\])*]{0,2}\s*[:|]\s+", re.IGNORECASE)
NONE = re.compile(
    r"\W{0,20}(?:none|no\s(?:findings|issues|problems|bugs|errors)(?:\s(?:were\s)?(?:found|detected|here))?|nothing(?:\sto\s\w+)?"
    r"|lgtm|looks\sgood(?:\sto\sme)?|empty|null|n/a)\W{0,20}\Z",
    re.IGNORECASE,
)
_MOST = 50


def findings_by_line(text: str) -> Iterator[RawFinding]:
    """The findings of the lines of `text`, at most 50: the form asked for first, then what else is common."""
    for pattern, read in ((_PIPED, _piped), (_COMPILER, _spoken), (_SPOKEN, _spoken)):
        found = [read(one) for one in pattern.finditer(text)]
        kept = [one for one in found if one is not None][:_MOST]
        if kept:
            yield from kept
            return


def says_none(text: str) -> bool:
    """Whether the answer is that there is nothing to say."""
    return NONE.match(text.strip()[:200]) is not None and len(text.strip()) <= 200


def _piped(found: re.Match[str]) -> RawFinding | None:
    cells = [cell.strip().strip("`").strip() for cell in found["rest"].strip().rstrip("|").split("|")]
    if len(cells) < 2:
        return None
    category, severity = cells[0], cells[1] if len(cells) > 2 else ""
    message = cells[2] if len(cells) > 2 else cells[1]
    if len(message) < 3:
        return None
    quote = cells[3] if len(cells) > 3 else ""
    return RawFinding(_path(found["path"]), int(found["line"]), quote, category, severity, message)


def _spoken(found: re.Match[str]) -> RawFinding | None:
    rest = found["rest"]
    severity = _SEVERITY.match(rest)
    rest = rest[severity.end() :] if severity else rest
    category = _CATEGORY.match(rest)
    rest = rest[category.end() :] if category else rest
    hint = found.groupdict().get("hint") or ""
    if len(rest.split()) < 2:
        return None
    said = category[1] if category else ""
    level = severity[1] if severity else hint
    return RawFinding(_path(found["path"]), int(found["line"]), "", said, level, rest.strip().strip("*").strip())


def _path(path: str | None) -> str:
    return (path or "").strip().strip("`*[]() ")
