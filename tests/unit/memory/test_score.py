from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.memory import score
from review_bot.memory.score import Prior, Signal, Totals


def signal(y: int = 0, eps: float = 0.03, who: str = "ada", change: str = "1", ts: int = 1, **more: str) -> Signal:
    name = f"{y}{eps}{who}{change}{ts}{more}"
    fields = {"rule": "r", "key": "r:1", "finding": "f", "sig": "command", **more}
    return Signal(name, ts, fields["rule"], fields["key"], fields["finding"], fields["sig"], y, eps, who, change)


@pytest.mark.parametrize(
    ("eps", "accepted", "rejected"),
    [(0.03, 1.15, -0.92), (0.05, 1.08, -0.88), (0.15, 0.79, -0.68), (0.20, 0.66, -0.58), (0.40, 0.20, -0.20)],
)
def test_weights_are_those_of_the_documentation(eps: float, accepted: float, rejected: float) -> None:
    assert round(score.weight(1, eps), 2) == accepted
    assert round(score.weight(0, eps), 2) == rejected


def test_pure_noise_weighs_nothing() -> None:
    assert score.weight(1, 0.5) == pytest.approx(0)


def test_only_the_strongest_signal_of_a_person_rule_and_change_counts() -> None:
    weak, strong, other = signal(0, 0.4), signal(0, 0.03), signal(0, 0.03, who="bob")
    done = score.weighed([weak, strong, other])
    assert {one.signal.eps for one in done if one.counted} == {0.03}
    assert score.totals(done).signals == 2


def test_of_equally_strong_signals_the_latest_counts() -> None:
    first, second = signal(0, ts=1, key="r:a"), signal(0, ts=2, key="r:b")
    done = score.weighed([second, first])
    assert [one.counted for one in done] == [False, True]


def test_the_same_signal_twice_is_one() -> None:
    assert len(score.weighed([signal(), signal()])) == 1


def test_totals_count_people_and_changes() -> None:
    done = score.weighed([signal(0, who="a"), signal(1, who="b"), signal(0, who="a", change="2")])
    got = score.totals(done)
    assert (got.signals, got.people, got.changes, got.accepted, got.rejected) == (3, 2, 2, 1, 2)


def test_priors_together_are_worth_four_signals() -> None:
    many = score.prior_weights([Prior("1", "r", 0, 100, 0.2), Prior("2", "r", 0, 100, 0.2)])
    assert sum(value for _, value in many) == pytest.approx(4 * score.weight(0, 0.2))
    few = score.prior_weights([Prior("1", "r", 1, 1, 0.2)])
    assert sum(value for _, value in few) == pytest.approx(score.weight(0, 0.2) + score.weight(1, 0.2))
    assert score.prior_weights([]) == []


@pytest.mark.parametrize(
    ("pattern", "rule", "expected"),
    [(-100, -100, -8.5), (100, 100, 5.5), (-1, 0, -1), (0, -3, -1.5), (0, 2, 1), (-6.5, -5, -8.5)],
)
def test_sums_are_clipped_once(pattern: float, rule: float, expected: float) -> None:
    assert score.decide(Totals(pattern), Totals(rule)).score == pytest.approx(expected)


ENOUGH = Totals(0.0, 5, 2, 2, strong=True)


@pytest.mark.parametrize(
    ("total", "effect"),
    [(-4.0, "hide"), (-3.99, "fold"), (-2.5, "fold"), (-2.49, "none"), (1.99, "none"), (2.0, "raise")],
)
def test_thresholds(total: float, effect: str) -> None:
    assert score.decide(ENOUGH._replace(sum=total), Totals()).effect == effect


@pytest.mark.parametrize("lacking", [{"signals": 4}, {"people": 1}, {"changes": 1}, {"strong": False}], ids=str)
def test_without_enough_evidence_nothing_is_hidden(lacking: dict[str, Any]) -> None:
    evidence = ENOUGH._replace(sum=-6.0, **lacking)
    assert score.decide(evidence, Totals()).effect == "fold"


