"""Findings for people at a terminal: place, source line with carets, reason, suggestion."""

from __future__ import annotations

from review_bot.formats.folded import parted, told, why_folded
from review_bot.formats.lines import MAX_LINES, SourceLines
from review_bot.formats.plain import log_line, one_line, reason
from review_bot.formats.snippet import snippet
from review_bot.formats.summary import not_looked_at, summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Review
    from review_bot.formats import RenderOptions

    Paint = Callable[[str, str], str]

_STYLES = {"error": "1;31", "warning": "1;33", "info": "1;36", "bold": "1", "dim": "2", "old": "31", "new": "32"}
_MIN_WRAP = 40


def render(review: Review, options: RenderOptions) -> str:
    """One block a finding, by path and line, then a line on what was looked at; with `quiet` findings only.

    Why something is degraded stands on stderr, so that only `verbose` says it here once more.
    Findings that memory folds are named in a line each, behind the others.
    """
    paint = _ansi if options.color else _plain
    lines = SourceLines(review, options.source)
    shown, folded = parted(review.findings)
    blocks = ["\n".join(_block(finding, lines, options.width, paint)) for finding in shown]
    blocks += ["\n".join(_folded(folded, paint))] if folded else []
    if options.verbose:
        blocks += ["\n".join(part) for part in (_held_back(review, paint), _unseen(review)) if part]
    if not options.quiet:
        blocks.append(log_line(summary(review, reasons=options.verbose)))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def head_line(finding: Finding) -> str:
    """`path:line:column: severity rule: message`, safe in a log."""
    return "".join(_head(finding, _plain))


def _head(finding: Finding, paint: Paint) -> list[str]:
    place = f"{log_line(finding.path)}:{finding.start_line}:{finding.start_column}:"
    rule = log_line(finding.rule if finding.tool is None else f"{finding.rule} ({finding.tool})")
    severity = paint(finding.severity, finding.severity)
    return [paint("bold", place), " ", severity, f" {rule}: ", log_line(one_line(finding.message))]


def _block(finding: Finding, lines: SourceLines, width: int, paint: Paint) -> Iterator[str]:
    yield "".join(_head(finding, paint))
    excerpts = lines.excerpts(finding)
    mark = "-" if finding.side == "old" else ""
    indent = len(f"{mark}{excerpts[-1].number}") if excerpts else 1
    bar, equals = paint("dim", f"{'':{indent}} |"), f"{'':{indent}} ="
    for at, excerpt in enumerate(excerpts):
        shown = snippet(excerpt.text, excerpt.start, excerpt.end, width - indent - 3)
        number = f"{mark}{excerpt.number}"
        yield f"{paint('dim', f'{number:>{indent}} |')} {shown.source}".rstrip()
        if at == 0:
            yield f"{bar} {paint(finding.severity, shown.carets)}"
    if finding.end_line - finding.start_line >= MAX_LINES:
        yield f"{bar} ... to line {finding.end_line}"
    for name, text in _notes(finding):
        yield from _note(f"{equals} {name}: ", text, width)
    yield from _suggestion(finding, lines, equals, width, paint)


def _folded(findings: list[Finding], paint: Paint) -> Iterator[str]:
    for finding in findings:
        yield f"{''.join(_head(finding, paint))} {paint('dim', f'(folded: {log_line(why_folded(finding))})')}"


def _notes(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.why:
        yield "why", log_line(reason(finding))
    if finding.url:
        yield "see", log_line(one_line(finding.url))
    if finding.also:
        yield "also", log_line(", ".join(finding.also))
    if told(finding):
        yield "memory", log_line(told(finding))


def _note(head: str, text: str, width: int) -> Iterator[str]:
    for at, part in enumerate(wrapped(text, max(width - len(head), _MIN_WRAP))):
        yield f"{head if at == 0 else ' ' * len(head)}{part}"


def wrapped(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` characters, longer words on lines of their own."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _suggestion(finding: Finding, lines: SourceLines, equals: str, width: int, paint: Paint) -> Iterator[str]:
    fix = finding.suggestion
    if fix is None:
        return
    checked = f" (checked: {log_line(', '.join(fix.verified))})" if fix.verified else ""
    place = f"line {fix.start_line}" if fix.start_line == fix.end_line else f"lines {fix.start_line}-{fix.end_line}"
    yield f"{equals} suggestion for {place}{checked}:"
    margin = " " * (len(equals) + 1)
    for text in lines.replaced(finding):
        yield _diff_line(margin, "-", text, width, paint)
    for text in fix.replacement.split("\n") if fix.replacement else []:
        yield _diff_line(margin, "+", text.removesuffix("\r"), width, paint)


def _diff_line(margin: str, sign: str, text: str, width: int, paint: Paint) -> str:
    shown = snippet(text, 0, 0, width - len(margin) - 2).source
    return margin + paint("old" if sign == "-" else "new", f"{sign} {shown}".rstrip())


def _held_back(review: Review, paint: Paint) -> list[str]:
    rows = [
        f"  {''.join(_head(held.finding, paint))} ({held.by}: {log_line(one_line(held.reason))})"
        for held in review.suppressed
    ]
    return ["suppressed:", *rows] if rows else []


def _unseen(review: Review) -> list[str]:
    rows = [f"  {log_line(path)}: {log_line(one_line(why))}" for path, why in not_looked_at(review)]
    return ["not looked at:", *rows] if rows else []


def _ansi(style: str, text: str) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"


def _plain(_style: str, text: str) -> str:
    return text
