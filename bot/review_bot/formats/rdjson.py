"""Reviewdog Diagnostic Format: one `DiagnosticResult` as JSON.

The fields are those of reviewdog's `proto/rdf/reviewdog.proto`; its columns count bytes of UTF-8, its ends are behind
the last character, a range without columns is whole lines.
"""

from __future__ import annotations

from review_bot.formats.lines import SourceLines
from review_bot.formats.plain import clean, placed_message
from review_bot.formats.report import as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from review_bot.domain.diff import Side
    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Review
    from review_bot.formats import RenderOptions

SOURCE = {"name": "review-bot"}


def render(review: Review, options: RenderOptions) -> str:
    """All findings in report order."""
    return as_json({"source": SOURCE, "diagnostics": diagnostics(review, options)}, indent=2) + "\n"


def diagnostics(review: Review, options: RenderOptions) -> list[dict[str, Any]]:
    """One `Diagnostic` a finding."""
    lines = SourceLines(review, options.source)
    return [_diagnostic(finding, lines) for finding in review.findings]


def _diagnostic(finding: Finding, lines: SourceLines) -> dict[str, Any]:
    code = {"value": clean(finding.rule)}
    if finding.url:
        code["url"] = clean(finding.url)
    found: dict[str, Any] = {
        "message": placed_message(finding),
        "location": _location(finding, lines),
        "severity": finding.severity.upper(),
        "source": SOURCE if finding.tool is None else {"name": clean(finding.tool)},
        "code": code,
    }
    fix = finding.suggestion
    if fix is not None:
        whole_lines = {"start": {"line": fix.start_line}, "end": {"line": fix.end_line}}
        found["suggestions"] = [{"range": whole_lines, "text": clean(fix.replacement)}]
    return found


def _location(finding: Finding, lines: SourceLines) -> dict[str, Any]:
    """Path and range; a removed line has no place in the new file, which is the only one the format knows."""
    path = clean(finding.path)
    if finding.side == "old":
        return {"path": path}
    start = _position(lines, finding.path, finding.side, finding.start_line, finding.start_column)
    end = _position(lines, finding.path, finding.side, finding.end_line, finding.end_column)
    if not ("column" in start and "column" in end):
        start, end = {"line": finding.start_line}, {"line": finding.end_line}
    return {"path": path, "range": {"start": start, "end": end}}


def _position(lines: SourceLines, path: str, side: Side, number: int, column: int) -> dict[str, int]:
    """Line and byte column; no column where the text of the line is not to be had."""
    text = lines.raw(path, side, number)
    if text is None:
        return {"line": number}
    return {"line": number, "column": len(clean(text[: column - 1]).encode("utf-8")) + 1}
