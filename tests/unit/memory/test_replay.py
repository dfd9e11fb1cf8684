from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.log import CODE, RULE, made, rejections, signal, some_log
from review_bot.memory.assess import assess
from review_bot.memory.fold import Known, fold
from review_bot.memory.growing import Growing
from review_bot.memory.normalise import shape
from review_bot.memory.replay import THRESHOLDS, replay

if TYPE_CHECKING:
    from review_bot.domain.event import Event

TS = 1_700_000_000


def log(*outcomes: int) -> list[Event]:
    """One signal an hour, each of another person and change."""
    return [signal(y, ts=TS + n * 3600, who=f"p{n % 4}", pr=str(n)) for n, y in enumerate(outcomes)]


def counts(*outcomes: int, split: float = 0.5) -> dict[float, tuple[int, int, int]]:
    done = replay(log(*outcomes), split)
    return {one.hide: (one.judged, one.hidden_right, one.hidden_wrong) for one in done.policies}


def test_todays_threshold_is_among_at_least_three() -> None:
    assert -4.0 in THRESHOLDS
    assert len(replay([]).policies) >= 3
    assert all(one.judged == 0 for one in replay([]).policies)


def test_what_comes_after_the_split_is_judged_by_what_came_before_each() -> None:
    # hidden from the sixth rejection on; of the twelve, six are judged
    assert counts(*[0] * 12)[-4.0] == (6, 6, 0)
    assert counts(*[0] * 11, 1)[-4.0] == (6, 5, 1)
    assert counts(*[0] * 6, split=0.0)[-4.0] == (6, 1, 0)
    assert counts(*[1] * 12)[-4.0] == (6, 0, 0)


def test_nothing_is_judged_where_all_is_learned() -> None:
    assert counts(*[0] * 6, split=1.0)[-4.0] == (0, 0, 0)


def test_a_threshold_that_is_worth_more_is_chosen() -> None:
    done = replay(log(*[0] * 40))
    assert done.chosen >= -4.0
    assert not replay(log(*[1] * 40)).better
    assert replay(log(*[1] * 40)).chosen == -4.0


def test_what_was_undone_counts_no_more() -> None:
    events = rejections(6)
    unmute = made("unmute", TS + 10, scope={"rule": RULE}, undoes=[one.id for one in events])
    later = signal(0, ts=TS + 20, who="zoe", pr="99")
    (policy,) = [one for one in replay([*events, unmute, later], 0.0).policies if one.hide == -4.0]
    assert policy.hidden_right == 1  # the sixth, before the unmute
    assert replay([*events, later], 0.0).policies[3].hidden_right == 2


def test_what_was_forgotten_was_never_there() -> None:
    events = rejections(6)
    forget = made("forget", ids=[one.id for one in events])
    assert all(one.judged == 0 for one in replay([*events, forget], 0.0).policies)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_log_does_not_matter(seed: int) -> None:
    events = log(*[0, 0, 1, 0] * 6)
    shuffled = [*events, *events[:4]]
    random.Random(seed).shuffle(shuffled)
    assert replay(shuffled) == replay(events)


@given(st.integers(0, 10**6))
def test_at_the_end_the_growing_memory_is_the_folded_one(seed: int) -> None:
    # By time an unmute can't reach what comes later, so it is left out, as is forgetting.
    events = sorted((e for e in some_log(seed) if e.kind not in ("forget", "unmute")), key=lambda e: (e.ts, e.id))
    growing = Growing()
    for event in {one.id: one for one in events}.values():
        growing.add(event)
    known = Known(fold(events))
    assert growing.decides() == known.decides()
    assert growing.mutes() == known.mutes()
    for rule in (RULE, "other.rule"):
        assert growing.totals_of(rule)[1:] == known.totals_of(rule)[1:]
        assert growing.totals_of(rule).sum == pytest.approx(known.totals_of(rule).sum)
        wanted = shape(rule, CODE, "python")
        assert assess(growing, rule, wanted).decision.effect == assess(known, rule, wanted).decision.effect
