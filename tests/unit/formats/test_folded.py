from __future__ import annotations

import pytest

from review_bot.domain.finding import Effect
from review_bot.formats import render
from unit.formats.sample import KEY, OPTIONS, SHELL, review

WHY = "rejected 6 times by 3 people in 6 changes"
FOLD = Effect("fold", -3.1, 6, 3, 6, WHY)
FOLDED = SHELL._replace(memory=FOLD)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("text", f"a.py:2:2: error py.command.shell-true: shell=True runs cmd through a shell (folded: {WHY})\n"),
        ("markdown", f"- error `a.py:2` `py.command.shell-true`: {WHY}\n"),
        ("html", f"<li>a.py:2: py.command.shell-true ({WHY})</li>\n"),
    ],
)
def test_what_is_folded_is_one_line_behind_the_others(name: str, line: str) -> None:
    text = render(name, review(FOLDED, KEY), options=OPTIONS)
    assert line in text
    assert text.index("secrets.aws") < text.index(line)
    assert text.count("py.command.shell-true") == 1


@pytest.mark.parametrize("name", ["text", "markdown", "html"])
@pytest.mark.parametrize("effect", ["raise", "explore"])
def test_what_is_raised_or_shown_again_says_why(name: str, effect: str) -> None:
    finding = SHELL._replace(memory=FOLD._replace(effect=effect))  # type: ignore[arg-type]
    assert WHY in render(name, review(finding), options=OPTIONS)


@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_what_memory_does_nothing_with_looks_as_without_it(name: str) -> None:
    known = SHELL._replace(memory=FOLD._replace(effect="none"))
    assert render(name, review(known), options=OPTIONS) == render(name, review(SHELL), options=OPTIONS)


@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_nothing_of_a_reason_can_act(name: str) -> None:
    hostile = FOLDED._replace(memory=FOLD._replace(reason="muted: <b>\x1b[31m\n::error::x `@all`"))
    text = render(name, review(hostile), options=OPTIONS)
    assert "\x1b" not in text
    assert name == "text" or "<b>" not in text
    assert "\n::error" not in text
