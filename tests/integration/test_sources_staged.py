from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from integration.sources_helpers import added_text, consistent, counts, numstat, only, staged, states
from review_bot.errors import SourceError
from review_bot.sources import process

if TYPE_CHECKING:
    from conftest import Git

LINES = "".join(f"line {number}\n" for number in range(1, 41))


def test_counts_and_texts_are_those_of_git(git: Git) -> None:
    for name in ("edit", "gone", "moved", "mode", "binary", "link"):
        git.write(f"{name}.txt", f"{name}\n{LINES}")
    git.commit()
    git.write("edit.txt", f"edit\n{LINES}".replace("line 3\n", "three\n").replace("line 30\n", ""))
    git("rm", "-q", "gone.txt", "link.txt")
    git("mv", "moved.txt", "to here.txt")
    git.write("to here.txt", f"moved\n{LINES}".replace("line 9\n", "nine\n"))
    (git.root / "mode.txt").chmod(0o755)
    git.write("binary.txt", b"\0\1\2")
    git.write("new.txt", "no line feed")
    git.write("empty.txt", "")
    (git.root / "link.txt").symlink_to("edit.txt")
    git("add", "-A")
    change = staged(git)
    assert counts(change) == numstat(git, "--cached")
    assert states(change) == {
        "binary.txt": "binary",
        "edit.txt": "modified",
        "empty.txt": "added",
        "gone.txt": "deleted",
        "link.txt": "modified",
        "mode.txt": "mode",
        "new.txt": "added",
        "to here.txt": "renamed",
    }
    assert consistent(change)


def test_hunks_are_cut_as_git_cuts_them(git: Git) -> None:
    git.write("a.txt", LINES)
    git.commit()
    git.write("a.txt", LINES.replace("line 3\n", "three\n").replace("line 30\n", "thirty\n"))
    git("add", "-A")
    spans = [(hunk.old_start, hunk.old_count, hunk.new_start, hunk.new_count) for hunk in only(staged(git)).hunks]
    assert spans == [(1, 6, 1, 6), (27, 7, 27, 7)]


