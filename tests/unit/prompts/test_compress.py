from __future__ import annotations

import pytest

from review_bot.prompts.compress import by_prefix, clipped, lines_of, shortened


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short = 'text'", "short = 'text'"),
        ("x = '" + "ab cd " * 40 + "end'", "x = '" + ("ab cd " * 40)[:59] + "…" + "ab cd ab cd ab cd end'"[-20:]),
        ("sum = " + "z1" * 100, "sum = " + "z1" * 30 + "…" + "z1" * 10),
        ('hash = "sha256:' + "0a1b" * 16 + '" },', 'hash = "sha256:0a1b0a1b0a1b…0a1b" },'),
        ('"integrity": "sha512-' + "Ab/9" * 21 + 'Q==",', '"integrity": "sha512-Ab/9A…9Q==",'),
        ("uses: a/b@" + "1f" * 20, "uses: a/b@" + "1f" * 20),
        ("get('/api/v1/users/organisations/memberships/42')", "get('/api/v1/users/organisations/memberships/42')"),
        ("a_very_long_name_of_a_function_that_says_it_all_0", "a_very_long_name_of_a_function_that_says_it_all_0"),
        ("plain words " * 20, "plain words " * 20),
        ("f('" + "x" * 50 + "', '" + "y" * 50 + "', 'z')", "f('" + "x" * 50 + "', '" + "y" * 50 + "', 'z')"),
    ],
    ids=["short", "literal", "run", "hex", "integrity", "commit", "address", "name", "words", "two literals"],
)
def test_only_long_literals_are_cut(text: str, expected: str) -> None:
    assert shortened(text) == expected


def test_a_text_without_end_is_cut_in_no_time() -> None:
    assert len(shortened('"' + "\\" * 200_001)) <= 200_002
    assert len(shortened("'" * 100_000)) <= 100_000


def test_clipped_is_one_line() -> None:
    assert clipped("a\n  b", 10) == "a b"
    assert clipped("abcdef", 4) == "abc…"


def test_blank_lines_go() -> None:
    assert lines_of("a \n\n\n b\n") == ["a", " b"]


def test_a_prefix_that_comes_again_is_said_once() -> None:
    assert by_prefix([("a", "1"), ("b", "2"), ("a", "3"), ("a", "3")]) == ["a:", "  1", "  3", "b: 2"]
