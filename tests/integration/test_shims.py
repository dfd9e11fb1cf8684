"""The shims run by a real git, with a small script in the place of review-bot."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from review_bot.stores.githooks import NAMES, Launch, install, uninstall

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

NOWHERE = Launch("", "")
RECORDING = """\
import os, sys
with open(os.environ["LOG"], "a") as log:
    print("ours", *sys.argv[1:], file=log)
    if sys.argv[1] == "pre-push":
        print(repr(sys.stdin.read()), file=log)
sys.exit(int(os.environ.get("CODE", "0")))
"""


class Recorder:
    """A log that hooks write to."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lines(self) -> list[str]:
        """What was written since the last call."""
        text = self.path.read_text() if self.path.exists() else ""
        self.path.unlink(missing_ok=True)
        return text.splitlines()


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    return Recorder(tmp_path / "log")


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    """A recorded command in a folder whose name needs quoting."""
    folder = tmp_path / "it's $HOME"
    folder.mkdir()
    (folder / "shim.py").write_text(RECORDING)
    return Launch(sys.executable, str(folder / "shim.py"))


def hooks_of(git: Git) -> Path:
    return git.root / ".git" / "hooks"


def chain(git: Git, name: str, body: str, mode: int = 0o755) -> None:
    hooks_of(git).mkdir(exist_ok=True)
    path = hooks_of(git) / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(mode)


def attempt(git: Git, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=git.root, capture_output=True, text=True, check=False)


def commit(git: Git) -> subprocess.CompletedProcess[str]:
    return attempt(git, "commit", "-q", "--allow-empty", "-m", "change")


def add_remote(git: Git) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(git.root.parent / "remote.git")], check=True)
    git("remote", "add", "origin", "../remote.git")


