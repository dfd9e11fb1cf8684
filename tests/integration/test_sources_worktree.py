from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from integration.sources_helpers import added_text, consistent, counts, numstat, only, states, worktree
from review_bot.errors import SourceError
from review_bot.sources import disk

if TYPE_CHECKING:
    from conftest import Git

LINES = "".join(f"line {number}\n" for number in range(1, 31))


def test_counts_are_those_of_git_and_of_the_untracked_files(git: Git) -> None:
    for name in ("edit", "gone", "mode", "binary", "same"):
        git.write(f"{name}.txt", f"{name}\n{LINES}")
    git.commit()
    git.write("edit.txt", f"edit\n{LINES}".replace("line 3\n", "three\n"))
    git.write("binary.txt", b"\0")
    (git.root / "gone.txt").unlink()
    (git.root / "mode.txt").chmod(0o755)
    git.write("staged.txt", "one\n")
    git("add", "staged.txt")
    git.write("new/file.txt", "one\ntwo")
    git.write("new/binary", b"one\0two")
    git.write(".gitignore", "*.log\n")
    git.write("x.log", "ignored\n")
    change = worktree(git)
    untracked = {".gitignore": (1, 0), "new/file.txt": (2, 0), "new/binary": (0, 0)}
    assert counts(change) == numstat(git, "HEAD") | untracked
    assert list(counts(change)) == sorted(counts(change))
    assert consistent(change)
    assert change.writable
    assert change.info.base == git("rev-parse", "HEAD")


def test_untracked_files_count_as_after_git_add(git: Git) -> None:
    git.write("a.txt", "one\ntwo")
    git.write("empty", "")
    git.write("late-nul", b"x" * 8000 + b"\0")
    git.write("early-nul", b"x" * 7999 + b"\0")
    git.write("cr", b"a\rb\r\n\r\n")
    git.write("form\nfeed", b"a\fb\x0bc\xe2\x80\xa8d\n")
    (git.root / "link").symlink_to("a.txt")
    before = worktree(git)
    git("add", "-A")
    assert counts(before) == numstat(git, "--cached")
    assert counts(worktree(git)) == counts(before)


def test_before_the_first_commit(git: Git) -> None:
    git.write("staged.txt", "one\n")
    git("add", "-A")
    git.write("untracked.txt", "one\n")
    change = worktree(git)
    assert counts(change) == {"staged.txt": (1, 0), "untracked.txt": (1, 0)}
    assert change.info.base is None


def test_before_the_first_commit_of_a_sha256_repository(git: Git) -> None:
    git("init", "-q", "--object-format=sha256", "new")
    git.write("new/a.txt", "one\n")
    git("-C", "new", "add", "-A")
    assert counts(worktree(git, at="new")) == {"a.txt": (1, 0)}


def test_intent_to_add(git: Git) -> None:
    git.commit()
    git.write("a.txt", "one\n")
    git("add", "-N", "a.txt")
    change = worktree(git)
    assert counts(change) == {"a.txt": (1, 0)}
    assert only(change).new_file


def test_a_touched_file_is_not_changed(git: Git) -> None:
    git.write("a.txt", "one\n")
    git.write("a.bin", b"\0")
    git.commit()
    for name in ("a.txt", "a.bin"):
        os.utime(git.root / name, (1, 1))
    assert worktree(git).files == ()


def test_reading_leaves_the_index_as_it_is(git: Git) -> None:
    git.write("a.txt", "one\n")
    git.commit()
    os.utime(git.root / "a.txt", (1, 1))
    before = (git.root / ".git/index").read_bytes()
    worktree(git)
    assert (git.root / ".git/index").read_bytes() == before


def test_conflicts_are_read_from_the_work_tree(git: Git) -> None:
    git.write("a.txt", "one\n")
    git.commit()
    git("checkout", "-q", "-b", "other")
    git.write("a.txt", "two\n")
    git.commit()
    git("checkout", "-q", "main")
    git.write("a.txt", "three\n")
    git.commit()
    git("merge", "-q", "other", check=False)
    change = worktree(git)
    assert counts(change) == numstat(git, "HEAD") == {"a.txt": (4, 0)}
    assert added_text(only(change))[0] == (1, b"<<<<<<< HEAD")
    assert consistent(change)


