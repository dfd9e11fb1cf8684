from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.rules.literals import holds_one


@pytest.mark.parametrize(
    ("regex", "words"),
    [
        ("token", ["token"]),
        ("my_TOKEN", ["token"]),
        ("[Tt]oken", ["token"]),
        ("(?i:secret|token)", ["secret", "token"]),
        ("passw(?:or)?d", ["passw"]),
        ("(?P<at>key)+=", ["key"]),
        ("(?:a|bkey|ckey)", ["a", "key"]),
        ("(?=.*token)x", ["token"]),
        (".*(token){1,3}?", ["token"]),
    ],
)
def test_a_match_is_certain_to_hold_one(regex: str, words: list[str]) -> None:
    assert holds_one(regex, words)


@pytest.mark.parametrize(
    ("regex", "words"),
    [
        ("", ["token"]),
        ("tok.n", ["token"]),
        ("tok[ae]n", ["token"]),
        ("tok(e)n", ["token"]),
        ("token?", ["token"]),
        ("(?:token)?x", ["token"]),
        ("(?:token)*", ["token"]),
        ("token|x", ["token"]),
        ("(?!token)x", ["token"]),
        ("(?<!token)x", ["token"]),
        ("[^t]oken", ["token"]),
        ("(token)?(?(1)x|y)", ["token"]),
    ],
)
def test_what_is_not_certain(regex: str, words: list[str]) -> None:
    assert not holds_one(regex, words)


PARTS = st.recursive(
    st.sampled_from(["a", "b", "ab", "A", "[aA]", "[ab]", ".", "a?", "(?i:b)", "", "(?=ab)", "(?!a)"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: f"(?:{'|'.join(some)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}"])).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
    ),
    max_leaves=5,
)


@given(PARTS, st.sampled_from(["a", "b", "ab", "ba", "aab"]), st.text("abABx", max_size=6))
def test_no_text_without_the_word_matches(regex: str, word: str, text: str) -> None:
    if holds_one(regex, [word]) and re.search(regex, text):
        assert word in text.lower()
