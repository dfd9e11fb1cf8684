"""Where a finding can be commented on, and which suggestions fit there."""

from __future__ import annotations

import pytest

from review_bot.diffing.listed import left_out, listed
from review_bot.diffing.parse import parse
from review_bot.domain.finding import Finding, Suggestion
from review_bot.pipeline.pull_request.places import Place, Places

DIFF = b"""\
diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1,3 +1,4 @@
 one
-two
+TWO
+TWO AND A HALF
 three
@@ -20,2 +21,3 @@
 twenty
+new
 end
diff --git a/old.py b/new.py
similarity index 90%
rename from old.py
rename to new.py
--- a/old.py
+++ b/new.py
@@ -1,2 +1,1 @@
 kept
-gone
diff --git a/dead.py b/dead.py
deleted file mode 100644
--- a/dead.py
+++ /dev/null
@@ -1,1 +0,0 @@
-bye
"""
PLACES = Places(parse(DIFF))


def at(path: str, start: int, end: int | None = None, side: str = "new") -> Finding:
    return Finding(
        "0" * 16, "r", "rule", "correctness", "error", 0.9, path, side, start, end or start, 1, 2, "m"  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("finding", "place"),
    [
        (at("a.py", 2), Place("a.py", 2, "RIGHT", None, "TWO")),
        (at("a.py", 1), Place("a.py", 1, "RIGHT", None, "one")),
        (at("a.py", 2, 4), Place("a.py", 4, "RIGHT", 2, "TWO\nTWO AND A HALF\nthree")),
        (at("a.py", 4, 22), Place("a.py", 4, "RIGHT", None, "three")),
        (at("a.py", 2, side="old"), Place("a.py", 2, "LEFT", None, "two")),
        (at("old.py", 2, side="old"), Place("new.py", 2, "LEFT", None, "gone")),
        (at("dead.py", 1, side="old"), Place("dead.py", 1, "LEFT", None, "bye")),
        (at("a.py", 5), None),
        (at("a.py", 24), None),
        (at("a.py", 1, side="old"), None),
        (at("old.py", 1), None),
        (at("dead.py", 1), None),
        (at("other.py", 1), None),
    ],
)
def test_a_place_is_in_one_hunk(finding: Finding, place: Place | None) -> None:
    assert PLACES.of(finding) == place


@pytest.mark.parametrize(
    ("start", "end", "text", "fits"),
    [
        (2, 2, "2", True),
        (2, 3, "2", True),
        (1, 4, "x", True),
        (2, 2, "TWO", False),
        (3, 3, "x", False),
        (2, 22, "x", False),
        (0, 2, "x", False),
    ],
)
def test_a_suggestion_stays_at_its_finding(start: int, end: int, text: str, fits: bool) -> None:
    assert PLACES.fits(Suggestion(start, end, text), at("a.py", 2)) is fits


def test_what_the_change_says_of_paths() -> None:
    assert [PLACES.gone(path, "new") for path in ("a.py", "old.py", "new.py", "dead.py", "other.py")] == [
        False, True, False, True, True,
    ]  # fmt: skip
    assert (PLACES.renamed("old.py"), PLACES.renamed("a.py")) == ("new.py", None)
    assert [PLACES.named(path) for path in ("old.py", "dead.py", "other.py")] == [True, True, False]


def test_rows_of_a_list_of_files() -> None:
    file = listed({"filename": "a.py", "status": "modified", "patch": "@@ -1,1 +1,1 @@\n-a\n+b", "additions": 1})
    assert (file.status, file.added, file.removed, len(file.hunks)) == ("modified", 1, 1, 1)
    large = listed({"filename": "a.py", "status": "modified", "additions": 9, "deletions": 1})
    assert (left_out(large), large.added) == (True, 9)
    moved = listed({"filename": "b.py", "previous_filename": "a.py", "status": "renamed", "additions": 0})
    assert (moved.status, moved.before, left_out(moved)) == ("renamed", "a.py", False)
    assert listed({"filename": "x.png", "status": "modified"}).status == "binary"
    assert listed({"filename": "a.py", "status": "modified", "patch": "@@ -1,9", "additions": 1}).hunks == ()
    assert listed(None).path == ""
