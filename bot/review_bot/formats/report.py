"""The report as plain values: the shape that `--format json` and everything that reads it rely on."""

from __future__ import annotations

from review_bot.domain.finding import SEVERITIES
from review_bot.domain.language import language_of
from review_bot.formats.plain import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from review_bot.domain.diff import FileDiff
    from review_bot.domain.finding import Effect, Finding, Suggestion
    from review_bot.domain.review import Coverage, Review

SCHEMA = "review-bot.report/1"


def as_dict(review: Review, version: str) -> dict[str, Any]:
    """The whole report; keys stand in the order of the documentation."""
    return {
        "schema": SCHEMA,
        "version": version,
        "source": {key: _text(value) for key, value in review.source._asdict().items()},
        "files": [_file(file) for file in review.files],
        "findings": [finding_dict(finding) for finding in review.findings],
        "suppressed": [
            {"finding": finding_dict(held.finding), "by": held.by, "reason": clean(held.reason)}
            for held in review.suppressed
        ],
        "coverage": [_coverage(row) for row in review.coverage],
        "degraded": [{"what": clean(part.what), "reason": clean(part.reason)} for part in review.degraded],
        "stats": {**review.stats._asdict(), "seconds": {"total": 0.0, **dict(review.stats.seconds)}},
        "verdict": _verdict(review),
    }


def finding_dict(finding: Finding) -> dict[str, Any]:
    """One FINDING of the report."""
    return {
        "fingerprint": finding.fingerprint,
        "rule": clean(finding.rule),
        "origin": finding.origin,
        "tool": _text(finding.tool),
        "category": finding.category,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "path": clean(finding.path),
        "side": finding.side,
        "start_line": finding.start_line,
        "end_line": finding.end_line,
        "start_column": finding.start_column,
        "end_column": finding.end_column,
        "message": clean(finding.message),
        "why": clean(finding.why),
        "cwe": list(finding.cwe),
        "url": _text(finding.url),
        "quote": clean(finding.quote),
        "suggestion": None if finding.suggestion is None else _suggestion(finding.suggestion),
        "also": [clean(rule) for rule in finding.also],
        "memory": None if finding.memory is None else _effect(finding.memory),
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {**effect._asdict(), "reason": clean(effect.reason)}


def as_json(value: object, *, indent: int | None = None) -> str:
    """`value` as JSON in ASCII: no line separator of any kind can stand in a string, no terminal chokes on it."""
    import json

    return json.dumps(value, indent=indent, separators=None if indent else (",", ":"))


def _text(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


def _file(file: FileDiff) -> dict[str, Any]:
    return {
        "path": clean(file.path),
        "old_path": None if file.old_path is None else clean(file.old_path),
        "status": file.status,
        "language": language_of(file.path, _first_line(file)),
        "added": file.added,
        "removed": file.removed,
        "hunks": len(file.hunks),
    }


def _first_line(file: FileDiff) -> bytes:
    """First line of the new file, of a deleted one of the old file; empty where the diff does not show it."""
    if not file.hunks or min(file.hunks[0].old_start, file.hunks[0].new_start) > 1:
        return b""
    unwanted = "+" if file.deleted else "-"
    line = next((line for line in file.hunks[0].lines() if line.kind != unwanted), None)
    shown = line is not None and (line.old if file.deleted else line.new) == 1
    return line.text if line is not None and shown else b""


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "start_line": suggestion.start_line,
        "end_line": suggestion.end_line,
        "replacement": clean(suggestion.replacement),
        "verified": [clean(step) for step in suggestion.verified],
    }


def _coverage(row: Coverage) -> dict[str, Any]:
    return {**row._asdict(), "path": clean(row.path), "reason": _text(row.reason)}


def _verdict(review: Review) -> dict[str, Any]:
    verdict = review.verdict
    counts = dict.fromkeys(SEVERITIES, 0) | dict(verdict.counts)
    return {"fail_on": verdict.fail_on, "failed": verdict.failed, "counts": counts}
