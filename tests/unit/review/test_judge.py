"""Only a clear yes keeps a finding."""

from __future__ import annotations

import pytest

from review_bot.domain.finding import Finding, Suppressed
from review_bot.domain.model import Answer
from review_bot.review.judge import Verdict, judged, unjudged, verdict

FINDING = Finding(
    "0" * 16, "model.correctness", "model", "correctness", "error", 0.75, "a.py", "new", 2, 2, 1, 9, "The sum is wrong"
)  # fmt: skip


@pytest.mark.parametrize(
    ("yes", "no", "expected"),
    [
        (0.9, 0.1, Verdict(keep=True, probability=0.9, reason="")),
        (0.3, 0.1, Verdict(keep=True, probability=0.75, reason="")),
        (0.1, 0.3, Verdict(keep=False, probability=0.25, reason="the judge says no (25% yes)")),
    ],
)
def test_probabilities_count_before_words(yes: float, no: float, expected: Verdict) -> None:
    assert verdict(Answer("maybe", probabilities=(("yes", yes), ("no", no)))) == expected


@pytest.mark.parametrize(
    ("text", "keep"),
    [
        ("yes", True), ("Yes.", True), (" YES, it is", True), ('{"answer":"yes"}', True), ("**Yes**", True),
        ("<think>no, hm</think>yes", True), ("Answer: yes", True), ("no", False), ("No, it isn't", False),
        ("not right", False), ("", False), ("maybe", False), ("I think yes", False), ("yesterday", False),
        ("<think>yes yes", False), ("nope", False),
    ],
)  # fmt: skip
def test_words(text: str, keep: bool) -> None:
    said = verdict(Answer(text))
    assert said.keep is keep
    assert bool(said.reason) is not keep


def test_tiny_probabilities_leave_it_to_the_word() -> None:
    assert verdict(Answer("yes", probabilities=(("yes", 0.0001), ("no", 0.0)))).probability is None


def test_the_judge_moves_confidence() -> None:
    sure = judged(FINDING, Verdict(keep=True, probability=1.0, reason=""))
    unsure = judged(FINDING, Verdict(keep=True, probability=0.5, reason=""))
    silent = judged(FINDING, Verdict(keep=True, probability=None, reason=""))
    assert isinstance(sure, Finding)
    assert isinstance(unsure, Finding)
    assert (sure.confidence, unsure.confidence, silent) == (0.8, 0.6, FINDING)


def test_what_is_not_kept_is_held_back_with_the_reason() -> None:
    no = Verdict(keep=False, probability=None, reason="the judge says no")
    assert judged(FINDING, no) == Suppressed(FINDING, "gate", "the judge says no")
    assert unjudged(FINDING, "timed out") == Suppressed(FINDING, "gate", "the judge could not be asked: timed out")
