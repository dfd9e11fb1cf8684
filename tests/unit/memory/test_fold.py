from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.log import CODE, OTHER, RULE, made, person, rejections, signal, some_log
from review_bot.memory.fold import Known, fold, undone
from review_bot.memory.normalise import shape

SHAPE = shape(RULE, CODE, "python")


def test_an_empty_log() -> None:
    known = Known(fold([]))
    assert not known.decides()
    assert known.near(SHAPE.fp) == []
    assert known.totals_of(RULE).signals == 0


def test_signals_patterns_and_findings() -> None:
    known = Known(fold([signal(0, finding="0" * 16), signal(1, who="bob", finding="1" * 16), signal(0, code=OTHER)]))
    assert known.decides()
    assert [one.key for one in known.near(SHAPE.fp)] == [SHAPE.key]
    assert {one.y for one in known.signals([(RULE, SHAPE.key)])} == {0, 1}
    assert len(known.signals_of(RULE)) == 3
    assert known.findings_of(RULE, SHAPE.key) == ["0" * 16, "1" * 16]


def test_what_is_only_logged_counts_for_nothing() -> None:
    assert not fold([signal(None, sig="no-verify"), made("shown", finding="0" * 16)]).signals


def test_shown_code_is_a_pattern_without_signals() -> None:
    folded = fold([made("shown", rule=RULE, key=SHAPE.key, fp=list(SHAPE.fp), finding="0" * 16)])
    assert (RULE, SHAPE.key) in folded.patterns
    assert not Known(folded).decides()


def test_an_unmute_takes_back_what_it_names_and_nothing_later() -> None:
    mute = made("mute", scope={"rule": RULE}, reason="noise")
    seen, unseen = signal(0), signal(0, who="bob")
    unmute = made("unmute", ts=1, scope={"rule": RULE}, undoes=[mute.id, seen.id])
    folded = fold([unmute, unseen, mute, seen])
    assert not folded.mutes
    assert set(folded.signals) == {unseen.id}


def test_an_unmute_that_names_nothing_takes_back_what_is_earlier_and_in_its_scope() -> None:
    unmute = made("unmute", ts=1_700_000_100, scope={"rule": RULE})
    earlier, later = signal(0), signal(0, who="bob", ts=1_700_000_200)
    other = signal(0, rule="other.rule")
    assert set(fold([unmute, earlier, later, other]).signals) == {later.id, other.id}


def test_a_forgotten_event_was_never_there() -> None:
    one, other = signal(0), signal(0, who="bob")
    assert fold([one, other, made("forget", ids=[one.id])])[:-1] == fold([other])[:-1]
    by_name = made("forget", ts=2_000_000_000, names={"actor": person("ada")})
    assert set(fold([one, other, by_name]).signals) == {other.id}


def test_a_forgotten_unmute_undoes_nothing() -> None:
    mute = made("mute", scope={"rule": RULE})
    unmute = made("unmute", scope={"rule": RULE}, undoes=[mute.id])
    assert fold([mute, unmute, made("forget", ids=[unmute.id])]).mutes


def test_priors_count_for_their_rule() -> None:
    counts = made("prior", rule=RULE, accepted=1, rejected=30)
    known = Known(fold([counts, made("prior", rule=RULE, y=0, eps=0.2), made("prior", rule="other", accepted=2)]))
    assert known.decides()
    totals = known.totals_of(RULE)
    assert totals.sum < -2
    assert (totals.signals, totals.people, totals.changes) == (0, 0, 0)


@pytest.mark.parametrize("count", [-1, "many", True, 10**400, None, [1]], ids=str)
def test_a_hostile_count_is_none(count: object) -> None:
    assert not fold([made("prior", rule=RULE, rejected=count)]).priors


def test_of_two_hash_lists_for_one_key_the_choice_is_the_same_in_any_order() -> None:
    events = [signal(0), signal(0, who="bob", fp=[1, 2]), signal(0, who="eve", fp=None)]
    assert fold(events) == fold(events[::-1])
    assert fold(events).patterns[RULE, SHAPE.key].fp == (1, 2)


def test_code_is_an_example_where_the_event_holds_it() -> None:
    folded = fold([signal(1, before=CODE, after="x = 1", ts=5), signal(0, who="bob", before=CODE, ts=9), signal(0)])
    assert [one.ts for one in Known(folded).examples_of(RULE, SHAPE.key)] == [9, 5]


def test_learned_rules_and_decisions_are_kept() -> None:
    learned, decision = made("learned", rule="learned.x"), made("decision", note="hide at -4")
    folded = fold([learned, decision])
    assert (folded.learned, folded.decisions) == ((learned,), (decision,))


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_order_and_copies_change_nothing(seed: int, order: int) -> None:
    log = some_log(seed)
    shuffled = [*log, *log[::3]]
    random.Random(order).shuffle(shuffled)
    assert fold(shuffled) == fold(log)


@given(st.integers(0, 10**6), st.integers(0, 40))
def test_a_log_in_two_pieces_is_the_whole_log(seed: int, cut: int) -> None:
    log = some_log(seed)
    assert fold([*log[cut:], *log[:cut]]) == fold(log)


@given(st.integers(0, 10**6))
def test_what_grows_with_every_prefix(seed: int) -> None:
    """Without forgetting, patterns and what is known of them only grow; signals are lost to unmutes alone."""
    log = [one for one in some_log(seed) if one.kind != "forget"]
    states = [fold(log[:end]) for end in range(len(log) + 1)]
    for before, after in itertools.pairwise(states):
        assert before.patterns.keys() <= after.patterns.keys()
        gone = undone(log)
        assert before.priors.keys() - after.priors.keys() <= gone
        assert before.signals.keys() - after.signals.keys() <= gone


def test_rejections_are_what_the_guards_ask_for() -> None:
    totals = Known(fold(rejections(6))).totals_of(RULE)
    assert (totals.signals, totals.people, totals.changes) == (6, 3, 6)
