"""Places of the history at which a commit mended what a rule finds: examples for prompts, and never findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from review_bot.domain.finding import Finding

MOST_OF_A_RULE = 5
MOST = 300
_MOST_LINES = 8
"""Of the code before or after: more is a rewriting, and shows nothing."""


class Commit(NamedTuple):
    """A commit, and what the rules find on its own lines and on those that it took away."""

    parent: str
    commit: str
    found: Sequence[Finding]
    before: Sequence[Finding]
    read: Callable[[str, str], Sequence[str] | None]
    """The lines of a commit's file, as `bootstrap.code.file_at` reads them."""


def mended(commit: Commit) -> Iterator[dict[str, Any]]:
    """What an event says of each place where a rule fires before the commit and not after it, with both texts."""
    from review_bot.bootstrap.code import moved

    for finding in commit.before:
        if finding.category == "secrets":
            continue
        then, now = (commit.read(name, finding.path) for name in (commit.parent, commit.commit))
        if then is None or now is None or finding.end_line > len(then):
            continue
        start, end = moved(then, now, finding.start_line - 1, finding.end_line)
        before, after = then[finding.start_line - 1 : finding.end_line], now[start:end]
        if _shows(before, after) and not any(_again(one, finding, start, end) for one in commit.found):
            yield _said(commit, finding, then, after)


def _shows(before: Sequence[str], after: Sequence[str]) -> bool:
    """True for a change of few lines that is more than one of blanks, and that left something."""
    if max(len(before), len(after)) > _MOST_LINES or not any(map(str.strip, after)):
        return False
    return "".join(before).split() != "".join(after).split()


def _again(one: Finding, finding: Finding, start: int, end: int) -> bool:
    """Whether the same rule fires on the lines that stand there now."""
    same = one.rule == finding.rule and one.path == finding.path
    return same and one.start_line <= end and one.end_line > start


def _said(commit: Commit, finding: Finding, then: Sequence[str], after: Sequence[str]) -> dict[str, Any]:
    from review_bot.domain.language import language_of
    from review_bot.memory.complete import about

    first, last = finding.start_line, finding.end_line
    known = about(finding, dict(enumerate(then, 1)), language_of(finding.path))
    names = ("rule", "src", "sev", "lang", "dir", "key", "fp")
    return {
        **{name: known[name] for name in names if known.get(name) is not None},
        "at": [commit.parent, commit.commit, finding.path, first, last],
        "before": "\n".join(then[first - 1 : last]),
        "after": "\n".join(after),
    }


def chosen(told: Iterable[Mapping[str, Any]], known: Callable[[Mapping[str, Any]], bool]) -> list[Mapping[str, Any]]:
    """The latest few of each rule, each code once, that are not `known`; `told` comes by time, the oldest first."""
    kept: list[Mapping[str, Any]] = []
    count: dict[str, int] = {}
    shapes: set[str] = set()
    for one in reversed(list(told)):
        rule, key = str(one["rule"]), one.get("key")
        if key is None or key in shapes or count.get(rule, 0) >= MOST_OF_A_RULE or len(kept) >= MOST:
            continue
        shapes.add(key)
        count[rule] = count.get(rule, 0) + 1
        kept.append(one)
    return [one for one in kept if not known(one)]
