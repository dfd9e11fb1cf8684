"""What replies say of a finding."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from review_bot.memory.stance import LONGEST, NEUTRAL, Reading, stance

DATA = Path(__file__).parents[2] / "data" / "memory" / "stance.txt"
REPLIES = [
    tuple(line.split("\t")) for line in DATA.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
]


def test_there_are_enough_replies_of_each_stance() -> None:
    assert len(REPLIES) >= 300
    assert {expected for expected, _ in REPLIES} == {"accept", "reject", "neutral"}


@pytest.mark.parametrize(("expected", "text"), REPLIES, ids=[text for _, text in REPLIES])
def test_reply(expected: str, text: str) -> None:
    assert stance(text).stance == expected


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("Fixed.", Reading("accept", 1, 0.15)),
        ("Won't fix.", Reading("reject", 0, 0.15)),
        ("Why?", NEUTRAL),
        ("", NEUTRAL),
    ],
)
def test_a_stance_is_a_signal_with_its_noise(text: str, reading: Reading) -> None:
    assert stance(text) == reading


def test_several_sentences_that_agree_are_one_stance() -> None:
    assert stance("Good catch! I was not aware of it.\n\nFixed in 3f2c91a.").stance == "accept"


def test_sentences_that_contradict_each_other_count_for_nothing() -> None:
    assert stance("This is a false positive. Fixed.") == NEUTRAL


def test_what_is_quoted_or_code_is_not_said() -> None:
    assert stance("> This is a false positive\n\n```\nwontfix\n```\nsee `by design`") == NEUTRAL


@given(st.text(max_size=300))
@example("not " * 2000)
@example("a " * LONGEST)
@example("?" * LONGEST)
def test_any_text_has_a_stance(text: str) -> None:
    reading = stance(text)
    assert (reading.y, reading.stance) in ((1, "accept"), (0, "reject"), (None, "neutral"))
