"""GitLab's Code Quality report."""

from __future__ import annotations

from review_bot.formats.plain import clean, placed_message
from review_bot.formats.report import as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from review_bot.domain.finding import Finding, Severity
    from review_bot.domain.review import Review
    from review_bot.formats import RenderOptions

_SEVERITIES: dict[Severity, str] = {"error": "critical", "warning": "minor", "info": "info"}


def render(review: Review, _options: RenderOptions) -> str:
    """An array of issues in report order."""
    return as_json([_issue(finding) for finding in review.findings], indent=2) + "\n"


def _issue(finding: Finding) -> dict[str, Any]:
    return {
        "description": placed_message(finding),
        "check_name": clean(finding.rule),
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": clean(finding.path),
            "lines": {"begin": finding.start_line, "end": finding.end_line},
        },
    }
