"""What a commit says of a finding."""

from __future__ import annotations

import pytest

from review_bot.domain.finding import Finding, Suggestion
from review_bot.memory.aftermath import After, Outcome, outcome

FINDING = Finding("0" * 16, "py.a", "rule", "correctness", "warning", 0.9, "a.py", "new", 2, 2, 1, 5, "m")
FLAGGED = ("  x == None",)
STILL = ("def a(x):", "    x == None", "")
OTHER = ("def a(x):", "    x is None", "")
MENDED = FINDING._replace(suggestion=Suggestion(2, 2, "x is None"))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (After(FINDING, FLAGGED, STILL, STILL, found=True), Outcome("unchanged", 0)),
        (After(FINDING, FLAGGED, STILL, STILL, ignored=True), Outcome("inline", 0)),
        (After(FINDING, FLAGGED, None, None), Outcome("file-gone", None)),
        (After(FINDING, FLAGGED, STILL, STILL), None),
        (After(FINDING, FLAGGED, OTHER, STILL), None),
        (After(FINDING, FLAGGED, OTHER, OTHER), Outcome("fixed", 1)),
        (After(FINDING, FLAGGED, OTHER, OTHER, again=True), Outcome("changed", 1)),
        (After(MENDED, FLAGGED, OTHER, OTHER), Outcome("suggestion", 1)),
        (After(FINDING._replace(origin="model"), FLAGGED, OTHER, OTHER), Outcome("model-changed", 1)),
        (After(FINDING._replace(side="old"), FLAGGED, OTHER, OTHER), Outcome("fixed", 1)),
        (After(FINDING, (), OTHER, OTHER), Outcome("fixed", 1)),
    ],
    ids=[
        "committed unchanged", "held back by a comment", "file gone", "no longer found, lines as before",
        "mended, not committed yet", "changed and clean", "changed and found again", "as suggested", "of a model",
        "of a removed line", "of a secret",
    ],
)  # fmt: skip
def test_outcome(after: After, expected: Outcome | None) -> None:
    assert outcome(after) == expected