def test_one_process_reads_the_change_and_its_texts(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    git.write("a.txt", LINES)
    git.commit()
    git("pack-refs", "--all")
    git.write("a.txt", LINES + "more\n")
    git.write("b.txt", "")
    git("add", "-A")
    commands: list[list[str]] = []
    spawn = process._spawned

    def counted(command: list[str]) -> process.Done:
        commands.append(command)
        return spawn(command)

    monkeypatch.setattr(process, "_spawned", counted)
    change = staged(git)
    assert [change.contents.new(file) for file in change.files] == [f"{LINES}more\n".encode(), b""]
    assert change.contents.old(change.files[0]) == LINES.encode()
    assert len(commands) == 1


def test_only_the_staged_text_counts(git: Git) -> None:
    git.write("a.txt", "one\n")
    git.commit()
    git.write("a.txt", "one\nstaged\n")
    git("add", "-A")
    git.write("a.txt", "one\nstaged\nnot staged\n")
    git.write("untracked.txt", "no\n")
    change = staged(git)
    assert change.contents.new(only(change)) == b"one\nstaged\n"
    assert not change.writable


def test_first_commit_of_a_repository(git: Git) -> None:
    git.write("a.txt", "one\n")
    git("add", "-A")
    change = staged(git)
    assert (change.info.base, counts(change)) == (None, {"a.txt": (1, 0)})


def test_base_is_the_commit_of_head(git: Git) -> None:
    commit = git.commit()
    assert staged(git).info.base == commit
    git("checkout", "-q", "--detach")
    assert staged(git).info.base == commit


def test_nothing_staged(git: Git) -> None:
    git.write("a.txt", "one\n")
    git.commit()
    git.write("a.txt", "two\n")
    assert staged(git).files == ()


def test_index_of_a_commit_in_progress(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    git.write("a.txt", "one\n")
    git.commit()
    git.write("a.txt", "two\n")
    git("add", "-A")
    os.rename(git.root / ".git/index", git.root / ".git/next-index")
    git("read-tree", "HEAD")
    assert staged(git).files == ()
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/next-index")
    assert counts(staged(git)) == {"a.txt": (1, 1)}


@pytest.mark.parametrize("arguments", [["-a"], ["--", "a.txt"]], ids=["all", "path"])
def test_what_git_commit_shows_its_hook(git: Git, arguments: list[str]) -> None:
    git.write("a.txt", "one\n")
    git.write("b.txt", "one\n")
    git.commit()
    git.write("a.txt", "two\n")
    program = "from review_bot.sources import git, repository as r; print(git.StagedSource(r.find_root()).read().files)"
    hook = git.write(".git/hooks/pre-commit", f"#!/bin/sh\nexec '{sys.executable}' -c '{program}' > seen\n")
    hook.chmod(0o755)
    git("commit", "-q", "-m", "x", *arguments, PYTHONPATH=os.pathsep.join(sys.path))
    seen = (git.root / "seen").read_text()
    assert seen.count("FileDiff") == 1
    assert "path='a.txt'" in seen


def test_intent_to_add_is_not_staged(git: Git) -> None:
    git.commit()
    git.write("a.txt", "one\n")
    git("add", "-N", "a.txt")
    assert counts(staged(git)) == numstat(git, "--cached") == {}


@pytest.mark.parametrize("name", ["a.txt", "a\nb.txt", "x\n@@ -1 +1 @@", "* Unmerged path y", "caf\udce9"])
def test_unmerged_files_are_listed_without_hunks(git: Git, name: str) -> None:
    _conflict(git, name)
    git.write("other.txt", "one\n")
    git("add", "other.txt")
    change = staged(git)
    assert counts(change) == {name: (0, 0), "other.txt": (1, 0)}
    assert states(change)[name] == "modified"
    assert [change.contents.new(file) for file in change.files if file.path == name] == [None]


def _conflict(git: Git, name: str) -> None:
    git.write(name, "one\n")
    git.commit()
    git("checkout", "-q", "-b", "other")
    git.write(name, "two\n")
    git.commit()
    git("checkout", "-q", "main")
    git.write(name, "three\n")
    git.commit()
    git("merge", "-q", "other", check=False)


def test_a_binary_is_read_from_the_index(git: Git) -> None:
    git.write("a.bin", b"\0old")
    git.commit()
    git.write("a.bin", b"\0new")
    git("add", "-A")
    change = staged(git)
    assert (change.contents.old(only(change)), change.contents.new(only(change))) == (b"\0old", b"\0new")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.algorithm", "histogram"),
        ("diff.context", "0"),
        ("diff.interHunkContext", "50"),
        ("diff.external", "false"),
        ("diff.orderFile", "/nonexistent"),
        ("diff.suppressBlankEmpty", "true"),
        ("diff.relative", "true"),
        ("diff.submodule", "log"),
        ("diff.wordRegex", "."),
        ("diff.colorMoved", "zebra"),
        ("diff.wsErrorHighlight", "all"),
        ("diff.renames", "copies"),
        ("color.ui", "always"),
        ("core.quotePath", "true"),
        ("core.pager", "false"),
        ("core.fsmonitor", "false"),
    ],
)
def test_settings_of_the_user_change_nothing(git: Git, key: str, value: str) -> None:
    git.write("sub/ä b.txt", LINES.replace("line 7\n", "\n"))
    git.write("old.txt", f"old\n{LINES}")
    git.commit()
    git.write("sub/ä b.txt", LINES.replace("line 5\n", "five\n").replace("line 20\n", "").replace("line 7\n", "\n"))
    git("mv", "old.txt", "new.txt")
    git("add", "-A")
    plain = staged(git)
    git("config", key, value)
    assert staged(git).files == plain.files
    assert staged(git, at="sub").files == plain.files


