from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.formats.plain import clean, log_line, markup, one_line, shortened, visible


@given(st.text(alphabet=st.characters(codec=None)))
def test_whatever_the_text_it_can_be_written_and_seen(text: str) -> None:
    assert visible(text).isprintable()
    assert clean(text).encode("utf-8").decode("utf-8") == clean(text)
    assert markup(text).isprintable()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\udcff", "a\ufffd"), ("\udce6\udc97\udca5", "日"), ("\ud800x", "\ufffdx"), ("a\nb", "a\nb")],
)
def test_surrogates_are_replaced(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_one_line_folds_blanks() -> None:
    assert one_line(" a\t\r\n b\u2028c\x07 ") == r"a b c\x07"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("::error::x", "./::error::x"), ("  ::x", "./  ::x"), ("a ##[group]", r"a ##\x5bgroup]"), ("a::b", "a::b")],
)
def test_a_log_line_is_no_command(text: str, expected: str) -> None:
    assert log_line(text) == expected


def test_markup_escapes_both_quotes() -> None:
    assert markup("<a b=\"c\" d='e'>&") == "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;"


def test_shortened_says_that_something_is_gone() -> None:
    assert (shortened("abcd", 4), shortened("abcde", 4)) == ("abcd", "abc…")
