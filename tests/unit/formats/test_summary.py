from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from review_bot.domain.diff import FileDiff
from review_bot.domain.finding import Suppressed
from review_bot.domain.review import Coverage
from review_bot.formats.summary import counted, not_looked_at, summary
from unit.formats.sample import CLEAN, EMPTY, GUARD, KEY, MODEL, SHELL

if TYPE_CHECKING:
    from review_bot.domain.review import ModelState


def test_counts_name_what_there_is() -> None:
    assert counted([SHELL, KEY, GUARD, MODEL, MODEL]) == "2 errors, 1 warning, 2 info"
    assert counted([]) == ""


def test_a_part_of_a_file_is_named_by_its_lines() -> None:
    rows = (Coverage("a.py", 1, 2, 2, True), Coverage("a.py", 8, 9, 2, False, reason="line too long"))
    assert not_looked_at(CLEAN._replace(files=CLEAN.files[:1], coverage=rows)) == [("a.py:8-9", "line too long")]


def test_a_file_seen_in_part_counts_as_looked_at() -> None:
    rows = (Coverage("a.py", 1, 2, 2, True), Coverage("a.py", 8, 9, 2, False))
    text = summary(CLEAN._replace(files=CLEAN.files[:1], coverage=rows))
    assert text == "no findings in 1 file (5 added lines, 118 rules); not looked at: a.py:8-9 (skipped); model: off"


def test_a_reason_of_the_coverage_wins_over_the_status() -> None:
    what = CLEAN._replace(
        files=(FileDiff("x.png", None, "binary"),), coverage=(Coverage("x.png", 1, 1, 0, False, reason="excluded"),)
    )
    assert not_looked_at(what) == [("x.png", "excluded")]


def test_many_parts_are_counted() -> None:
    files = tuple(FileDiff(f"{number}.png", None, "binary") for number in range(8))
    text = summary(EMPTY._replace(files=files))
    assert text == (
        "no findings in 0 files (0 added lines, 0 rules); "
        "not looked at: 0.png (binary), 1.png (binary), 2.png (binary), 3.png (binary), 4.png (binary), and 3 more"
    )


def test_suppressed_findings_are_counted_by_who_holds_them_back() -> None:
    held = tuple(Suppressed(GUARD, by, "") for by in ("baseline", "inline", "baseline"))
    assert "; 3 suppressed (2 baseline, 1 inline); " in summary(CLEAN._replace(suppressed=held))


@pytest.mark.parametrize("state", ["reviewed", "cached", "skipped", "failed"])
def test_the_model_is_named_by_what_it_did(state: ModelState) -> None:
    rows = (Coverage("a.py", 1, 2, 2, True, state), Coverage("a.py", 5, 6, 2, True))
    assert summary(CLEAN._replace(coverage=rows)).endswith(f"; model: 1 {state}")


def test_paths_and_reasons_stay_on_the_line() -> None:
    files = (FileDiff("a\n\x1b.png", None, "binary"),)
    assert summary(EMPTY._replace(files=files)).endswith(r"not looked at: a\n\x1b.png (binary)")
