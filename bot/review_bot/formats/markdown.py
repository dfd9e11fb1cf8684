"""Findings as Markdown, for step summaries and comments; nothing of the reviewed text acts in it."""

from __future__ import annotations

from review_bot.domain.markdown import code, prose
from review_bot.formats.folded import parted, told, why_folded
from review_bot.formats.plain import reason, shortened
from review_bot.formats.summary import summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Review
    from review_bot.formats import RenderOptions

_MAX_TEXT = 1_000
_MAX_QUOTE = 200


def render(review: Review, options: RenderOptions) -> str:
    """A heading, the summary line and one bullet a finding, by path; as many as there is room for."""
    head = f"## review-bot\n\nResult: {prose(shortened(summary(review), _MAX_TEXT))}\n"
    text = head
    entries = _entries(review)
    for at, entry in enumerate(entries):
        rest = f"\nand {len(entries) - at} more\n"
        if len(text) + len(entry) + len(rest) >= options.limit:
            return text + rest
        text += entry
    return text


def _entries(review: Review) -> list[str]:
    """What is said of each finding, by path; what memory folds comes last, in a line each."""
    shown, folded = parted(review.findings)
    entries, path = [], ""
    for finding in shown:
        heading = f"\n### {code(finding.path)}\n\n" if finding.path != path else ""
        entries.append(heading + _entry(finding))
        path = finding.path
    for at, finding in enumerate(folded):
        heading = "\n### Folded by memory\n\n" if at == 0 else ""
        entries.append(heading + _folded(finding))
    return entries


def _folded(finding: Finding) -> str:
    place = code(f"{finding.path}:{finding.start_line}")
    rule = code(shortened(finding.rule, _MAX_QUOTE))
    return f"- {finding.severity} {place} {rule}: {prose(shortened(why_folded(finding), _MAX_TEXT))}\n"


def _entry(finding: Finding) -> str:
    place = f"line {finding.start_line}" if finding.side == "new" else f"removed line {finding.start_line}"
    message = prose(shortened(finding.message, _MAX_TEXT))
    lines = [f"- **{finding.severity}** {place}: {message} ({code(shortened(finding.rule, _MAX_QUOTE))})"]
    if finding.quote:
        lines.append(f"  {code(shortened(finding.quote.strip(), _MAX_QUOTE))}")
    if finding.why:
        lines.append(f"  why: {prose(shortened(reason(finding), _MAX_TEXT))}")
    if told(finding):
        lines.append(f"  memory: {prose(shortened(told(finding), _MAX_TEXT))}")
    return "  \n".join(lines) + "\n"
