"""`review-bot bench` sends the seeded cases through the review of `scan`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from integration.cli_helpers import bot, one_line
from review_bot.evaluation.seeded import Case, cases

if TYPE_CHECKING:
    from pathlib import Path

BUGS = [case for case in cases() if case.categories]


def finding(case: Case, **others: Any) -> dict[str, Any]:
    quote = case.after.split("\n")[case.lines[0] - 1]
    message = case.about[0].upper() + case.about[1:]
    values = {"path": case.path, "line": case.lines[0], "quote": quote, "category": case.categories[0]}
    return {**values, "severity": "error", "message": message, "fix": "", **others}


def script(where: Path, *lines: tuple[str, object]) -> str:
    """A file of answers: findings, or an answer as it is."""
    rows = []
    for match, said in lines:
        answer = said if isinstance(said, str) else json.dumps({"thought": "", "findings": said})
        rows.append(json.dumps({"match": match, "answer": answer}) + "\n")
    (where / "answers.jsonl").write_text("".join(rows), encoding="utf-8")
    return "answers.jsonl"


def run(where: Path, *arguments: str) -> list[dict[str, Any]]:
    done = bot(where, "bench", "--backend", "scripted", "--format", "json", *arguments)
    assert done.code == 0, done.err
    report: dict[str, Any] = json.loads(done.out)
    runs: list[dict[str, Any]] = report["runs"]
    return runs


def test_a_model_that_is_always_right(tmp_path: Path) -> None:
    chosen = [case for case in BUGS if case.id.startswith("wf-m")]
    answers = script(tmp_path, *((f"== {case.path}\n", [finding(case)]) for case in chosen))
    (only,) = run(tmp_path, "--model", answers, "wf-m", "wf-clean-m", "wf-clean-t")
    figures = only["variants"]["gate+judge"]
    assert (figures["bugs"], figures["found"], figures["category"]) == (len(chosen), len(chosen), len(chosen))
    assert (figures["clean"], figures["noise"], figures["other"]) == (2, 0, 0)
    assert set(figures["languages"]) == {"wf"}
    assert only["cost"]["calls"] == len(chosen) + 2 + len(chosen)  # a review each, and a judge for each finding
    assert only["cost"]["prompt_tokens"] > 100


def test_what_gate_and_judge_hold_back_is_told_apart(tmp_path: Path) -> None:
    case = next(case for case in BUGS if case.id == "go-duration-unit")
    lines = (
        ("# Remark on line", "no"),
        (f"== {case.path}\n", [finding(case), finding(case, line=3, quote="package cfg", message="It is not there")]),
    )
    (only,) = run(tmp_path, "--model", script(tmp_path, *lines), case.id)
    assert {name: figures["found"] for name, figures in only["variants"].items()} == {
        "rules": 0,
        "answers": 1,
        "gate": 1,
        "gate+judge": 0,
    }
    assert [one["reason"] for one in only["cases"][0]["held_back"]] == [
        "it is about a line that the change leaves as it is",
        "the judge says no",
    ]


def test_without_a_judge(tmp_path: Path) -> None:
    case = next(case for case in BUGS if case.id == "go-duration-unit")
    answers = script(tmp_path, ("# Remark on line", "no"), (f"== {case.path}\n", [finding(case)]))
    (only,) = run(tmp_path, "--model", answers, "--no-judge", case.id)
    assert list(only["variants"]) == ["rules", "answers", "gate"]
    assert only["cost"]["calls"] == 1


def test_with_examples_the_prompt_holds_other_cases(tmp_path: Path) -> None:
    case = next(case for case in BUGS if case.id == "go-duration-unit")
    answers = script(tmp_path, ("# Decided before:", [finding(case)]))
    without, having = run(tmp_path, "--model", answers, "--examples", case.id)
    assert [one["examples"] for one in (without, having)] == [False, True]
    assert [one["variants"]["gate"]["found"] for one in (without, having)] == [0, 1]


def test_the_table(tmp_path: Path) -> None:
    done = bot(tmp_path, "bench", "--backend", "scripted", "--model", script(tmp_path), "wf-clean-p")
    assert done.code == 0
    assert done.out.startswith("scripted answers.jsonl: 0 seeded bugs, 2 clean changes\n\n")
    assert "behind gate and judge" in done.out
    assert "2 calls, " in done.out
    assert done.err == ""


def test_a_model_that_can_not_be_read(tmp_path: Path) -> None:
    done = bot(
        tmp_path, "bench", "--backend", "scripted", "--model", script(tmp_path, ("", "I can't.")), "wf-clean-paths"
    )
    assert "; 1 changes without a usable answer" in done.out


def test_list(tmp_path: Path) -> None:
    done = bot(tmp_path, "bench", "--list")
    assert len(done.out.splitlines()) == len(cases())
    assert "go-duration-unit\tcorrectness\ta plain number is nanoseconds\n" in done.out


def test_what_can_not_be_run(tmp_path: Path) -> None:
    assert "nosuch" in one_line(bot(tmp_path, "bench", "nosuch"))
    assert "no model can be used" in one_line(bot(tmp_path, "bench", "--backend", "scripted", "--model", "gone.jsonl"))
    assert "none" in one_line(bot(tmp_path, "bench", "--backend", "none"))


def test_the_configuration_of_the_place_names_the_model_but_excludes_nothing(tmp_path: Path) -> None:
    config = 'exclude = ["**"]\nselect = ["py.*"]\n[model]\njudge = false\n'
    (tmp_path / "own.toml").write_text(config, encoding="utf-8")
    case = next(case for case in BUGS if case.id == "go-duration-unit")
    answers = script(tmp_path, (f"== {case.path}\n", [finding(case)]))
    arguments = ("--config", "own.toml", "--model", answers, "--format", "json", case.id)
    done = bot(tmp_path, "bench", *arguments, REVIEW_BOT_MODEL_BACKEND="scripted")
    assert done.code == 0, done.err
    (only,) = json.loads(done.out)["runs"]
    assert list(only["variants"]) == ["rules", "answers", "gate"]
    assert only["variants"]["gate"]["found"] == 1
