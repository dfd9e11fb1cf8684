from __future__ import annotations

import marshal
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot import patterns

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPRESSIONS: list[tuple[str | bytes, int]] = [
    ("", 0),
    (r"(?i)\b(?:select|insert)\b[^\n]{0,30}?(?:\{|%[sd])", 0),
    (r"(?P<at>[A-Za-z0-9+/]{4,9})=(?P<rest>.*)$", re.MULTILINE),
    (r"(?<!\w)(a|b)\1+(?=c)(?!d)", re.IGNORECASE),
    ("[äöü\u20ac-\u2100\U0001f600]+?|\\d{3}", re.DOTALL),
    (rb"\n(?:diff --git |@@ -(\d{1,15}))", 0),
    (rb"[\x80-\xff]+", re.IGNORECASE),
]


@pytest.fixture(autouse=True)
def new_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a process that has compiled nothing yet."""
    monkeypatch.setattr(patterns, "_known", {})
    monkeypatch.setattr(patterns, "_compiled_now", {})
    patterns.compiled.cache_clear()
    yield
    patterns.compiled.cache_clear()


def fresh(text: str | bytes, flags: int = 0) -> dict[patterns.Key, patterns.Program]:
    """The program of one expression, as the first run leaves it for the second."""
    patterns.compiled(text, flags)
    programs = patterns.fresh()
    patterns.compiled.cache_clear()
    patterns._compiled_now.clear()
    return programs


@pytest.mark.parametrize(("text", "flags"), EXPRESSIONS, ids=repr)
def test_a_kept_program_is_the_same_pattern(text: str | bytes, flags: int) -> None:
    programs = fresh(text, flags)
    assert len(programs) == 1
    patterns.keep(marshal.loads(marshal.dumps(programs)))
    again = patterns.compiled(text, flags)
    expected = re.compile(text, flags)
    assert (again, again.flags, again.groups, again.groupindex) == (
        expected,
        expected.flags,
        expected.groups,
        expected.groupindex,
    )
    assert patterns.fresh() == {}


def test_a_kept_program_searches_and_substitutes() -> None:
    patterns.keep(fresh(r"(?P<name>\w+)=(\d+)"))
    pattern = patterns.compiled(r"(?P<name>\w+)=(\d+)")
    found = pattern.search("a=1")
    assert found is not None
    assert (found["name"], found.groupdict(), found.lastindex) == ("a", {"name": "a"}, 2)
    assert pattern.sub(r"\g<name>:\2", "a=1, b=2") == "a:1, b:2"


@pytest.mark.parametrize(
    "program",
    [(32, b"\xff\xff\xff\xff" * 3, 0, {}), (32, b"odd", 0, {}), (32, b"", -5, {"a": 9}), (32, b"", 0, {})],
    ids=["no code", "no words", "no groups", "empty"],
)
def test_a_program_that_the_engine_refuses_is_made_again(program: patterns.Program) -> None:
    patterns.keep({(False, "a+", 0): program})
    assert patterns.compiled("a+") == re.compile("a+")
    assert list(patterns.fresh()) == [(False, "a+", 0)]


def test_text_and_bytes_of_the_same_letters_are_two_expressions() -> None:
    patterns.keep({**fresh("a+"), **fresh(b"a+")})
    assert patterns.compiled("a+").match("aa")
    assert patterns.compiled(b"a+").match(b"aa")


def test_a_lazy_pattern_is_compiled_when_it_is_asked() -> None:
    digits = patterns.lazy(r"\d+")
    assert not patterns._compiled_now
    assert digits.findall("1 22") == ["1", "22"]
    assert digits.pattern == r"\d+"
    assert list(patterns._compiled_now) == [(False, r"\d+", 0)]


@given(st.text())
def test_escaped_is_what_re_makes_of_it(text: str) -> None:
    assert patterns.escaped(text) == re.escape(text)


def test_flags_are_those_of_re() -> None:
    assert (patterns.IGNORECASE, patterns.MULTILINE, patterns.DOTALL) == (re.IGNORECASE, re.MULTILINE, re.DOTALL)
