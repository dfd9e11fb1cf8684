"""One line that says what was found, what was looked at and what was not."""

from __future__ import annotations

from review_bot.domain.finding import SEVERITIES
from review_bot.formats.plain import one_line, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from review_bot.domain.diff import FileDiff
    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Coverage, Review

_NAMED = 5


def summary(review: Review, *, reasons: bool = True) -> str:
    """The whole line, without control characters; `reasons` says why something is degraded."""
    degraded = _degraded(review, reasons=reasons)
    parts = [_found(review), _not_looked_at(review), _held_back(review), _model(review), degraded]
    return "; ".join(part for part in parts if part)


def counted(findings: Iterable[Finding]) -> str:
    """How many of each severity: `2 errors, 1 warning`; empty without findings."""
    severities = [finding.severity for finding in findings]
    return ", ".join(_plural(severities.count(one), one) for one in SEVERITIES if one in severities)


def not_looked_at(review: Review) -> list[tuple[str, str]]:
    """Path, with the lines where it is a part of the file, and reason of everything that no rule has seen."""
    rows: dict[str, list[Coverage]] = {}
    for row in review.coverage:
        rows.setdefault(row.path, []).append(row)
    return [part for file in review.files for part in _unseen(file, rows.get(file.path, []))]


def _unseen(file: FileDiff, rows: list[Coverage]) -> list[tuple[str, str]]:
    skipped = [row for row in rows if not row.rules]
    if skipped and len(skipped) < len(rows):
        return [(f"{file.path}:{row.start_line}-{row.end_line}", row.reason or "skipped") for row in skipped]
    if skipped:
        return [(file.path, skipped[0].reason or "skipped")]
    return [(file.path, file.status)] if not rows and file.status in ("binary", "submodule") else []


def _found(review: Review) -> str:
    if not review.files and not review.findings:
        return "nothing to review"
    unseen = {path for path, _ in not_looked_at(review)}
    seen = sum(file.path not in unseen for file in review.files)
    stats = review.stats
    what = counted(review.findings) or "no findings"
    lines, rules = _plural(stats.added_lines, "added line"), _plural(stats.rules, "rule")
    return f"{what} in {_plural(seen, 'file')} ({lines}, {rules})"


def _not_looked_at(review: Review) -> str:
    parts = [f"{visible(path)} ({one_line(why)})" for path, why in not_looked_at(review)]
    rest = [f"and {len(parts) - _NAMED} more"] if len(parts) > _NAMED else []
    return f"not looked at: {', '.join(parts[:_NAMED] + rest)}" if parts else ""


def _held_back(review: Review) -> str:
    reasons = [held.by for held in review.suppressed]
    if not reasons:
        return ""
    by = ", ".join(f"{reasons.count(one)} {one}" for one in dict.fromkeys(reasons))
    return f"{len(reasons)} suppressed ({by})"


def _model(review: Review) -> str:
    states = [row.model for row in review.coverage]
    if not states:
        return ""
    used = {one: states.count(one) for one in dict.fromkeys(states) if one != "off"}
    return f"model: {', '.join(f'{count} {state}' for state, count in used.items())}" if used else "model: off"


def _degraded(review: Review, *, reasons: bool) -> str:
    parts = [one_line(part.what) + (f" ({one_line(part.reason)})" if reasons else "") for part in review.degraded]
    return f"degraded: {', '.join(parts)}" if parts else ""


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 or word == "info" else f"{count} {word}s"
