from __future__ import annotations

from typing import Any

import pytest

from review_bot.rules import together
from review_bot.rules.binding import root_of
from review_bot.rules.model import Rule
from review_bot.rules.structural import config_of

PYTHON = """\
import os
def load(path, other=None):
    with open(path) as stream:
        return os.path.join(eval(stream.read()), other == other, "a" + "b")
run("x", shell=True)
run(run(1, 2), 2)
x = y = x
"""


def rule(body: Any, number: int = 0) -> Rule:
    kind: Any = "ast" if isinstance(body, dict) else "pattern"
    return Rule(f"a.b{number}", "correctness", "error", "high", ("python",), "m", "w", kind, body)


BODIES: list[Any] = [
    ("run($$$A, shell=True)",),
    ("$X == $X",),
    ("$X = $Y", "$X += $Y"),
    ("$F($A, $B)",),
    ("$F($A, $A)", "eval($A)"),
    ("open($P)",),
    ('"a" + $X',),
    {"kind": "call", "has": {"pattern": "eval($A)", "stopBy": "end"}},
    {"pattern": "$F($$$ARGS)", "inside": {"kind": "return_statement", "stopBy": "end"}, "not": {"pattern": "eval($X)"}},
    {"any": [{"kind": "import_statement"}, {"pattern": {"context": "with $X as $Y: $$$B", "selector": "as_pattern"}}]},
    {"regex": "^==$"},
    {"all": [{"pattern": "$MARK1($A)"}, {"has": {"field": "function", "regex": "^ev"}}]},
    ("never($A)",),
]


def test_each_rule_finds_what_it_finds_alone() -> None:
    rules = [rule(body, number) for number, body in enumerate(BODIES)]
    root = root_of(PYTHON, "python").find_all(kind="module")[0]
    fitting = together.fit(rules)
    assert [one for one, _ in fitting] == rules
    found: dict[str, list[tuple[int, int, str | None]]] = {one.id: [] for one in rules}
    for one, node, suffix in together.find(root, fitting):
        captured = node.get_match("A" + suffix)
        found[one.id].append((*span(node), captured.text() if captured else None))
    expected = {}
    for one in rules:
        nodes = root.find_all(config_of(one))
        captures = [node.get_match("A") for node in nodes]
        texts = [captured.text() if captured else None for captured in captures]
        expected[one.id] = [(*span(node), text) for node, text in zip(nodes, texts, strict=True)]
    assert found == expected
    assert [bool(some) for some in found.values()] == [True] * (len(rules) - 1) + [False]


def span(node: Any) -> tuple[int, int]:
    place = node.range()
    return place.start.index, place.end.index


@pytest.mark.parametrize(
    "body",
    [
        {"rule": {"pattern": "f($A)"}, "constraints": {"A": {"regex": "x"}}},
        {"pattern": "f($A)", "utils": {"one": {"kind": "call"}}},
        {"matches": "one"},
        {"any": [{"kind": "call"}, {"not": {"matches": "one"}}]},
        ('f("costs $A or more")',),
        ("f('$A is', $B)",),
    ],
    ids=repr,
)
def test_rules_that_are_searched_for_alone(body: Any) -> None:
    assert together.fit([rule(body)]) == []


@pytest.mark.parametrize(
    ("pattern", "renamed"),
    [
        ("f($A, $$$B, $_, $_C)", "f($A_7, $$$B_7, $_, $_C)"),
        ("$Ab + $A1 + a$A", "$Ab + $A1_7 + a$A_7"),
        ('f("$A", "x")', 'f("$A_7", "x")'),
    ],
)
def test_variables_get_names_of_their_own(pattern: str, renamed: str) -> None:
    assert together._renamed({"pattern": {"context": pattern}}, "_7") == {"pattern": {"context": renamed}}
