"""What a team sees from the first rejection to the unmute, and what the memory tells on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fakes.rule_files import rule
from integration.cli_helpers import Report, found, one_line, use
from integration.in_process import bot, report

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

NAME = "own.oops"
CODE = "def f(order):\n    oops(order.total)\n    return order"


@pytest.fixture
def team(git: Git) -> Git:
    """A repository with a rule of its own and one file in which it finds something."""
    git.write("README.md", "read\n")
    git.commit()
    use(git, rule(NAME, category='"conventions"'), config="[memory]\nexplore = 0")
    git.write("a.py", CODE + "\n")
    return git


def memory(git: Git, *arguments: str, stdin: str = "") -> str:
    """Output of a memory command that worked."""
    done = bot(git.root, "memory", *arguments, stdin=stdin.encode())
    assert done.code == 0, done.err
    return done.out


def record(git: Git, *events: dict[str, Any]) -> None:
    memory(git, "record", "--events", "-", stdin="".join(json.dumps(one) + "\n" for one in events))


def signals(count: int, y: int = 0, start: int = 0, **more: Any) -> list[dict[str, Any]]:
    known = {"kind": "signal", "rule": NAME, "sig": "command", "y": y, "text": CODE, "lang": "python", **more}
    return [
        {**known, "actor": f"p{n % 3}@example.com", "pr": str(n), "ts": 1_700_000_000 + 3600 * n}
        for n in range(start, start + count)
    ]


def hidden(of: Report) -> list[str]:
    return [one["reason"] for one in of["suppressed"] if one["by"] == "memory"]


def test_a_team_that_rejects_a_rule_for_a_week(team: Git) -> None:
    (finding,) = report(team.root)["findings"]
    name = finding["fingerprint"]
    for day, who in enumerate(("ada", "bob", "eve", "ada", "bob", "eve", "ada")):
        assert f"rejected {name}" in memory(team, "reject", name, "--actor", who, "--change", f"day {day}")
    got = report(team.root)
    assert found(got) == []
    assert hidden(got) == ["rejected 7 times by 3 people in 7 changes"]
    team("add", "-A")
    assert bot(team.root, "hook", "pre-commit").code == 0
    text = bot(team.root, "explain", name).out
    assert "memory: hide, score -8.50; rejected 7 times by 3 people in 7 changes" in text
    # Code that the rule has never flagged is folded, not hidden: there is too little evidence yet.
    team.write("b.py", "for item in items:\n    send(item)\n    oops(item, 3)\n")
    (new,) = report(team.root)["findings"]
    assert new["memory"]["effect"] == "fold"
    assert "new code is fold" in memory(team, "learn")
    # One command brings it back.
    assert "took back 0 mutes and 7 signals" in memory(team, "unmute", NAME)
    assert [one[0] for one in found(report(team.root))] == ["a.py", "b.py"]


def test_a_mute_and_its_unmute(team: Git) -> None:
    (finding,) = report(team.root)["findings"]
    memory(team, "mute", NAME, "--reason", "we mean it", "--path", "*.py")
    (reason,) = hidden(report(team.root))
    assert reason.startswith("muted in *.py by ")
    assert reason.endswith(": we mean it")
    assert "we mean it" in bot(team.root, "explain", finding["fingerprint"]).out
    memory(team, "unmute", NAME)
    assert hidden(report(team.root)) == []


def test_what_is_accepted_is_raised(team: Git) -> None:
    record(team, *signals(3, 1))
    (finding,) = report(team.root)["findings"]
    assert finding["memory"]["effect"] == "raise"
    assert "memory: accepted 3 times by 3 people in 3 changes" in bot(team.root, "scan").out


def test_search_finds_the_nearest_code(team: Git, tmp_path: Path) -> None:
    record(team, *signals(1, finding="0123456789abcdef"), *signals(1, text="while queue:\n    oops(queue.pop())"))
    queries = tmp_path / "queries.jsonl"
    renamed = CODE.replace("order", "bill")
    lines = [{"text": renamed, "lang": "python"}, {"text": "import os", "lang": "py"}]
    queries.write_text("".join(json.dumps(one) + "\n" for one in lines))
    done = json.loads(memory(team, "search", "--queries", str(queries), "--limit", "2", "--format", "json"))
    first, second = done["answers"]
    assert first["hits"][0]["rule"] == NAME
    assert first["hits"][0]["similarity"] == 1.0
    assert first["hits"][0]["findings"] == ["0123456789abcdef"]
    assert second["hits"] == []
    assert "1.00  own.oops:" in memory(team, "search", "--queries", "-", stdin=json.dumps(lines[0]))


@pytest.mark.parametrize("line", ["{", "[]", '{"lang": "go"}', '{"text": 3}', '"x"'])
def test_a_wrong_query_is_named(team: Git, tmp_path: Path, line: str) -> None:
    (tmp_path / "q").write_text('{"text": "x"}\n' + line)
    assert "q:2" in one_line(bot(team.root, "memory", "search", "--queries", str(tmp_path / "q")))


def test_search_says_what_can_not_be(team: Git) -> None:
    assert "can't be read" in one_line(bot(team.root, "memory", "search", "--queries", "gone"))
    assert "--limit" in one_line(bot(team.root, "memory", "search", "--queries", "-", "--limit", "0"))


def test_replay_counts_what_each_threshold_would_have_hidden(team: Git) -> None:
    record(team, *signals(12), *signals(1, 1, 12))
    done = json.loads(memory(team, "replay", "--format", "json"))
    today = next(one for one in done["policies"] if one["hide"] == -4.0)
    assert today == {"hide": -4.0, "judged": 7, "hidden_right": 6, "hidden_wrong": 1}
    assert len(done["policies"]) >= 3
    assert "hide at -4.0: of 7 signals 6 rightly hidden, 1 wrongly" in memory(team, "replay")
    assert "--split" in one_line(bot(team.root, "memory", "replay", "--split", "2"))


def test_learn_shows_every_rule(team: Git) -> None:
    assert memory(team, "learn") == "nothing is known yet\n"
    record(team, *signals(2))
    (row,) = json.loads(memory(team, "learn", "--format", "json"))["rules"]
    assert (row["rule"], row["rejected"], row["effect"]) == (NAME, 2, "none")


def test_the_baseline_is_written_whatever_the_memory_hides(team: Git) -> None:
    record(team, *signals(6))
    assert found(report(team.root)) == []
    assert bot(team.root, "baseline", "write").code == 0
    assert NAME in (team.root / ".review-bot-baseline.json").read_text()


BUGGY = "def last(items):\n    if not items:\n        return None\n    return items[len(items)]\n"


def reviewed(team: Git, tmp_path: Path, match: str) -> int:
    """How many findings a model makes that answers only prompts with `match` in them."""
    said = {"path": "b.py", "line": 4, "quote": "    return items[len(items)]", "category": "correctness"}
    remark = {**said, "severity": "warning", "message": "items[len(items)] is past the end of items", "fix": ""}
    answer = json.dumps({"thought": "t", "findings": [remark]}, separators=(",", ":"))
    script = tmp_path / "answers.jsonl"
    script.write_text(json.dumps({"match": match, "answer": answer}) + "\n")
    model = ("--backend", "scripted", "--model", str(script), "--no-cache", "--select", "*")
    got = report(team.root, *model)
    return sum(one["origin"] == "model" for one in got["findings"])


def test_prompts_show_what_was_decided_of_code_that_is_alike_where_text_may_be_stored(
    team: Git, tmp_path: Path
) -> None:
    team.write("b.py", BUGGY)
    example: dict[str, Any] = {
        "text": BUGGY,
        "before": BUGGY,
        "rule": "model.correctness",
        "note": "the list is never empty",
    }
    team.write(".review-bot.toml", (team.root / ".review-bot.toml").read_text() + "store-text = true\n")
    match = "rejected here (model.correctness): def last(items): | if not items:"
    assert reviewed(team, tmp_path, match) == 0
    record(team, *signals(1, **example))
    assert reviewed(team, tmp_path, match) == 1
    team.write(".review-bot.toml", (team.root / ".review-bot.toml").read_text().replace("= true", "= false"))
    assert reviewed(team, tmp_path, match) == 0


def test_findings_of_a_model_are_hidden_too(team: Git, tmp_path: Path) -> None:
    team.write("b.py", BUGGY)
    assert reviewed(team, tmp_path, "return items[len(items)]") == 1
    code = "    if not items:\n        return None\n    return items[len(items)]"
    record(team, *signals(6, rule="model.correctness", text=code))
    assert reviewed(team, tmp_path, "return items[len(items)]") == 0