@pytest.mark.parametrize("name", ["GIT_DIFF_OPTS", "GIT_EXTERNAL_DIFF", "GIT_TRACE", "GIT_LITERAL_PATHSPECS"])
def test_variables_of_the_user_change_nothing(git: Git, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    git.write("a.txt", LINES)
    git.commit()
    git.write("a.txt", LINES.replace("line 5\n", ""))
    git("add", "-A")
    plain = staged(git)
    monkeypatch.setenv(name, "--unified=0" if name == "GIT_DIFF_OPTS" else "1")
    assert staged(git).files == plain.files


def test_no_program_of_the_repository_runs(git: Git) -> None:
    program = git.write(".git/evil", '#!/bin/sh\ntouch ran\ncat "$1"\n')
    program.chmod(0o755)
    git.write(".gitattributes", "* diff=evil\n")
    git.write("a.txt", "one\n")
    git("add", "-A")
    for key in ("core.fsmonitor", "diff.external", "diff.evil.textconv", "diff.evil.command", "core.pager"):
        git("config", key, str(program))
    assert counts(staged(git)) == {".gitattributes": (1, 0), "a.txt": (1, 0)}
    assert not (git.root / "ran").exists()


def test_sha256_repository(git: Git) -> None:
    git("init", "-q", "--object-format=sha256", "-b", "main", "new")
    inside = type(git)(git.root / "new")
    inside.write("a.txt", "one\n")
    commit = inside.commit()
    inside.write("a.txt", "two\n")
    inside("add", "-A")
    change = staged(inside)
    assert len(commit) == 64
    assert (change.info.base, counts(change)) == (commit, {"a.txt": (1, 1)})


def test_names_that_are_not_text(git: Git) -> None:
    names = ["a\nb", "caf\udce9", 'quo"te', " b/ a", "-x", ":(top)", "tab\t"]
    for name in names:
        git.write(name, "one\n")
    git("add", "-A")
    change = staged(git)
    assert counts(change) == dict.fromkeys(names, (1, 0))
    assert {change.contents.new(file) for file in change.files} == {b"one\n"}


def test_a_copy_stands_in_the_change_where_git_is_set_to_find_none(git: Git) -> None:
    git.write("a.txt", LINES)
    git.commit()
    git.write("b.txt", LINES)
    git("add", "-A")
    assert states(staged(git)) == {"b.txt": "added"}


def test_bare_repository_has_nothing_staged(git: Git) -> None:
    git("init", "-q", "--bare", "bare.git")
    with pytest.raises(SourceError, match="no work tree"):
        staged(git, at="bare.git")


def test_repository_of_somebody_else(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(SourceError, match=r"git config --global --add safe\.directory"):
        staged(git)


def test_corrupted_repository(git: Git) -> None:
    git.write("a.txt", "one\n")
    git.commit()
    git.write("a.txt", "two\n")
    git("add", "-A")
    blob = git("rev-parse", "HEAD:a.txt")
    (git.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(SourceError, match=blob) as error:
        staged(git)
    assert "\n" not in str(error.value)


def test_a_read_only_repository_is_read(git: Git) -> None:
    git.write("a.txt", "one\n")
    git.commit()
    git.write("a.txt", "two\n")
    git("add", "-A")
    before = {path: path.stat().st_mtime_ns for path in (git.root / ".git").rglob("*")}
    assert counts(staged(git)) == {"a.txt": (1, 1)}
    assert {path: path.stat().st_mtime_ns for path in (git.root / ".git").rglob("*")} == before


def test_added_lines_are_numbered(git: Git) -> None:
    git.write("a.txt", LINES)
    git.commit()
    git.write("a.txt", LINES.replace("line 20\n", "line 20\nextra\n"))
    git("add", "-A")
    assert added_text(only(staged(git))) == [(21, b"extra")]
