from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.diffing.parts import parts_of
from review_bot.ports import Hit
from review_bot.review.signatures import Signatures
from unit.diffing.changes import change_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LIBRARY = "import os\n\n\ndef load_user(\n    name,\n    strict=True,\n):\n    return name\n"
FILES = {
    "lib.py": (LIBRARY, LIBRARY.replace("return name", "return str(name)")),
    "a.py": ("x = 1\n", "x = 1\ny = load_user(2)\nz = far_away(y)\nprint(z)\n"),
}


class Grepped:
    """A tree that knows some lines, and counts how often it is asked."""

    def __init__(self, *hits: Hit) -> None:
        self.hits = hits
        self.asked: list[list[str]] = []

    def grep(self, names: Sequence[str]) -> Iterable[Hit]:
        self.asked.append(list(names))
        return self.hits

    def paths(self) -> Iterable[str]:
        return ()

    def read(self, path: str) -> bytes | None:
        return None


def test_a_function_of_the_change_that_is_called_is_named_with_its_head() -> None:
    change = change_of(FILES)
    parts, _ = parts_of(change, 500)
    caller = [part for part in parts if part.path == "a.py"]
    assert Signatures(change)(caller) == ["lib.py:4 def load_user( name, strict=True, )"]


def test_what_a_window_shows_anyway_is_not_said_again() -> None:
    change = change_of(FILES)
    parts, _ = parts_of(change, 500)
    assert Signatures(change)(parts) == []


def test_the_tree_is_asked_once_for_what_the_change_does_not_hold() -> None:
    tree = Grepped(
        Hit("far.py", 7, "def far_away(thing):"),
        Hit("far.py", 9, "    far_away(1)"),
        Hit("far.js", 3, "function far_away(thing) {"),
    )
    change = change_of(FILES)._replace(tree=tree)
    parts, _ = parts_of(change, 500)
    caller = [part for part in parts if part.path == "a.py"]
    look = Signatures(change)
    assert look(caller)[1:] == ["far.py:7 def far_away(thing)"]
    assert look(caller)[1:] == ["far.py:7 def far_away(thing)"]
    assert tree.asked == [["far_away"]]


def test_a_name_with_many_definitions_says_nothing() -> None:
    tree = Grepped(*(Hit(f"far{n}.py", 7, "def far_away(thing):") for n in range(4)))
    change = change_of(FILES)._replace(tree=tree)
    parts, _ = parts_of(change, 500)
    assert all("far_away" not in line for line in Signatures(change)(parts))
