"""Runs of `scan` with a model that end before their time, and two at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from fakes.caches import own_cache
from fakes.openai_server import EMPTY, OpenAiServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Git

FILES = 4


class Gated:
    """A server that answers until a call that it is told to hold, and says when that has come."""

    def __init__(self, hold: int | None = None) -> None:
        self.prompts: list[str] = []
        self.arrived, self.gate = threading.Event(), threading.Event()
        self._hold = hold
        self.server = OpenAiServer(answers=self._answer)

    def _answer(self, prompt: str) -> str:
        self.prompts.append(prompt)
        if len(self.prompts) == self._hold:
            self.arrived.set()
            self.gate.wait(60)
        return EMPTY


@pytest.fixture
def change(git: Git, tmp_path: Path) -> Path:
    """Files that make a window each, and one hunk each."""
    git.commit()
    for number in range(FILES):
        lines = [f"    total_{number}_{line} = measure(values[{line}], {number})" for line in range(9)]
        git.write(f"part{number}.py", f"def part{number}(values):\n" + "\n".join(lines) + "\n")
    own_cache(tmp_path / "cache")
    return tmp_path


class Scan:
    """A `scan` in a process of its own."""

    def __init__(self, git: Git, folder: Path, gated: Gated, *arguments: str) -> None:
        command = [sys.executable, "-m", "review_bot", "scan", "--format", "json", "--backend", "openai"]
        url = str(gated.server.url)
        self.process = subprocess.Popen(
            [*command, "--window", "1200", "--ignore", "tests", *arguments],
            cwd=git.root,
            env={**os.environ, "REVIEW_BOT_CACHE_DIR": str(folder / "cache"), "REVIEW_BOT_MODEL_OPENAI_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def end(self) -> tuple[int, dict[str, Any], str]:
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, json.loads(out) if out else {}, err.decode()


@pytest.fixture
def gated() -> Iterator[Gated]:
    one = Gated(hold=3)
    with one.server:
        yield one
        one.gate.set()


def test_a_killed_run_is_gone_on_with_and_no_call_is_made_twice(git: Git, change: Path, gated: Gated) -> None:
    first = Scan(git, change, gated, "--no-cache")
    assert gated.arrived.wait(60)
    first.process.kill()
    first.process.communicate()
    gated.gate.set()
    code, report, err = Scan(git, change, gated, "--no-cache", "--resume").end()
    asked = len(set(gated.prompts))
    assert (code, err, report["stats"]["model_calls"]) == (0, "", asked - 2)
    # The call that was under way when the process died is the only one that was made again.
    assert len(gated.prompts) == asked + 1
    assert [row["model"] for row in report["coverage"]] == ["reviewed"] * FILES
    code, report, err = Scan(git, change, gated, "--no-cache", "--resume").end()
    assert (code, report["stats"]["model_calls"]) == (0, asked)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_at_once_and_keeps_what_was_done(
    git: Git, change: Path, gated: Gated, number: signal.Signals
) -> None:
    first = Scan(git, change, gated)
    assert gated.arrived.wait(60)
    began = time.monotonic()
    first.process.send_signal(number)
    assert (first.end(), time.monotonic() - began < 20) == ((130, {}, ""), True)
    gated.gate.set()
    code, report, err = Scan(git, change, gated).end()
    assert (code, err, report["stats"]["model_calls"]) == (0, "", len(set(gated.prompts)) - 2)


def test_the_deadline_cuts_what_matters_least_and_says_so(git: Git, change: Path, gated: Gated) -> None:
    code, report, err = Scan(git, change, gated, "--deadline", "4").end()
    states = [row["model"] for row in report["coverage"]]
    assert (code, states.count("skipped") > 0, set(states) <= {"reviewed", "skipped"}) == (0, True, True)
    assert {row["reason"] for row in report["coverage"] if row["model"] == "skipped"} == {"deadline"}
    assert err.startswith("degraded: backend:openai: ")
    assert [one["what"] for one in report["degraded"]] == ["backend:openai"]


def test_two_at_once_share_the_cache(git: Git, change: Path) -> None:
    free = Gated()
    with free.server:
        both = [Scan(git, change, free) for _ in range(2)]
        reports = [one.end() for one in both]
        assert [(code, err) for code, _, err in reports] == [(0, "")] * 2
        assert Scan(git, change, free).end()[1]["stats"]["model_calls"] == 0
