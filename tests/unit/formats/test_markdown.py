from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.domain.markdown import code, prose
from unit.formats.sample import CLEAN, GUARD, MODEL, SHELL, hostile, review, shown


def test_the_whole_output() -> None:
    assert shown("markdown", review(MODEL, SHELL, GUARD)) == (
        "## review-bot\n"
        "\n"
        "Result: 1 error, 1 warning, 1 info in 2 files (5 added lines, 118 rules); "
        "not looked at: logo.png (binary), vendor/x.js (excluded); model: off\n"
        "\n"
        "### `a.py`\n"
        "\n"
        "- **warning** removed line 2: a guard is gone (`diff.guard-removed`)  \n"
        "  `guard()`\n"
        "- **error** line 2: shell=True runs cmd through a shell (`py.command.shell-true`)  \n"
        "  `run(cmd, shell=True, x='日')`  \n"
        "  why: Whoever controls a part of the command controls the machine.\n"
        "\n"
        "### `b.py`\n"
        "\n"
        "- **info** line 1: never true (`model.correctness`)  \n"
        "  `if a:\\n  b\\n  c\\n  d`\n"
    )


def test_a_clean_review_is_the_summary() -> None:
    assert shown("markdown", CLEAN) == (
        "## review-bot\n\nResult: no findings in 2 files (5 added lines, 118 rules); "
        "not looked at: logo.png (binary), vendor/x.js (excluded); model: off\n"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@name", "@\u200bname"),
        ("fixes #12", "fixes #\u200b12"),
        ("<b onclick=x>&#64;name", "&lt;b onclick=x&gt;&amp;#\u200b64;name"),
        ("[a](https://b.c)", "\\[a\\](https:\u200b//b.c)"),
        ("www.example.org", "www\u200b.example.org"),
        ("a | b `c` *d* _e_ ~f~ $g$", "a \\| b \\`c\\` \\*d\\* \\_e\\_ \\~f\\~ \\$g\\$"),
        ("a\n\n# b\u2028c\x1b", "a #\u200b b c\\\\x1b"),
    ],
)
def test_prose_is_nothing_but_text(text: str, expected: str) -> None:
    assert prose(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "`a`"),
        ("`a", "`` `a ``"),
        ("a``b", "```a``b```"),
        (" a ", "`  a  `"),
        ("a\nb", "`a\\nb`"),
        ("", "`  `"),
    ],
)
def test_code_is_one_span(text: str, expected: str) -> None:
    assert code(text) == expected


@given(st.text(alphabet="`a \n\\<@"))
def test_nothing_leaves_a_code_span(text: str) -> None:
    span = code(text)
    fence = len(span) - len(span.lstrip("`"))
    inner = span[fence:-fence]
    assert "\n" not in span
    assert "`" * fence not in inner
    assert not inner.startswith("`")
    assert not inner.endswith("`")


def test_too_many_findings_are_counted() -> None:
    text = shown("markdown", review(*[SHELL] * 5000))
    assert len(text) < 60_000
    entries = text.count("- **error**")
    assert text.endswith(f"\nand {5000 - entries} more\n")


def test_long_texts_are_cut() -> None:
    long = SHELL._replace(message="@" * 90_000, why="`" * 90_000, quote="x" * 90_000)
    text = shown("markdown", review(long))
    assert len(text) < 10_000
    assert "…" in text


def test_hostile_text_is_contained() -> None:
    text = shown("markdown", review(hostile()))
    outside = "".join(part for part in text.split("\n") if "why:" in part)
    assert "<img" not in outside
    assert "@user" not in outside
