from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from integration.sources_helpers import consistent, counts, everything, numstat, states
from review_bot.errors import SourceError
from review_bot.sources.repository import empty_tree, find_root

if TYPE_CHECKING:
    from conftest import Git


def test_every_line_counts_as_added(git: Git) -> None:
    git.write("a.txt", "one\ntwo")
    git.write("sub/b.txt", "one\n")
    git.write("image", b"\0")
    git.write("empty", "")
    git.write(".gitattributes", "*.lock -diff\n")
    git.write("x.lock", "one\n")
    (git.root / "link").symlink_to("a.txt")
    git.commit()
    change = everything(git, at="sub")
    assert counts(change) == numstat(git, empty_tree(find_root(str(git.root))), "HEAD")
    assert set(states(change).values()) == {"added", "binary"}
    assert consistent(change)
    assert change.writable


def test_untracked_files_count_and_ignored_ones_do_not(git: Git) -> None:
    git.write(".gitignore", "*.log\n")
    git.commit()
    git.write("new.txt", "one\n")
    git.write("x.log", "one\n")
    assert list(counts(everything(git))) == [".gitignore", "new.txt"]


def test_the_text_is_that_of_the_work_tree(git: Git) -> None:
    git.write("a.txt", "one\n")
    git.write("gone.txt", "one\n")
    git.commit()
    git.write("a.txt", "two\nthree\n")
    (git.root / "gone.txt").unlink()
    change = everything(git)
    assert [change.contents.new(file) for file in change.files] == [b"two\nthree\n"]
    assert [change.contents.old(file) for file in change.files] == [None]


def test_unmerged_files_stand_there_once(git: Git) -> None:
    git.write("a.txt", "one\n")
    git.commit()
    git("checkout", "-q", "-b", "other")
    git.write("a.txt", "two\n")
    git.commit()
    git("checkout", "-q", "main")
    git.write("a.txt", "three\n")
    git.commit()
    git("merge", "-q", "other", check=False)
    assert counts(everything(git)) == {"a.txt": (5, 0)}


def test_sparse_checkout(git: Git) -> None:
    git.write("in/a.txt", "one\n")
    git.write("out/b.txt", "one\n")
    git.commit()
    git("sparse-checkout", "set", "in")
    assert list(counts(everything(git))) == ["in/a.txt"]


def test_nothing_outside_is_read(git: Git) -> None:
    git.write("folder/a.txt", "one\n")
    git.commit()
    outside = git.root.parent / "outside"
    (git.root / "folder").rename(outside)
    (git.root / "folder").symlink_to(outside)
    change = everything(git)
    assert [change.contents.new(file) for file in change.files] == [str(outside).encode()]


def test_submodules_are_not_entered(git: Git) -> None:
    head = git.commit()
    git.write("library/a.txt", "one\n")
    git("update-index", "--add", "--cacheinfo", f"160000,{head},library")
    assert states(everything(git)) == {"library": "submodule"}


def test_paths_narrow_what_is_read(git: Git) -> None:
    git.write("sub/a.txt", "one\n")
    git.write("sub/b.txt", "one\n")
    git.write("c.txt", "one\n")
    assert list(counts(everything(git, "sub"))) == ["sub/a.txt", "sub/b.txt"]
    assert list(counts(everything(git, "a.txt", "../c.txt", at="sub"))) == ["c.txt", "sub/a.txt"]


def test_an_empty_repository(git: Git) -> None:
    assert everything(git).files == ()


def test_outside_of_a_repository(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = git.root.parent / "outside"
    outside.mkdir()
    with pytest.raises(SourceError, match="not a git repository"):
        everything(type(git)(outside))
