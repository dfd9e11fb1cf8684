"""A folder that several clones share, as a scan sees it without a sync."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from fakes.rule_files import rule
from integration.cli_helpers import use
from memory_helpers import bot

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

NAME = "own.oops"
BODY = "def f(order):\n    oops(order.total)\n    return order\n"
MUTE = ("memory", "mute", NAME, "--reason", "a fixture")


@pytest.fixture
def clones(git: Git, tmp_path: Path) -> list[Path]:
    """Two clones that name the same folder, each with the same finding in its work tree."""
    (tmp_path / "shared").mkdir()
    use(git, rule(NAME, category='"conventions"'), config=f"[memory]\nurl = 'file://{tmp_path}/shared'")
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "-q", str(git.root), str(other)], check=True)
    for root in (git.root, other):
        (root / "a.py").write_text(BODY)
    return [git.root, other]


def review(where: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bot(where, "scan", "--backend", "none", "--format", "json").out)
    return found


def hidden(where: Path) -> list[str]:
    return [one["by"] for one in review(where)["suppressed"]]


def test_what_one_clone_mutes_the_next_scan_of_another_hides(clones: list[Path]) -> None:
    one, other = clones
    assert hidden(other) == []
    assert bot(one, *MUTE).code == 0
    assert hidden(other) == ["memory"]
    assert bot(one, "memory", "unmute", NAME).code == 0
    assert hidden(other) == []


def test_the_commit_hook_sees_it_too(clones: list[Path]) -> None:
    one, other = clones
    bot(one, *MUTE)
    subprocess.run(["git", "add", "-A"], cwd=other, check=True)
    command = [sys.executable, "-m", "review_bot", "hook", "pre-commit", "-v"]
    done = subprocess.run(command, cwd=other, capture_output=True, text=True, check=False)
    assert "(memory: muted" in done.stdout


def test_a_sync_and_a_compaction_change_nothing_of_it(clones: list[Path]) -> None:
    one, other = clones
    bot(one, *MUTE)
    for action in ("sync", "compact"):
        assert hidden(other) == ["memory"]
        assert bot(other, "memory", action).code == 0
    assert hidden(one) == hidden(other) == ["memory"]
    assert len(bot(other, "memory", "export").out.splitlines()) == 1


def test_much_that_is_new_is_left_to_sync_and_said(clones: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = clones
    bot(one, *MUTE)
    monkeypatch.setattr("review_bot.stores.beside.MOST", 10)
    found = review(other)
    assert found["suppressed"] == []
    (part,) = found["degraded"]
    assert part["what"] == "memory"
    assert "`review-bot memory sync` takes them in" in part["reason"]
    assert bot(other, "memory", "sync").code == 0
    assert (hidden(other), review(other)["degraded"]) == (["memory"], [])


def test_a_hostile_file_in_it_is_skipped(clones: list[Path], tmp_path: Path) -> None:
    one, other = clones
    bot(one, *MUTE)
    (folder,) = (tmp_path / "shared").iterdir()
    (folder / "x.jsonl").write_bytes(b'{"v":9}\n\xff\n' + b"[" * 1_000_000 + b"\n" + b'{"kind":"mute","v":1}\n')
    (folder / ".changes").write_text("x")
    assert hidden(other) == ["memory"]
    assert bot(other, "memory", "sync").code == 0
    (folder / "y.jsonl").write_bytes(b"x" * 1_500_000)
    (folder / ".changes").write_text("xx")
    found = review(other)  # what a sync has looked at is not looked at again
    assert (len(found["suppressed"]), found["degraded"]) == (1, [])


def test_a_folder_that_is_away_costs_nothing(clones: list[Path], tmp_path: Path) -> None:
    one, other = clones
    bot(one, *MUTE)
    assert hidden(other) == ["memory"]
    os.rename(tmp_path / "shared", tmp_path / "away")
    found = review(other)
    assert found["degraded"] == []
    assert not (tmp_path / "shared").exists()


@pytest.mark.parametrize("url", ["file://host/share", "file:relative"])
def test_a_url_that_names_no_folder_leaves_the_scan_alone(clones: list[Path], url: str) -> None:
    done = bot(clones[0], "scan", "--backend", "none", "--format", "json", REVIEW_BOT_MEMORY_URL=url)
    assert len(json.loads(done.out)["findings"]) == 1