def only_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH with git, sh and cat, and without review-bot."""
    import shutil

    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("git", "sh", "cat"):
        (folder / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(folder))


def test_a_commit_runs_three_hooks(git: Git, log: Recorder, launch: Launch) -> None:
    install(str(hooks_of(git)), launch)
    assert commit(git).returncode == 0
    assert log.lines() == ["ours pre-commit", "ours commit-msg .git/COMMIT_EDITMSG", "ours post-commit"]


def test_strict_is_written_into_the_shim(git: Git, log: Recorder, launch: Launch) -> None:
    install(str(hooks_of(git)), launch._replace(strict=True))
    commit(git)
    assert log.lines()[1] == "ours commit-msg --strict .git/COMMIT_EDITMSG"


def test_our_exit_code_blocks_the_commit(
    git: Git, launch: Launch, log: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODE", "1")
    install(str(hooks_of(git)), launch)
    assert commit(git).returncode == 1
    assert log.lines() == ["ours pre-commit"]


def test_a_chained_hook_runs_first_with_its_arguments(git: Git, log: Recorder, launch: Launch) -> None:
    chain(git, "commit-msg", 'echo "theirs $# $1" >> "$LOG"; echo changed > "$1"')
    install(str(hooks_of(git)), launch)
    commit(git)
    assert log.lines()[1:3] == ["theirs 1 .git/COMMIT_EDITMSG", "ours commit-msg .git/COMMIT_EDITMSG"]
    assert git("log", "-1", "--format=%s") == "changed"


def test_a_chained_hook_blocks(git: Git, log: Recorder, launch: Launch) -> None:
    chain(git, "pre-commit", "exit 7")
    install(str(hooks_of(git)), launch)
    shim = subprocess.run([hooks_of(git) / "pre-commit"], cwd=git.root, check=False)
    assert shim.returncode == 7
    assert commit(git).returncode == 1
    assert log.lines() == []


def test_a_chained_hook_that_is_not_executable_does_not_run(git: Git, log: Recorder, launch: Launch) -> None:
    chain(git, "pre-commit", 'echo theirs >> "$LOG"', 0o644)
    install(str(hooks_of(git)), launch)
    commit(git)
    assert log.lines()[0] == "ours pre-commit"


def test_a_chained_link_runs(git: Git, log: Recorder, launch: Launch) -> None:
    git.write("tools/check", '#!/bin/sh\necho linked >> "$LOG"\n').chmod(0o755)
    hooks_of(git).mkdir(exist_ok=True)
    (hooks_of(git) / "pre-commit").symlink_to("../../tools/check")
    install(str(hooks_of(git)), launch)
    commit(git)
    assert log.lines()[:2] == ["linked", "ours pre-commit"]


def test_pre_push_gives_the_refs_to_both(git: Git, log: Recorder, launch: Launch) -> None:
    chain(git, "pre-push", 'echo "theirs $*" >> "$LOG"; cat >> "$LOG"')
    install(str(hooks_of(git)), launch)
    head = git.commit()
    add_remote(git)
    log.lines()
    assert attempt(git, "push", "-q", "origin", "main").returncode == 0
    line = f"refs/heads/main {head} refs/heads/main {'0' * 40}"
    names = "origin ../remote.git"
    assert log.lines() == [f"theirs {names}", line, f"ours pre-push {names}", repr(line + "\n")]


@pytest.mark.parametrize("refs", ["", "a b\n", "a b", "a\n\n", "a\\n%s\tb\n" * 5000], ids=range(5))
def test_pre_push_passes_standard_input_on_as_it_is(git: Git, log: Recorder, launch: Launch, refs: str) -> None:
    chain(git, "pre-push", 'cat > "$LOG.theirs"')
    install(str(hooks_of(git)), launch)
    subprocess.run([hooks_of(git) / "pre-push", "origin", "url"], input=refs.encode(), cwd=git.root, check=True)
    assert (log.path.parent / "log.theirs").read_text() == refs
    assert log.lines() == ["ours pre-push origin url", repr(refs)]


def test_a_chained_pre_push_that_reads_nothing(git: Git, log: Recorder, launch: Launch) -> None:
    chain(git, "pre-push", "exit 0")
    install(str(hooks_of(git)), launch)
    command, refs = [str(hooks_of(git) / "pre-push"), "origin", "url"], "x" * 1_000_000
    done = subprocess.run(command, input=refs.encode(), cwd=git.root, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert log.lines()[1] == repr(refs)


def test_a_chained_pre_push_blocks(git: Git, log: Recorder, launch: Launch) -> None:
    chain(git, "pre-push", "exit 1")
    install(str(hooks_of(git)), launch)
    git.commit()
    add_remote(git)
    log.lines()
    assert attempt(git, "push", "-q", "origin", "main").returncode == 1
    assert log.lines() == []


@pytest.mark.parametrize("name", NAMES)
def test_one_line_when_the_command_is_gone(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, launch: Launch, name: str
) -> None:
    install(str(hooks_of(git)), launch)
    os.unlink(launch.entry)
    only_git(tmp_path, monkeypatch)
    done = subprocess.run(
        [hooks_of(git) / name, "argument"], input="", cwd=git.root, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"review-bot: {name}: the command is gone, nothing was checked")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("gone", ["/nowhere/python", "interpreter without its library"])
def test_git_goes_on_when_the_interpreter_is_gone(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, launch: Launch, gone: str
) -> None:
    if not gone.startswith("/"):
        gone = str(git.write("broken python", "#!/nowhere/loader\n"))
        os.chmod(gone, 0o755)
    install(str(hooks_of(git)), launch._replace(python=gone))
    only_git(tmp_path, monkeypatch)
    assert commit(git).returncode == 0
    assert git("rev-list", "--count", "HEAD") == "1"


def test_a_chained_hook_still_counts_when_the_command_is_gone(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain(git, "pre-commit", "exit 1")
    install(str(hooks_of(git)), NOWHERE)
    only_git(tmp_path, monkeypatch)
    assert commit(git).returncode == 1


def test_the_command_on_path_is_used_where_none_was_recorded(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: Recorder, launch: Launch
) -> None:
    only_git(tmp_path, monkeypatch)
    command = tmp_path / "bin" / "review-bot"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(launch.python)} {shlex.quote(launch.entry)} "$@"\n')
    command.chmod(0o755)
    install(str(hooks_of(git)), NOWHERE)
    commit(git)
    assert log.lines()[0] == "ours hook pre-commit"


def test_linked_worktrees_share_the_hooks(git: Git, log: Recorder, launch: Launch) -> None:
    git.commit()
    install(str(hooks_of(git)), launch)
    git("worktree", "add", "-q", "-b", "side", "../side")
    attempt(git, "-C", "../side", "commit", "-q", "--allow-empty", "-m", "x")
    assert log.lines()[0] == "ours pre-commit"


def test_a_shim_moved_by_the_pre_commit_framework_still_chains(git: Git, log: Recorder, launch: Launch) -> None:
    chain(git, "pre-commit", 'echo theirs >> "$LOG"')
    install(str(hooks_of(git)), launch)
    (hooks_of(git) / "pre-commit").rename(hooks_of(git) / "pre-commit.legacy")
    chain(git, "pre-commit", 'echo framework >> "$LOG"; exec "$0.legacy"')
    commit(git)
    assert log.lines()[:3] == ["framework", "theirs", "ours pre-commit"]


def test_run_from_the_hooks_folder(git: Git, log: Recorder, launch: Launch) -> None:
    chain(git, "pre-commit", 'echo theirs >> "$LOG"')
    install(str(hooks_of(git)), launch)
    subprocess.run(["sh", "pre-commit"], cwd=hooks_of(git), check=True)
    assert log.lines() == ["theirs", "ours pre-commit"]


def test_nothing_of_ours_runs_after_uninstall(git: Git, log: Recorder, launch: Launch) -> None:
    install(str(hooks_of(git)), launch)
    uninstall(str(hooks_of(git)))
    assert commit(git).returncode == 0
    assert log.lines() == []
