from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from review_bot.diffing.raw import parse_git
from review_bot.errors import DiffError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git
    from review_bot.domain.diff import FileDiff

FLAGS = (
    "-c", "core.quotePath=false", "-c", "diff.autoRefreshIndex=false", "diff", "--no-color", "--no-ext-diff",
    "--no-textconv", "--find-renames", "--src-prefix=a/", "--dst-prefix=b/", "--submodule=short", "--raw", "-z", "-p",
)  # fmt: skip


def changes(git: Git, *arguments: str) -> dict[str, FileDiff]:
    output = git(*FLAGS, *arguments).encode("utf-8", "surrogateescape")
    files = parse_git(output + b"\n" * bool(output))
    found = {file.path: file for file in files}
    assert len(found) == len(files)
    return found


def test_states_of_a_real_change(git: Git) -> None:
    for name in ("modified", "mode", "deleted"):
        git.write(name, f"{name}\nb\n")
    git.write("binary", b"\0a")
    git.write("renamed-from", "".join(f"{n}\n" for n in range(50)))
    git.write("type", "x")
    git.write("empty", "")
    git.commit()
    git.write("modified", "modified\nc\n")
    (git.root / "mode").chmod(0o755)
    git.write("binary", b"\0b")
    git("mv", "renamed-from", "renamed-to")
    git("rm", "-q", "deleted", "empty", "type")
    (git.root / "type").symlink_to("modified")
    git.write("added", "new")
    git("add", "-A")
    found = changes(git, "HEAD")
    assert {path: (file.status, file.old_path, file.added, file.removed) for path, file in found.items()} == {
        "added": ("added", None, 1, 0),
        "binary": ("binary", None, 0, 0),
        "deleted": ("deleted", None, 0, 2),
        "empty": ("deleted", None, 0, 0),
        "mode": ("mode", None, 0, 0),
        "modified": ("modified", None, 1, 1),
        "renamed-to": ("renamed", "renamed-from", 0, 0),
        "type": ("modified", None, 1, 1),
    }
    assert (found["type"].old_mode, found["type"].new_mode) == ("100644", "120000")
    assert (found["added"].new_file, found["deleted"].deleted) == (True, True)


def test_names_that_look_like_a_patch(git: Git) -> None:
    paths = ["x\ndiff --git a", "a b\\c", 'ä "q"', "\udcff\t", "x b/y", "@@ -1 +1 @@"]
    for path in paths:
        git.write(path, "a\n")
    git.commit()
    for path in paths:
        git.write(path, "a\nb\n")
    found = changes(git)
    assert {path: (file.status, file.added) for path, file in found.items()} == dict.fromkeys(paths, ("modified", 1))


def test_a_touched_file_is_no_change(git: Git) -> None:
    path = git.write("a", "a\n")
    git.write("b", "b\n")
    git.commit()
    path.touch()
    git.write("b", "c\n")
    assert list(changes(git)) == ["b"]


def test_intent_to_add(git: Git) -> None:
    git.commit()
    git.write("a", "a\n")
    git.write("empty", "")
    git("add", "-N", "a", "empty")
    found = changes(git)
    assert {path: (file.status, file.added) for path, file in found.items()} == {
        "a": ("added", 1),
        "empty": ("added", 0),
    }


def test_submodule_changes_and_becomes_a_file(git: Git, tmp_path: Path) -> None:
    git("init", "-q", "inner")
    git("-C", "inner", "commit", "-q", "--allow-empty", "-m", "one")
    git.commit()
    git("-C", "inner", "commit", "-q", "--allow-empty", "-m", "two")
    moved = changes(git)["inner"]
    assert (moved.status, moved.added, moved.removed) == ("submodule", 1, 1)
    (git.root / "inner").rename(tmp_path / "elsewhere")
    git.write("inner", "a file\n")
    replaced = changes(git)["inner"]
    assert (replaced.status, replaced.added, replaced.removed) == ("submodule", 1, 1)


@pytest.fixture
def conflict(git: Git) -> Git:
    """A merge that stopped at `both`, and at `gone`, which one side deleted."""
    for name in ("both", "gone"):
        git.write(name, "a\n")
    git.commit()
    git("checkout", "-q", "-b", "side")
    git.write("both", "b\n")
    git("rm", "-q", "gone")
    git.commit()
    git("checkout", "-q", "main")
    git.write("both", "c\n")
    git.write("gone", "changed\n")
    git.commit()
    git("merge", "-q", "side", check=False)
    return git


def test_conflicts_in_the_index_have_no_content(conflict: Git) -> None:
    found = changes(conflict, "--cached")
    assert {path: (file.status, file.hunks) for path, file in found.items()} == {
        "both": ("modified", ()),
        "gone": ("modified", ()),
    }


def test_conflicts_in_the_work_tree(conflict: Git) -> None:
    assert {path: file.added for path, file in changes(conflict, "HEAD").items()} == {"both": 4}


def test_conflicts_against_one_side(conflict: Git) -> None:
    found = changes(conflict, "--ours")
    assert found["both"].added == 4


def test_combined_records_of_a_conflict(conflict: Git) -> None:
    assert {path: file.status for path, file in changes(conflict).items()} == {"both": "modified", "gone": "modified"}


def test_nothing_is_nothing() -> None:
    assert parse_git(b"") == ()


RECORD = b":100644 100644 1111111 0000000 M\0x\0"
PATCH = b"\0diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
DAMAGED = {
    "record cut": RECORD[:-1],
    "no state": b":100644 100644 1 2\0x\0",
    "blank state": b":100644 100644 1 2 \0x\0",
    "patch cut": RECORD + PATCH[:-3],
    "section of another file": RECORD.replace(b"x", b"y") + PATCH,
    "section twice": RECORD + PATCH + PATCH[1:],
}


@pytest.mark.parametrize("output", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_output_is_refused(output: bytes) -> None:
    with pytest.raises(DiffError):
        parse_git(output)


def test_good_output_is_read() -> None:
    assert [(file.path, file.added) for file in parse_git(RECORD + PATCH)] == [("x", 1)]
