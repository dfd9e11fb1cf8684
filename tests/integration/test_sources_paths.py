from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from integration.sources_helpers import between, counts, staged, states, worktree
from review_bot.errors import UsageError

if TYPE_CHECKING:
    from conftest import Git


@pytest.fixture
def changed(git: Git) -> Git:
    git.write("sub/a.txt", "one\n")
    git.write("subway.txt", "one\n")
    git.write("moved.txt", "one\ntwo\nthree\n")
    git.write("gone.txt", "one\n")
    git.commit()
    git.write("sub/a.txt", "two\n")
    git.write("subway.txt", "two\n")
    git("rm", "-q", "gone.txt")
    git("mv", "moved.txt", "sub/here.txt")
    git("add", "-A")
    git.write("sub/new.txt", "one\n")
    git.write("-x", "one\n")
    git.write(":(top)*", "one\n")
    return git


@pytest.mark.parametrize("path", ["sub", "sub/", "./sub", "sub/../sub", "sub//"])
def test_a_folder_means_all_below_it(changed: Git, path: str) -> None:
    assert states(staged(changed, path)) == {"sub/a.txt": "modified", "sub/here.txt": "renamed"}


def test_nothing_and_the_root_mean_everything(changed: Git) -> None:
    assert staged(changed, ".").files == staged(changed).files
    assert worktree(changed, str(changed.root)).files == worktree(changed).files


def test_a_rename_is_one_from_either_side(changed: Git) -> None:
    assert states(staged(changed, "moved.txt")) == {"sub/here.txt": "renamed"}
    assert states(staged(changed, "sub/here.txt")) == {"sub/here.txt": "renamed"}


def test_a_deleted_file_can_be_named(changed: Git) -> None:
    assert states(worktree(changed, "gone.txt")) == {"gone.txt": "deleted"}


@pytest.mark.parametrize("path", ["-x", ":(top)*"])
def test_a_path_is_neither_option_nor_pattern(changed: Git, path: str) -> None:
    assert states(worktree(changed, path)) == {path: "added"}


def test_paths_count_from_where_the_user_stands(changed: Git) -> None:
    assert list(counts(worktree(changed, "a.txt", "../subway.txt", at="sub"))) == ["sub/a.txt", "subway.txt"]
    changed.commit()
    assert list(counts(between(changed, "HEAD~1..HEAD", "new.txt", at="sub"))) == ["sub/new.txt"]


def test_an_unchanged_file_is_a_valid_path(changed: Git) -> None:
    changed.commit()
    assert worktree(changed, "subway.txt").files == ()


@pytest.mark.parametrize("path", ["nowhere", "sub/nowhere", "sub*", "subway.txt/x"])
def test_a_path_that_names_nothing(changed: Git, path: str) -> None:
    with pytest.raises(UsageError, match="neither in the work tree nor in the change") as error:
        worktree(changed, "sub", path)
    assert error.value.where == path


@pytest.mark.parametrize("path", ["..", "../elsewhere", "/", ""])
def test_a_path_outside_of_the_repository(changed: Git, path: str) -> None:
    with pytest.raises(UsageError):
        worktree(changed, path)


def test_a_path_through_a_symbolic_link_to_the_repository(changed: Git) -> None:
    alias = changed.root.parent / "alias"
    alias.symlink_to(changed.root)
    assert list(counts(worktree(changed, str(alias / "sub/a.txt")))) == ["sub/a.txt"]
    assert list(counts(worktree(type(changed)(alias), str(changed.root / "sub/a.txt")))) == ["sub/a.txt"]


def test_a_path_in_a_bare_repository(changed: Git) -> None:
    changed.commit()
    changed("clone", "-q", "--bare", ".", "../bare.git")
    bare = type(changed)(changed.root.parent / "bare.git")
    assert list(counts(between(bare, "HEAD~1..HEAD", "sub"))) == ["sub/a.txt", "sub/here.txt", "sub/new.txt"]
