"""What a nightly `memory compact` does beside rewriting the log: decide, prune, and look at what was learned."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from review_bot.errors import ReviewBotError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.bootstrap.memory import Memory
    from review_bot.bootstrap.recall import Standing
    from review_bot.domain.event import Event
    from review_bot.memory.promote import Proposal


class Stale(NamedTuple):
    """A promoted rule that old examples no longer speak for."""

    rule: str
    lost: int
    """Of its own examples, those that come out otherwise today."""
    rejected: int
    """Places that were rejected since, and that it finds."""


class Consolidated(NamedTuple):
    """What came of it."""

    events: int
    files: int
    pruned: int
    proposals: Sequence[Proposal]
    unwanted: Sequence[Standing]
    """Rules on probation."""
    stale: Sequence[Stale]


def consolidate(memory: Memory, config: str | None = None) -> Consolidated:
    """Compact the log; raises StoreError where it can't be rewritten. What else fails is said, and keeps nobody."""
    from review_bot.bootstrap.experiment import settle

    settle(memory)
    pruned = prune(memory)
    events = memory.log.compact()
    files = len(memory.log.names())
    try:
        return Consolidated(events, files, pruned, *_learned(memory, config))
    except ReviewBotError as error:
        memory.say(str(error))
        return Consolidated(events, files, pruned, (), (), ())


def prune(memory: Memory) -> int:
    """Write tombstones for what never matters again; how many events that are."""
    from review_bot.bootstrap.judge import forget
    from review_bot.evaluation.experiments import experiments
    from review_bot.memory.prune import useless

    events = list(memory.events())
    decisions = [one for one in events if one.kind == "decision"]
    ended = {one.start for one in experiments(decisions) if one.state != "running"}
    found = useless(events, int(time.time()), ended)
    return forget(memory, ids=found) if found else 0


def _learned(memory: Memory, config: str | None) -> tuple[Sequence[Proposal], Sequence[Standing], Sequence[Stale]]:
    from review_bot.bootstrap.promote import proposed
    from review_bot.bootstrap.recall import on_probation

    events = list(memory.events())
    proposals = [proposal for proposal, _ in proposed(memory, events)]
    return proposals, on_probation(config), list(_stale(memory, events))


def _stale(memory: Memory, events: Sequence[Event]) -> Iterator[Stale]:
    """Promoted rules tried again on their own examples and on what was rejected since, the surest and latest first."""
    from review_bot.bootstrap.promote import file_of, in_force
    from review_bot.memory.fold import counting

    signals = counting(events)
    for one in in_force(events):
        path = file_of(memory, one)
        text = _text(path) if path is not None else None
        if text is None:
            continue
        lost, rejected = _tried(memory, one, text, signals)
        if lost or rejected:
            yield Stale(str(one.get("proposal")), lost, rejected)


def _tried(memory: Memory, learned: Event, text: str, signals: Sequence[Event]) -> tuple[int, int]:
    from review_bot.bootstrap.promote import example, rejected_code
    from review_bot.errors import RuleError
    from review_bot.pipeline.examples import failures
    from review_bot.rules.loader import parse_rule_file

    name = f"{learned.get('proposal')}.toml"
    try:
        own = len(list(failures(parse_rule_file(name, text.encode()))))
        about = (str(learned.get("proposal")), str(learned.get("rule")))
        refused = "".join(example("ok", code) for code in rejected_code(memory, signals, about, since=learned.ts))
        every = len(list(failures(parse_rule_file(name, (text + refused).encode()))))
    except RuleError:  # somebody changed it by hand: the next scan says so
        return 0, 0
    return own, every - own


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read()
    except (OSError, ValueError):
        return None
