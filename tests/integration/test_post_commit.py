"""What a commit tells the memory of the findings shown before it, with real hooks."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Git

SHELL = "import subprocess\n\n\ndef a(x):\n    subprocess.run(x, shell=True)\n"
DEFAULT = "def b(y, z=[]):\n    return y, z\n"


def _bot(git: Git, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "review_bot", *arguments]
    return subprocess.run(command, cwd=git.root, capture_output=True, text=True, check=False)


@pytest.fixture
def hooked(git: Git) -> Git:
    """A repository with our hooks and one commit."""
    git.write("README", "x\n")
    git.write(".review-bot.toml", "[hook]\ndeadline = 600\n")  # a busy machine must not cut a review short
    git.commit()
    assert _bot(git, "install").returncode == 0
    return git


def _signals(git: Git) -> list[tuple[str, int | None]]:
    return [(one["sig"], one["y"]) for one in _events(git)]


def _events(git: Git) -> list[dict[str, Any]]:
    done = _bot(git, "memory", "export")
    assert done.returncode == 0, done.stderr
    return [one for one in map(json.loads, done.stdout.splitlines()) if one["kind"] == "signal"]


def test_a_finding_mended_before_the_commit_was_right(hooked: Git) -> None:
    hooked.write("a.py", SHELL)
    hooked("add", "-A")
    hooked("commit", "-q", "-m", "blocked", check=False)
    hooked.write("a.py", SHELL.replace("x, shell=True", "[x], check=True"))
    hooked.commit()
    event = next(one for one in _events(hooked) if one["rule"] == "py.command.shell-true")
    assert (event["sig"], event["y"], event["eps"]) == ("fixed", 1, 0.15)
    assert event["at"] == [hooked("rev-parse", "HEAD^"), hooked("rev-parse", "HEAD"), "a.py", 5, 5]
    assert event["pr"] == hooked("rev-parse", "HEAD")


def test_a_warning_committed_unchanged_was_not_wanted(hooked: Git) -> None:
    hooked.write("a.py", DEFAULT)
    hooked.commit()
    assert _signals(hooked) == [("unchanged", 0)]


def test_an_amended_commit_says_nothing_twice(hooked: Git) -> None:
    hooked.write("a.py", DEFAULT)
    hooked.commit()
    hooked.write("b.py", "x = 1\n")
    hooked("add", "-A")
    hooked("commit", "-q", "--amend", "-m", "again")
    assert _signals(hooked) == [("unchanged", 0)]


def test_a_comment_that_holds_it_back_rejects_it(hooked: Git) -> None:
    hooked.write("a.py", DEFAULT)
    assert _bot(hooked, "scan").returncode == 0
    lines = DEFAULT.split("\n")
    lines[0] += "  # review-bot: ignore[py.default.mutable] -- never changed"
    hooked.write("a.py", "\n".join(lines))
    hooked.commit()
    assert ("inline", 0) in _signals(hooked) or ("unchanged", 0) not in _signals(hooked)


def test_a_file_that_is_gone_is_only_logged(hooked: Git) -> None:
    hooked.write("a.py", "x = 1\n")
    hooked.commit()
    hooked.write("a.py", DEFAULT)
    _bot(hooked, "scan")
    (hooked.root / "a.py").unlink()
    hooked.commit()
    assert _signals(hooked) == [("file-gone", None)]


def test_what_was_shown_is_written_down_once(hooked: Git) -> None:
    hooked.write("a.py", DEFAULT)
    hooked.commit()
    hooked.write("b.py", "x = 1\n")
    hooked("add", "-A")
    hooked("commit", "-q", "--amend", "-m", "again")
    done = _bot(hooked, "memory", "export")
    (event,) = [one for one in map(json.loads, done.stdout.splitlines()) if one["kind"] == "shown"]
    assert (event["rule"], event["effect"], event["at"][2:]) == ("py.default.mutable", "none", ["a.py", 1, 1])
    assert event["key"].startswith("py.default.mutable:")
    assert "of 1 finding shown" in _bot(hooked, "memory", "learn").stdout


def test_what_was_not_committed_says_nothing(hooked: Git) -> None:
    hooked.write("a.py", "x = 1\n")
    hooked.commit()
    hooked.write("a.py", DEFAULT)
    hooked.write("b.py", "y = 1\n")
    _bot(hooked, "scan")
    hooked("add", "b.py")
    hooked("commit", "-q", "-m", "other file")
    assert _signals(hooked) == []


def test_no_verify_is_only_logged(hooked: Git) -> None:
    hooked.write("b.py", "y = 1\n")
    hooked("add", "-A")
    hooked("commit", "-q", "--no-verify", "-m", "quick")
    assert _signals(hooked) == [("no-verify", None)]


def test_what_is_committed_past_a_hook_that_blocked_it_is_only_logged(hooked: Git) -> None:
    hooked.write("a.py", SHELL)
    hooked("add", "-A")
    hooked("commit", "-q", "-m", "blocked", check=False)
    hooked("commit", "-q", "--no-verify", "-m", "all the same")
    assert {(one["sig"], one["y"], one.get("rule")) for one in _events(hooked)} >= {
        ("no-verify", None, "py.command.shell-true")
    }
    assert not [one for one in _events(hooked) if one["y"] is not None]


def test_an_ordinary_commit_says_nothing(hooked: Git) -> None:
    hooked.write("b.py", "y = 1\n")
    hooked.commit()
    assert _signals(hooked) == []


def test_with_the_memory_off_nothing_is_kept(hooked: Git) -> None:
    hooked.write(".review-bot.toml", "[memory]\nenabled = false\n")
    hooked.write("a.py", DEFAULT)
    hooked.commit()
    assert hooked("for-each-ref", "refs/review-bot") == ""


def test_the_suggestion_taken_as_it_was(hooked: Git) -> None:
    hooked.write("a.py", "import yaml\n\n\ndef read(text):\n    return yaml.load(text)\n")
    hooked("add", "-A")
    hooked("commit", "-q", "-m", "blocked", check=False)
    report = json.loads(_bot(hooked, "scan", "--staged", "--format", "json", "--fail-on", "none").stdout)
    (finding,) = [one for one in report["findings"] if one["suggestion"]]
    lines = (hooked.root / "a.py").read_text().split("\n")
    suggestion = finding["suggestion"]
    lines[suggestion["start_line"] - 1 : suggestion["end_line"]] = suggestion["replacement"].split("\n")
    hooked.write("a.py", "\n".join(lines))
    hooked.commit()
    assert ("suggestion", 1) in _signals(hooked)
