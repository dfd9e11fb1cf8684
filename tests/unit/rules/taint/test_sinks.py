"""Patterns with a place for the value."""

from __future__ import annotations

from typing import Any

import pytest
from ast_grep_py import SgRoot

from review_bot.errors import RuleError
from review_bot.rules.model import Rule
from review_bot.rules.taint import sinks

PLACES = {
    "python": ("run(1, a, k=b)", "run($A, $X, $$$)", ["a"]),
    "python-option": ("run(1, k=b)", "run($$$, k=$X, $$$)", ["b"]),
    "python-many": ("run(a, b)", "run($$$X)", ["a", "b"]),
    "javascript": ("e.innerHTML = a", "$E.innerHTML = $X", ["a"]),
    "javascript-object": ("f({__html: a})", "{__html: $X}", ["a"]),
    "go": ("package p\nfunc f() { template.HTML(a) }", "template.HTML($X)", ["a"]),
    "java": ("class A { void f() { new File(a); } }", "new File($X)", ["a"]),
    "php": ("<?php system($a);", "system($X)", ["$a"]),
    "php-statement": ("<?php include $a;", "include $X", ["$a"]),
    "ruby": ("redirect_to a", "redirect_to($X)", ["a"]),
    "csharp": ("class A { void f() { c.CommandText = a; } }", "$C.CommandText = $X", ["a"]),
}


@pytest.mark.parametrize(("language", "case"), PLACES.items(), ids=PLACES)
def test_places(language: str, case: tuple[str, str, list[str]]) -> None:
    text, pattern, expected = case
    grammar = language.partition("-")[0]
    nodes = sinks.found([pattern], SgRoot(text, grammar).root(), grammar, text)
    assert [place.text() for node in nodes for place in sinks.places(node)] == expected


def rule(body: dict[str, Any], *languages: str) -> Rule:
    return Rule("my.rule", "xss", "error", "high", languages, "m", "w", "taint", body, file="my.toml")


def test_a_language_that_is_not_followed() -> None:
    with pytest.raises(RuleError, match=r"rule my\.rule, key `languages`: values can't be followed in `rust`"):
        sinks.check(rule({"sinks": ["f($X)"]}, "rust"))


def test_a_pattern_that_is_none() -> None:
    with pytest.raises(RuleError, match=r"rule my\.rule, key `taint.sinks`: `` is no pattern of python"):
        sinks.check(rule({"sinks": [""]}, "python"))


def test_all_is_well() -> None:
    sinks.check(rule({"sinks": ["f($X)"], "sources": ["g()"], "sanitisers": "h($X)"}, "python", "typescript"))
