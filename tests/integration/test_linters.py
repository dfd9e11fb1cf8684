"""Other tools beside our rules: their findings are part of the review, their failures are told."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from fakes.rule_files import rule, rules

if TYPE_CHECKING:
    from conftest import Git

RULES = rules(
    rule("my.call", "pattern = 'danger($A)'", "danger(1)", category='"injection-command"', languages='["python"]')
)


def row(line: int, code: str = "S602", name: str = "a.py", column: int = 1) -> dict[str, Any]:
    return {
        "code": code,
        "filename": name,
        "location": {"row": line, "column": column},
        "end_location": {"row": line, "column": column + 6},
        "message": "told by the tool",
    }


def scan(git: Git, *options: str, config: str = "", code: int = 0) -> dict[str, Any]:
    git.write("rules.toml", RULES)
    git.write(".review-bot.toml", 'select = ["my"]\nrule-paths = ["rules.toml"]\nexclude = ["*.toml"]\n' + config)
    command = [sys.executable, "-m", "review_bot", "scan", "--fail-on", "none", "--format", "json", *options]
    done = subprocess.run(command, cwd=git.root, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture
def changed(git: Git) -> Git:
    git.write("a.py", "old = 1\n")
    git.commit()
    git.write("a.py", "old = 1\ndanger(2)\nother(3)\n")
    return git


def tool(git: Git, rows: list[dict[str, Any]], code: int = 1) -> str:
    """Configuration of a tool that prints `rows`."""
    git.write("../tool.py", f"import sys\nprint({json.dumps(json.dumps(rows))})\nsys.exit({code})\n")
    path = git.root.parent / "tool.py"
    return f'[[linters]]\nname = "tool"\ncommand = [{json.dumps(sys.executable)}, {json.dumps(str(path))}]\n'


def test_a_file(changed: Git) -> None:
    changed.write("../ruff.json", json.dumps([row(3)]))
    (found,) = [one for one in scan(changed, "--linter", "../ruff.json")["findings"] if one["origin"] == "external"]
    assert (found["tool"], found["rule"], found["category"], found["quote"]) == (
        "ruff",
        "S602",
        "injection-command",
        "other(",
    )
    assert len(found["fingerprint"]) == 16


def test_a_command(changed: Git) -> None:
    report = scan(changed, config=tool(changed, [row(3, "F841")]))
    assert [(one["tool"], one["rule"]) for one in report["findings"] if one["tool"]] == [("tool", "F841")]
    assert report["degraded"] == []


def test_the_same_place_is_one_finding(changed: Git) -> None:
    report = scan(changed, config=tool(changed, [row(2)]))
    assert [(one["rule"], one["also"]) for one in report["findings"]] == [("my.call", ["S602"])]


def test_only_lines_of_the_change(changed: Git) -> None:
    report = scan(changed, config=tool(changed, [row(1), row(1, name="other.py"), row(99)]))
    assert [one["rule"] for one in report["findings"]] == ["my.call"]
    assert [(one["finding"]["rule"], one["by"]) for one in report["suppressed"]] == [("S602", "filter")]


def test_a_comment_holds_it_back(changed: Git) -> None:
    changed.write("a.py", "old = 1\nother(3)  # review-bot: ignore[S602] -- known\n")
    report = scan(changed, config=tool(changed, [row(2)]))
    assert report["findings"] == []
    assert [one["by"] for one in report["suppressed"]] == ["inline"]


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ('[[linters]]\nname = "tool"\ncommand = ["no-such-tool-anywhere"]\n', "not installed"),
        (f'[[linters]]\nname = "tool"\ncommand = [{json.dumps(sys.executable)}, "-c", "print(1"]\n', "is no"),
        (f'[[linters]]\nname = "tool"\ncommand = [{json.dumps(sys.executable)}, "-c", "exit(7)"]\n', "exit code 7"),
        (f'[[linters]]\nname = "tool"\ncommand = [{json.dumps(sys.executable)}, "-c", "print(3)"]\n', "neither SARIF"),
    ],
    ids=["missing", "broken", "failing", "other output"],
)
def test_a_tool_that_fails(changed: Git, config: str, reason: str) -> None:
    report = scan(changed, config=config)
    ((part, said),) = [(one["what"], one["reason"]) for one in report["degraded"]]
    assert part == "linter:tool"
    assert reason in said
    assert [one["rule"] for one in report["findings"]] == ["my.call"]


def test_a_tool_that_hangs_with_its_children(changed: Git) -> None:
    script = "import subprocess, time; subprocess.Popen(['sleep', '60']); time.sleep(60)"
    command = json.dumps([sys.executable, "-c", script])
    config = f'[[linters]]\nname = "tool"\ncommand = {command}\ndeadline = 0.5\n'
    began = time.monotonic()
    report = scan(changed, config=config)
    assert time.monotonic() - began < 30  # the children of the tool would hold the pipe for a minute
    assert "not done after 0.5 seconds" in report["degraded"][0]["reason"]


def test_nothing_changed_runs_no_tool(git: Git) -> None:
    git.write("a.py", "old = 1\n")
    git.write("rules.toml", RULES)
    config = tool(git, [row(1)])
    git.write(".review-bot.toml", 'select = ["my"]\nrule-paths = ["rules.toml"]\nexclude = ["*.toml"]\n' + config)
    git.commit()
    assert scan(git, config=config)["findings"] == []
