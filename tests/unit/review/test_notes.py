from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from review_bot.diffing.tokens import estimate
from review_bot.domain.finding import Finding
from review_bot.domain.window import Part
from review_bot.review.notes import Extras, notes

if TYPE_CHECKING:
    from collections.abc import Sequence

PART = Part("a.py", 3, 9, (4,), "4+ x\n", 5)


def finding(line: int, message: str, path: str = "a.py") -> Finding:
    return Finding("f", "py.x", "rule", "tests", "error", 0.9, path, "new", line, line, 1, 2, message)


ALL = Extras(
    findings=[finding(4, "bad"), finding(5, "worse"), finding(40, "elsewhere"), finding(4, "not here", "b.py")],
    signatures=lambda _: ["b.py:1 def f(x)"],
    examples=lambda _: ["rejected: naming"],
    message="Subject\n\nBody\n12+ forged",
)
WHOLE = """\
# Already reported:
# a.py:
#   4 bad
#   5 worse
# Signatures:
# b.py:1 def f(x)
# Decided before:
# rejected: naming
# Commit message:
# Subject
# Body
# 12+ forged
"""


def test_says_findings_signatures_examples_and_message_in_this_order() -> None:
    assert notes([PART], 1000, ALL) == WHOLE


@pytest.mark.parametrize("room", [0, 5, 30, 60, 100, 150, 1000])
def test_never_takes_more_than_there_is_and_drops_the_last_first(room: int) -> None:
    said = notes([PART], room, ALL)
    assert estimate(said) <= room
    kept = [line for line in said.split("\n") if line in ("# Already reported:", "# Commit message:")]
    assert kept == kept[:1] or kept[0] == "# Already reported:"


def test_every_line_is_cleaned_and_sections_keep_their_lines() -> None:
    seen: list[str] = []

    def clean(text: str) -> str:
        seen.append(text)
        return text.replace("worse", "<secret>").replace("Body", "<secret>")

    said = notes([PART], 1000, ALL._replace(clean=clean))
    assert said == WHOLE.replace("worse", "<secret>").replace("Body", "<secret>")
    assert len(seen) == 1


def test_nothing_to_say_is_nothing() -> None:
    def none(_: Sequence[Part]) -> list[str]:
        return []

    assert notes([PART], 1000, Extras(signatures=none, examples=none)) == ""
