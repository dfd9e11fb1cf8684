from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from review_bot.domain.review import Coverage
from review_bot.domain.window import Part, Uncovered
from review_bot.pipeline.ask import PartResult
from review_bot.pipeline.coverage import covered

if TYPE_CHECKING:
    from review_bot.domain.review import ModelState

ROW = Coverage("a.py", 1, 9, 4, rules=True)


def result(state: ModelState, *lines: int, path: str = "a.py", reason: str = "") -> PartResult:
    return PartResult(Part(path, lines[0], lines[-1], lines, "", 1), state, reason)


@pytest.mark.parametrize(
    ("results", "state", "reason"),
    [
        ([result("reviewed", 1, 2)], "reviewed", None),
        ([result("cached", 1, 2, reason="moved")], "cached", None),
        ([result("cached", 1), result("reviewed", 3)], "reviewed", None),
        ([result("reviewed", 1), result("skipped", 3, reason="deadline")], "skipped", "deadline"),
        ([result("skipped", 1, reason="deadline"), result("failed", 3, reason="cut")], "failed", "cut"),
        ([result("failed", 12, reason="cut")], "off", None),
        ([result("failed", 1, path="b.py", reason="cut")], "off", None),
        ([], "off", None),
    ],
    ids=["all", "cached", "some cached", "some skipped", "some failed", "another hunk", "another file", "none"],
)
def test_of_several_parts_the_worst_is_said(results: list[PartResult], state: str, reason: str | None) -> None:
    (row,) = covered([ROW], results)
    assert (row.model, row.reason) == (state, reason)


def test_without_an_engine_the_reason_is_that_of_the_run() -> None:
    (row,) = covered([ROW], [], rest="skipped", reason="breaker open")
    assert (row.model, row.reason) == ("skipped", "breaker open")


def test_what_the_rules_did_not_look_at_keeps_their_reason() -> None:
    excluded = ROW._replace(rules=False, reason="excluded")
    nothing = ROW._replace(added=0)
    assert covered([excluded, nothing], [], rest="skipped", reason="breaker open") == (excluded, nothing)


def test_what_no_part_shows_says_why() -> None:
    (row,) = covered([ROW], [], uncovered=[Uncovered("a.py", "empty")], rest="skipped", reason="breaker open")
    assert (row.model, row.reason) == ("off", "empty")
