"""One set out of many findings: several rules on the same code become one finding, in a stable order."""

from __future__ import annotations

from review_bot.domain.finding import SEVERITIES, Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_KIND_RANK = {"delta": 0, "taint": 1, "ast": 2, "pattern": 2, "regex": 3, "entropy": 4}


def merged(findings: Iterable[Finding], kinds: Mapping[str, str]) -> list[Finding]:
    """Findings by path and line, where those that speak of the same place and matter are one.

    The more specific one stays and lists the others in `also`; `kinds` gives the kind of each rule by id.
    """
    result: list[Finding] = []
    for finding in sorted(findings, key=lambda one: (*position(one), _specific(one, kinds))):
        index = next((i for i in _on_its_line(result, finding) if _same(result[i], finding)), None)
        if index is None:
            result.append(finding)
            continue
        first, second = sorted((result[index], finding), key=lambda one: _specific(one, kinds))
        also = dict.fromkeys((*first.also, second.rule, *second.also))
        also.pop(first.rule, None)
        result[index] = first._replace(also=tuple(also))
    return sorted(result, key=position)


def _on_its_line(result: Sequence[Finding], finding: Finding) -> Iterator[int]:
    """Indexes, from the last one back, of the findings that begin on the same line: the others stand further up."""
    for index in range(len(result) - 1, -1, -1):
        if (result[index].path, result[index].start_line) != (finding.path, finding.start_line):
            return
        yield index


def position(finding: Finding) -> tuple[str, int, int, str, str]:
    """The order of a report: path, line, column, then the side and the rule."""
    return (finding.path, finding.start_line, finding.start_column, finding.side, finding.rule)


def _specific(finding: Finding, kinds: Mapping[str, str]) -> tuple[int, int, int, float, int, str]:
    kind = 6 if finding.origin == "model" else _KIND_RANK.get(kinds.get(finding.rule, ""), 5)
    # A secret of a known format is an error, whatever the name that it is assigned to makes of it.
    known = SEVERITIES.index(finding.severity) if finding.category == "secrets" else 0
    return (known, kind, SEVERITIES.index(finding.severity), -finding.confidence, -len(finding.rule), finding.rule)


def _same(one: Finding, other: Finding) -> bool:
    """True for findings of one category whose flagged texts overlap on one line of one file."""
    return (
        one.path == other.path
        and one.side == other.side
        and one.category == other.category
        and one.rule != other.rule
        and one.start_line == other.start_line
        and one.end_line == other.end_line
        and one.start_column < other.end_column
        and other.start_column < one.end_column
    )
