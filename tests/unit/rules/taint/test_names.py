"""Names are spelt the same way in every language."""

from __future__ import annotations

import pytest

from review_bot.rules.taint.names import dotted, mentioned, prefixes

NAMES = {
    "a": "a",
    "a.b.c": "a.b.c",
    "$a->b": "a.b",
    "$a?->b": "a.b",
    "a?.b": "a.b",
    "A::b": "A.b",
    "a['b']": "a.b",
    'a["b"].c': "a.b.c",
    "params[:id]": "params.id",
    "a[0]": "a.0",
    "$_GET['a']": "_GET.a",
    "@a": "a",
    "&a": "a",
    "a.b?": "a.b?",
    "a[i]": None,
    "a()": None,
    "a + b": None,
    "'a'": None,
    "1": None,
    "a" * 500: None,
}


@pytest.mark.parametrize(("text", "name"), NAMES.items())
def test_names(text: str, name: str | None) -> None:
    assert dotted(text) == name


def test_prefixes() -> None:
    assert prefixes("a.b.c") == ["a.b.c", "a.b", "a"]


def test_what_a_method_is_called_on_is_mentioned() -> None:
    assert mentioned("not a.b.startswith(c)") == ["not", "a.b.startswith", "a.b", "c"]