def test_conflict_of_a_deletion_with_an_edit(git: Git) -> None:
    git.write("a.txt", "one\n")
    git.commit()
    git("checkout", "-q", "-b", "other")
    git("rm", "-q", "a.txt")
    git.commit()
    git("checkout", "-q", "main")
    git.write("a.txt", "one\ntwo\n")
    git.commit()
    git("merge", "-q", "other", check=False)
    assert counts(worktree(git)) == numstat(git, "HEAD") == {}


def test_line_ends_are_those_that_git_compares(git: Git) -> None:
    git.write("a.txt", LINES)
    git.commit()
    git("config", "core.autocrlf", "true")
    git.write("a.txt", LINES.replace("line 3\n", "three\n").replace("\n", "\r\n"))
    change = worktree(git)
    assert counts(change) == numstat(git, "HEAD") == {"a.txt": (1, 1)}
    assert added_text(only(change)) == [(3, b"three")]
    assert consistent(change)


def test_a_clean_filter_that_drops_lines(git: Git) -> None:
    git("config", "filter.strip.clean", "grep -v '^output'")
    git.write(".gitattributes", "*.nb filter=strip\n")
    git.write("a.nb", "output 1\none\n")
    git.commit()
    git.write("a.nb", "output 2\noutput 3\none\ntwo\n")
    change = worktree(git)
    assert counts(change) == numstat(git, "HEAD") == {"a.nb": (1, 0)}
    assert change.contents.new(only(change)) == b"one\ntwo\n"


def test_many_warnings_of_git_do_not_block_it(git: Git) -> None:
    git("config", "core.autocrlf", "true")
    git("config", "core.safecrlf", "warn")
    names = [f"{'long' * 20}-{number}.txt" for number in range(800)]
    for name in names:
        git.write(name, "one\n")
    git("add", "-A")
    for name in names:
        git.write(name, "two\n")
    assert len(worktree(git).files) == len(names)


def test_symbolic_links_are_not_followed(git: Git) -> None:
    outside = git.root.parent / "secret"
    outside.mkdir()
    (outside / "key.txt").write_text("secret\n")
    (git.root / "file").symlink_to(outside / "key.txt")
    (git.root / "folder").symlink_to(outside)
    (git.root / "broken").symlink_to("nowhere")
    change = worktree(git)
    assert counts(change) == {"broken": (1, 0), "file": (1, 0), "folder": (1, 0)}
    assert {file.new_mode for file in change.files} == {"120000"}
    assert not any(b"secret\n" in (change.contents.new(file) or b"") for file in change.files)


def test_a_tracked_folder_that_became_a_link(git: Git) -> None:
    git.write("folder/a.txt", "one\n")
    git.commit()
    outside = git.root.parent / "outside"
    (git.root / "folder").rename(outside)
    (git.root / "folder").symlink_to(outside)
    assert counts(worktree(git)) == {"folder": (1, 0), "folder/a.txt": (0, 1)}


def test_a_file_that_became_a_link(git: Git) -> None:
    git.write("a", "one\ntwo\n")
    git.write("b", "one\n")
    git.commit()
    (git.root / "a").unlink()
    (git.root / "a").symlink_to("b")
    change = worktree(git)
    assert counts(change) == numstat(git, "HEAD") == {"a": (1, 2)}
    assert (change.contents.old(only(change)), change.contents.new(only(change))) == (b"one\ntwo\n", b"b")


def test_a_repository_inside_is_not_entered(git: Git) -> None:
    git("init", "-q", "inner")
    git.write("inner/a.txt", "one\n")
    inner = type(git)(git.root / "inner")
    inner.commit()
    change = worktree(git)
    assert states(change) == {"inner": "submodule"}
    assert change.contents.new(only(change)) is None


def test_sockets_and_pipes_are_passed_over(git: Git) -> None:
    os.mkfifo(git.root / "pipe")
    assert worktree(git).files == ()


def test_a_huge_untracked_file_is_not_read(git: Git) -> None:
    with open(git.root / "huge", "wb") as stream:
        stream.truncate(disk.BIG + 1)
    change = worktree(git)
    assert states(change) == {"huge": "binary"}
    assert change.contents.new(only(change)) is None


