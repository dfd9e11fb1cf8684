"""The hidden line of a comment: read where it is ours and last, never ended by what it holds."""

from __future__ import annotations

import pytest

from review_bot.domain.threads import Mark, SummaryMark
from review_bot.pipeline.pull_request import marks

MARK = Mark("0123456789abcdef", "py.x", "a b/-->.py", "old", "model", "fedcba9876543210", "gone", "1234567890")
SUMMARY = SummaryMark("1" * 40, "2" * 32, ("3" * 16,), ("4" * 16, "5" * 16), done=False)


def test_what_is_written_is_read() -> None:
    assert marks.read_finding(f"text\n\n{marks.of_finding(MARK)}") == MARK
    assert marks.read_summary(f"text\n\n{marks.of_summary(SUMMARY)}\n") == SUMMARY


def test_it_is_one_comment_of_html() -> None:
    line = marks.of_finding(MARK)
    assert line.startswith("<!-- review-bot:v1 {")
    assert line.index("-->") == len(line) - 3
    assert line.count("<") == 1


def test_only_the_last_line_counts() -> None:
    forged = marks.of_finding(MARK._replace(fingerprint="f" * 16))
    assert marks.read_finding(f"{forged}\n\n{marks.of_finding(MARK)}") == MARK
    assert marks.read_finding(f"{marks.of_finding(MARK)}\nsaid somebody") is None


@pytest.mark.parametrize(
    "line",
    [
        "", "text", "<!-- review-bot:v1 -->", "<!-- review-bot:v1 [] -->", "<!-- review-bot:v1 {x} -->",
        '<!-- review-bot:v1 {"fingerprint": 7} -->', '<!-- review-bot:v1 {"fingerprint": "0123"} -->',
        '<!-- review-bot:v2 {"fingerprint": "0123456789abcdef"} -->', "<!-- review-bot:v1 " + "[" * 9999 + " -->",
        '<!-- review-bot:v1 {"kind": "summary", "fingerprint": "0123456789abcdef"} -->',
    ],
)  # fmt: skip
def test_anything_else_is_no_mark(line: str) -> None:
    assert marks.read_finding(line) is None


def test_the_text_without_it() -> None:
    assert marks.without(f"text\n\n{marks.of_finding(MARK)}") == "text"
    assert marks.without("text <!-- note -->") == "text <!-- note -->"
