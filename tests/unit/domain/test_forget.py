from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from review_bot.domain.event import Event, event
from review_bot.domain.forget import Forgotten, live

ADA, BOB = "a" * 16, "b" * 16


def signal(ts: int, actor: str = ADA, finding: str = "f" * 16) -> Event:
    fields = {"sig": "command", "y": 1, "eps": 0.03, "actor": actor, "finding": finding}
    return event({"v": 1, "ts": ts, "kind": "signal", **fields})


def forget(ts: int, **fields: Any) -> Event:
    return event({"v": 1, "ts": ts, "kind": "forget", **fields})


def test_what_is_named_by_id_is_gone_whatever_the_clocks_say() -> None:
    late = signal(999)
    assert list(live([late, forget(5, ids=[late.id])])) == [forget(5, ids=[late.id])]


def test_what_a_person_did_before_is_gone_and_what_follows_is_not() -> None:
    stone = forget(10, names={"actor": ADA})
    events = [signal(9), signal(10), signal(9, BOB), stone]
    assert list(live(events)) == [signal(10), signal(9, BOB), stone]


def test_names_are_all_to_hold() -> None:
    forgotten = Forgotten([forget(10, names={"actor": ADA, "finding": "0" * 16})])
    assert signal(1) not in forgotten
    assert signal(1, finding="0" * 16) in forgotten


def test_until_is_the_bound_where_it_is_given() -> None:
    forgotten = Forgotten([forget(10, names={"kind": "signal"}, until=3)])
    assert [ts for ts in range(6) if signal(ts) in forgotten] == [0, 1, 2]


def test_a_forget_is_not_forgotten() -> None:
    stone = forget(1, names={"actor": ADA})
    assert stone not in Forgotten([forget(2, ids=[stone.id])])


EVENTS = st.lists(
    st.builds(signal, st.integers(0, 20), st.sampled_from([ADA, BOB]), st.sampled_from(["0" * 16, "f" * 16]))
    | st.builds(lambda ts, actor: forget(ts, names={"actor": actor}), st.integers(0, 20), st.sampled_from([ADA, BOB])),
    max_size=12,
)


@given(EVENTS, st.randoms())
def test_order_and_repetition_change_nothing(events: list[Event], random: Any) -> None:
    shuffled = [*events, *events[: len(events) // 2]]
    random.shuffle(shuffled)
    assert {one.id for one in live(shuffled)} == {one.id for one in live(events)}


@given(EVENTS)
def test_dropping_what_is_forgotten_is_done_once(events: list[Event]) -> None:
    once = list(live(events))
    assert list(live(once)) == once
