from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from review_bot.errors import SourceError
from review_bot.sources import process
from review_bot.sources.repository import Repository, empty_tree, find_root, head_commit

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git


def test_no_process_in_the_ordinary_case(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    head = git.commit()
    inside = git.write("sub/deep/a.txt", "").parent
    git("worktree", "add", "-q", "../linked")
    monkeypatch.setenv("PATH", "")
    found = find_root(str(inside))
    assert found == Repository(str(inside), str(git.root), str(git.root / ".git"))
    assert head_commit(found) == head
    linked = find_root(str(git.root.parent / "linked"))
    assert linked.root == str(git.root.parent / "linked")
    assert head_commit(linked) == head


def test_the_current_folder_by_default(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(git.root)
    assert find_root().root == str(git.root)


def test_what_git_sets_for_a_hook_needs_no_process(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("PATH", "")
    assert find_root(str(git.root)).root == str(git.root)


@pytest.mark.parametrize("packed", [False, True])
def test_head_of_a_branch(git: Git, packed: bool) -> None:
    head = git.commit()
    git("branch", "main-2")
    if packed:
        git("pack-refs", "--all")
    assert head_commit(find_root(str(git.root))) == head


def test_head_before_the_first_commit_and_detached(git: Git) -> None:
    assert head_commit(find_root(str(git.root))) is None
    head = git.commit()
    git("checkout", "-q", "--detach")
    assert head_commit(find_root(str(git.root))) == head


def test_head_through_a_symbolic_branch(git: Git) -> None:
    head = git.commit()
    git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
    (git.root / ".git/HEAD").write_text("ref: refs/heads/alias\n")
    assert head_commit(find_root(str(git.root))) == head


def test_outside_of_a_repository(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="not a git repository") as error:
        find_root(str(tmp_path))
    assert error.value.where == str(tmp_path)
    assert "--diff" in error.value.remedy


def test_a_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(SourceError, match="the current folder is gone"):
        find_root()


def test_a_bare_repository(git: Git) -> None:
    git("init", "-q", "--bare", "bare.git")
    found = find_root(str(git.root / "bare.git"))
    assert found.root is None
    with pytest.raises(SourceError, match="no work tree"):
        found.work_tree()


def test_a_bare_repository_named_like_another(git: Git) -> None:
    git("config", "core.bare", "true")
    assert find_root(str(git.root)).root is None


@pytest.mark.parametrize("line", ["worktree = ../../other", "  WorkTree=../../other"])
def test_a_work_tree_set_in_the_configuration(git: Git, line: str) -> None:
    other = git.root.parent / "other"
    other.mkdir()
    with open(git.root / ".git/config", "a") as stream:
        stream.write(f"[core]\n{line}\n")
    assert find_root(str(git.root)).root == str(other)


def test_a_work_tree_set_by_an_included_file_is_none_for_git(git: Git) -> None:
    other = git.root.parent / "other"
    other.mkdir()
    git.write(".git/more", f"[core]\nworktree = {other}\n")
    git("config", "include.path", "more")
    assert find_root(str(git.root)).root == git("rev-parse", "--show-toplevel") == str(git.root)


def test_a_submodule_knows_its_own_root(git: Git) -> None:
    git.commit()
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(git.root), "library")
    assert find_root(str(git.root / "library")).root == str(git.root / "library")


def test_an_empty_folder_named_git_is_not_a_repository(git: Git) -> None:
    inside = git.root / "sub"
    (inside / ".git").mkdir(parents=True)
    assert find_root(str(inside)).root == str(git.root)


def test_a_git_file_that_leads_nowhere(git: Git) -> None:
    git.write("sub/.git", "gitdir: /nonexistent\n")
    with pytest.raises(SourceError):
        find_root(str(git.root / "sub"))


def test_ceilings_are_heeded(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = git.write("sub/deep/a.txt", "").parent
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(git.root / "sub"))
    with pytest.raises(SourceError, match="not a git repository"):
        find_root(str(inside))


def test_the_tree_without_files(git: Git) -> None:
    tree = empty_tree(find_root(str(git.root)))
    assert tree == git("hash-object", "-t", "tree", os.devnull)
    assert not (git.root / ".git/objects" / tree[:2]).exists()


def test_no_git_where_git_is_needed(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    git("init", "-q", "--bare", "bare.git")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SourceError, match="git is not installed"):
        find_root(str(git.root / "bare.git"))


def test_settings_stand_before_the_command() -> None:
    command = process.command_line(["diff"], cwd="x")
    assert command[:3] == ["git", "-C", "x"]
    assert command[-1] == "diff"
    assert "core.fsmonitor=false" in command
