"""Experience from elsewhere: counts of another repository, and what became of old findings in this one's history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.errors import SourceError, UsageError
from review_bot.memory.transfer import BadCounts, Counts, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from review_bot.bootstrap.memory import Memory
    from review_bot.domain.finding import Finding

_FROM_HISTORY = 0.4
"""Noise of what history says: lines change for many reasons, and stay for many."""


def take_in(memory: Memory, text: str, *, where: str) -> int:
    """Record the counts of another repository as priors; of how many rules. Raises UsageError for any other text."""
    try:
        counts = read(text)
    except BadCounts as error:
        raise UsageError(str(error), where=where, remedy="write it with `memory export --format counts`") from error
    return _record(memory, counts, source="import", eps=None)


def from_history(memory: Memory, most: int, tick: Callable[[int, int], None] | None = None) -> list[Counts]:
    """Priors from the last `most` commits: findings whose lines were changed since, and those that are still there.

    History makes priors and nothing else: mining it for alarms does not work.
    """
    root = memory.repository.cwd
    commits = _git(root, "rev-list", "--no-merges", f"--max-count={most}", "HEAD").split()
    told: dict[str, list[int]] = {}
    for number, commit in enumerate(reversed(commits), 1):
        for finding in _findings(memory, commit):
            outcome = _outcome(root, commit, finding)
            if outcome is not None:
                told.setdefault(finding.rule, []).append(outcome)
        if tick is not None:
            tick(number, len(commits))
    counts = [Counts(rule, sum(said), len(said) - sum(said)) for rule, said in sorted(told.items())]
    _record(memory, counts, source="history", eps=_FROM_HISTORY)
    return counts


def _findings(memory: Memory, commit: str) -> Iterable[Finding]:
    """What the rules find on the lines that a commit added; nothing for the first one."""
    from review_bot import bootstrap
    from review_bot.sources.git import RangeSource

    flags = {"filter": "added", "memory.enabled": False, "model.backend": "none"}
    source = RangeSource(memory.repository, f"{commit}^..{commit}")
    try:
        done = bootstrap.scan(bootstrap.Request("range", source=source, flags=flags, use_baseline=False))
    except SourceError:
        return ()
    return [one for one in done.review.findings if one.origin == "rule" and one.side == "new"]


def _outcome(root: str, commit: str, finding: Finding) -> int | None:
    """1 where the flagged lines were changed since, 0 where they are still there, None where their file is gone."""
    from review_bot.domain.finding import normalised

    then, now = (_git(root, "show", f"{name}:{finding.path}").splitlines() for name in (commit, "HEAD"))
    if not now or finding.end_line > len(then):
        return None
    block = [normalised(text) for text in then[finding.start_line - 1 : finding.end_line]]
    today = [normalised(text) for text in now]
    return int(not any(today[at : at + len(block)] == block for at in range(len(today) - len(block) + 1)))


def _record(memory: Memory, counts: Iterable[Counts], *, source: str, eps: float | None) -> int:
    from review_bot.bootstrap.memory import context
    from review_bot.memory.complete import complete

    desk = context(memory)
    events = [complete(said, desk) for said in _said(counts, source, eps)]
    memory.log.append(events)
    return len(events)


def _said(counts: Iterable[Counts], source: str, eps: float | None) -> Iterator[dict[str, Any]]:
    for one in counts:
        if one.accepted or one.rejected:
            yield {"kind": "prior", "source": source, "eps": eps, **one._asdict()}


def _git(cwd: str, *arguments: str) -> str:
    from review_bot.sources.process import run

    done = run(arguments, cwd=cwd)
    return done.output.decode("utf-8", "replace") if done.status == 0 else ""
