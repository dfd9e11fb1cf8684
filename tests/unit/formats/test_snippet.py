from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.formats.snippet import cell, snippet


@pytest.mark.parametrize(
    ("text", "start", "end", "source", "carets"),
    [
        ("a = f(x)", 4, 8, "a = f(x)", "    ^^^^"),
        ("\tf(x)", 1, 5, "    f(x)", "    ^^^^"),
        ("\tf(x)", 0, 5, "    f(x)", "^^^^^^^^"),
        ("日本 = f()", 5, 8, "日本 = f()", "       ^^^"),
        ("e\u0301 = f()", 5, 8, "e\u0301 = f()", "    ^^^"),
        ("x\x1b[31m", 0, 2, r"x\x1b[31m", "^^^^^"),
        ("a\u202eb", 2, 3, r"a\u202eb", "       ^"),
        ("##[error]", 3, 8, r"##\x5berror]", "      ^^^^^"),
        ("abc", 3, 3, "abc", "   ^"),
        ("abc", 9, 12, "abc", "   ^"),
        ("", 0, 0, "", "^"),
    ],
    ids=["plain", "tab", "tab-flagged", "wide", "combining", "escape", "bidi", "log", "end", "behind", "empty"],
)
def test_carets_stand_under_the_flagged_text(text: str, start: int, end: int, source: str, carets: str) -> None:
    assert snippet(text, start, end, 80) == (source, carets)


def test_a_long_line_is_cut_around_the_flagged_part() -> None:
    text = "a" * 50 + "HERE" + "b" * 50
    assert snippet(text, 50, 54, 20) == ("…aaaaaaHEREbbbbbbbb…", "       ^^^^")


def test_a_long_line_flagged_early_is_cut_at_its_end() -> None:
    assert snippet("x = 1" + " " * 10 + "z" * 50, 0, 1, 20) == ("x = 1          zzzz…", "^")


def test_megabytes_are_cut_like_anything_else() -> None:
    found = snippet("a" * 5_000_000 + "!" + "b" * 5_000_000, 5_000_000, 5_000_001, 40)
    assert (len(found.source), found.source[found.carets.index("^")]) == (40, "!")


@given(st.text(max_size=120), st.integers(0, 130), st.integers(0, 130), st.integers(20, 60))
def test_both_lines_fit_and_the_first_caret_is_inside(text: str, start: int, end: int, width: int) -> None:
    found = snippet(text, start, end, width)
    assert sum(cell(char).width for char in found.source) <= width + 10
    assert found.carets.strip(" ") == "^" * found.carets.count("^") != ""
    assert found.source.isprintable()
