from __future__ import annotations

import pytest

from review_bot.domain.finding import Suggestion, Suppressed
from review_bot.formats.text import wrapped
from unit.formats.sample import CLEAN, EMPTY, FULL, GUARD, HOSTILE, KEY, MODEL, SECRET, SHELL, hostile, review, shown

_SUMMARY = "not looked at: logo.png (binary), vendor/x.js (excluded)"


def test_the_whole_output() -> None:
    assert shown("text", FULL) == (
        """\
a.py:2:1: warning diff.guard-removed: a guard is gone
-2 | guard()
   | ^^^^^^^

a.py:2:2: error py.command.shell-true: shell=True runs cmd through a shell
2 |     run(cmd, shell=True, x='日')
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = why: Whoever controls a part of the command controls the machine.
  = see: https://example.org/shell
  = also: py.other
  = suggestion for line 2 (checked: applies, parses):
    -     run(cmd, shell=True, x='日')
    +     run(cmd, x='日')

a.py:3:8: error secrets.aws: an AWS key
3 | key = 'AKIA…'
  |        ^^^^^

b.py:1:1: info model.correctness: never true
1 | if a:
  | ^^^^^
2 |   b
3 |   c
  | ... to line 4

2 errors, 1 warning, 1 info in 2 files (5 added lines, 118 rules); """
        + _SUMMARY
        + "; 1 suppressed (1 baseline); model: off; degraded: rule:slow\n"
    )


def test_verbose_says_why_something_is_degraded() -> None:
    assert shown("text", FULL, verbose=True).endswith("degraded: rule:slow (stopped after 2 s)\n")


def test_a_clean_review_is_one_line() -> None:
    assert shown("text", CLEAN) == f"no findings in 2 files (5 added lines, 118 rules); {_SUMMARY}; model: off\n"


def test_an_empty_change_says_so() -> None:
    assert shown("text", EMPTY) == "nothing to review\n"


def test_quiet_prints_nothing_but_findings() -> None:
    assert shown("text", review(GUARD), quiet=True) == (
        "a.py:2:1: warning diff.guard-removed: a guard is gone\n-2 | guard()\n   | ^^^^^^^\n"
    )


def test_quiet_and_clean_prints_nothing() -> None:
    assert shown("text", CLEAN, quiet=True) == ""


def test_verbose_lists_what_is_held_back_and_what_was_not_looked_at() -> None:
    what = review(suppressed=(Suppressed(GUARD, "inline", "fine\nhere"),))
    assert shown("text", what, verbose=True, quiet=True) == (
        "suppressed:\n"
        "  a.py:2:1: warning diff.guard-removed: a guard is gone (inline: fine here)\n"
        "\n"
        "not looked at:\n"
        "  logo.png: binary\n"
        "  vendor/x.js: excluded\n"
    )


def test_colour_is_used_only_when_asked_for() -> None:
    assert "\x1b" not in shown("text", FULL, verbose=True)
    assert "\x1b[1;31merror\x1b[0m" in shown("text", FULL, color=True)


def test_colour_adds_nothing_but_colour() -> None:
    import re

    assert re.sub(r"\x1b\[[\d;]*m", "", shown("text", FULL, color=True)) == shown("text", FULL)


def test_nothing_of_the_text_can_act() -> None:
    text = shown("text", review(hostile(), hostile(quote="##[error]x\x1b")), verbose=True)
    assert all(char == "\n" or char.isprintable() for char in text)
    assert "##[" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())


def test_a_path_with_a_line_feed_stays_on_one_line() -> None:
    finding = GUARD._replace(path="a\nb.py")
    assert shown("text", review(finding)).startswith(r"a\nb.py:2:1: warning diff.guard-removed: a guard is gone" + "\n")


def test_findings_stand_by_path_and_line() -> None:
    text = shown("text", review(MODEL, SHELL, KEY, GUARD), quiet=True)
    heads = [line.split(" ")[0] for line in text.splitlines() if ".py:" in line]
    assert heads == ["a.py:2:1:", "a.py:2:2:", "a.py:3:8:", "b.py:1:1:"]


