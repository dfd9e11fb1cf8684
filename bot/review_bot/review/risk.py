"""How much harm a part may do: what a deadline cuts is what matters least."""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING

from review_bot.domain.paths import is_test
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from review_bot.domain.finding import Finding
    from review_bot.domain.window import Part

_BY_SEVERITY = {"error": 4.0, "warning": 2.0, "info": 0.5}
_MOST_HITS = 8.0
_SECURITY, _NO_TEST, _TEST, _PROSE = 3.0, 1.0, -1.5, -3.0
_PROSE_LANGUAGES = frozenset(("markdown", "rst", "text", "lock", "css", None))
_CODE = frozenset(
    (
        "python", "javascript", "typescript", "go", "java", "rust", "c", "cpp", "csharp", "kotlin", "scala", "swift",
        "ruby", "php", "bash", "elixir", "lua", "dart", "vue", "svelte",
    )
)  # fmt: skip


class Signs(NamedTuple):
    """What is known of a change beside its text."""

    findings: Sequence[Finding] = ()
    """Of rules, those with low confidence too."""
    tested: bool = False
    """Whether the change touches a test."""


def signs_of(findings: Iterable[Finding], paths: Iterable[str]) -> Signs:
    """The signs of a change that touches `paths`."""
    return Signs(tuple(findings), any(map(is_test, paths)))


def risk_of(part: Part, signs: Signs, *, security: bool) -> float:
    """Points for findings of rules, security, size, churn and code that comes without a test."""
    hits = sum(_BY_SEVERITY[one.severity] * one.confidence for one in signs.findings if _stands_in(one, part))
    removed = part.text.count("\n-  ")
    points = min(hits, _MOST_HITS) + _SECURITY * security
    points += log2(1 + len(part.added_lines)) / 2 + log2(1 + removed) / 4
    if part.language in _PROSE_LANGUAGES:
        points += _PROSE
    elif is_test(part.path):
        points += _TEST
    elif part.language in _CODE and not signs.tested:
        points += _NO_TEST
    return round(points, 3)


def _stands_in(finding: Finding, part: Part) -> bool:
    return finding.path == part.path and part.start_line - 3 <= finding.start_line <= part.end_line + 3
