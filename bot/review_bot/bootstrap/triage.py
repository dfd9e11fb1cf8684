"""What was said in `review-bot triage`, put into the memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.bootstrap import judge
from review_bot.bootstrap.last_scan import recall
from review_bot.bootstrap.memory import open_memory
from review_bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review_bot.bootstrap.memory import Memory
    from review_bot.memory.triage import Decision
    from review_bot.stores.last_scan import Seen

_REASON = "triage"


def shown(config: str | None = None) -> tuple[Memory, tuple[Seen, ...]]:
    """The memory, and what the last scan showed in the order of its report; raises UsageError where there was none."""
    memory = open_memory(config)
    last = recall(memory.repository.cwd)
    if last is None:
        raise UsageError("nothing was scanned here yet", where="triage", remedy="run `review-bot scan` first")
    return memory, tuple(one for one in last.seen if not one.held)


def record(memory: Memory, decisions: Sequence[Decision], edited: Mapping[str, bool]) -> int:
    """Put every decision into the log; how many. `edited` says by fingerprint whether an edit took the suggestion."""
    for decision in decisions:
        _record(memory, decision, took_suggestion=edited.get(decision.finding.fingerprint, False))
    return len(decisions)


def _record(memory: Memory, decision: Decision, *, took_suggestion: bool) -> None:
    finding = decision.finding
    if decision.verb in ("accept", "reject"):
        judge.judge(memory, finding.fingerprint, accept=decision.verb == "accept")
    elif decision.verb == "edit":
        judge.signal(memory, finding.fingerprint, sig="suggestion" if took_suggestion else "changed", accept=True)
    elif decision.verb == "mute":
        judge.mute(memory, finding.rule, reason=_REASON)
    elif decision.verb == "mute-here":
        judge.mute(memory, finding.rule, reason=_REASON, path=exactly(finding.path))


def exactly(path: str) -> str:
    """The glob that means this path and no other."""
    return "".join(f"[{c}]" if c in "*?[{" else c for c in path)
