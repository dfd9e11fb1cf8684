from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.domain.language import LANGUAGES
from review_bot.rules.comments import spans


def found(text: str, language: str | None, *, whole: bool = True) -> list[str]:
    return [text[span.start : span.end] for span in spans(text, language, whole=whole)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", "x = 1  # a", ["# a"]),
        ("python", "x = '# a'  # b", ["# b"]),
        ("python", 'x = "\\"# a"  # b', ["# b"]),
        ("python", "'''\n# a\n'''  # b", ["# b"]),
        ("python", 'f"""\n# a \\""" \n"""  # b', ["# b"]),
        ("python", "x = rb'# a'", []),
        ("yaml", "run: don't # a", ["# a"]),
        ("bash", 'echo ${#x} "a # b"', []),
        ("bash", "echo a#b # c", ["# c"]),
        ("javascript", "x = `\n// a\n` // b", ["// b"]),
        ("javascript", "x.replace(/'/g, y) // b", ["// b"]),
        ("javascript", 'x = "http://a" /* b\nc */ // d', ["/* b\nc */", "// d"]),
        ("go", "x := `\\` // a", ["// a"]),
        ("rust", "fn f<'a>(x: &'a str) // b", ["// b"]),
        ("css", "a { /* b */ }", ["/* b */"]),
        ("sql", "select 1 -- a", ["-- a"]),
        ("ini", "; a\n# b", ["; a", "# b"]),
        ("html", "<p>don't <!-- a --> can't</p>", ["<!-- a -->"]),
        ("markdown", "# Title\n<!-- a -->", ["<!-- a -->"]),
        ("c", "a /* open", ["/* open"]),
        (None, "% a\n// b", ["% a", "// b"]),
    ],
)
def test_comments_are_told_from_strings(language: str | None, text: str, expected: list[str]) -> None:
    assert found(text, language) == expected


def test_a_fragment_has_no_strings_over_lines() -> None:
    assert found('of a docstring.\n"""\nx  # a\n"""Next.\n', "python", whole=False) == ["# a"]


def test_a_span_knows_its_lines_and_columns() -> None:
    span = next(spans("a\n  /* b\n c */ d", "c", whole=True))
    assert (span.first, span.last, span.start_column, span.end_column) == (1, 2, 2, 5)


def test_many_quotes_that_nothing_closes_take_no_time() -> None:
    assert found('"""' + '\\"""' * 100_000, "python") == []


@given(st.text(alphabet="'\"`#/*-<>!;%{}\\ \nabr"), st.sampled_from(sorted(LANGUAGES)), st.booleans())
def test_spans_stand_in_order_and_in_the_text(text: str, language: str, whole: bool) -> None:
    last = 0
    for span in spans(text, language, whole=whole):
        assert last <= span.start < span.end <= len(text)
        assert text.split("\n")[span.first][span.start_column] == text[span.start]
        last = span.end
