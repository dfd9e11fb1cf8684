from __future__ import annotations

import pytest

from review_bot.rules.delta.parameters import Parameter, arguments, fits, parsed


def test_parameters_of_python() -> None:
    found = parsed("self, a, b: int = 3, *rest, c, d=None, **more", "python", method=True)
    assert [(one.name, one.default, one.kind) for one in found] == [
        ("a", None, ""),
        ("b", "3", ""),
        ("rest", "", "*"),
        ("c", None, "k"),
        ("d", "None", "k"),
        ("more", "", "**"),
    ]


def test_parameters_of_go_share_their_type() -> None:
    assert [(one.name, one.annotation) for one in parsed("a, b int, rest ...string", "go")] == [
        ("a", "int"),
        ("b", "int"),
        ("rest", "...string"),
    ]


def test_parameters_of_typescript_and_java() -> None:
    script = parsed("a: string, b?: number, c = 3, ...rest: string[]", "typescript")
    assert [(one.name, one.default) for one in script] == [("a", None), ("b", "undefined"), ("c", "3"), ("rest", "")]
    java = parsed("final String name, Map<String, Integer> sizes, int... more", "java")
    assert [(one.name, one.kind) for one in java] == [("name", ""), ("sizes", ""), ("more", "*")]


@pytest.mark.parametrize(
    ("call", "declared", "expected"),
    [
        ("f(1, 2)", "a, b", True),
        ("f(1)", "a, b", False),
        ("f(1)", "a, b=2", True),
        ("f(1, 2, 3)", "a, b", False),
        ("f(1, 2, 3)", "a, *b", True),
        ("f(1, c=2)", "a, b=1", False),
        ("f(1, c=2)", "a, **b", True),
        ("f(*x)", "a, b", True),
        ("f(1, 2)", "a, *, b", False),
        ("f(1, a=2)", "a, b=1", False),
        ("f((1, 2), [3, 4])", "a, b", True),
        ("f('a, b')", "a", True),
        ("f(1,", "a, b", True),
    ],
)
def test_calls_fit(call: str, declared: str, expected: bool) -> None:
    assert fits(arguments(call, call.index("("), "python"), parsed(declared, "python"), "python") == expected


def test_javascript_drops_arguments_too_many() -> None:
    declared = [Parameter("a")]
    assert fits(arguments("f(1, 2)", 1, "javascript"), declared, "javascript")
    assert not fits(arguments("f()", 1, "javascript"), declared, "javascript")
