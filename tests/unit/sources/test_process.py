from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from review_bot.errors import SourceError
from review_bot.sources import process

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script that takes the place of git on PATH."""
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return program


def script(program: Path, text: str) -> None:
    program.write_text(f"#!/bin/sh\n{text}\n")


def test_output_as_bytes(git: Git) -> None:
    git.write("a", b"\xff\0\r\n")
    git("add", "-A")
    assert process.git(["cat-file", "blob", ":a"], cwd=str(git.root)) == b"\xff\0\r\n"


def test_standard_input(git: Git) -> None:
    expected = git("hash-object", "--stdin")
    assert process.git(["hash-object", "--stdin"], cwd=str(git.root), stdin=b"").decode().strip() == expected
    assert process.git(["hash-object", "--stdin"], cwd=str(git.root)).decode().strip() == expected
    assert process.git(["stripspace"], cwd=str(git.root), stdin=b"a  \n\n\n\nb") == b"a\n\nb\n"


def test_both_streams_may_be_longer_than_a_pipe(fake: Path, tmp_path: Path) -> None:
    block = "x" * 1000
    script(fake, f"i=0; while [ $i -lt 300 ]; do echo {block}; echo {block} >&2; i=$((i+1)); done")
    done = process.run([], cwd=str(tmp_path))
    assert (done.status, len(done.output), len(done.errors)) == (0, 300_300, 300_300)


def test_the_reason_is_the_fatal_line(fake: Path, tmp_path: Path) -> None:
    script(fake, "printf 'warning: odd\\nerror: bad\\nfatal: worse\\033[2J\\n' >&2; exit 128")
    with pytest.raises(SourceError) as error:
        process.git([], cwd=str(tmp_path))
    assert str(error.value) == r"git: worse\x1b[2J"


@pytest.mark.parametrize(("end", "status"), [("exit 3", 3), ("kill -9 $$", -9)])
def test_a_silent_failure_names_the_status(fake: Path, tmp_path: Path, end: str, status: int) -> None:
    script(fake, end)
    assert process.run([], cwd=str(tmp_path)).status == status
    with pytest.raises(SourceError, match=f"status {status}"):
        process.git([], cwd=str(tmp_path))


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for stdin in (None, b""):
        with pytest.raises(SourceError, match="not installed, or not on PATH; install git"):
            process.git(["version"], cwd=str(tmp_path), stdin=stdin)


def test_a_git_that_is_no_program(fake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.write_bytes(b"\x7fELF")
    monkeypatch.setenv("PATH", str(fake.parent))
    with pytest.raises(SourceError, match="can't be started"):
        process.git(["version"], cwd=str(tmp_path))


def test_no_descriptor_is_left_open(git: Git) -> None:
    process.run(["version"], cwd=str(git.root))
    before = len(os.listdir("/dev/fd"))
    for _ in range(3):
        process.run(["version"], cwd=str(git.root))
        process.run(["nonsense"], cwd=str(git.root))
    assert len(os.listdir("/dev/fd")) == before


def test_variables_that_change_diffs_are_kept_from_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIFF_OPTS", "-u0")
    monkeypatch.setenv("GIT_INDEX_FILE", "x")
    seen = process.environment()
    assert "GIT_DIFF_OPTS" not in seen
    assert (seen["GIT_INDEX_FILE"], seen["LC_ALL"]) == ("x", "C")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_standard_streams(git: Git, closed: str) -> None:
    program = (
        "import os; from review_bot.sources.process import git; text = git(['version'], cwd='.');"
        "os.write(os.open('said', os.O_WRONLY | os.O_CREAT), text)"
    )
    command = f"'{sys.executable}' -c \"{program}\" {closed}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run(["sh", "-c", command], cwd=git.root, env=environment, check=True)
    assert (git.root / "said").read_text().startswith("git version")


def test_what_a_hook_gets_on_standard_input_is_left_alone(fake: Path, tmp_path: Path) -> None:
    script(fake, "cat")
    program = "from review_bot.sources.process import git; import sys; print(git([], cwd='.'), sys.stdin.read())"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], input=b"refs", cwd=tmp_path, env=environment, capture_output=True, check=True
    )
    assert done.stdout.split() == [b"b''", b"refs"]


def test_importing_the_hook_path_stays_cheap() -> None:
    program = (
        "import sys; before = set(sys.modules); import review_bot.sources.git, review_bot.sources.repository;"
        "print(*sorted(set(sys.modules) - before))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    costly = "pathlib dataclasses argparse subprocess json hashlib tempfile shutil logging difflib git threading"
    assert not set(done.stdout.split()) & set(costly.split())
