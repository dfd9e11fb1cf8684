"""Examples come from other cases of the same language, the most similar first."""

from __future__ import annotations

from review_bot.domain.window import Part
from review_bot.evaluation.examples import OtherCases
from review_bot.evaluation.seeded import parsed

CASES = list(
    parsed(
        "== py-a | a.py | correctness | one\n+x = 1\n*total = price * count\n"
        "== py-b | b.py | correctness | two\n*total = price + count\n"
        "== py-c | c.py | clean | three\n+open(name)\n"
        "== py-d | d.py | clean | four\n+total = price\n"
        "== py-e | e.py | tests | five\n*zzz = 1\n"
        "== go-f | f.go | tests | six\n*total = price * count\n"
    )
)


def test_the_most_similar_first_and_never_the_case_itself() -> None:
    part = Part("a.py", 1, 1, (1,), "1+ total = price * count\n", 9)
    assert list(OtherCases(CASES[0], CASES)([part])) == [
        "accepted, correctness: total = price + count: two",
        "rejected, nothing is wrong: four",
        "rejected, nothing is wrong: three",
    ]
