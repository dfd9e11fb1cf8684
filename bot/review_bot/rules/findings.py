"""From the places where a rule matched to findings that can be recognised again."""

from __future__ import annotations

from review_bot.domain.finding import SEVERITIES, Finding, fingerprint
from review_bot.domain.paths import is_test
from review_bot.patterns import lazy
from review_bot.rules.model import CONFIDENCE

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator, Sequence

    from review_bot.domain.finding import Severity, Suggestion
    from review_bot.rules.match import Match
    from review_bot.rules.model import Rule
    from review_bot.rules.view import View

    Recheck = Callable[[str, Sequence[int]], int]
    """Whether the rule fires on any of the lines of a text."""

LONGEST_QUOTE = 500
_CAPTURE = 80
_NAME = lazy(r"\{([A-Z][A-Z0-9_]*)\}")


def findings_of(
    rule: Rule, matches: Sequence[Match], view: View, recheck: Recheck | None = None
) -> Iterator[tuple[Finding, str]]:
    """Each finding with its anchor, the fingerprint without the path; one a file where the rule says so."""
    ordered = sorted(set(_keys(matches)))
    unique = {_key(match): match for match in matches}
    if rule.where.once:
        ordered = ordered[:1]
    seen: dict[tuple[str, int], int] = {}
    for key in ordered:
        match = unique[key]
        message = _message(rule, match)
        if rule.where.once and len(unique) > 1:
            message += f" (and {len(unique) - 1} more in this file)"
        text = view.text_of(match.side, match.start_line, match.end_line)
        place = (text, view.ordinal(match.side, match.start_line, match.end_line))
        again = seen[place] = seen.get(place, -1) + 1
        ordinal = f"{place[1]}.{again}" if again else place[1]
        path = view.file.before if match.side == "old" else view.path
        yield (
            _finding(rule, match, view, message, fingerprint(rule.id, path, text, ordinal), recheck),
            fingerprint(rule.id, "", text, ordinal),
        )


def _key(match: Match) -> tuple[str, int, int, int, int]:
    return (match.side, match.start_line, match.start_column, match.end_line, match.end_column)


def _keys(matches: Sequence[Match]) -> Iterator[tuple[str, int, int, int, int]]:
    return map(_key, matches)


def _finding(rule: Rule, match: Match, view: View, message: str, identity: str, recheck: Recheck | None) -> Finding:
    return Finding(
        fingerprint=identity,
        rule=rule.id,
        origin="rule",
        category=rule.category,
        severity=_severity(rule, view.path),
        confidence=CONFIDENCE[rule.confidence],
        path=view.file.before if match.side == "old" else view.path,
        side=match.side,
        start_line=match.start_line,
        end_line=match.end_line,
        start_column=match.start_column,
        end_column=match.end_column,
        message=message,
        why=rule.why,
        cwe=rule.cwe,
        url=rule.references[0] if rule.references else None,
        quote=masked(match.quote) if rule.category == "secrets" else match.quote[:LONGEST_QUOTE],
        suggestion=_suggestion(rule, match, view, recheck),
    )


def masked(secret: str) -> str:
    """The beginning of a secret, enough to find it by and of no use to anybody else."""
    kept = min(4, len(secret) // 4)
    return secret[:kept] + "…"


def without_secrets(findings: list[Finding], secrets: list[str]) -> list[Finding]:
    """The findings with every secret of the file masked, whichever rule quotes it."""
    if not secrets:
        return findings
    longest_first = sorted(set(secrets), key=len, reverse=True)
    return [_without(finding, longest_first) for finding in findings]


def _without(finding: Finding, secrets: list[str]) -> Finding:
    fix = finding.suggestion
    if fix is not None and any(secret in fix.replacement for secret in secrets):
        finding = finding._replace(suggestion=None)
    for secret in secrets:
        if secret in finding.quote or secret in finding.message:
            quote, message = (text.replace(secret, masked(secret)) for text in (finding.quote, finding.message))
            finding = finding._replace(quote=quote, message=message)
    return finding


def _message(rule: Rule, match: Match) -> str:
    """The rule's message with the captured texts in it, on one line."""

    def value(found: re.Match[str]) -> str:
        text = match.captures.get(found[1])
        if text is None:
            return found[0]
        line = " ".join(text.split())
        return line if len(line) <= _CAPTURE else line[: _CAPTURE - 1] + "…"

    return match.message or _NAME.sub(value, rule.message)


def _severity(rule: Rule, path: str) -> Severity:
    if rule.where.tests == "lower" and is_test(path):
        return SEVERITIES[min(SEVERITIES.index(rule.severity) + 1, len(SEVERITIES) - 1)]
    return rule.severity


def _suggestion(rule: Rule, match: Match, view: View, recheck: Recheck | None) -> Suggestion | None:
    text = view.whole("new")
    if rule.fix is None or match.side != "new" or text is None:
        return None
    from review_bot.rules.fix import suggestion_for

    start = offset(text, match.start_line, match.start_column)
    return suggestion_for(
        text,
        start,
        start + len(match.quote),
        rule.fix.template,
        match.captures,
        expected=match.quote,
        added=view.added_numbers,
        grammar=view.grammar,
        fires=recheck,
    )


def offset(text: str, line: int, column: int) -> int:
    """Index in `text` of a line and column, both from 1."""
    position = 0
    for _ in range(line - 1):
        position = text.find("\n", position) + 1
    return position + column - 1
