"""The parser against git itself, on repositories made at random, and against unidiff where unidiff is right."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unidiff.patch import PatchSet

from review_bot.diffing.narrow import narrow, new_text, old_text
from review_bot.diffing.parse import parse
from review_bot.diffing.raw import parse_git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Git
    from review_bot.domain.diff import FileDiff

FEW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
DIFF = (
    "-c", "core.quotePath=false", "-c", "diff.autoRefreshIndex=false", "diff", "--no-color", "--no-ext-diff",
    "--no-textconv", "--find-renames", "--src-prefix=a/", "--dst-prefix=b/", "--submodule=short",
)  # fmt: skip

NAMES = st.sampled_from(
    [
        "a",
        "b/a",
        "a/b",
        "x y",
        "x b/y",
        "ä",
        "tab\t",
        "line\nfeed",
        'quote"',
        "back\\slash",
        "\udcff",
        "--- a",
        "@@ -1 +1 @@",
    ]
)
LINE = st.sampled_from(
    [b"one", b"two", b"", b"--- a/x", b"+++ b/x", b"@@ -1 +1 @@", b"diff --git a/x b/x", b"-- ", b"\x0c", b"a\rb",
     b"c\r", "\u2028".encode(), b"\\ No newline at end of file", b"+", b"-", b" ", b"\xff"]
)  # fmt: skip
TEXT = st.builds(
    lambda lines, cut: b"\n".join(lines) + (b"" if cut else b"\n"), st.lists(LINE, max_size=30), st.booleans()
)
CONTENT = st.one_of(TEXT, st.just(b""), st.just(b"\0binary"), st.just(b"b\0inary"))
MODE = st.sampled_from([0o644, 0o755])
TREE = st.dictionaries(NAMES, st.tuples(CONTENT, MODE, st.booleans()), max_size=6)


@pytest.fixture
def fresh(git: Git) -> Git:
    git("config", "core.fileMode", "true")
    git("commit", "-q", "--allow-empty", "-m", "root")
    return git


def fill(git: Git, tree: dict[str, tuple[bytes, int, bool]]) -> None:
    """Make the work tree and the index hold `tree` and nothing else."""
    for entry in git.root.iterdir():
        if entry.name != ".git":
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    for name, (content, mode, link) in tree.items():
        if link and content and b"\0" not in content:
            (git.root / name).parent.mkdir(parents=True, exist_ok=True)
            (git.root / name).symlink_to("target")
        else:
            git.write(name, content).chmod(mode)
    git("add", "-A")


def without_clashes(tree: dict[str, tuple[bytes, int, bool]]) -> dict[str, tuple[bytes, int, bool]]:
    """`tree` without the files that stand where another needs a folder."""
    return {name: entry for name, entry in tree.items() if not any(other.startswith(name + "/") for other in tree)}


def numstat(git: Git, *revisions: str) -> dict[str, tuple[int, int]]:
    """Path after -> lines added and removed, as git counts them; a binary file counts none."""
    fields: Iterator[str] = iter(git(*DIFF, "--numstat", "-z", *revisions).split("\0")[:-1])
    counts = {}
    for field in fields:
        added, removed, path = field.split("\t", 2)
        if not path:
            next(fields)
            path = next(fields)
        counts[path] = (0, 0) if added == "-" else (int(added), int(removed))
    return counts


def diff(git: Git, *arguments: str) -> bytes:
    output = git(*DIFF, *arguments).encode("utf-8", "surrogateescape")
    return output + b"\n" if output else b""


def counted(files: tuple[FileDiff, ...]) -> dict[str, tuple[int, int]]:
    found = {file.path: (file.added, file.removed) for file in files}
    assert len(found) == len(files)
    return found


@FEW
@given(before=TREE, after=TREE)
def test_counts_and_names_are_those_of_git(
    fresh: Git, before: dict[str, tuple[bytes, int, bool]], after: dict[str, tuple[bytes, int, bool]]
) -> None:
    fill(fresh, without_clashes(before))
    fresh("commit", "-q", "--allow-empty", "-m", "before")
    fill(fresh, without_clashes(after))
    expected = numstat(fresh, "--cached")
    for options in ((), ("--no-prefix",), ("--binary", "-U0")):
        assert counted(parse(diff(fresh, "--cached", *options))) == expected
    assert counted(parse_git(diff(fresh, "--cached", "--raw", "-z", "-p"))) == expected


@FEW
@given(before=TEXT, after=TEXT)
def test_narrowed_hunks_are_those_of_git(fresh: Git, before: bytes, after: bytes) -> None:
    fresh.write("x", before)
    fresh.commit()
    fresh.write("x", after)
    full = parse(diff(fresh, "-U1000000"))
    for context in (3, 1, 5):
        assert shape(tuple(narrow(file, context) for file in full)) == shape(parse(diff(fresh, f"-U{context}")))
    for file in full:
        assert (old_text(file), new_text(file)) == (before, after)


def shape(files: tuple[FileDiff, ...]) -> list[list[tuple[tuple[int, ...], bytes]]]:
    return [[(hunk[:6], hunk.data[hunk.start : hunk.end]) for hunk in file.hunks] for file in files]


@FEW
@given(before=TEXT, ours=TEXT, theirs=TEXT, merged=TEXT)
def test_combined_diffs_of_merges(fresh: Git, before: bytes, ours: bytes, theirs: bytes, merged: bytes) -> None:
    fresh.write("x", before)
    base = fresh.commit()
    fresh.write("x", ours)
    first = fresh.commit()
    fresh("checkout", "-q", base)
    fresh.write("x", theirs)
    second = fresh.commit()
    fresh.write("x", merged)
    fresh("add", "-A")
    tree = fresh("write-tree")
    merge = fresh("commit-tree", tree, "-p", first, "-p", second, "-m", "merge")
    for option in ("--cc", "-c"):
        shown = fresh("show", "--no-color", option, "--format=", merge).encode("utf-8", "surrogateescape") + b"\n"
        for file in parse(shown):
            for hunk in file.hunks:
                lines = list(hunk.lines())
                assert sum(line.kind != "-" for line in lines) == hunk.new_count


PLAIN_LINE = st.sampled_from([b"one", b"two", b"", b"--- a/x", b"+++ b/x", b"@@ -1 +1 @@", b"+", b"-", b" "])
PLAIN_TEXT = st.lists(PLAIN_LINE, max_size=30).map(lambda lines: b"".join(line + b"\n" for line in lines))


@FEW
@given(
    before=st.dictionaries(st.sampled_from("abc"), PLAIN_TEXT),
    after=st.dictionaries(st.sampled_from("abc"), PLAIN_TEXT),
)
def test_hunks_are_those_of_unidiff(fresh: Git, before: dict[str, bytes], after: dict[str, bytes]) -> None:
    fill(fresh, {name: (text, 0o644, False) for name, text in before.items()})
    fresh("commit", "-q", "--allow-empty", "-m", "before")
    fill(fresh, {name: (text, 0o644, False) for name, text in after.items()})
    data = diff(fresh, "--cached", "--no-renames")
    theirs = {
        file.path: [[(line.line_type, line.value.rstrip("\n")) for line in hunk] for hunk in file]
        for file in PatchSet(data.decode())
    }
    ours = {
        file.path: [[(line.kind, line.text.decode()) for line in hunk.lines()] for hunk in file.hunks]
        for file in parse(data)
    }
    assert ours == theirs


def test_a_series_of_mails(fresh: Git, tmp_path: Path) -> None:
    for number in range(3):
        fresh.write("x", "".join(f"{line}\n" for line in range(number + 1)) + "-- \n")
        fresh.commit(f"Step {number}\n\n--- a/y\n+++ b/y\n")
    fresh("format-patch", "-q", "-3", "-o", str(tmp_path / "mails"))
    mails = b"".join(mail.read_bytes() for mail in sorted((tmp_path / "mails").iterdir()))
    assert [(file.path, file.added, file.removed) for file in parse(mails)] == [("x", 2, 0), ("x", 1, 0), ("x", 1, 0)]


def test_a_history_with_patches(fresh: Git) -> None:
    for number in range(3):
        fresh.write("x", f"{number}\n")
        fresh.commit("--- a/y\n\n@@ -1 +1 @@")
    shown = fresh("log", "-p", "--no-color").encode()
    assert [(file.path, file.added, file.removed) for file in parse(shown)] == [("x", 1, 1), ("x", 1, 1), ("x", 1, 0)]
