from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.log import made
from review_bot.evaluation.experiments import (
    Experiment,
    arm_of,
    experiments,
    in_force,
    is_threshold,
    judge,
    running,
    shown_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from review_bot.domain.event import Event
    from review_bot.evaluation.experiments import Arm, Result

TS = 1_700_000_000


def stream(rate_a: float, rate_b: float, seed: int, length: int = 500) -> Iterator[tuple[Arm, int]]:
    draw = random.Random(seed)
    for n in range(length):
        arm = arm_of("try", f"{seed}.{n}")
        yield arm, int(draw.random() < (rate_b if arm == "b" else rate_a))


def verdicts(rate_a: float, rate_b: float, runs: int = 60) -> list[str]:
    return [judge(stream(rate_a, rate_b, seed)).verdict for seed in range(runs)]


@pytest.mark.parametrize("rate", [0.1, 0.6])
def test_an_arm_that_is_the_same_is_hardly_ever_adopted_or_taken_for_worse(rate: float) -> None:
    said = verdicts(rate, rate)
    # 5 % of 60 are 3; 9 are further away than three standard deviations
    assert said.count("adopt") < 9
    assert said.count("roll back") < 9


def test_a_worse_arm_is_rolled_back_and_hardly_ever_adopted() -> None:
    said = verdicts(0.6, 0.35)
    assert said.count("roll back") > 54
    assert said.count("adopt") < 3


def test_a_better_arm_is_adopted() -> None:
    assert verdicts(0.35, 0.6).count("adopt") > 54


def test_what_was_not_shown_to_be_better_is_given_up_in_the_end() -> None:
    outcomes: list[tuple[Arm, int]] = [("a", 1), ("b", 1), ("a", 0), ("b", 0)] * 10
    assert judge(outcomes, most=20).verdict == "roll back"
    assert judge(outcomes, most=21).verdict == "continue"


@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98), st.integers(1, 30), st.integers(0, 2**16))
def test_the_expected_factor_of_a_wager_is_at_most_one_where_it_is_wrong(
    one: float, other: float, length: int, seed: int
) -> None:
    worse, better = sorted((one, other))  # b is not better: rate of a >= rate of b
    draw = random.Random(seed)
    past: list[tuple[Arm, int]] = [("b" if n % 2 else "a", draw.randrange(2)) for n in range(2 * length)]
    before = judge(past, alpha=1e-9)
    expected = 0.0
    for a in (0, 1):
        for b in (0, 1):
            chance = (better if a else 1 - better) * (worse if b else 1 - worse)
            expected += chance * judge([*past, ("a", a), ("b", b)], alpha=1e-9).better / before.better
    assert expected <= 1 + 1e-9


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 1)), max_size=60), st.integers(0, 60))
def test_a_decision_stays_whatever_follows(outcomes: list[tuple[Arm, int]], cut: int) -> None:
    first: Result = judge(outcomes[:cut], alpha=0.5)
    if first.verdict != "continue":
        after = judge(outcomes, alpha=0.5)
        assert (after.verdict, after.pairs) == (first.verdict, first.pairs)


@given(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5))
def test_an_arm_is_the_same_each_time(name: str, finding: str, change: str) -> None:
    assert arm_of(name, finding, change) == arm_of(name, finding, change)


def test_arms_are_of_the_same_size_and_differ_between_experiments() -> None:
    first = [arm_of("one", str(n)) for n in range(2000)]
    second = [arm_of("two", str(n)) for n in range(2000)]
    assert 900 < first.count("b") < 1100
    assert 900 < sum(one == other for one, other in zip(first, second, strict=True)) < 1100
    assert {arm_of("one", "f", str(n)) for n in range(20)} == {"a", "b"}


def begun(**fields: Any) -> Event:
    return made("decision", **{"ts": TS, "experiment": "try", "state": "start", "hide": -4.5, **fields})


def ended(start: Event, state: str, ts: int = TS + 1) -> Event:
    return made("decision", ts, experiment="try", state=state, of=start.id)


def test_events_in_any_order_and_number_make_the_same_experiments() -> None:
    first, second = begun(), begun(ts=TS + 9, experiment="more", hide=-5)
    events = [first, ended(first, "adopt"), second]
    known = experiments(events)
    assert known == [
        Experiment(first.id, TS, "try", -4.5, "", "adopted"),
        Experiment(second.id, TS + 9, "more", -5.0, "", "running"),
    ]
    assert experiments([*reversed(events), *events]) == known
    assert in_force(known) == known[0]
    assert running(known) == known[1]


def test_of_two_ends_the_careful_one_counts() -> None:
    start = begun()
    assert experiments([start, ended(start, "roll back"), ended(start, "adopt", TS + 5)])[0].state == "rolled back"
    assert experiments([ended(start, "stop"), ended(start, "adopt", TS + 5), start])[0].state == "stopped"


@pytest.mark.parametrize(
    "fields",
    [
        {"hide": None}, {"hide": "-4"}, {"hide": True}, {"hide": 3}, {"hide": -99}, {"prompts": "p"}, {"experiment": 1},
        {"hide": None, "prompts": ["p"]}, {"state": "begin"}, {"state": ["start"]},
    ],
)  # fmt: skip
def test_what_is_no_experiment_is_left_out(fields: dict[str, Any]) -> None:
    assert experiments([begun(**fields)]) == []


def test_only_scores_that_can_be_are_thresholds() -> None:
    assert is_threshold(-2.5)
    assert is_threshold(-6)
    assert not is_threshold(float("nan"))
    assert not is_threshold(-2.4)


def test_a_finding_that_both_arms_showed_is_in_neither() -> None:
    start = begun(hide=None, prompts="p")
    said = [
        made("decision", TS, experiment="try", of=start.id, arm="a", shown=["1", "2"]),
        made("decision", TS, experiment="try", of=start.id, arm="b", shown=["2", "3"]),
        made("decision", TS, experiment="try", of="other", arm="b", shown=["4"]),
        made("decision", TS, experiment="try", of=start.id, arm="c", shown=["5"]),
        made("decision", TS, experiment="try", of=start.id, arm="a", shown="6"),
    ]
    assert shown_in(said, experiments([start])[0]) == {"1": "a", "3": "b"}
