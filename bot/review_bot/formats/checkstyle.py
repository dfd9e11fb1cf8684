"""Checkstyle's XML."""

from __future__ import annotations

from review_bot.formats.plain import in_order, markup, placed_message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Review
    from review_bot.formats import RenderOptions


def render(review: Review, _options: RenderOptions) -> str:
    """One `file` element a file with findings."""
    files: dict[str, list[Finding]] = {}
    for finding in in_order(review.findings):
        files.setdefault(finding.path, []).append(finding)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<checkstyle version="4.3">']
    for path, findings in files.items():
        lines += [f'  <file name="{markup(path)}">', *map(_error, findings), "  </file>"]
    return "\n".join([*lines, "</checkstyle>", ""])


def _error(finding: Finding) -> str:
    """The place is left out for removed lines: readers look it up in the new file."""
    place = f'line="{finding.start_line}" column="{finding.start_column}" ' if finding.side == "new" else ""
    message, rule = markup(placed_message(finding)), markup(finding.rule)
    return f'    <error {place}severity="{finding.severity}" message="{message}" source="{rule}"/>'