def test_a_bad_rule_folds_what_is_new() -> None:
    decision = score.decide(Totals(), Totals(-7.9, 20, 5, 5, strong=True))
    assert (decision.effect, decision.score, decision.by_rule) == ("fold", -2.5, True)


@pytest.mark.parametrize(
    ("rule", "effect"),
    [
        (Totals(-8, 12, 3, 3, strong=True), "hide"),
        (Totals(-7.9, 12, 3, 3, strong=True), "fold"),
        (Totals(-8, 11, 3, 3, strong=True), "fold"),
        (Totals(-8, 12, 2, 3, strong=True), "fold"),
        (Totals(-8, 12, 3, 2, strong=True), "fold"),
        (Totals(-8, 12, 3, 3, strong=False), "fold"),
    ],
)
def test_probation_hides_new_patterns(rule: Totals, effect: str) -> None:
    assert score.decide(Totals(), rule).effect == effect


def test_probation_spares_what_is_accepted() -> None:
    accepted = Totals(1.1, 1, 1, 1)
    assert score.decide(accepted, Totals(-8, 12, 3, 3, strong=True)).effect == "none"


def rejected(count: int, start: int = 0) -> list[Signal]:
    return [signal(0, who=f"p{n % 3}", change=str(n), ts=n) for n in range(start, start + count)]


def test_what_was_hidden_stays_hidden_until_it_is_above_the_bound() -> None:
    log = rejected(5)
    log += [signal(1, who="x", change=str(n), ts=100 + n) for n in range(1)]
    # 5 * -0.92 + 1.15 = -3.45, with the rule's half: hidden
    assert score.was_hidden(log, log)
    in_between = [*rejected(5), *(signal(1, eps=0.15, who="x", change=str(n), ts=100 + n) for n in range(3))]
    totals = score.totals(score.weighed(in_between))
    decision = score.decide(totals, totals)
    assert -4 < decision.score <= -3
    assert decision.effect == "fold"
    assert score.undecided(decision, totals)
    past = score.was_hidden(in_between, in_between)
    assert past
    assert score.decide(totals, totals, was_hidden=past).effect == "hide"


def test_what_never_was_hidden_is_not_hidden_between_the_bounds() -> None:
    accepted_first = [signal(1, eps=0.15, who="x", change=str(n), ts=n) for n in range(3)]
    log = [*accepted_first, *rejected(5, start=10)]
    assert not score.was_hidden(log, log)


SIGNALS = st.builds(
    signal,
    st.sampled_from([0, 1]),
    st.sampled_from([0.03, 0.15, 0.2, 0.4]),
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["1", "2", "3"]),
    st.integers(1, 9),
)


@given(st.lists(SIGNALS, max_size=25), st.integers())
def test_order_and_copies_change_nothing(log: list[Signal], seed: int) -> None:
    shuffled = [*log, *log[::2]]
    random.Random(seed).shuffle(shuffled)
    assert score.weighed(shuffled) == score.weighed(log)
    assert score.was_hidden(shuffled, shuffled) == score.was_hidden(log, log)


@given(st.lists(SIGNALS, max_size=25), SIGNALS)
def test_a_further_signal_never_moves_the_sum_against_itself(log: list[Signal], one: Signal) -> None:
    before, after = score.totals(score.weighed(log)).sum, score.totals(score.weighed([*log, one])).sum
    if one.y:
        assert after >= before - 1e-12
    else:
        assert after <= before + 1e-12


@given(st.lists(SIGNALS, max_size=25))
def test_counted_signals_only_grow_with_the_log(log: list[Signal]) -> None:
    counts = [score.totals(score.weighed(log[:end])) for end in range(len(log) + 1)]
    for part in ("signals", "people", "changes"):
        figures = [getattr(one, part) for one in counts]
        assert figures == sorted(figures)
