"""`install` and `uninstall` in all sorts of repositories."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from review_bot.cli import install, shim, uninstall
from review_bot.errors import SourceError
from review_bot.stores.githooks import NAMES

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git


def run(*words: str) -> int:
    """Run `review-bot WORDS` in the current folder, as its parser is declared."""
    parser = argparse.ArgumentParser()
    subparsers = parser.add_subparsers(required=True)
    install.add(subparsers)
    uninstall.add(subparsers)
    arguments = parser.parse_args(words)
    result: int = arguments.run(arguments)
    return result


def installed(folder: Path) -> list[str]:
    return [name for name in NAMES if os.access(folder / name, os.X_OK)]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".sample"))


@pytest.fixture
def here(git: Git, monkeypatch: pytest.MonkeyPatch) -> Git:
    monkeypatch.chdir(git.root)
    return git


def test_installs_and_says_so(here: Git, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("install") == 0
    assert installed(here.root / ".git" / "hooks") == list(NAMES)
    assert capsys.readouterr().out == "".join(f"{name}: installed\n" for name in NAMES)


def test_the_shim_names_this_installation(here: Git) -> None:
    run("install", "--strict")
    text = (here.root / ".git" / "hooks" / "pre-commit").read_text()
    assert f"python={sys.executable} entry={os.path.abspath(shim.__file__)} options=--strict\n" in text


def test_uninstalls(here: Git, capsys: pytest.CaptureFixture[str]) -> None:
    run("install")
    assert run("uninstall") == 0
    assert files(here.root / ".git" / "hooks") == []
    capsys.readouterr()
    run("uninstall")
    assert capsys.readouterr().out == "no hooks of review-bot here\n"


def test_from_a_folder_below(here: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    here.write("a/b/c.txt", "")
    monkeypatch.chdir(here.root / "a" / "b")
    run("install")
    assert installed(here.root / ".git" / "hooks") == list(NAMES)


def test_a_missing_hooks_folder(here: Git) -> None:
    subprocess.run(["rm", "-r", ".git/hooks"], check=True)
    run("install")
    assert installed(here.root / ".git" / "hooks") == list(NAMES)


def test_a_linked_worktree(here: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    here.commit()
    here("worktree", "add", "-q", "../side")
    monkeypatch.chdir(here.root.parent / "side")
    run("install")
    assert installed(here.root / ".git" / "hooks") == list(NAMES)


def test_a_bare_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "bare.git")], check=True)
    monkeypatch.chdir(tmp_path / "bare.git")
    run("install")
    assert installed(tmp_path / "bare.git" / "hooks") == list(NAMES)


def test_a_submodule(here: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    here.commit()
    subprocess.run(["git", "init", "-q", "../outer"], check=True)
    monkeypatch.chdir(here.root.parent / "outer")
    add = ["git", "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../repo", "inner"]
    subprocess.run(add, check=True)
    monkeypatch.chdir(here.root.parent / "outer" / "inner")
    run("install")
    assert installed(here.root.parent / "outer" / ".git" / "modules" / "inner" / "hooks") == list(NAMES)


def test_a_separate_git_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = str(tmp_path / "elsewhere")
    subprocess.run(["git", "init", "-q", "--separate-git-dir", elsewhere, "tree"], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path / "tree")
    run("install")
    assert installed(tmp_path / "elsewhere" / "hooks") == list(NAMES)


def test_a_folder_in_the_work_tree(
    here: Git, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here("config", "core.hooksPath", ".husky")
    here.write(".husky/pre-commit", "#!/bin/sh\n").chmod(0o755)
    here.write("a/b.txt", "")
    monkeypatch.chdir(here.root / "a")
    assert run("install") == 0
    assert installed(here.root / ".husky") == list(NAMES)
    assert capsys.readouterr().out.endswith(f"commit or ignore the hooks in {here.root}/.husky\n")
    run("uninstall")
    assert files(here.root / ".husky") == ["pre-commit"]


def test_hooks_that_husky_generates_are_refused(here: Git) -> None:
    here("config", "core.hooksPath", ".husky/_")
    here.write(".husky/_/h", "")
    with pytest.raises(SourceError, match="husky writes these hooks anew"):
        run("install")
    assert files(here.root / ".husky" / "_") == ["h"]


def test_the_hooks_folder_of_all_repositories_is_refused(here: Git, tmp_path: Path) -> None:
    here("config", "--global", "core.hooksPath", str(tmp_path / "shared"))
    with pytest.raises(SourceError, match=r"run in every repository; use --force .*git config core\.hooksPath"):
        run("install")
    assert not (tmp_path / "shared").exists()


def test_the_hooks_folder_of_all_repositories_by_force(here: Git, tmp_path: Path) -> None:
    here("config", "--global", "core.hooksPath", str(tmp_path / "shared"))
    run("install", "--force")
    assert installed(tmp_path / "shared") == list(NAMES)
    run("uninstall")
    assert files(tmp_path / "shared") == []


def test_a_relative_path_for_all_repositories_is_this_ones_own(here: Git) -> None:
    here("config", "--global", "core.hooksPath", ".githooks")
    run("install")
    assert installed(here.root / ".githooks") == list(NAMES)


def test_a_folder_outside_that_this_repository_asks_for(
    here: Git, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here("config", "core.hooksPath", str(tmp_path / "team"))
    run("install")
    assert installed(tmp_path / "team") == list(NAMES)
    assert "outside of the repository" in capsys.readouterr().out


def test_hooks_switched_off(here: Git) -> None:
    from review_bot.errors import StoreError

    here("config", "core.hooksPath", os.devnull)
    with pytest.raises(StoreError, match="nothing was installed"):
        run("install")


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match="not a git repository"):
        run("install")


def test_git_finds_the_hooks(here: Git) -> None:
    run("install")
    assert here("rev-parse", "--git-path", "hooks") == ".git/hooks"
    assert {"pre-commit", "commit-msg"} <= set(os.listdir(here.root / here("rev-parse", "--git-path", "hooks")))
