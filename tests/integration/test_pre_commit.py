"""Our hooks under the pre-commit framework, installed from this checkout as it would install a release."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Git

KEY = "AKIA" + "Q3EGRPXZ7TLM2WVB"
PLANTED = f'key = "{KEY}"\n'
RULE = "secrets.aws-access-key-id"
ROOT = Path(__file__).parents[2]
PARTS = ("pyproject.toml", "README.md", "LICENSE", "bot", "rules", "hooks", "prompts", ".pre-commit-hooks.yaml")
PIP_CONFIG = Path.home() / ".config" / "pip" / "pip.conf"
"""Of the real home folder: pip must find the index of this machine."""


class Framework:
    """The pre-commit command with a store of its own, and a clone of this project for it to install."""

    def __init__(self, source: Path, store: Path) -> None:
        self.source = source
        self.store = store

    def environment(self) -> dict[str, str]:
        commands = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        found = {"PIP_CONFIG_FILE": str(PIP_CONFIG)} if PIP_CONFIG.exists() else {}
        return {**found, **os.environ, "PRE_COMMIT_HOME": str(self.store), "PATH": commands}

    def __call__(self, git: Git, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run(git, sys.executable, "-m", "pre_commit", *words)

    def run(self, git: Git, *words: str) -> subprocess.CompletedProcess[str]:
        env = self.environment()
        return subprocess.run(words, cwd=git.root, env=env, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def framework(tmp_path_factory: pytest.TempPathFactory) -> Framework:
    """One store for all tests here, so that the package is installed once."""
    return Framework(tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("store"))


@pytest.fixture
def source(framework: Framework) -> Path:
    """A repository that holds this checkout as it is now, in one commit."""
    if not (framework.source / ".git").exists():
        copy_checkout(framework.source)
        clone = Git(framework.source)
        clone("init", "-q", "-b", "main")
        clone.commit("Everything")
    return framework.source


def copy_checkout(target: Path, parts: tuple[str, ...] = PARTS) -> None:
    for part in parts:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, target / part)


@pytest.fixture
def project(git: Git, source: Path, framework: Framework) -> Git:
    """A repository with all our hooks in its configuration, and with pre-commit's own hooks installed."""
    revision = Git(source)("rev-parse", "HEAD")
    names = "".join(f"      - id: {name}\n" for name in ("review-bot", "review-bot-model", "review-bot-commit-msg"))
    git.write(".pre-commit-config.yaml", f"repos:\n  - repo: {source}\n    rev: {revision}\n    hooks:\n{names}")
    git.write("clean.py", "x = 1\n")
    git.commit("Start")
    types = [word for name in ("pre-commit", "commit-msg", "pre-push") for word in ("-t", name)]
    done = framework(git, "install", "--install-hooks", *types)
    assert done.returncode == 0, done.stdout + done.stderr
    return git


def stage(git: Git, text: str) -> None:
    git.write("a.py", text)
    git("add", "a.py")


def test_try_repo(git: Git, source: Path, framework: Framework) -> None:
    stage(git, PLANTED)
    found = framework(git, "try-repo", str(source), "review-bot")
    assert found.returncode == 1
    assert f"a.py:1:8: error {RULE}" in found.stdout
    assert KEY not in found.stdout + found.stderr


def test_a_blocked_and_a_passing_commit(project: Git, framework: Framework) -> None:
    stage(project, PLANTED)
    blocked = framework.run(project, "git", "commit", "-m", "Add a thing")
    assert (blocked.returncode, RULE in blocked.stderr) == (1, True)
    stage(project, "x = 1\n")
    assert framework.run(project, "git", "commit", "-m", "Add a thing").returncode == 0
    assert project("log", "--format=%s") == "Add a thing\nStart"


def test_only_the_staged_text_counts(project: Git, framework: Framework) -> None:
    stage(project, "x = 1\n")
    project.write("a.py", PLANTED)
    assert framework.run(project, "git", "commit", "-m", "Add a thing").returncode == 0
    assert framework.run(project, "git", "commit", "-a", "-m", "Change it").returncode == 1


def test_a_broken_configuration_lets_git_go_on(project: Git, framework: Framework) -> None:
    project.write(".review-bot.toml", "a = [")
    stage(project, PLANTED)
    assert framework.run(project, "git", "commit", "-m", "Add a thing").returncode == 0


def test_the_message(project: Git, framework: Framework) -> None:
    done = framework.run(project, "git", "commit", "--allow-empty", "-m", f"Use {KEY}")
    assert (done.returncode, "COMMIT_EDITMSG:1:5:" in done.stderr) == (1, True)
    done = framework.run(project, "git", "commit", "--allow-empty", "-m", "WIP")
    assert (done.returncode, "WIP must not stay on main" in done.stderr) == (1, True)


def test_pushes(project: Git, framework: Framework) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(project.root.parent / "remote.git")], check=True)
    project("remote", "add", "origin", "../remote.git")
    assert framework.run(project, "git", "push", "-q", "origin", "main").returncode == 0
    stage(project, PLANTED)
    project("commit", "-q", "--no-verify", "-m", "Add a thing")
    done = framework.run(project, "git", "push", "-q", "origin", "main")
    assert (done.returncode, done.stdout.count(RULE)) == (1, 2)


def test_the_first_push_of_everything(project: Git, framework: Framework) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(project.root.parent / "remote.git")], check=True)
    project("remote", "add", "origin", "../remote.git")
    stage(project, PLANTED)
    project("commit", "-q", "--no-verify", "-m", "Add a thing")
    done = framework.run(project, "git", "push", "-q", "origin", "main")
    assert (done.returncode, RULE in done.stdout) == (1, True)


def test_a_range_as_in_ci(project: Git, framework: Framework) -> None:
    stage(project, PLANTED)
    project("commit", "-q", "--no-verify", "-m", "Add a thing")
    words = ("run", "review-bot", "--from-ref", "HEAD~1", "--to-ref", "HEAD")
    done = framework(project, *words)
    assert (done.returncode, RULE in done.stdout) == (1, True)


def test_the_manual_stage_looks_at_what_is_staged(project: Git, framework: Framework) -> None:
    stage(project, PLANTED)
    done = framework(project, "run", "--hook-stage", "manual", "review-bot-model")
    assert (done.returncode, RULE in done.stdout) == (1, True)


def test_our_own_hooks_chain_those_of_the_framework(project: Git, framework: Framework) -> None:
    assert framework.run(project, sys.executable, "-m", "review_bot", "install").returncode == 0
    project.write("b.yaml", "x: 1\n")
    project("add", "b.yaml")
    done = framework.run(project, "git", "commit", "-m", "Add a thing")
    assert (done.returncode, "Passed" in done.stderr) == (0, True)
    assert framework.run(project, sys.executable, "-m", "review_bot", "uninstall").returncode == 0
    assert "pre-commit" in (project.root / ".git" / "hooks" / "pre-commit").read_text()


def test_the_project_is_reviewed_by_its_own_hook(git: Git, framework: Framework) -> None:
    copy_checkout(git.root, (".pre-commit-config.yaml", "pyproject.toml"))
    git.commit("Start")
    stage(git, '"""A module."""\n\nx = 1\n')
    passed = framework(git, "run")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    stage(git, PLANTED)
    done = framework(git, "run")
    assert (done.returncode, RULE in done.stdout) == (1, True)
