"""Going through findings at a real terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Git

PROMPT = b"[a,r,e,s,m,M,o,u,q,?]"
CODE = (
    "import subprocess\n\n\ndef a(x):\n    subprocess.run(x, shell=True)\n\n\ndef b(y, z=[]):\n    return y == None\n"
)


def _bot(git: Git, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "review_bot", *arguments]
    return subprocess.run(command, cwd=git.root, capture_output=True, text=True, check=False)


@pytest.fixture
def scanned(git: Git) -> Git:
    """A repository with several findings in its last scan."""
    git.write("README", "x\n")
    git.commit()
    git.write("a.py", CODE)
    assert _bot(git, "scan").returncode == 1
    return git


def _triage(git: Git, keys: list[bytes], **environment: str) -> tuple[int, str]:
    """Run triage at a terminal of its own and press each key when the prompt stands there."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "review_bot", "triage"],
        cwd=git.root, stdin=slave, stdout=slave, stderr=slave, env={**os.environ, **environment}, close_fds=True,
    )  # fmt: skip
    os.close(slave)
    shown, waiting = b"", list(keys)
    try:
        while True:
            if not select.select([master], [], [], 60)[0]:
                raise AssertionError(f"nothing came: {shown.decode()}")
            try:
                data = os.read(master, 4096)
            except OSError:  # the other end is closed
                break
            if not data:
                break
            shown += data
            if waiting and shown.rstrip(b" ").endswith(PROMPT):
                os.write(master, waiting.pop(0))
    finally:
        os.close(master)
        status = process.wait(60)
    assert not waiting
    return status, shown.decode()


def _events(git: Git) -> list[dict[str, Any]]:
    done = _bot(git, "memory", "export")
    assert done.returncode == 0, done.stderr
    return [one for one in map(json.loads, done.stdout.splitlines()) if one["kind"] != "shown"]


def test_keys_with_and_without_enter_become_events(scanned: Git) -> None:
    status, shown = _triage(scanned, [b"a", b"r\n", b"q"])
    assert status == 0
    assert "a.py:5" in shown
    said = [(one["sig"], one["y"], one["eps"]) for one in _events(scanned)]
    assert sorted(said) == [("command", 0, 0.03), ("command", 1, 0.03)]


def test_what_is_taken_back_leaves_no_event(scanned: Git) -> None:
    status, _ = _triage(scanned, [b"r", b"u", b"a", b"q"])
    assert status == 0
    assert [one["y"] for one in _events(scanned)] == [1]


def test_mutes_here_and_everywhere(scanned: Git) -> None:
    _triage(scanned, [b"m", b"M", b"q"])
    scopes = [one["scope"] for one in _events(scanned) if one["kind"] == "mute"]
    assert {scope["path"] for scope in scopes} == {"a.py", None}
    assert all(scope["rule"] for scope in scopes)


def test_an_edit_is_an_answer_only_where_something_changed(scanned: Git) -> None:
    _, shown = _triage(scanned, [b"e", b"q"], EDITOR="true")
    assert "nothing changed" in shown
    assert _events(scanned) == []
    _triage(scanned, [b"e", b"q"], EDITOR='sh -c \'echo "# more" >>"$2"\' sh')
    assert [(one["sig"], one["y"]) for one in _events(scanned)] == [("changed", 1)]


def test_help_and_unknown_keys_ask_again(scanned: Git) -> None:
    status, shown = _triage(scanned, [b"?", b"x", b"q"])
    assert status == 0
    assert "undo: go back" in shown
    assert "x: no such key" in shown


def test_without_a_terminal(scanned: Git) -> None:
    done = _bot(scanned, "triage")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_before_any_scan(git: Git) -> None:
    git.commit()
    status, shown = _triage(git, [])
    assert status == 2
    assert "nothing was scanned here yet" in shown
