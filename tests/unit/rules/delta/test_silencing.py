from __future__ import annotations

import pytest

from review_bot.rules.delta.change import WholeChange
from review_bot.rules.delta.example import MemoryTree, change_of, versions
from review_bot.rules.delta.silencing import silenced
from review_bot.rules.view import View


def found(after: str, others: int) -> int:
    change = change_of(versions("a = first()\n", f"a = first(){after}\n", "a.py"))
    tree = MemoryTree({f"b{number}.py": f"b = second(){after}\n" for number in range(others)})
    whole = WholeChange([View(file, change.contents) for file in change.files], tree)
    return sum(len(list(silenced(file, ()))) for file in whole.files)


@pytest.mark.parametrize(("others", "notes"), [(0, 1), (9, 1), (11, 0)])
def test_a_custom_of_the_tree_is_no_news(others: int, notes: int) -> None:
    assert found("  # type: ignore", others) == notes


@pytest.mark.parametrize("comment", ["  # noqa", "  # nosec"])
def test_no_custom_excuses_what_silences_everything(comment: str) -> None:
    assert found(comment, 50) == 1


def test_lines_of_the_change_itself_make_no_custom() -> None:
    after = "".join(f"a{number} = first()  # type: ignore\n" for number in range(12))
    change = change_of(versions("a = first()\n", after, "a.py"))
    whole = WholeChange([View(file, change.contents) for file in change.files], change.tree)
    assert len(list(silenced(whole.files[0], ()))) == 12
