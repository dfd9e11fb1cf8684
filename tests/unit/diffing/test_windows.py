from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review_bot.diffing.rows import read
from review_bot.diffing.tokens import estimate
from review_bot.diffing.windows import Frame, pack, split, split_part
from review_bot.domain.window import Part, heading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review_bot.domain.window import Window

FRAME = Frame(1000, 200, {"a": 100, "b": 120, "general": 90}, 50, {"a": 80, "b": 90, "general": 70})


def choose(parts: Sequence[Part]) -> str:
    names = {part.path[0] for part in parts}
    return names.pop() if len(names) == 1 else "general"


def part(path: str, first: int, lines: int, risk: float = 0.0, word: str = "value") -> Part:
    numbers = range(first, first + lines)
    text = "".join(f"{number}+ {word} = {number}\n" for number in numbers)
    return Part(path, first, first + lines - 1, tuple(numbers), text, estimate(text), risk=risk)


PARTS = st.lists(
    st.tuples(st.sampled_from(["a/x", "a/y", "b/x"]), st.integers(1, 40), st.integers(0, 9)), max_size=40
).map(lambda found: tuple(part(path, 1 + 50 * n, lines, risk) for n, (path, lines, risk) in enumerate(found)))


def places(windows: Sequence[Window]) -> list[tuple[str, int]]:
    return sorted((one.path, number) for window in windows for one in window.parts for number in one.added_lines)


@settings(max_examples=30, deadline=None)
@given(PARTS, st.booleans())
def test_every_part_is_in_one_window_and_none_is_over(parts: tuple[Part, ...], noted: bool) -> None:
    def notes(_: Sequence[Part], room: int) -> str:
        return "# x\n" * int(room // estimate("# x\n" * 50) * 50) if noted else ""

    windows = pack(parts, FRAME, choose, notes)
    assert sorted(one for window in windows for one in window.parts) == sorted(parts)
    for window in windows:
        assert window.prompt_tokens + FRAME.answer_tokens <= FRAME.window
        body = sum(estimate(heading(path)) for path in {one.path for one in window.parts})
        body += sum(one.tokens for one in window.parts) + estimate(window.notes)
        assert window.prompt_tokens == FRAME.prefixes[window.specialist] + FRAME.around + body
        assert window.prefix_tokens == FRAME.shared[window.specialist]
        assert window.specialist == choose(window.parts)
    worst = [max(one.risk for one in window.parts) for window in windows]
    assert worst == sorted(worst, reverse=True)


@settings(max_examples=20, deadline=None)
@given(PARTS)
def test_calls_are_few(parts: tuple[Part, ...]) -> None:
    windows = pack(parts, FRAME, choose)
    tokens = sum(one.tokens for one in parts)
    assert len(windows) <= max(2 * -(-tokens // FRAME.least_room), 1) + 2


def test_packing_is_the_same_whatever_the_order() -> None:
    parts = [part(f"{'ab'[n % 2]}/{n}", 1, 5 + n) for n in range(20)]
    assert pack(parts, FRAME, choose) == pack(parts[::-1], FRAME, choose)


def test_a_window_has_one_specialist_where_that_costs_no_call() -> None:
    full = [part("a/1", 1, 40), part("a/2", 1, 30), part("b/1", 1, 40), part("b/2", 1, 30)]
    assert sorted(window.specialist for window in pack(full, FRAME, choose)) == ["a", "b"]
    assert [window.specialist for window in pack([part("a/1", 1, 2), part("b/1", 1, 2)], FRAME, choose)] == ["general"]


def test_the_id_says_what_is_asked() -> None:
    one, same, other = (
        pack([part("a/1", 1, 2, word=word)], FRAME, choose)[0].id for word in ("value", "value", "other")
    )
    assert one == same != other
    assert pack([part("a/1", 1, 2)], FRAME, choose, lambda *_: "# note\n")[0].id != one


def test_a_window_is_split_between_its_parts_and_then_within() -> None:
    (window,) = pack([part("a/1", 1, 9), part("a/2", 1, 9)], FRAME, choose)
    halves = split(window, FRAME, choose)
    assert [[one.path for one in half.parts] for half in halves] == [["a/1"], ["a/2"]]
    quarters = [quarter for half in halves for quarter in split(half, FRAME, choose)]
    assert len(quarters) == 4
    assert places(quarters) == places([window])
    assert [one.part for quarter in quarters[:2] for one in quarter.parts] == ["1.1/1", "1.2/1"]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("+- "), st.text(st.characters(exclude_characters="\n"), max_size=60)), min_size=1
    )
)
def test_splitting_ends_and_loses_no_line(lines: list[tuple[str, str]]) -> None:
    lines.append(("+", "last"))
    text = "".join(f"-  {t}\n" if k == "-" else f"{n}{k} {t}\n" for n, (k, t) in enumerate(lines, 1))
    added = tuple(row.number for row in read(text) if row.kind == "+")
    work, done = [Part("a", 1, len(lines), added, text, estimate(text))], []
    for _ in range(5000):
        if not work:
            break
        one = work.pop()
        pieces = split_part(one)
        assert not pieces or sorted(n for p in pieces for n in p.added_lines) == sorted(one.added_lines)
        assert all(piece.tokens < one.tokens or len(pieces) > 1 for piece in pieces)
        (work.extend(pieces) if pieces else done.append(one))
    assert not work
    assert sorted(number for one in done for number in one.added_lines) == list(added)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("1+ a\n2+ b\n", ["1+ a\n", "2+ b\n"]),
        ("1+ a\n2+ \n3+ b\n4+ c\n", ["1+ a\n2+ \n", "3+ b\n4+ c\n"]),
        (
            "1+ def a():\n2+     b\n-      c\n3+     d\n4+ e\n",
            ["1+ def a():\n2+     b\n", "-      c\n3+     d\n4+ e\n"],
        ),
        ("1  a\n2+ b\n3  c\n", ["2+ b\n"]),
        ("2+ a long line that has to go\n", ["2+ a long line t…\n"]),
        ("2+ short\n", []),
    ],
    ids=["two lines", "blank line", "removed with added", "context first", "one line", "nothing left"],
)
def test_halves(text: str, pieces: list[str]) -> None:
    numbers = tuple(row.number for row in read(text) if row.kind == "+")
    assert [one.text for one in split_part(Part("a", 1, 4, numbers, text, estimate(text)))] == pieces
