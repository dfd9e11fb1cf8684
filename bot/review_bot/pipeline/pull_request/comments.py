"""The text of an inline comment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from review_bot.domain.markdown import fenced, prose, quoted
from review_bot.domain.threads import Draft, Mark
from review_bot.domain.visible import shortened
from review_bot.pipeline.pull_request import marks
from review_bot.pipeline.pull_request.places import text_key

if TYPE_CHECKING:
    from review_bot.domain.finding import Finding, Suggestion
    from review_bot.pipeline.pull_request.places import Place, Places

LONGEST = 60_000
"""Characters of a comment; the forge refuses 65,536."""
_SAID = 2_000
_NAMED = 200
_REPLACED = 10_000
_STATUS = re.compile(
    r"^\*\*(?:Gone|Back|In the summary)\*\* as of [0-9a-f]{7,64}(?:, to make room[^\n]{0,99})?\.(?:\n\n|$)"
)
_VERIFIED = frozenset(("applies", "parses"))
"""What must have been checked of a fix before it is offered as a suggestion."""
SHORT = 10
"""Digits of a commit's id, as shown."""


def draft(finding: Finding, place: Place, places: Places) -> Draft:
    """The comment on a finding at its place."""
    mark = mark_of(finding, place)
    line, start = place.line, place.start_line
    suggestion = finding.suggestion
    body = _text(finding)
    if suggestion is not None and _offered(suggestion) and places.fits(suggestion, finding):
        line = suggestion.end_line
        start = suggestion.start_line if suggestion.start_line < line else None
        body += f"\n\n{fenced(suggestion.replacement, 'suggestion')}"
    body = f"{body}\n\n{marks.of_finding(mark)}"
    return Draft(place.path, line, place.side, start, body, finding.fingerprint)


def mark_of(finding: Finding, place: Place) -> Mark:
    """What the comment says of itself."""
    text = text_key(finding, place.text)
    return Mark(finding.fingerprint, finding.rule, finding.path, finding.side, finding.origin, text)


def closed(body: str, mark: Mark, commit: str) -> str:
    """`body` of a thread whose finding is gone with `commit`."""
    gone = mark._replace(state="gone", commit=commit[:SHORT])
    return _with_status(body, f"**Gone** as of {commit[:SHORT]}.", gone)


def set_aside(body: str, mark: Mark, commit: str) -> str:
    """`body` of a thread that makes room for a more severe finding; its own is named in the summary."""
    status = f"**In the summary** as of {commit[:SHORT]}, to make room for what is more severe."
    return _with_status(body, status, mark._replace(state="aside", commit=commit[:SHORT]))


def opened(body: str, mark: Mark, commit: str) -> str:
    """`body` of a thread whose finding is back with `commit`."""
    return _with_status(body, f"**Back** as of {commit[:SHORT]}.", mark._replace(state="open", commit=""))


def remarked(body: str, mark: Mark) -> str:
    """`body` with another mark."""
    return f"{marks.without(body)}\n\n{marks.of_finding(mark)}"


def _with_status(body: str, status: str, mark: Mark) -> str:
    said = _STATUS.sub("", marks.without(body))
    return f"{status}\n\n{said}\n\n{marks.of_finding(mark)}"


def _text(finding: Finding) -> str:
    """Severity, message and rule, then the reason."""
    rule = finding.rule if finding.tool is None else f"{finding.rule} ({finding.tool})"
    name = quoted(shortened(rule, _NAMED))
    parts = [f"**{finding.severity}**: {prose(shortened(finding.message, _SAID))} ({name})"]
    if finding.side == "old":
        parts[0] += f"  \nAt removed line {finding.start_line}."
    if finding.why:
        parts.append(f"Why: {prose(shortened(finding.why, _SAID))}")
    if finding.memory is not None and finding.memory.effect in ("raise", "explore"):
        parts.append(f"Memory: {prose(shortened(finding.memory.reason, _SAID))}")
    if finding.cwe:
        parts.append(", ".join(f"CWE-{number}" for number in finding.cwe[:10]))
    return "\n\n".join(parts)


def _offered(suggestion: Suggestion) -> bool:
    return _VERIFIED.issubset(suggestion.verified) and len(suggestion.replacement) <= _REPLACED
