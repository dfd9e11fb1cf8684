"""Findings of other tools, put at their place in a file and given what they are recognised by."""

from __future__ import annotations

from review_bot.domain.finding import fingerprint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from review_bot.domain.finding import Finding
    from review_bot.rules.view import View

_LONGEST_QUOTE = 500


def placed(findings: Iterable[Finding], view: View) -> Iterator[Finding]:
    """The findings with quote and fingerprint; one at lines that the file does not have is left out."""
    seen: dict[tuple[str, str, int], int] = {}
    lines = view.lines("new") if findings else {}
    for finding in findings:
        if finding.start_line not in lines:
            continue
        last = finding.end_line if finding.end_line in lines else finding.start_line
        text = view.text_of("new", finding.start_line, last)
        place = (finding.rule, text, view.ordinal("new", finding.start_line, last))
        again = seen[place] = seen.get(place, -1) + 1
        ordinal = f"{place[2]}.{again}" if again else place[2]
        yield finding._replace(
            fingerprint=fingerprint(finding.rule, finding.path, text, ordinal),
            end_line=last,
            quote=_quote(finding, lines) if last == finding.start_line else text[:_LONGEST_QUOTE],
        )


def _quote(finding: Finding, lines: dict[int, str]) -> str:
    line = lines[finding.start_line]
    return line[finding.start_column - 1 : finding.end_column - 1][:_LONGEST_QUOTE] or line.strip()[:_LONGEST_QUOTE]
