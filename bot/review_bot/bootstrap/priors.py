"""Experience from elsewhere: counts of another repository, and what became of old findings in this one's history."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from review_bot.errors import SourceError, UsageError
from review_bot.memory.transfer import BadCounts, Counts, read
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from review_bot.bootstrap.memory import Memory
    from review_bot.bootstrap.mended import Commit
    from review_bot.domain.finding import Finding

_FROM_HISTORY = 0.4
"""Noise of what history says: lines change for many reasons, and stay for many."""


def take_in(memory: Memory, text: str, *, where: str, name: str = "") -> int:
    """Record the counts of another repository as priors; of how many rules. Raises UsageError for any other text.

    What came under the same `name` before is replaced.
    """
    try:
        counts = read(text)
    except BadCounts as error:
        raise UsageError(str(error), where=where, remedy="write it with `memory export --format counts`") from error
    from review_bot.bootstrap.imports import replace

    named = [{**said, "from": name} if name else said for said in _said(counts, "import", None)]
    replace(memory, name, "import", named)
    return len(named)


class History(NamedTuple):
    """What the past tells."""

    counts: Sequence[Counts]
    examples: int
    """Places newly recorded at which a commit mended what a rule finds."""


def from_history(memory: Memory, most: int, tick: Callable[[int, int], None] | None = None) -> History:
    """Priors and examples from the last `most` commits: what became of lines that rules flag, and what mended them.

    History makes priors and examples, and no findings: mining it for alarms does not work. What an earlier call
    recorded is not recorded twice.
    """
    from review_bot.bootstrap.mended import mended

    root = memory.repository.cwd
    commits = _git(root, "rev-list", "--no-merges", "--parents", f"--max-count={most}", "HEAD").splitlines()
    told: dict[str, list[int]] = {}
    places: list[dict[str, Any]] = []
    for number, (commit, *parents) in enumerate(map(str.split, reversed(commits)), 1):
        for one in [_commit(memory, parent, commit) for parent in parents[:1]]:
            places += mended(one)
            for finding in one.found:
                outcome = _outcome(root, commit, finding)
                if outcome is not None:
                    told.setdefault(finding.rule, []).append(outcome)
        if tick is not None:
            tick(number, len(commits))
    counts = [Counts(rule, sum(said), len(said) - sum(said)) for rule, said in sorted(told.items())]
    _renew(memory, counts)
    return History(counts, _remember(memory, places))


def _commit(memory: Memory, parent: str, commit: str) -> Commit:
    from review_bot.bootstrap.mended import Commit

    found = _findings(memory, parent, commit)
    before = _findings(memory, commit, parent, resting=_of_changes())
    return Commit(memory.repository.cwd, parent, commit, found, before)


@lru_cache(maxsize=1)
def _of_changes() -> frozenset[str]:
    """The rules that judge a change, and say nothing sensible of one that runs backwards."""
    from review_bot.bootstrap import rules_of

    return frozenset(entry.id for entry in rules_of()[1].entries() if entry.id.startswith("diff."))


def _findings(memory: Memory, base: str, head: str, resting: frozenset[str] = frozenset()) -> Sequence[Finding]:
    """What the rules find on the lines that `head` has and `base` has not."""
    from review_bot import bootstrap
    from review_bot.sources.git import RangeSource

    flags = {"filter": "added", "memory.enabled": False, "model.backend": "none"}
    source = RangeSource(memory.repository, f"{base}..{head}")
    try:
        request = bootstrap.Request("range", source=source, flags=flags, use_baseline=False, resting=resting)
        done = bootstrap.scan(request)
    except SourceError:
        return ()
    return [one for one in done.review.findings if one.origin == "rule" and one.side == "new"]


def _renew(memory: Memory, counts: Sequence[Counts]) -> None:
    """Record counts that differ from what an earlier look at the history said, in its place."""
    from review_bot.bootstrap.judge import forget

    wanted = {one.rule: one for one in counts if one.accepted or one.rejected}
    stale = []
    for event in memory.events():
        if event.kind != "prior" or event.get("source") != "history" or event.get("at"):
            continue
        said = wanted.get(str(event.get("rule")))
        if said is not None and (said.accepted, said.rejected) == (event.get("accepted"), event.get("rejected")):
            del wanted[said.rule]
        else:
            stale.append(event.id)
    if stale:
        forget(memory, ids=stale)
    _record(memory, wanted.values(), source="history", eps=_FROM_HISTORY)


def _remember(memory: Memory, places: Sequence[dict[str, Any]]) -> int:
    """Record the places at which something was mended; how many are new."""
    from review_bot.bootstrap.code import scrubber
    from review_bot.bootstrap.memory import append, context
    from review_bot.bootstrap.mended import chosen
    from review_bot.memory.complete import complete

    there = {(one.get("rule"), one.get("key")) for one in memory.events() if one.kind == "prior" and one.get("at")}
    found = chosen(places, lambda one: (one["rule"], one["key"]) in there)
    desk, clean = context(memory), scrubber()
    fixed = {"kind": "prior", "source": "history", "eps": _FROM_HISTORY}
    texts = ({**one, "before": clean(one["before"]), "after": clean(one["after"])} for one in found)
    append(memory, [complete({**fixed, **one}, desk) for one in texts])
    return len(found)


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
    from review_bot.bootstrap.memory import append, context
    from review_bot.memory.complete import complete

    desk = context(memory)
    events = [complete(said, desk) for said in _said(counts, source, eps)]
    append(memory, events)
    return len(events)


def _said(counts: Iterable[Counts], source: str, eps: float | None) -> Iterator[dict[str, Any]]:
    for one in counts:
        if one.accepted or one.rejected:
            yield {"kind": "prior", "source": source, "eps": eps, **one._asdict()}


def _git(cwd: str, *arguments: str) -> str:
    from review_bot.sources.process import run

    done = run(arguments, cwd=cwd)
    return done.output.decode("utf-8", "replace") if done.status == 0 else ""
