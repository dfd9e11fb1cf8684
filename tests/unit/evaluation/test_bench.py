"""Scores are counted over findings on the lines at fault, of what each variant would show."""

from __future__ import annotations

import json

import pytest

from review_bot.domain.finding import Finding, Suppressed
from review_bot.domain.review import Coverage, Review, SourceInfo, Stats, Verdict
from review_bot.evaluation.bench import Cost, Outcome, Score, by_language, cost, findings_of, run, score, score_of
from review_bot.evaluation.seeded import Case, parsed
from review_bot.formats.bench import Board, to_json, to_text

BUG, CLEAN = parsed(
    "== py-one | a.py | correctness,tests | wrong sign\n a = 1\n-b = a + 1\n*b = a - 1\n"
    "== go-two | b.go | clean | a comment\n package b\n+// Two.\n"
)


def finding(line: int, category: str = "correctness", **others: object) -> Finding:
    made = Finding("0" * 16, f"model.{category}", "model", category, "error", 0.7, "a.py", "new", line, line, 1, 2, "m")
    return made._replace(**others)  # type: ignore[arg-type]


def review(*findings: Finding, held: tuple[tuple[Finding, str], ...] = (), state: str = "reviewed") -> Review:
    suppressed = tuple(Suppressed(one, "gate", reason) for one, reason in held)
    stats = Stats(1, 2, 1, 2, 0, 300, 200, 40, (("model", 1.0), ("total", 1.5)))
    rows = (Coverage("a.py", 1, 2, 1, True, state),)  # type: ignore[arg-type]
    return Review(SourceInfo("diff"), (), findings, suppressed, rows, (), stats, Verdict("error", False, ()))


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ((), Score(bugs=1)),
        ((finding(2),), Score(bugs=1, found=1, category=1)),
        ((finding(2, "tests"), finding(2)), Score(bugs=1, found=1, category=1)),
        ((finding(2, "performance"),), Score(bugs=1, found=1)),
        ((finding(1),), Score(bugs=1, other=1)),
        ((finding(2, path="b.py"), finding(2, side="old")), Score(bugs=1, other=2)),
        ((finding(1, end_line=3),), Score(bugs=1, found=1, category=1)),
        ((finding(2, origin="rule"),), Score(bugs=1)),
    ],
)
def test_a_bug(findings: tuple[Finding, ...], expected: Score) -> None:
    assert score_of(Outcome(BUG, review(*findings)), "gate+judge") == expected


def test_noise_on_a_clean_change() -> None:
    outcome = Outcome(CLEAN, review(finding(1), finding(2)))
    assert score_of(outcome, "gate") == Score(clean=1, noisy=1, noise=2)
    assert score_of(Outcome(CLEAN, review()), "gate") == Score(clean=1)


def test_variants_take_back_what_gate_and_judge_held() -> None:
    held = (
        (finding(3), "the judge says no"),
        (finding(4), "it is praise"),
        (finding(5), "the judge could not be asked: timed out"),
    )
    one = review(finding(2), finding(9, origin="rule"), held=held)
    shown = {variant: [item.start_line for item in findings_of(one, variant)] for variant in ("rules", "gate+judge")}
    assert shown == {"rules": [9], "gate+judge": [2]}
    assert [item.start_line for item in findings_of(one, "gate")] == [2, 3, 5]
    assert [item.start_line for item in findings_of(one, "answers")] == [2, 3, 5, 4]


def test_what_a_rule_shows_as_well_counts_as_found() -> None:
    outcome = Outcome(BUG, review(held=((finding(2), "py.some.rule says so already"),)))
    assert score_of(outcome, "gate+judge") == Score(bugs=1, found=1, category=1)


def test_sums() -> None:
    outcomes = [Outcome(BUG, review(finding(2))), Outcome(CLEAN, review(finding(1), state="failed"))]
    assert score(outcomes, "gate") == Score(1, 1, 1, 0, 1, 1, 1)
    assert by_language(outcomes, "gate") == {"py": Score(1, 1, 1), "go": Score(clean=1, noisy=1, noise=1)}
    assert cost(outcomes) == Cost(4, 600, 400, 80, 3.0, 1)


def test_run_goes_through_the_cases_in_order() -> None:
    heard: list[tuple[int, str]] = []

    def answer(case: Case) -> Review:
        return review(finding(len(case.id)))

    outcomes = run([BUG, CLEAN], answer, lambda number, case: heard.append((number, case.id)))
    assert heard == [(0, "py-one"), (1, "go-two")]
    assert [one.case.id for one in outcomes] == ["py-one", "go-two"]


def test_the_table() -> None:
    board = Board("scripted", "a\x1b.jsonl", [Outcome(BUG, review(finding(2))), Outcome(CLEAN, review(finding(1)))])
    assert to_text([board]).split("\n") == [
        "scripted a\\x1b.jsonl: 1 seeded bugs, 1 clean changes",
        "",
        "                           found   category  elsewhere  clean with noise  noise",
        "rules alone            0/1   0 %  0/1   0 %          0         0/1   0 %      0",
        "the model's answers    1/1 100 %  1/1 100 %          0         1/1 100 %      1",
        "behind the gate        1/1 100 %  1/1 100 %          0         1/1 100 %      1",
        "behind gate and judge  1/1 100 %  1/1 100 %          0         1/1 100 %      1",
        "  go                           -          -          0         1/1 100 %      1",
        "  py                   1/1 100 %  1/1 100 %          0                 -      0",
        "",
        "4 calls, 600 tokens read (400 of them reused), 80 written, 3.0 s (1.50 s a change)",
        "",
    ]


def test_without_a_judge_there_is_no_row_for_it() -> None:
    board = Board("scripted", "a", [Outcome(BUG, review(state="failed"))], examples=True, judged=False)
    text = to_text([board])
    assert "gate and judge" not in text
    assert text.startswith("scripted a, with examples: 1 seeded bugs, 0 clean changes\n")
    assert text.endswith("; 1 changes without a usable answer\n")


def test_json() -> None:
    held = ((finding(1), "it is praise"),)
    report = json.loads(to_json([Board("scripted", "a", [Outcome(BUG, review(finding(2), held=held))])]))
    assert report["schema"] == "review-bot.bench/1"
    (only,) = report["runs"]
    assert list(only["variants"]) == ["rules", "answers", "gate", "gate+judge"]
    assert only["variants"]["gate"]["found"] == 1
    assert only["variants"]["gate"]["languages"]["py"]["bugs"] == 1
    assert only["cost"]["calls"] == 2
    (case,) = only["cases"]
    assert (case["id"], case["lines"], case["found"]) == ("py-one", [2], True)
    assert case["held_back"][0]["reason"] == "it is praise"
