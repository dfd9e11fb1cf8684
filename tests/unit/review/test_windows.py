from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review_bot.diffing.tokens import estimate
from review_bot.errors import ConfigError
from review_bot.prompts.templates import load
from review_bot.review.notes import Extras
from review_bot.review.windows import Builder
from unit.diffing.changes import change_of

if TYPE_CHECKING:
    from review_bot.domain.window import Window

PROMPTS = load()
CODE = st.lists(
    st.sampled_from(
        [
            "def f(a):",
            "    return a",
            "",
            "password = input()",
            "日本語のコメント",
            "x" * 400,
            "\t{ }, [];",
            "0123456789abcdef" * 5,
        ]
    ),
    max_size=120,
).map(lambda lines: "".join(f"{line}\n" for line in lines))
FILES = st.dictionaries(
    st.sampled_from(["a.py", "test_a.py", "b.sql", "c.yaml", "d.md", ".github/workflows/e.yml"]),
    st.tuples(st.just(""), CODE),
    max_size=6,
)


def budget(builder: Builder, window: Window) -> int:
    prompt = builder.prompt(window)
    return estimate(prompt.system) + estimate(prompt.user) + builder.frame.answer_tokens


@settings(max_examples=20, deadline=None)
@given(FILES, st.sampled_from([900, 1024, 2048, 4096]))
def test_no_prompt_is_over_its_window_and_no_line_is_lost(files: dict[str, tuple[str, str]], size: int) -> None:
    builder = Builder(PROMPTS, size, 512)
    change = change_of(files)
    parts, _ = builder.parts_of(change)
    windows = builder.pack(parts, Extras(message="words " * 500))
    shown = sorted((part.path, n) for one in windows for part in one.parts for n in part.added_lines)
    assert shown == sorted(
        (file.path, n) for file in change.files for hunk in file.hunks for n, _ in hunk.added_lines()
    )
    for one in windows:
        assert budget(builder, one) <= one.prompt_tokens + builder.frame.answer_tokens <= size
        again = builder.prompt(one, error="the answer was no JSON " * 20)
        assert estimate(again.system) + estimate(again.user) + builder.frame.answer_tokens <= size
        simple = builder.prompt(one, form="lines")
        assert estimate(simple.system) + estimate(simple.user) + builder.frame.answer_tokens <= size
        assert builder.prompt(one).system == PROMPTS.of(one.specialist).system
        assert 0 < one.prefix_tokens < estimate(PROMPTS.of(one.specialist).system)


def test_parts_do_not_depend_on_what_else_changed() -> None:
    builder = Builder(PROMPTS, 4096, 512)
    one = {"a.py": ("", "def f():\n    return 1\n" * 90)}
    alone, _ = builder.parts_of(change_of(one))
    among, _ = builder.parts_of(change_of({**one, "b.py": ("", "x = 1\n")}))
    assert [part.text for part in alone] == [part.text for part in among if part.path == "a.py"]
    assert len(alone) > 1


def test_a_window_too_small_for_its_instructions_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"a window of 512 tokens has no room") as raised:
        Builder(PROMPTS, 512, 512)
    least = int(raised.value.remedy.split()[2])
    assert Builder(PROMPTS, least, 512).frame.least_room > 0
    with pytest.raises(ConfigError):
        Builder(PROMPTS, least - 1, 512)


@pytest.mark.parametrize(
    ("window", "wanted", "kept"), [(4096, 512, 512), (2048, 512, 512), (4096, 4000, 2900), (1024, 512, 200)]
)
def test_the_answer_gives_way_to_code(window: int, wanted: int, kept: int) -> None:
    frame = Builder(PROMPTS, window, wanted).frame
    assert abs(frame.answer_tokens - kept) <= 120
    assert frame.least_room >= 96


def test_an_engine_that_counts_is_asked_about_full_windows_only() -> None:
    builder = Builder(PROMPTS, 1024, 256)
    asked: list[str] = []

    def count(text: str) -> int:
        asked.append(text)
        return 5000

    def lines(number: int) -> Window:
        parts, _ = builder.parts_of(change_of({"a.py": ("", "x = 1\n" * number)}))
        return builder.pack(parts)[0]

    assert builder.fits(lines(2), count)
    assert asked == []
    assert not builder.fits(lines(500), count)
    assert len(asked) == 1
    assert builder.fits(lines(500), lambda _: None)
