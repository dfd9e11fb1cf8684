"""Judged code as data to train a model with."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from memory_helpers import bot
from review_bot.domain.training import FIELDS

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git
    from review_bot.domain.training import Form

KEY = "AKIA" + "QWERTYUIOPASDFGH"


def _bot(git: Git, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    done = bot(git.root, *arguments, stdin=stdin.encode())
    return subprocess.CompletedProcess(arguments, done.code, done.out, done.err)


def _event(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "signal", "sig": "command", "y": 1, "eps": 0.03, "rule": "model.correctness", "lang": "python",
        "ts": 1_700_000_000 + number, "actor": "ada", "pr": str(number), "finding": f"{number:016x}",
        "before": f"if x{number} == None:", "at": [None, None, "a.py", 3, 3], **fields,
    }  # fmt: skip


@pytest.fixture
def repo(git: Git) -> Git:
    """A repository whose events may hold code."""
    git.write(".review-bot.toml", "[memory]\nstore-text = true\n")
    git.commit()
    return git


def _export(git: Git, events: list[dict[str, Any]], form: Form, out: Path) -> dict[str, Any]:
    recorded = _bot(git, "memory", "record", "--events", "-", stdin="\n".join(map(json.dumps, events)))
    assert json.loads(recorded.stdout)["recorded"] == len(events), recorded.stderr
    done = _bot(git, "memory", "export", "--format", form, "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert all({name: type(value) for name, value in row.items()} == FIELDS[form] for row in _rows(out))
    manifest: dict[str, Any] = json.loads((out / "manifest.json").read_text())
    return manifest


def _rows(out: Path, name: str = "train") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / f"{name}.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(
    ("given", "said"),
    [({}, "shell=True runs this through a shell"), ({"message": "shell=True runs x"}, "shell=True runs x")],
    ids=["as the rule says", "as it was shown"],
)
def test_an_answer_says_what_was_said(repo: Git, tmp_path: Path, given: dict[str, str], said: str) -> None:
    event = _event(1, rule="py.command.shell-true", **given)
    _export(repo, [event], "kto", tmp_path)
    (row,) = _rows(tmp_path)
    assert json.loads(row["completion"])["findings"][0]["message"] == said


def test_kto_rows_are_split_by_time(repo: Git, tmp_path: Path) -> None:
    manifest = _export(repo, [_event(number, y=number % 2) for number in range(10)], "kto", tmp_path)
    assert manifest == {"format": "kto", "counts": {"train": 8, "test": 2}}
    train, test = _rows(tmp_path), _rows(tmp_path, "test")
    assert [row["label"] for row in train] == [False, True] * 4
    assert "3+ if x0 == None:" in train[0]["prompt"]
    assert "x9" in test[-1]["prompt"]
    (finding,) = json.loads(train[1]["completion"])["findings"]
    assert (finding["path"], finding["line"], finding["quote"]) == ("a.py", 3, "if x1 == None:")


def test_a_better_and_a_worse_answer_to_the_same_code(repo: Git, tmp_path: Path) -> None:
    same = {"before": "if x == None:"}
    events = [
        _event(1, **same, after="if x is None:"),
        _event(2, **same, y=0, rule="model.performance"),
        _event(3, before="if y == None:", after="if y is None:"),
        _event(4, before="only accepted"),
    ]
    assert _export(repo, events, "dpo", tmp_path)["counts"]["train"] == 2
    first, second = _rows(tmp_path)
    assert json.loads(first["chosen"])["findings"][0]["category"] == "correctness"
    assert json.loads(first["rejected"])["findings"][0]["category"] == "performance"
    assert json.loads(second["chosen"])["findings"][0]["fix"] == "if y is None:"
    assert json.loads(second["rejected"])["findings"][0]["fix"] == ""


def test_right_findings_and_places_where_nothing_was_to_be_said(repo: Git, tmp_path: Path) -> None:
    _export(repo, [_event(1), _event(2, y=0), _event(3, y=0)], "sft", tmp_path)
    answers = [json.loads(row["completion"])["findings"] for row in (*_rows(tmp_path), *_rows(tmp_path, "test"))]
    assert [len(found) for found in answers] == [1, 0]


def test_secrets_and_noisy_signals_stay_out(repo: Git, tmp_path: Path) -> None:
    events = [_event(1, before=f'key = "{KEY}"'), _event(2, sig="merged", y=0, eps=0.4)]
    assert _export(repo, events, "kto", tmp_path)["counts"]["train"] == 1
    text = (tmp_path / "train.jsonl").read_text()
    assert KEY not in text
    assert "<secret:" in text


def test_a_folder_is_needed(repo: Git, tmp_path: Path) -> None:
    assert _bot(repo, "memory", "export", "--format", "kto").returncode == 2
    (tmp_path / "file").write_text("")
    done = _bot(repo, "memory", "export", "--format", "kto", "--out", str(tmp_path / "file" / "x"))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
