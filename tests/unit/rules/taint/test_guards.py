"""What conditions say of the names in them."""

from __future__ import annotations

import pytest

from review_bot.rules.taint import guards

HOLDS = [
    "x in ALLOWED",
    "ALLOWED.includes(x)",
    "allowed.contains(x)",
    "re.fullmatch('[a-z]+', x)",
    "pattern.test(x)",
    'x == "a"',
    "x === 'a'",
    '"a".equals(x)',
    "in_array($x, $allowed, true)",
    "ALLOWED.include?(x)",
    "x =~ /[a-z]+/",
    "x.startswith(BASE)",
    "strings.HasPrefix(x, base)",
    "is_safe_url(x)",
    "isAllowed(x)",
    "ALLOWED.indexOf(x) !== -1",
    "x and x in ALLOWED",
    "not '..' in x",
    "x.host == request.host",
]
FAILS = [
    "x not in ALLOWED",
    "not x in ALLOWED",
    "!ALLOWED.includes(x)",
    "not re.fullmatch('[a-z]+', x)",
    "re.fullmatch('[a-z]+', x) is None",
    "x != 'a'",
    "ALLOWED.indexOf(x) === -1",
    "ALLOWED.indexOf(x) < 0",
    "'..' in x",
    "x.includes('..')",
    "isNaN(x)",
    "!x.startsWith('/')",
    "not x.startswith(BASE)",
    "x is None or x not in ALLOWED",
]
NOTHING = ["x", "not x", "x is None", "x == null", 'x == ""', "len(x) > 5", "x.startswith('http')", "flag", "x > 3", ""]


@pytest.mark.parametrize("text", HOLDS)
def test_harmless_where_it_holds(text: str) -> None:
    found = guards.verdict(text)
    assert "x" in found.holds
    assert "x" not in found.fails


@pytest.mark.parametrize("text", FAILS)
def test_harmless_where_it_fails(text: str) -> None:
    found = guards.verdict(text)
    assert "x" in found.fails
    assert "x" not in found.holds


@pytest.mark.parametrize("text", NOTHING)
def test_says_nothing(text: str) -> None:
    found = guards.verdict(text)
    assert "x" not in (*found.holds, *found.fails)


def test_the_opposite() -> None:
    assert guards.verdict("x in ALLOWED").inverted() == guards.verdict("x not in ALLOWED")


def test_a_lookup() -> None:
    assert guards.lookup("_, ok := allowed[name]") == ("ok", "name")
    assert guards.lookup("a, b = c") is None
