"""Pruning takes what decides nothing: the state that the log folds to stays."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from fakes.log import made, person, signal
from memory_helpers import forget
from review_bot.evaluation.experiments import experiments
from review_bot.memory.fold import fold
from review_bot.memory.prune import AGE, STEP, useless

if TYPE_CHECKING:
    from review_bot.domain.event import Event

NOW = 1_700_000_000
OLD = NOW - AGE - 2 * STEP


def state(events: list[Event]) -> tuple[object, ...]:
    folded = fold(events)
    return folded.signals, folded.mutes, folded.priors, folded.examples, experiments(folded.decisions)


def logged(ts: int) -> Event:
    return made("signal", ts, sig="no-verify", y=None, rule="r.x", finding="0" * 16)


def test_old_events_that_were_only_logged_go() -> None:
    kept = [signal(ts=NOW), signal(ts=OLD), logged(NOW)]
    old = logged(OLD)
    assert useless([*kept, old], NOW) == (old.id,)


def test_age_counts_from_the_newest_event_and_not_from_today() -> None:
    events = [signal(ts=OLD + 5), logged(OLD)]
    assert useless(events, NOW) == ()
    assert useless([*events, signal(ts=NOW + 1)], NOW) == ()  # of the future: somebody's clock


def test_what_was_taken_back_long_ago_goes() -> None:
    muted = made("mute", OLD, scope={"rule": "r.x"}, reason="x")
    rejected = signal(ts=OLD, rule="r.x")
    undo = made("unmute", OLD + 1, scope={"rule": "r.x"}, undoes=[muted.id, rejected.id])
    events = [muted, rejected, undo, signal(ts=NOW)]
    found = useless(events, NOW)
    assert set(found) == {muted.id, rejected.id}
    assert state([*events, forget(ids=list(found))]) == state(events)


def test_what_the_arms_of_an_experiment_showed_goes_with_its_end() -> None:
    begun = made("decision", NOW, experiment="x", state="start", prompts="p")
    arm = made("decision", NOW, experiment="x", of=begun.id, arm="b", shown=["0" * 16])
    assert useless([begun, arm], NOW) == ()
    assert useless([begun, arm], NOW, {begun.id}) == (arm.id,)


def test_no_pruning_changes_what_a_log_says() -> None:
    for seed in range(20):
        draw = random.Random(seed)
        events = [signal(ts=NOW)]
        for number in range(40):
            ts = draw.choice((OLD, NOW)) + number
            events.append(
                draw.choice(
                    (
                        signal(y=draw.randrange(2), ts=ts, rule=f"r.{number % 3}"),
                        logged(ts),
                        made("shown", ts, rule="r.x", finding=f"{number:016x}"),
                        made("mute", ts, scope={"rule": f"r.{number % 3}"}, reason="x", actor=person("ada")),
                    )
                )
            )
            if draw.random() < 0.2:
                undone = [one.id for one in draw.sample(events, 2) if one.kind in ("signal", "mute")]
                events.append(made("unmute", ts, scope={"rule": "r.1"}, undoes=undone))
        found = useless(events, NOW + 100)
        after = [*events, *([forget(ids=list(found))] if found else [])]
        assert state(after) == state(events)
        assert useless([one for one in events if one.id not in found], NOW + 100) == ()
