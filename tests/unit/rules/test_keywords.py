"""Keywords are literals, with gaps that do not cross lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.rules.keywords import Haystack, any_of

ALPHABET = st.text(alphabet="ab…\n(", max_size=30)


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("eval(", "x = eval(y)", True),
        ("eval(", "evaluate(y)", False),
        ("def …=[", "def f(a=[]):", True),
        ("def …=[", "def f(a):\n    x =[]", False),
        ("def …=[", "x =[]; def f", False),
        ("a…b…c", "a c b\na b c", True),
        ("a…b…c", "a c b\nc b a", False),
        ("…", "…", True),
        ("…off", "on\nturned off", True),
        ("…off…x", "off\n\nx off", False),
    ],
)
def test_where_a_keyword_stands(word: str, text: str, found: bool) -> None:
    assert any_of([word], text) is found
    assert Haystack(text).any_of([word]) is found


def test_none_of_none() -> None:
    assert not any_of([], "text")


@given(st.lists(st.text(alphabet="ab…(", min_size=1, max_size=6), max_size=4), ALPHABET)
def test_the_haystack_says_the_same(words: list[str], text: str) -> None:
    assert Haystack(text).any_of(words) == any_of(words, text)
