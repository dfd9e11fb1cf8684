"""Findings as Markdown, for step summaries and comments; nothing of the reviewed text acts in it."""

from __future__ import annotations

from review_bot.formats.folded import parted, told, why_folded
from review_bot.formats.plain import one_line, reason, shortened, visible
from review_bot.formats.summary import summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Review
    from review_bot.formats import RenderOptions

MAX_CHARACTERS = 60_000
_MAX_TEXT = 1_000
_MAX_QUOTE = 200
_MARKS = frozenset("\\`*_[]~|$")
_LINKS = frozenset("@#")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ZERO_WIDTH = "\u200b"


def render(review: Review, _options: RenderOptions) -> str:
    """A heading, the summary line and one bullet a finding, by path; below 60,000 characters."""
    head = f"## review-bot\n\nResult: {prose(shortened(summary(review), _MAX_TEXT))}\n"
    text = head
    entries = _entries(review)
    for at, entry in enumerate(entries):
        rest = f"\nand {len(entries) - at} more\n"
        if len(text) + len(entry) + len(rest) >= MAX_CHARACTERS:
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


def prose(text: str) -> str:
    """`text` as nothing but text: no markup, HTML, mention, issue reference or link.

    It must not stand at the beginning of a line. An entity does not stop a mention (GitHub resolves `&#64;name`), nor
    does a backslash; a zero-width space does.
    """
    safe = "".join(map(_harmless, one_line(text)))
    return safe.replace("://", f":{_ZERO_WIDTH}//").replace("www.", f"www{_ZERO_WIDTH}.")


def code(text: str) -> str:
    """`text` as a code span, which neither runs of backticks nor blanks at the ends can leave or change."""
    shown = visible(text)
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) or not shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


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


def _harmless(char: str) -> str:
    if char in _LINKS:
        return char + _ZERO_WIDTH
    return f"\\{char}" if char in _MARKS else _ENTITIES.get(char, char)


def _longest_run(text: str) -> int:
    longest = run = 0
    for char in text:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    return longest
