"""The one comment on the whole: what was found, looked at, left out, did not work, and what it cost."""

from __future__ import annotations

from review_bot.domain.review import Coverage, Degraded, SourceInfo, Stats
from review_bot.domain.threads import SummaryMark
from review_bot.pipeline.pull_request import marks
from review_bot.pipeline.pull_request.comments import LONGEST
from review_bot.pipeline.pull_request.summary import Standing, content, render, worth_saying
from unit.formats.sample import CLEAN, EMPTY, FULL, GUARD, KEY, MODEL, SHELL

MARK = SummaryMark("1" * 40, "2" * 32, (), (), done=True)
WHERE = (Standing(SHELL, "comment"), Standing(KEY, "deleted"), Standing(GUARD, "rest"), Standing(MODEL, "folded"))
SEEN = FULL._replace(
    source=SourceInfo("pull-request", head="a" * 40),
    coverage=(*FULL.coverage, Coverage("b.py", 1, 4, 4, rules=True, model="cached")),
    stats=Stats(
        added_lines=5, rules=118, model_calls=3, cache_hits=1, prompt_tokens=900, cached_tokens=400,
        completion_tokens=70, seconds=(("total", 2.25),),
    ),
)  # fmt: skip


def test_everything_is_said_in_its_place() -> None:
    text = render(SEEN, WHERE, MARK)
    assert text.startswith("### review-bot: 2 errors, 1 warning, 1 info\n\n**Failed**: findings of severity error")
    assert "4 files with 5 added lines, commit aaaaaaaaaa, with 118 rules and a model (hunks: 1 reviewed)." in text
    assert "#### What did not work\n\n- `rule:slow`: stopped after 2 s\n" in text
    assert "#### Not looked at\n\n- `vendor/x.js`: excluded\n- `logo.png`: binary\n" in text
    for title, finding in (
        ("Without a comment of their own", GUARD),
        ("Comment deleted by somebody", KEY),
        ("Folded, as people rejected their like", MODEL),
    ):
        place = f"`{finding.path}:{finding.start_line}` {finding.message} (`{finding.rule}`)"
        assert f"#### {title}\n\n- **{finding.severity}** {place}\n" in text
    assert SHELL.message not in text
    assert "\nCost: 3 model calls, 1 answer from the cache, 900 tokens read (400 cached), 70 written, 2.2 s.\n" in text
    assert marks.read_summary(text) == MARK


def test_too_many_findings_are_counted() -> None:
    many = [Standing(GUARD._replace(message="m" * 290, start_line=at), "rest") for at in range(1, 401)]
    text = render(SEEN, many, MARK)
    shown = text.count("- **warning**")
    assert len(text) <= LONGEST
    assert 0 < shown < 400
    assert f"- and {400 - shown} more findings\n" in text
    assert marks.read_summary(text) == MARK


def test_time_and_cost_are_nothing_new() -> None:
    first = content(SEEN, WHERE, 10)
    assert content(SEEN._replace(stats=Stats()), WHERE[::-1], 10) == first
    moved = (Standing(SHELL, "person"), *WHERE[1:])
    other = SEEN._replace(degraded=(Degraded("backend:ollama", "gone"),))
    assert len({first, content(SEEN, moved, 10), content(other, WHERE, 10), content(SEEN, WHERE, 9)}) == 4


def test_nothing_is_not_worth_saying() -> None:
    assert [worth_saying(one) for one in (EMPTY, CLEAN, FULL, EMPTY._replace(degraded=FULL.degraded))] == [
        False, False, True, True,
    ]  # fmt: skip
