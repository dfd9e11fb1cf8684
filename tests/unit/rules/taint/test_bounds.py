"""Strange, deep and large texts end in time and without an error."""

from __future__ import annotations

import pytest
from ast_grep_py import SgRoot
from hypothesis import given
from hypothesis import strategies as st

from review_bot.rules.taint.flow import Flow, Settings
from review_bot.rules.taint.grammar import GRAMMARS

PIECES = [
    "request.args['a']", "req.query.a", "r.FormValue(\"a\")", "$_GET['a']", "params[:a]",
    "x", "y", " = ", "; ", "\n",
    "if ", "else ", "for ", "(", ")", "{", "}", "[", "]", " in ", " + ", "sink(", "def f(a):\n    ",
    "function f(req, res) ",
    "return ", "=>", "'", '"', "`${", ":", ",", "...", "*", "<?php ", "end\n", "do |x|", "async ", "try", "catch",
]  # fmt: skip


def run(text: str, language: str) -> Flow:
    return Flow(SgRoot(text, language).root(), text, language, Settings(parameters=True)).run()


@pytest.mark.parametrize("language", GRAMMARS)
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_text(language: str, pieces: list[str]) -> None:
    run("".join(pieces), language)


def test_a_long_sum() -> None:
    assert run("from flask import request\nx = " + " + ".join(["request.args['a']"] * 3000), "python").records


def test_deep_calls() -> None:
    run("x = " + "f(" * 390 + "request.args['a']" + ")" * 390, "python")


def test_a_chain_of_calls() -> None:
    run("x = request.args['a']" + ".strip()" * 2000, "python")


def test_deep_loops() -> None:
    text = "".join(" " * depth + f"for x{depth} in y:\n" for depth in range(60))
    run(text + " " * 60 + "y = request.args['a']\n", "python")


def test_functions_that_call_each_other() -> None:
    text = "".join(f"def f{n}(a):\n    return f{(n + 1) % 40}(a) + f{(n + 2) % 40}(a)\n" for n in range(40))
    run(text + "sink(f0(request.args['a']))\n", "python")


def test_a_function_that_calls_itself() -> None:
    run("def f(a):\n    return f(a + 'x')\nf(request.args['a'])\n", "python")


def test_many_branches() -> None:
    run("x = request.args['a']\n" + "if c:\n    x += 'a'\nelse:\n    y = x\n" * 300, "python")


@pytest.mark.parametrize(("name", "grammar"), GRAMMARS.items(), ids=GRAMMARS)
def test_kinds_are_known(name: str, grammar: object) -> None:
    """A kind that no grammar has would never be met: a slip of the pen."""
    sharing = [SgRoot("", other).root() for other, same in GRAMMARS.items() if same is grammar]
    assert name in GRAMMARS
    unknown = [kind for kind in _kinds(name) if not any(_known(root, kind) for root in sharing)]
    assert unknown == []


def _kinds(name: str) -> list[str]:
    grammar = GRAMMARS[name]
    fields = (field for field in grammar._fields if field != "formats")
    return [kind for field in fields for kind in getattr(grammar, field)]


def _known(root: object, kind: str) -> bool:
    try:
        root.find(kind=kind)  # type: ignore[attr-defined]
    except RuntimeError:
        return False
    return True
