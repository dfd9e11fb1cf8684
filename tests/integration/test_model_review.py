"""`scan` with a model: from the command line to the report."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from fakes.caches import own_cache
from review_bot.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

BUGGY = "def last(items):\n    if not items:\n        return None\n    return items[len(items)]\n"
QUOTE = "    return items[len(items)]"


def remark(path: str = "a.py", line: int = 4, quote: str = QUOTE, **more: str) -> dict[str, Any]:
    said = {"category": "correctness", "severity": "error", "message": "items[len(items)] is past the end of items"}
    return {"path": path, "line": line, "quote": quote, **said, "fix": "", **more}


def answer(*remarks: dict[str, Any]) -> str:
    return json.dumps({"thought": "t", "findings": list(remarks)}, separators=(",", ":"))


def script(folder: Path, *rows: tuple[str, str]) -> str:
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps({"match": match, "answer": text}) + "\n" for match, text in rows))
    return str(path)


@pytest.fixture
def place(git: Git, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    git.write("tests/test_a.py", "from a import last\n")
    git.commit()
    git.write("a.py", BUGGY)
    monkeypatch.chdir(git.root)
    monkeypatch.setenv("REVIEW_BOT_CACHE_DIR", own_cache(tmp_path / "cache"))
    return tmp_path


class Scan:
    """One run of `scan`, as other programs see it."""

    def __init__(self, capfd: pytest.CaptureFixture[str], *arguments: str) -> None:
        capfd.readouterr()
        self.code = main(["scan", "--format", "json", *arguments])
        self.out, self.err = capfd.readouterr()
        self.report: dict[str, Any] = json.loads(self.out) if self.out else {}

    @property
    def of_model(self) -> list[dict[str, Any]]:
        return [one for one in self.report["findings"] if one["origin"] == "model"]

    @property
    def states(self) -> list[str]:
        return [row["model"] for row in self.report["coverage"]]

    def held(self, by: str) -> list[tuple[str, str]]:
        held = self.report["suppressed"]
        return [(one["finding"]["rule"], one["reason"]) for one in held if one["by"] == by]


def test_a_finding_of_a_model_is_in_the_report(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = script(place, (QUOTE.strip(), answer(remark(fix="    return items[-1]"))))
    scan = Scan(capfd, "--backend", "scripted", "--model", model)
    (found,) = scan.of_model
    assert (found["rule"], found["path"], found["start_line"], found["quote"]) == (
        "model.correctness",
        "a.py",
        4,
        QUOTE.strip(),
    )
    assert found["suggestion"]["replacement"] == "    return items[-1]"
    assert (scan.code, scan.states, scan.report["degraded"], scan.err) == (0, ["reviewed"], [], "")
    stats = scan.report["stats"]
    assert (stats["windows"], stats["model_calls"], stats["cache_hits"]) == (1, 2, 0)
    assert min(stats["prompt_tokens"], stats["completion_tokens"]) > 0
    assert {"rules", "route", "review", "gate", "judge", "total"} <= set(stats["seconds"])
    assert scan.report["verdict"]["counts"]["error"] == 1


def test_model_findings_count_for_the_exit_code_only_if_they_may(
    place: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVIEW_BOT_MODEL_BLOCKING", "true")
    model = script(place, (QUOTE.strip(), answer(remark())))
    assert Scan(capfd, "--backend", "scripted", "--model", model).code == 1


def test_a_second_run_makes_no_call(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ("--backend", "scripted", "--model", script(place, (QUOTE.strip(), answer(remark()))))
    first, second = Scan(capfd, *arguments), Scan(capfd, *arguments)
    assert second.of_model == first.of_model
    assert (second.states, second.report["stats"]["model_calls"], second.report["stats"]["cache_hits"]) == (
        ["cached"],
        0,
        1,
    )
    again = Scan(capfd, *arguments, "--no-cache")
    assert (again.states, again.report["stats"]["model_calls"]) == (["reviewed"], 2)


def test_windows_says_which_calls_the_cache_saves(place: Path, capfd: pytest.CaptureFixture[str], git: Git) -> None:
    def saved() -> list[bool]:
        capfd.readouterr()
        assert main(["windows", "--format", "json"]) == 0
        return [one["calls_saved_by_cache"] for one in json.loads(capfd.readouterr().out)["windows"]]

    assert saved() == [False]
    Scan(capfd, "--backend", "scripted", "--model", script(place, (QUOTE.strip(), answer(remark()))))
    assert saved() == [True]
    git.write("a.py", BUGGY.replace("None", "0"))
    assert saved() == [False]


def test_a_part_that_moved_and_was_indented_keeps_its_finding_without_a_call(
    place: Path, capfd: pytest.CaptureFixture[str], git: Git
) -> None:
    arguments = ("--backend", "scripted", "--model", script(place, (QUOTE.strip(), answer(remark()))))
    assert len(Scan(capfd, *arguments).of_model) == 1
    git("add", "-N", "a.py")
    git.write("b.py", "import os\n")
    git.commit()
    git.write("b.py", "import os\n\n\n" + BUGGY)
    scan = Scan(capfd, *arguments)
    (found,) = scan.of_model
    assert (found["path"], found["start_line"], scan.report["stats"]["model_calls"]) == ("b.py", 7, 0)
    git.write("b.py", "import os\n")
    git.write("c.py", "import os\nif os:\n    pass\n")
    git("add", "-A")
    git("commit", "-q", "-m", "x")
    git.write("c.py", "import os\nif os:\n    pass\n" + "".join(f"    {line}\n" for line in BUGGY.splitlines()))
    scan = Scan(capfd, *arguments)
    (found,) = scan.of_model
    place_of_it = (found["path"], found["start_line"], found["start_column"])
    assert (place_of_it, scan.report["stats"]["model_calls"]) == (("c.py", 7, 9), 0)


def test_a_push_that_changes_one_hunk_of_fifty_makes_at_most_three_calls(
    place: Path, capfd: pytest.CaptureFixture[str], git: Git
) -> None:
    def code(changed: int = -1) -> str:
        return "".join(
            f"def f{n}(x):\n    return x + {n if n != changed else 1000}\n" + "\n# kept\n" * 6 for n in range(50)
        )

    git.write("many.py", "\n# kept\n" * 300)
    git.commit()
    git.write("many.py", code())
    arguments = ("--backend", "scripted", "--model", script(place, ("x + 1000", answer())), "--ignore", "tests")
    first = Scan(capfd, *arguments, "many.py").report
    assert (len(first["coverage"]), first["stats"]["model_calls"] > 0) == (50, True)
    git.write("many.py", "# one more line above\n" + code(changed=31))
    second = Scan(capfd, *arguments, "many.py").report
    assert second["stats"]["model_calls"] <= 3
    assert [row["model"] for row in second["coverage"]].count("cached") >= 48


def test_several_windows_at_once_give_the_same_report(
    place: Path, capfd: pytest.CaptureFixture[str], git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        git.write(f"m{number}.py", "".join(f"value_{number}_{line} = compute(items[{line}])\n" for line in range(12)))
    said = [
        remark(f"m{n}.py", 3, f"value_{n}_2 = compute(items[2])", message=f"items[2] may fail {n}") for n in range(6)
    ]
    rows = [(f"value_{n}_2", answer(said[n])) for n in range(6)]
    arguments = ("--backend", "scripted", "--model", script(place, *rows), "--window", "1200", "--no-cache")
    one = Scan(capfd, *arguments).report
    monkeypatch.setenv("REVIEW_BOT_MODEL_CONCURRENCY", "4")
    four = Scan(capfd, *arguments).report
    assert one["stats"].pop("seconds") != four["stats"].pop("seconds")
    assert one == four
    assert one["stats"]["windows"] > 2


def test_only_a_yes_of_the_judge_keeps_a_finding(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = script(place, ("Remark on line", "no"), (QUOTE.strip(), answer(remark())))
    scan = Scan(capfd, "--backend", "scripted", "--model", model)
    assert (scan.of_model, scan.held("gate")) == ([], [("model.correctness", "the judge says no")])


@pytest.mark.parametrize("comment", ["model.correctness", "model", "correctness"])
def test_a_comment_holds_a_model_finding_back(
    place: Path, capfd: pytest.CaptureFixture[str], git: Git, comment: str
) -> None:
    git.write("a.py", BUGGY.replace(QUOTE, f"{QUOTE}  # review-bot: ignore[{comment}] -- checked"))
    model = script(place, ("items[len(items)]", answer(remark())))
    scan = Scan(capfd, "--backend", "scripted", "--model", model)
    assert (scan.of_model, scan.held("inline")) == ([], [("model.correctness", "ignored in line 4: checked")])
    assert [one["rule"] for one in scan.report["findings"]] == []


def test_the_baseline_and_ignore_hold_a_model_finding_back(
    place: Path, capfd: pytest.CaptureFixture[str], git: Git
) -> None:
    arguments = ("--backend", "scripted", "--model", script(place, (QUOTE.strip(), answer(remark()))))
    known = Scan(capfd, *arguments).of_model[0]["fingerprint"]
    entry = {"fingerprint": known, "rule": "model.correctness", "path": "a.py", "reason": "old", "date": "2026-01-01"}
    git.write(".review-bot-baseline.json", json.dumps({"schema": "review-bot.baseline/1", "entries": [entry]}))
    assert Scan(capfd, *arguments, "a.py").held("baseline") == [("model.correctness", "old")]
    assert Scan(capfd, *arguments, "--ignore", "model.correctness", "a.py").report["suppressed"] == []


def test_a_rule_speaks_before_a_model(place: Path, capfd: pytest.CaptureFixture[str], git: Git) -> None:
    line = "    subprocess.run(command, shell=True)"
    git.write("a.py", f"import subprocess\ndef last(command):\n{line}\n")
    said = remark(line=3, quote=line, category="injection-command", message="an attacker may put more behind it")
    scan = Scan(capfd, "--backend", "scripted", "--model", script(place, ("shell=True", answer(said))))
    assert scan.of_model == []
    assert any("says so already" in reason for _, reason in scan.held("gate"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (answer(remark(line=1, quote="import os")), "the quote does not stand"),
        (answer(remark(category="poetry", message="items rhyme with nothing")), "is no category"),
    ],
)
def test_what_is_dropped_says_why(place: Path, capfd: pytest.CaptureFixture[str], text: str, why: str) -> None:
    scan = Scan(capfd, "--backend", "scripted", "--model", script(place, ("items", text)))
    assert scan.of_model == []
    assert any(why in reason for _, reason in scan.held("gate"))


def test_an_answer_that_is_none_fails_after_three_tries(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    scan = Scan(capfd, "--backend", "scripted", "--model", script(place, ("items", "Certainly! I will look at it.")))
    assert (scan.code, scan.states, scan.report["stats"]["model_calls"]) == (0, ["failed"], 3)
    (said,) = scan.report["degraded"]
    assert said["what"] == "backend:scripted"
    assert scan.err == f"degraded: backend:scripted: {said['reason']}\n"


def test_a_model_that_is_missing_leaves_the_rules(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    scan = Scan(capfd, "--backend", "scripted", "--model", str(place / "gone"))
    assert (scan.code, scan.states) == (0, ["off"])
    assert [one["what"] for one in scan.report["degraded"]] == ["backend:scripted"]
    required = Scan(capfd, "--backend", "scripted", "--model", str(place / "gone"), "--require-model")
    assert (required.code, required.out, required.err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("options", [("--window", "600"), ("--deadline", "0.001")])
def test_a_window_or_deadline_too_small_leaves_the_rules(
    place: Path, capfd: pytest.CaptureFixture[str], options: tuple[str, str]
) -> None:
    model = ("--backend", "scripted", "--model", script(place))
    scan = Scan(capfd, *model, *options)
    assert (scan.code, scan.report["stats"]["model_calls"]) == (0, 0)
    assert scan.err == f"degraded: backend:scripted: {scan.report['degraded'][0]['reason']}\n"
    required = Scan(capfd, *model, *options, "--require-model")
    assert (required.code, required.err.count("\n")) == (2, 1)


def test_a_report_that_cannot_be_written_is_one_line(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    done = Scan(capfd, "--backend", "scripted", "--model", "gone", "--format", f"text:{place / 'no' / 'x'}")
    assert (done.code, done.err.count("\n")) == (2, 1)


def test_every_step_is_traced(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model, trace = script(place, (QUOTE.strip(), answer(remark()))), place / "trace.jsonl"
    Scan(capfd, "--backend", "scripted", "--model", model, "--trace", str(trace))
    rows = [json.loads(line) for line in trace.read_text().splitlines()]
    review = [row["node"] for row in rows if row["thread"] == "review"]
    assert review == ["plan", "rules", "recall", "route", "review", "gate", "judge", "aggregate"]
    (asked,) = [row for row in rows if row["node"] == "ask"]
    assert (asked["edge"], len(asked["prompt_hash"]), asked["tokens"] > 0) == ("answered", 32, True)
    assert set(asked) == {"thread", "node", "edge", "prompt_hash", "tokens", "seconds", "reason"}


def test_a_review_without_a_model_is_one_step(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    trace = place / "trace.jsonl"
    Scan(capfd, "--backend", "none", "--trace", str(trace))
    (row,) = map(json.loads, trace.read_text().splitlines())
    assert (row["node"], row["edge"], row["prompt_hash"], row["tokens"]) == ("rules", "alone", None, 0)
    assert Scan(capfd, "--backend", "none", "--trace", str(place / "no" / "trace")).code == 2


def test_a_trace_that_can_not_be_written_is_an_error(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    scan = Scan(capfd, "--backend", "scripted", "--model", script(place), "--trace", str(place / "no" / "trace"))
    assert (scan.code, scan.err.count("\n")) == (2, 1)
    assert "--trace" in scan.err


def test_verbose_shows_steps_and_answers_as_they_come(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    scan = Scan(capfd, "--backend", "scripted", "--model", script(place, (QUOTE.strip(), answer(remark()))), "-v")
    assert "ask -> answered" in scan.err
    assert answer(remark()) in scan.err.splitlines()


def test_nothing_added_asks_nobody(place: Path, capfd: pytest.CaptureFixture[str], git: Git) -> None:
    git.commit()
    scan = Scan(capfd, "--backend", "scripted", "--model", str(place / "gone"))
    assert (scan.code, scan.report["degraded"], scan.err) == (0, [], "")


def test_a_cache_that_is_damaged_costs_nothing_but_the_calls(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ("--backend", "scripted", "--model", script(place, (QUOTE.strip(), answer(remark()))))
    first = Scan(capfd, *arguments)
    for name in os.listdir(place / "cache"):
        if name.endswith(".db"):
            (place / "cache" / name).write_bytes(b"rubbish" * 999)
    assert Scan(capfd, *arguments).report["findings"] == first.report["findings"]


def test_a_cache_that_can_not_be_is_one_line(
    place: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "file").write_text("")
    monkeypatch.setenv("REVIEW_BOT_CACHE_DIR", str(place / "file"))
    scan = Scan(capfd, "--backend", "scripted", "--model", script(place, (QUOTE.strip(), answer(remark()))))
    assert len(scan.of_model) == 1
    assert scan.err.count("\n") == 1
    assert scan.err.startswith("degraded: cache: ")


def test_a_window_with_no_room_for_instructions_leaves_the_rules(
    place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--backend", "scripted", "--model", script(place), "--window", "512")
    scan = Scan(capfd, *arguments)
    assert (scan.code, scan.states, scan.err.count("\n")) == (0, ["off"], 1)
    assert "no room for instructions" in scan.report["degraded"][0]["reason"]
    required = Scan(capfd, *arguments, "--require-model")
    assert (required.code, required.out, required.err.count("\n")) == (2, "", 1)


def test_the_rules_stand_whatever_a_model_says(place: Path, capfd: pytest.CaptureFixture[str], git: Git) -> None:
    """No finding of a model stands on a line that was not added, and none takes a rule's away."""
    git.write("b.py", "import os\n\n\ndef kept(a):\n    return a\n")
    git.commit()
    git.write("b.py", "import os\n\n\ndef kept(a):\n    b = eval(a)\n    return a\n")
    alone = Scan(capfd, "--backend", "none").report["findings"]
    lines = ["import os", "def kept(a):", "    b = eval(a)", "    return a", "", "nowhere"]
    said = [
        remark("b.py", number, quote, message=f"`a` may be None when {number} callers pass nothing at all")
        for number in range(-1, 8)
        for quote in lines
    ]
    scan = Scan(capfd, "--backend", "scripted", "--model", script(place, ("b.py", answer(*said))))
    assert [one for one in scan.report["findings"] if one["origin"] == "rule"] == alone
    assert {(one["path"], one["start_line"]) for one in scan.of_model} <= {("b.py", 5)}
