from __future__ import annotations

import pytest

from review_bot.diffing.context import _KINDS, outline

PYTHON = """class Shop:
    limit = 1

    def total(
        self,
        items,
    ):
        result = 0
        return result

    def size(self): return 1
"""


@pytest.mark.parametrize("grammar", sorted(_KINDS))
def test_every_grammar_knows_its_kinds(grammar: str) -> None:
    assert outline("x", grammar).definitions == []


def test_repeats_the_outermost_line_and_the_whole_head_of_the_innermost() -> None:
    assert outline(PYTHON, "python").heads(9) == [1, 4, 5, 6, 7]


def test_a_head_is_not_repeated_for_itself() -> None:
    assert outline(PYTHON, "python").heads(4) == [1]
    assert outline(PYTHON, "python").heads(1) == []


@pytest.mark.parametrize(
    ("grammar", "text", "line", "heads"),
    [
        ("go", "package a\n\nfunc (s *Shop) Total() int {\n\tx := 1\n\treturn x\n}\n", 5, [3]),
        ("javascript", "export class A {\n  b() {\n    one();\n    two();\n  }\n}\n", 4, [1, 2]),
        ("typescript", "const f = async (a: number) => {\n  one();\n  two();\n};\n", 3, [1]),
        ("java", "class A {\n  int b(int c)\n      throws D {\n    return 1;\n  }\n}\n", 4, [1, 2, 3]),
        ("rust", "impl A {\n    fn b() -> u8 {\n        1\n    }\n}\n", 3, [1, 2]),
        ("ruby", "class A\n  def b\n    1\n  end\nend\n", 3, [1, 2]),
        ("php", "<?php\nfunction a() {\n  return 1;\n}\n", 3, [2]),
        ("bash", "a() {\n  echo 1\n}\n", 2, [1]),
    ],
)
def test_finds_what_a_line_stands_in(grammar: str, text: str, line: int, heads: list[int]) -> None:
    assert outline(text, grammar).heads(line) == heads


def test_no_grammar_and_nesting_without_end_give_no_outline() -> None:
    assert outline("x = 1", None).definitions == []
    assert outline("[" * 5000, "javascript").definitions == []