def test_lines_outside_the_hunks_come_from_the_source() -> None:
    finding = GUARD._replace(side="new", start_line=70, end_line=70, start_column=5, end_column=7)
    text = shown("text", review(finding), source=lambda *place: "the line" if place == ("a.py", "new", 70) else None)
    assert "70 | the line\n   |     ^^\n" in text


def test_without_a_source_the_quote_is_shown() -> None:
    finding = GUARD._replace(side="new", start_line=70, end_line=70, start_column=5, end_column=12)
    assert "70 | guard()\n   | ^^^^^^^\n" in shown("text", review(finding))


def test_a_quote_of_the_whole_line_keeps_its_columns() -> None:
    finding = GUARD._replace(start_line=70, end_line=70, start_column=5, end_column=8, quote="abc guard()")
    assert "-70 | abc guard()\n    |     ^^^\n" in shown("text", review(finding))


def test_a_finding_without_line_or_quote_is_its_head() -> None:
    text = shown("text", review(GUARD._replace(start_line=70, end_line=70, quote="")), quiet=True)
    assert text == "a.py:70:1: warning diff.guard-removed: a guard is gone\n"


def test_a_secret_is_masked_in_every_finding_of_its_line() -> None:
    other = GUARD._replace(side="new", start_line=3, end_line=3, start_column=7, end_column=29, quote="x")
    assert "3 | key = 'AKIA…'\n  |       ^^^^^^^\n" in shown("text", review(KEY, other))


def test_a_suppressed_secret_is_masked_too() -> None:
    other = GUARD._replace(side="new", start_line=3, end_line=3, start_column=1, end_column=4, quote="key")
    text = shown("text", review(other, suppressed=(Suppressed(KEY, "inline", "test"),)))
    assert "3 | key = 'AKIA…'\n  | ^^^\n" in text


def test_overlapping_secrets_are_masked_as_one() -> None:
    wider = KEY._replace(start_column=1, quote="key = '…'", end_column=29)
    assert "3 | key = '…'\n" in shown("text", review(wider, KEY))


def test_a_secret_of_several_lines_shows_its_quote_only() -> None:
    finding = KEY._replace(start_line=2, end_line=3, start_column=1, quote="-----BEGIN…")
    assert "2 | -----BEGIN…\n" in shown("text", review(finding))


def test_another_finding_within_a_secret_of_several_lines_shows_no_line() -> None:
    block = KEY._replace(start_line=2, end_line=3, start_column=1, quote="-----BEGIN…")
    other = GUARD._replace(side="new", start_line=3, end_line=3, quote=f"key = '{SECRET}'")
    assert SECRET not in shown("text", review(block, other))


def test_the_suggestion_for_a_line_with_a_secret_shows_the_new_text_only() -> None:
    finding = KEY._replace(suggestion=Suggestion(3, 3, "key = os.environ['KEY']"))
    text = shown("text", review(finding))
    assert "  = suggestion for line 3:\n    + key = os.environ['KEY']\n" in text


def test_a_tool_is_named_beside_its_rule() -> None:
    finding = GUARD._replace(origin="external", tool="ruff", rule="S602")
    assert shown("text", review(finding)).startswith("a.py:2:1: warning S602 (ruff): a guard is gone\n")


@pytest.mark.parametrize("width", [0, 40, 80])
def test_no_line_of_source_is_wider_than_the_terminal(width: int) -> None:
    finding = GUARD._replace(start_line=70, end_line=70, start_column=1, end_column=900, quote=HOSTILE * 50)
    lines = shown("text", review(finding), width=width, quiet=True).splitlines()[1:]
    assert max(map(len, lines)) <= max(width, 30)


def test_wrapping_keeps_long_words_whole() -> None:
    assert wrapped("a bb cccccccc d", 4) == ["a bb", "cccccccc", "d"]
