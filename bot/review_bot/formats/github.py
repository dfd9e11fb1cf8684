"""Workflow commands: findings as annotations in GitHub Actions."""

from __future__ import annotations

from review_bot.domain.finding import SEVERITIES
from review_bot.formats.plain import clean, in_order, one_line, placed_message, reason, visible
from review_bot.formats.summary import counted
from review_bot.formats.text import head_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from review_bot.domain.finding import Finding, Severity
    from review_bot.domain.review import Review
    from review_bot.formats import RenderOptions

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}
_SHOWN = 10
"""Annotations that GitHub shows of each type and step; the others it drops without a word."""
_MAX_MESSAGE = 4096


def render(review: Review, _options: RenderOptions) -> str:
    """As many annotations as are shown, then the other findings as plain lines of the log."""
    groups = [[f for f in in_order(review.findings) if f.severity == one] for one in SEVERITIES]
    cuts = [_SHOWN] * len(groups)
    if any(len(group) > _SHOWN for group in groups):
        cuts[-1] -= 1  # the count of the others is a notice too
    shown = [annotation(finding) for group, cut in zip(groups, cuts, strict=True) for finding in group[:cut]]
    others = [finding for group, cut in zip(groups, cuts, strict=True) for finding in group[cut:]]
    return "".join(f"{line}\n" for line in shown + _others(others))


def annotation(finding: Finding) -> str:
    """The workflow command for a finding, on one line."""
    properties = ",".join(f"{key}={_property(value)}" for key, value in _properties(finding))
    body = "\n".join(part for part in (placed_message(finding), reason(finding)) if part)
    return f"::{_COMMANDS[finding.severity]} {properties}::{_data(body)}"


def _properties(finding: Finding) -> list[tuple[str, str]]:
    rule = finding.rule if finding.tool is None else f"{finding.rule} ({finding.tool})"
    title = ("title", one_line(rule))
    file = ("file", clean(finding.path))
    if finding.side == "old":
        return [file, title]
    place = [("line", str(finding.start_line)), ("endLine", str(finding.end_line))]
    if finding.start_line == finding.end_line:  # the runner refuses columns over several lines
        place += [("col", str(finding.start_column)), ("endColumn", str(finding.end_column))]
    return [file, *place, title]


def _others(rest: list[Finding]) -> list[str]:
    """The findings without an annotation; between the stop marks the runner obeys no command."""
    if not rest:
        return []
    import secrets

    token = secrets.token_hex(16)
    head = f"::notice title=review-bot::{len(rest)} more findings in the log: {counted(rest)}"
    return [head, f"::stop-commands::{token}", *(head_line(finding) for finding in rest), f"::{token}::"]


def _data(text: str) -> str:
    """`text` as the data of a command, at most 4,096 characters, for GitHub cuts in the midst of an escape."""
    parts: list[str] = []
    room = _MAX_MESSAGE
    for char in text:
        parts.append(_escaped(char))
        room -= len(parts[-1])
        if room < 1:
            return "".join(parts[:-1]) + "…"
    return "".join(parts)


def _property(value: str) -> str:
    return _escaped(value).replace(":", "%3A").replace(",", "%2C")


def _escaped(text: str) -> str:
    safe = "".join(char if char in "\r\n" else visible(char) for char in text)
    return safe.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
