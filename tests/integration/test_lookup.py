"""Looking up names in the version that is reviewed, with real git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration.sources_helpers import between, staged, worktree
from review_bot.sources.lookup import GitTree

if TYPE_CHECKING:
    from conftest import Git


def _lines(tree: object, *names: str) -> list[tuple[str, int, str]]:
    assert isinstance(tree, GitTree)
    return sorted(tree.grep(names))


def test_the_index_is_what_is_staged(git: Git) -> None:
    git.write("a.py", "price = 1\n")
    git("add", ".")
    git("commit", "-qm", "one")
    git.write("a.py", "price = 2\nx = price\n")
    git("add", ".")
    git.write("a.py", "nothing\n")
    tree = staged(git).tree
    assert _lines(tree, "price") == [("a.py", 1, "price = 2"), ("a.py", 2, "x = price")]
    assert tree is not None
    assert tree.read("a.py") == b"price = 2\nx = price\n"


def test_the_work_tree_has_untracked_files(git: Git) -> None:
    git.write("a.py", "price = 1\n")
    git("add", ".")
    git("commit", "-qm", "one")
    git.write("b/ü b.py", "use(price)\n")
    git.write(".gitignore", "c.py\n")
    git.write("c.py", "price\n")
    tree = worktree(git).tree
    assert _lines(tree, "price") == [("a.py", 1, "price = 1"), ("b/ü b.py", 1, "use(price)")]
    assert tree is not None
    assert tree.read("b/ü b.py") == b"use(price)\n"
    assert set(tree.paths()) == {"a.py", "b/ü b.py", ".gitignore"}


def test_a_range_is_read_at_its_end(git: Git) -> None:
    git.write("a/x.py", "price = 1\n")
    git("add", ".")
    git("commit", "-qm", "one")
    git.write("a/x.py", "price = 2\nprices = 3\n")
    git("commit", "-qam", "two")
    git.write("a/x.py", "nothing\n")
    git("commit", "-qam", "three")
    tree = between(git, "HEAD~2..HEAD~1", at="a").tree
    assert _lines(tree, "price") == [("a/x.py", 1, "price = 2")]
    assert tree is not None
    assert tree.read("a/x.py") == b"price = 2\nprices = 3\n"
    assert list(tree.paths()) == ["a/x.py"]


def test_names_are_no_patterns_and_no_options(git: Git) -> None:
    git.write("a.py", "a.c\nabc\n--all\n")
    git("add", ".")
    tree = staged(git).tree
    assert _lines(tree, "a.c") == [("a.py", 1, "a.c")]
    assert _lines(tree, "--all") == [("a.py", 3, "--all")]
    assert _lines(tree, "zzz") == []
    assert tree is not None
    assert tree.read("zzz") is None