def test_a_file_that_may_not_be_read_is_listed(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    git.write("a.txt", "one\n")

    def refuse(path: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "open", refuse)
    change = worktree(git)
    assert counts(change) == {"a.txt": (0, 0)}
    assert change.contents.new(only(change)) is None


def test_attributes_keep_untracked_files_out_of_diffs(git: Git) -> None:
    git.write(".gitattributes", "*.lock -diff\n")
    git.write("sub/a.lock", "one\n")
    git.commit()
    git.write("sub/b.lock", "one\n")
    git.write("sub/a.lock", "two\n")
    assert states(worktree(git, at="sub")) == {"sub/a.lock": "binary", "sub/b.lock": "binary"}


def test_assume_unchanged_is_believed(git: Git) -> None:
    git.write("a.txt", "one\n")
    git.commit()
    git("update-index", "--assume-unchanged", "a.txt")
    git.write("a.txt", "two\n")
    assert counts(worktree(git)) == numstat(git, "HEAD") == {}


def test_sparse_checkout_leaves_files_out_without_deleting_them(git: Git) -> None:
    git.write("in/a.txt", "one\n")
    git.write("out/b.txt", "one\n")
    git.commit()
    git("sparse-checkout", "set", "in")
    git.write("in/a.txt", "two\n")
    assert not (git.root / "out").exists()
    assert counts(worktree(git)) == numstat(git, "HEAD") == {"in/a.txt": (1, 1)}


def test_linked_worktree(git: Git) -> None:
    git.write("a.txt", "one\n")
    git.commit()
    git("worktree", "add", "-q", "../linked")
    linked = type(git)(git.root.parent / "linked")
    linked.write("a.txt", "two\n")
    change = worktree(linked)
    assert counts(change) == {"a.txt": (1, 1)}
    assert (change.root, change.info.base) == (str(linked.root), git("rev-parse", "HEAD"))


def test_submodules(git: Git) -> None:
    git("init", "-q", "../library")
    library = type(git)(git.root.parent / "library")
    library.write("a.txt", "one\n")
    library.commit()
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.root), "library")
    git.commit()
    assert worktree(git).files == ()
    inside = type(git)(git.root / "library")
    inside.write("a.txt", "two\n")
    change = worktree(inside)
    assert (change.root, counts(change)) == (str(inside.root), {"a.txt": (1, 1)})
    assert counts(worktree(git)) == numstat(git, "HEAD") == {"library": (0, 0)}
    inside.commit()
    change = worktree(git)
    assert (states(change), counts(change)) == ({"library": "submodule"}, numstat(git, "HEAD"))
    git("config", "-f", ".gitmodules", "submodule.library.ignore", "all")
    assert "library" in states(worktree(git))


def test_from_a_folder_below_the_root(git: Git) -> None:
    git.write("sub/a.txt", "one\n")
    git.write("b.txt", "one\n")
    change = worktree(git, at="sub")
    assert (change.root, counts(change)) == (str(git.root), {"b.txt": (1, 0), "sub/a.txt": (1, 0)})


def test_variables_that_move_the_work_tree(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    git.write("a.txt", "one\n")
    git.commit()
    elsewhere = git.root.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.txt").write_text("two\n")
    monkeypatch.setenv("GIT_DIR", str(git.root / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(elsewhere))
    change = worktree(type(git)(elsewhere))
    assert (change.root, counts(change)) == (str(elsewhere), {"a.txt": (1, 1)})


def test_bare_repository_has_no_files(git: Git) -> None:
    git("init", "-q", "--bare", "bare.git")
    with pytest.raises(SourceError, match="no work tree"):
        worktree(git, at="bare.git")


def test_a_file_out_of_the_index_but_on_disk(git: Git) -> None:
    git.write("a.txt", "one\n")
    git.commit()
    git("rm", "-q", "--cached", "a.txt")
    change = worktree(git)
    gone, back = change.files
    assert (gone.status, back.status) == ("deleted", "added")
    assert (change.contents.old(gone), change.contents.new(back)) == (b"one\n", b"one\n")


def test_the_work_tree_of_a_file_that_only_moved(git: Git) -> None:
    git.write("a.txt", "one\n")
    git.commit()
    git("mv", "a.txt", "b.txt")
    change = worktree(git)
    assert (change.contents.old(only(change)), change.contents.new(only(change))) == (b"one\n", b"one\n")
