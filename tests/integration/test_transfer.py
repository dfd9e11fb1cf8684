"""What one repository tells another, and what its own past tells it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from memory_helpers import bot
from review_bot.memory.transfer import BadCounts, Counts, read, written

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

BOTH = '{"schema":"review-bot.counts/1","rules":[{"rule":"py.none-compare","accepted":3,"rejected":40}]}'


def _bot(root: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    done = bot(root, *arguments, stdin=stdin.encode())
    return subprocess.CompletedProcess(arguments, done.code, done.out, done.err)


def _judge(git: Git, number: int, y: int, *, actor: str = "ada") -> str:
    return json.dumps(
        {"kind": "signal", "sig": "command", "y": y, "rule": "py.a", "finding": f"{number:016x}", "actor": actor}
    )


def test_counts_travel_without_code_or_people(git: Git, tmp_path: Path) -> None:
    git.commit()
    lines = [_judge(git, 1, 1), _judge(git, 2, 0), _judge(git, 3, 0), _judge(git, 3, 0, actor="bob")]
    _bot(git.root, "memory", "record", "--events", "-", stdin="\n".join(lines))
    counts = _bot(git.root, "memory", "export", "--format", "counts").stdout
    assert read(counts) == [Counts("py.a", 1, 3)]
    assert "ada" not in counts
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", str(other)], check=True)
    subprocess.run(["git", "commit", "-q", "--allow-empty", "-m", "x"], cwd=other, check=True)
    done = _bot(other, "memory", "import", "-", stdin=counts)
    assert done.returncode == 0, done.stderr
    (event,) = map(json.loads, _bot(other, "memory", "export").stdout.splitlines())
    assert (event["kind"], event["rule"], event["accepted"], event["rejected"]) == ("prior", "py.a", 1, 3)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"schema":"review-bot.counts/2","rules":[]}', BOTH.replace("40", "-1"),
        BOTH.replace("40", "true"), BOTH.replace('"py.none-compare"', '""'), BOTH.replace("40", "1e400"), "[" * 100_000,
    ],
)  # fmt: skip
def test_what_are_no_counts_is_refused_in_one_line(git: Git, text: str) -> None:
    git.commit()
    with pytest.raises(BadCounts):
        read(text)
    done = _bot(git.root, "memory", "import", "-", stdin=text)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_counts_read_back_as_they_were_written() -> None:
    some = [Counts("a.b", 1, 2), Counts("c", 0, 7)]
    assert read(written(some)) == some


def test_history_says_what_was_changed_and_what_stayed(git: Git) -> None:
    git.write("a.py", "x = 1\n")
    git.commit()
    git.write("a.py", "def a(x, y=[]):\n    return x, y\n")
    git.write("b.py", "def b(x, y=[]):\n    return x, y\n")
    git.commit()
    git.write("a.py", "def a(x, y=None):\n    return x, y\n")
    git.commit()
    done = _bot(git.root, "memory", "import-history", "--commits", "10")
    assert "py.default.mutable: 1 changed since, 1 still there" in done.stdout
    events = [json.loads(line) for line in _bot(git.root, "memory", "export").stdout.splitlines()]
    assert {one["kind"] for one in events} == {"prior"}
    report = json.loads(_bot(git.root, "scan", "--all", "--format", "json").stdout)
    assert "py.default.mutable" in [one["rule"] for one in report["findings"]]
