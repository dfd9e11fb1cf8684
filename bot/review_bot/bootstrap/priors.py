"""Experience from elsewhere: counts of another repository, and what became of old findings in this one's history."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from review_bot.errors import SourceError, UsageError
from review_bot.memory.transfer import BadCounts, Counts, read
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from review_bot.bootstrap.memory import Memory
    from review_bot.bootstrap.mended import Commit
    from review_bot.domain.event import Event
    from review_bot.domain.finding import Finding

_OF_HISTORY = {"kind": "prior", "source": "history", "eps": 0.4}
"""What is noisy: lines change for many reasons, and stay for many."""
_FILES = 64
"""Files of commits that are kept at hand: a commit has several findings in one, and all are compared with today's."""


def take_in(memory: Memory, text: str, *, where: str, name: str = "") -> int:
    """Record the counts of another repository as priors; of how many rules. Raises UsageError for any other text.

    What came under the same `name` before is replaced.
    """
    try:
        counts = read(text)
    except BadCounts as error:
        raise UsageError(str(error), where=where, remedy="write it with `memory export --format counts`") from error
    from review_bot.bootstrap.imports import replace

    named = [{**said, "from": name} if name else said for said in _said(counts)]
    replace(memory, name, "import", named)
    return len(named)


class History(NamedTuple):
    """What the past tells."""

    counts: Sequence[Counts]
    examples: int
    """Places newly recorded at which a commit mended what a rule finds."""


def from_history(memory: Memory, most: int) -> History:
    """Priors and examples from the last `most` commits: what became of lines that rules flag, and what mended them.

    History makes priors and examples, and no findings: mining it for alarms does not work. What an earlier call
    recorded is not recorded twice.
    """
    from review_bot.bootstrap.mended import mended

    told: dict[str, list[int]] = {}
    places: list[dict[str, Any]] = []
    for one in _commits(memory, most):
        places += mended(one)
        for finding in one.found:
            outcome = _outcome(one, finding)
            if outcome is not None:
                told.setdefault(finding.rule, []).append(outcome)
    counts = [Counts(rule, sum(said), len(said) - sum(said)) for rule, said in sorted(told.items())]
    known = [one for one in memory.events() if one.kind == "prior"]
    _renew(memory, counts, known)
    return History(counts, _remember(memory, places, known))


def _commits(memory: Memory, most: int) -> Iterator[Commit]:
    """The last `most` commits that have a parent, the oldest first, with what the rules find."""
    from review_bot.bootstrap.code import file_at
    from review_bot.bootstrap.mended import Commit
    from review_bot.sources.process import run

    cwd = memory.repository.cwd
    read = lru_cache(maxsize=_FILES)(lambda commit, path: file_at(cwd, commit, path))
    resting = _of_changes()
    done = run(["rev-list", "--no-merges", "--parents", f"--max-count={most}", "HEAD"], cwd=cwd)
    for line in reversed(done.output.decode("ascii").splitlines()):
        commit, *parents = line.split()
        for parent in parents[:1]:
            found, before = _findings(memory, parent, commit), _findings(memory, commit, parent, resting)
            yield Commit(parent, commit, found, before, read)


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


def _renew(memory: Memory, counts: Sequence[Counts], known: Iterable[Event]) -> None:
    """Record counts that differ from what an earlier look at the history said, in its place."""
    from review_bot.bootstrap.judge import forget

    wanted = {one.rule: one for one in counts if one.accepted or one.rejected}
    stale = []
    for event in known:
        if event.get("source") != "history" or event.get("at"):
            continue
        said = wanted.get(str(event.get("rule")))
        if said is not None and (said.accepted, said.rejected) == (event.get("accepted"), event.get("rejected")):
            del wanted[said.rule]
        else:
            stale.append(event.id)
    if stale:
        forget(memory, ids=stale)
    _record(memory, ({**said, **_OF_HISTORY} for said in _said(wanted.values())))


def _remember(memory: Memory, places: Sequence[dict[str, Any]], known: Iterable[Event]) -> int:
    """Record the places at which something was mended; how many are new."""
    from review_bot.bootstrap.code import scrubber
    from review_bot.bootstrap.mended import chosen

    there = {(one.get("rule"), one.get("key")) for one in known if one.get("at")}
    found = chosen(places, lambda one: (one["rule"], one["key"]) in there)
    clean = scrubber()
    texts = ({**one, "before": clean(one["before"]), "after": clean(one["after"])} for one in found)
    _record(memory, ({**said, **_OF_HISTORY} for said in texts))
    return len(found)


def _outcome(one: Commit, finding: Finding) -> int | None:
    """1 where the flagged lines were changed since, 0 where they are still there, None where their file is gone."""
    from review_bot.domain.finding import normalised

    then, now = (one.read(name, finding.path) for name in (one.commit, "HEAD"))
    if not then or not now or finding.end_line > len(then):
        return None
    block = [normalised(text) for text in then[finding.start_line - 1 : finding.end_line]]
    today = [normalised(text) for text in now]
    return int(not any(today[at : at + len(block)] == block for at in range(len(today) - len(block) + 1)))


def _record(memory: Memory, said: Iterable[dict[str, Any]]) -> None:
    from review_bot.bootstrap.memory import append, context
    from review_bot.memory.complete import complete

    desk = context(memory)
    append(memory, [complete(one, desk) for one in said])


def _said(counts: Iterable[Counts]) -> Iterator[dict[str, Any]]:
    return (one._asdict() for one in counts if one.accepted or one.rejected)
