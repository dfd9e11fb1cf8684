from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from review_bot.diffing.parse import parse, parse_hunks
from review_bot.errors import DiffError

if TYPE_CHECKING:
    from review_bot.domain.diff import FileDiff

HUNK = b"@@ -1 +1 @@\n-a\n+b\n"


def one(data: bytes) -> FileDiff:
    files = parse(data)
    assert len(files) == 1
    return files[0]


def texts(file: FileDiff) -> list[tuple[str, bytes]]:
    return [(line.kind, line.text) for hunk in file.hunks for line in hunk.lines()]


def summary(data: bytes) -> list[tuple[str, str, int, int]]:
    return [(file.path, file.status, file.added, file.removed) for file in parse(data)]


def git(rest: bytes, *headers: bytes, hunk: bytes = b"") -> bytes:
    return b"\n".join((b"diff --git " + rest, *headers)) + b"\n" + hunk


def sides(old: bytes, new: bytes) -> tuple[bytes, bytes]:
    return b"--- " + old, b"+++ " + new


NAMES = {
    "prefixes": (git(b"a/x.py b/x.py", *sides(b"a/x.py", b"b/x.py"), hunk=HUNK), "x.py"),
    "mnemonic index to work tree": (git(b"i/x.py w/x.py", *sides(b"i/x.py", b"w/x.py"), hunk=HUNK), "x.py"),
    "mnemonic commit to index": (git(b"c/x.py i/x.py", *sides(b"c/x.py", b"i/x.py"), hunk=HUNK), "x.py"),
    "mnemonic object to work tree": (git(b"o/x.py w/x.py", *sides(b"o/x.py", b"w/x.py"), hunk=HUNK), "x.py"),
    "reversed": (git(b"b/x.py a/x.py", *sides(b"b/x.py", b"a/x.py"), hunk=HUNK), "x.py"),
    "prefixes of one's own": (git(b"old/x.py new/x.py", *sides(b"old/x.py", b"new/x.py"), hunk=HUNK), "x.py"),
    "no prefix": (git(b"src/x.py src/x.py", *sides(b"src/x.py", b"src/x.py"), hunk=HUNK), "src/x.py"),
    "no prefix, folder a": (git(b"a/x.py a/x.py", *sides(b"a/x.py", b"a/x.py"), hunk=HUNK), "a/x.py"),
    "no prefix, new file in b": (
        git(b"b/x b/x", b"new file mode 100644", *sides(b"/dev/null", b"b/x"), hunk=b"@@ -0,0 +1 @@\n+b\n"),
        "b/x",
    ),
    "folder a behind a prefix": (git(b"a/a/x b/a/x", *sides(b"a/a/x", b"b/a/x"), hunk=HUNK), "a/x"),
    "blanks": (git(b"a/my file b/my file", *sides(b"a/my file\t", b"b/my file\t"), hunk=HUNK), "my file"),
    "b/ inside": (git(b"a/x b/y b/x b/y", *sides(b"a/x b/y\t", b"b/x b/y\t"), hunk=HUNK), "x b/y"),
    "b/ inside, mode only": (git(b"a/x b/x b/x b/x", b"old mode 100644", b"new mode 100755"), "x b/x"),
    "quoted": (git(rb'"a/\303\244.txt" "b/\303\244.txt"', b"old mode 100644", b"new mode 100755"), "ä.txt"),
    "quoted escapes": (git(rb'"a/\t\"\\\n" "b/\t\"\\\n"', b"old mode 100644", b"new mode 100755"), '\t"\\\n'),
    "not UTF-8": (git(b"a/\xff b/\xff", *sides(b"a/\xff", b"b/\xff"), hunk=HUNK), "\udcff"),
    "quoted, not UTF-8": (git(rb'"a/\377" "b/\377"', *sides(rb'"a/\377"', rb'"b/\377"'), hunk=HUNK), "\udcff"),
    "compared without an index": (git(b"a/t/x b/u/y", *sides(b"a/t/x", b"b/u/y"), hunk=HUNK), "u/y"),
    "plain with dates": (b"--- x.c\t2024-01-01 00:00:00.0 +0000\n+++ x.c\t2024-01-02 00:00:00 +0000\n" + HUNK, "x.c"),
    "plain, date after a blank": (b"--- x.c 2024-01-01 10:00:00\n+++ x.c 2024-01-02 10:00:00 +0100\n" + HUNK, "x.c"),
    "plain with prefixes": (b"--- a/x.c\n+++ b/x.c\n" + HUNK, "x.c"),
    "plain, a folder b": (b"--- b/x.c\n+++ b/x.c\n" + HUNK, "b/x.c"),
    "plain, saved copy": (b"--- x.c.orig\n+++ x.c\n" + HUNK, "x.c"),
    "plain, quoted": (b'--- "a b/x y"\t2024\n+++ "b2/x y"\t2024\n' + HUNK, "b2/x y"),
    "quilt": (b"Index: b/x.c\n=====\n--- a/x.c\n+++ b/x.c\n" + HUNK, "x.c"),
    "two folders": (b"diff -ru old/x.c new/x.c\n--- old/x.c\t2024\n+++ new/x.c\t2024\n" + HUNK, "new/x.c"),
    "byte order mark": (b"\xef\xbb\xbf--- a/x.c\n+++ b/x.c\n" + HUNK, "x.c"),
}


@pytest.mark.parametrize(("data", "path"), NAMES.values(), ids=NAMES.keys())
def test_name_of_the_file(data: bytes, path: str) -> None:
    assert one(data).path == path


STATES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "modified": (
        git(b"a/x b/x", b"index 1..2 100644", *sides(b"a/x", b"b/x"), hunk=HUNK),
        {"status": "modified", "added": 1, "removed": 1, "old_mode": "100644", "new_mode": "100644"},
    ),
    "added": (
        git(b"a/x b/x", b"new file mode 100755", *sides(b"/dev/null", b"b/x"), hunk=b"@@ -0,0 +1 @@\n+b\n"),
        {"status": "added", "new_file": True, "new_mode": "100755", "old_mode": "", "added": 1},
    ),
    "deleted": (
        git(b"a/x b/x", b"deleted file mode 100644", *sides(b"a/x", b"/dev/null"), hunk=b"@@ -1 +0,0 @@\n-b\n"),
        {"status": "deleted", "deleted": True, "old_mode": "100644", "new_mode": "", "removed": 1},
    ),
    "added, empty": (
        git(b"a/x b/x", b"new file mode 100644", b"index 0..e"),
        {"status": "added", "new_file": True, "hunks": ()},
    ),
    "deleted, empty": (
        git(b"a/x b/x", b"deleted file mode 100644", b"index e..0"),
        {"status": "deleted", "deleted": True, "hunks": ()},
    ),
    "mode only": (
        git(b"a/x b/x", b"old mode 100644", b"new mode 100755"),
        {"status": "mode", "old_mode": "100644", "new_mode": "100755", "old_path": None},
    ),
    "mode and content": (
        git(b"a/x b/x", b"old mode 100644", b"new mode 100755", b"index 1..2", *sides(b"a/x", b"b/x"), hunk=HUNK),
        {"status": "modified", "old_mode": "100644", "new_mode": "100755"},
    ),
    "renamed": (
        git(b"a/y b/x", b"similarity index 100%", b"rename from y", b"rename to x"),
        {"status": "renamed", "old_path": "y", "path": "x"},
    ),
    "renamed with content": (
        git(b"a/y b/x", b"similarity index 90%", b"rename from y", b"rename to x", *sides(b"a/y", b"b/x"), hunk=HUNK),
        {"status": "renamed", "old_path": "y", "path": "x", "added": 1},
    ),
    "renamed without prefixes": (
        git(b"a/x b/x", b"similarity index 100%", b"rename from a/x", b"rename to b/x"),
        {"old_path": "a/x", "path": "b/x"},
    ),
    "renamed, quoted": (
        git(rb'a/y "b/\303\244"', b"similarity index 100%", b"rename from y", rb'rename to "\303\244"'),
        {"old_path": "y", "path": "ä"},
    ),
    "renamed and mode": (
        git(b"a/y b/x", b"old mode 100644", b"new mode 100755", b"rename from y", b"rename to x"),
        {"status": "renamed", "old_mode": "100644", "new_mode": "100755"},
    ),
    "copied": (
        git(b"a/y b/x", b"similarity index 100%", b"copy from y", b"copy to x"),
        {"status": "copied", "old_path": "y", "path": "x"},
    ),
    "binary": (
        git(b"a/x b/x", b"index 1..2 100644") + b"Binary files a/x and b/x differ\n",
        {"status": "binary", "added": 0, "removed": 0, "new_file": False},
    ),
    "binary, added": (
        git(b"a/x b/x", b"new file mode 100644", b"index 0..2") + b"Binary files /dev/null and b/x differ\n",
        {"status": "binary", "new_file": True},
    ),
    "binary, renamed": (
        git(b"a/y b/x", b"rename from y", b"rename to x", b"index 1..2") + b"Binary files a/y and b/x differ\n",
        {"status": "binary", "old_path": "y"},
    ),
    "binary patch": (
        git(b"a/x b/x", b"index 1..2 100644") + b"GIT binary patch\nliteral 5\nMcmYew%rjy\n\nliteral 4\nLcmY\n\n",
        {"status": "binary", "added": 0},
    ),
    "binary, plain": (b"Binary files a/x and b/x differ\n", {"status": "binary", "path": "x"}),
    "binary, plain, and in the name": (
        b"Binary files old/a and b and new/a and b differ\n",
        {"status": "binary", "path": "new/a and b"},
    ),
    "binary of subversion": (
        b"Index: logo.png\n======\nCannot display: file marked as a binary type.\nsvn:mime-type = image/png\n",
        {"status": "binary", "path": "logo.png"},
    ),
    "submodule": (
        git(b"a/s b/s", b"index 1..2 160000", *sides(b"a/s", b"b/s"))
        + b"@@ -1 +1 @@\n-Subproject commit 1\n+Subproject commit 2\n",
        {"status": "submodule", "added": 1, "removed": 1},
    ),
    "submodule, added": (
        git(b"a/s b/s", b"new file mode 160000", *sides(b"/dev/null", b"b/s"))
        + b"@@ -0,0 +1 @@\n+Subproject commit 2\n",
        {"status": "submodule", "new_file": True, "added": 1, "removed": 0},
    ),
    "submodule as a log": (
        b"Submodule lib/s 1234567..89abcde:\n  > one\n  < two\n",
        {"status": "submodule", "path": "lib/s", "added": 1, "removed": 1, "new_file": False},
    ),
    "submodule as a log, new": (
        b"Submodule s 0000000...89abcde (new submodule)\n",
        {"status": "submodule", "new_file": True, "added": 1, "removed": 0},
    ),
    "submodule as a log, deleted": (
        b"Submodule s 1234567...0000000 (submodule deleted)\n",
        {"status": "submodule", "deleted": True, "added": 0, "removed": 1},
    ),
    "submodule with new commits and content": (
        b"Submodule s contains modified content\nSubmodule s 1234567..89abcde:\n  > one\n",
        {"status": "submodule", "path": "s"},
    ),
    "unmerged": (b"* Unmerged path x y\n", {"status": "modified", "path": "x y", "hunks": ()}),
    "became a link": (
        git(b"a/x b/x", b"deleted file mode 100644", *sides(b"a/x", b"/dev/null"), hunk=b"@@ -1 +0,0 @@\n-b\n")
        + git(b"a/x b/x", b"new file mode 120000", *sides(b"/dev/null", b"b/x"), hunk=b"@@ -0,0 +1 @@\n+b\n"),
        {"status": "modified", "added": 1, "removed": 1, "old_mode": "100644", "new_mode": "120000", "deleted": False},
    ),
    "plain, new by its date": (
        b"--- x\t1970-01-01 00:00:00.000000000 +0000\n+++ x\t2024-01-01 00:00:00 +0000\n@@ -0,0 +1 @@\n+b\n",
        {"status": "added", "new_file": True},
    ),
    "plain, new by mercurial's date": (
        b"--- /dev/null\tThu Jan 01 00:00:00 1970 +0000\n+++ b/x\tFri Feb 02 00:00:00 2024\n@@ -0,0 +1 @@\n+b\n",
        {"status": "added", "path": "x"},
    ),
    "plain, deleted": (b"--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n", {"status": "deleted", "path": "x"}),
    "plain, was empty": (b"--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+b\n", {"status": "modified", "new_file": False}),
}


@pytest.mark.parametrize(("data", "expected"), STATES.values(), ids=STATES.keys())
def test_state_of_the_file(data: bytes, expected: dict[str, Any]) -> None:
    file = one(data)
    assert {name: getattr(file, name) for name in expected} == expected


BODIES = {
    "header inside": (b"@@ -1,3 +1,2 @@\n--- a/x\n-diff --git a/x b/x\n+++ b/x\n @@ -1 +1 @@\n", 1, 2),
    "no newline on either side": (
        b"@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
        1,
        1,
    ),
    "carriage returns": (b"@@ -1,2 +1,2 @@\n-a\r\n+b\r\n c\rd\r\n", 1, 1),
    "form feed and U+2028": (b"@@ -1 +1,2 @@\n a\x0cb\n+\xe2\x80\xa8+++ b/y\n", 1, 0),
    "NUL": (b"@@ -0,0 +1 @@\n+a\0b\n", 1, 0),
    "no context": (b"@@ -3,0 +4,2 @@\n+a\n+b\n@@ -9 +11,0 @@\n-c\n", 2, 1),
    "empty context lines lost their blank": (b"@@ -1,4 +1,4 @@\n a\n\n-b\n+c\n\n", 1, 1),
    "the same with carriage returns": (b"@@ -1,4 +1,4 @@\r\n a\r\n\r\n-b\r\n+c\r\n\r\n", 1, 1),
    "blank lines between hunks": (b"@@ -1 +1 @@\n-a\n+b\n\n\n@@ -5 +5 @@\n-a\n+b\n", 2, 2),
    "no line feed at the very end": (b"@@ -1 +1,2 @@\n a\n+b", 1, 0),
    "section": (b"@@ -1 +1 @@ def f(x): @@ odd\n-a\n+b\n", 1, 1),
    "nothing": (b"@@ -0,0 +0,0 @@\n", 0, 0),
}


@pytest.mark.parametrize(("body", "added", "removed"), BODIES.values(), ids=BODIES.keys())
def test_counts_of_a_body(body: bytes, added: int, removed: int) -> None:
    for header in (b"--- a/x\n+++ b/x\n", git(b"a/x b/x", *sides(b"a/x", b"b/x"))):
        assert summary(header + body) == [("x", "modified", added, removed)]
        if body.endswith(b"\n"):
            assert summary((header + body) * 2) == [("x", "modified", added, removed)] * 2


def test_lines_keep_what_is_not_a_line_feed() -> None:
    file = one(b"--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n a\x0cb\r\n+c\xe2\x80\xa8d\re\n")
    assert texts(file) == [(" ", b"a\x0cb\r"), ("+", b"c\xe2\x80\xa8d\re")]


def test_lines_are_numbered_on_both_sides() -> None:
    hunk = one(b"--- a/x\n+++ b/x\n@@ -5,3 +7,3 @@ def f():\n a\n-b\n+c\n d\n").hunks[0]
    assert [(line.kind, line.old, line.new) for line in hunk.lines()] == [
        (" ", 5, 7),
        ("-", 6, 8),
        ("+", 7, 8),
        (" ", 7, 9),
    ]
    assert hunk.section == b"def f():"


def test_hunks_are_slices_of_the_input() -> None:
    data = git(b"a/x b/x", *sides(b"a/x", b"b/x"), hunk=HUNK)
    hunk = one(data).hunks[0]
    assert hunk.data is data
    assert data[hunk.start : hunk.end] == b"-a\n+b\n"


def test_missing_newline_belongs_to_the_line_before() -> None:
    hunk = one(b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n").hunks[0]
    assert [line.newline for line in hunk.lines()] == [False, True]


def test_headers_that_end_in_carriage_returns() -> None:
    data = git(b"a/x y b/x y", b"index 1..2 100644", *sides(b"a/x y\t", b"b/x y\t"), hunk=HUNK).replace(b"\n", b"\r\n")
    file = one(data)
    assert (file.path, file.new_mode, file.added) == ("x y", "100644", 1)


MAIL = b"""From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001
From: A <a@example.com>
Subject: [PATCH 1/2] Change x

A line that begins as a header does:
--- a
+++ b/nothing follows
@@ nor is this a hunk
diff --git is a command
---
 x | 2 +-
 1 file changed, 1 insertion(+), 1 deletion(-)

diff --git a/x b/x
index 1..2 100644
--- a/x
+++ b/x
@@ -1 +1 @@
-a
+b
--\x20
2.39.5

"""


def test_mails_one_after_another() -> None:
    assert summary(MAIL + MAIL.replace(b"/x", b"/y")) == [("x", "modified", 1, 1), ("y", "modified", 1, 1)]


def test_commits_one_after_another() -> None:
    commit = b"commit 1\nAuthor: A\n\n    Message\n    @@ -1 +1 @@\n\n" + git(
        b"a/x b/x", *sides(b"a/x", b"b/x"), hunk=HUNK
    )
    assert summary(commit + b"\n" + commit) == [("x", "modified", 1, 1)] * 2


def test_plain_diffs_glued_together() -> None:
    plain = b"--- x\n+++ x\n" + HUNK
    assert summary(plain * 3) == [("x", "modified", 1, 1)] * 3


def test_files_of_diff_r_stand_between_texts() -> None:
    data = (
        b"Only in a: z\ndiff -ru a/x b/x\n--- a/x\t2024\n+++ b/x\t2024\n"
        + HUNK
        + b"Only in b: y\nBinary files a/p and b/p differ\n"
    )
    assert summary(data) == [("x", "modified", 1, 1), ("p", "binary", 0, 0)]


COMBINED = b"""diff --cc f
index 797be14,0c02ccc..2b36192
mode 100644,100644..100755
--- a/f
+++ b/f
@@@ -1,3 -1,4 +1,4 @@@ top
  a
- Y
 -X
++XY
+ Z
  c
"""


def test_combined_diff() -> None:
    file = one(COMBINED)
    assert (file.path, file.added, file.removed, file.old_mode, file.new_mode) == ("f", 2, 2, "100644", "100755")
    assert file.hunks[0].parents == 2
    assert file.hunks[0].section == b"top"
    assert texts(file) == [(" ", b"a"), ("-", b"Y"), ("-", b"X"), ("+", b"XY"), ("+", b"Z"), (" ", b"c")]


def test_combined_diff_numbers_the_first_parent() -> None:
    lines = list(one(COMBINED).hunks[0].lines())
    assert [line.old for line in lines] == [1, 2, 3, 3, 3, 3]
    assert [line.new for line in lines] == [1, 2, 2, 2, 3, 4]


def test_combined_diff_whose_count_for_a_parent_is_wrong() -> None:
    for wrong in (b"-1,9", b"-1,3"):
        file = one(COMBINED.replace(b"-1,4", wrong) + b"\n")
        assert (file.added, file.removed, len(list(file.hunks[0].lines()))) == (2, 2, 6)


def test_combined_diff_of_a_binary_file() -> None:
    assert summary(b"diff --combined f\nindex 1,2..3\nBinary files differ\n") == [("f", "binary", 0, 0)]


def test_a_file_that_only_the_index_takes_for_changed_is_none() -> None:
    assert parse(b"diff --git a/x b/x\n") == ()


@pytest.mark.parametrize("data", [b"", b"\n", b" \r\n\t\n"], ids=["empty", "line feed", "blanks"])
def test_empty_diff_is_clean(data: bytes) -> None:
    assert parse(data) == ()


GIT_HEADER = git(b"a/x b/x", *sides(b"a/x", b"b/x"))
REFUSED = {
    "text": (b"hello\nworld\n", "no diff in it"),
    "a commit without changes": (b"commit 1\n\n    Empty\n", "no diff in it"),
    "HTML": (b"\n<!DOCTYPE html>\n<html><pre>\ndiff --git a/x b/x\n", "looks like HTML"),
    "HTML in capitals": (b"<HTML>", "looks like HTML"),
    "UTF-16": ("diff --git a/x b/x\n".encode("utf-16"), "UTF-16"),
    "coloured header": (b"\x1b[1mdiff --git a/x b/x\x1b[m\n\x1b[1m--- a/x\x1b[m\n", "--no-color"),
    "coloured hunk header": (GIT_HEADER + b"\x1b[36m@@ -1 +1 @@\x1b[m\n\x1b[31m-a\x1b[m\n", "--no-color"),
    "coloured hunk header, plain": (b"--- x\n+++ x\n\x1b[36m@@ -1 +1 @@\x1b[m\n\x1b[31m-a\x1b[m\n", "--no-color"),
    "coloured line": (GIT_HEADER + b"@@ -1 +1 @@\n\x1b[31m-a\x1b[m\n\x1b[32m+b\x1b[m\n", "--no-color"),
    "hunk without a file": (HUNK, "hunk without a file in line 1"),
    "ends inside a hunk": (
        GIT_HEADER + b"@@ -1,2 +1,2 @@\n a\n",
        "hunk of x that begins in line 4 of the input: line 6",
    ),
    "hunk goes on with a header": (GIT_HEADER + b"@@ -1,2 +1,2 @@\n a\n" + GIT_HEADER + HUNK, "line 6"),
    "line missing before a note": (GIT_HEADER + b"@@ -1,2 +1,2 @@\n-a\n\\ No newline\n+b\n", "begins in line 4"),
    "counts that go past each other": (GIT_HEADER + b"@@ -1,2 +1 @@\n+a\n+b\n", "begins in line 4"),
    "damaged hunk header": (GIT_HEADER + b"@@ -1,x +1 @@\n a\n", "hunk header of x in line 4"),
    "no hunk behind a header": (GIT_HEADER, "before the first hunk of x"),
    "combined, ends inside": (COMBINED[:-4], "hunk of f that begins in line 6"),
    "combined, damaged": (COMBINED.replace(b"@@@ -1,3 -1,4", b"@@@ -1,3"), "hunk header of f"),
    "NUL in a name": (b"--- a/x\0y\n+++ b/x\0y\n" + HUNK, "NUL"),
    "more lines than there are": (GIT_HEADER + b"@@ -1,999999999999999 +1 @@\n-a\n+b\n", "begins in line 4"),
}


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_the_reason(data: bytes, message: str) -> None:
    with pytest.raises(DiffError) as caught:
        parse(data)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_hunks_without_a_header_take_the_path_given() -> None:
    file = parse_hunks(b"@@ -1 +1 @@\n-a\n+b\n@@ -9 +9,2 @@ f\n a\n+b", "src/x.py")
    assert (file.path, file.status, file.added, file.removed, len(file.hunks)) == ("src/x.py", "modified", 2, 1, 2)


def test_hunks_without_a_header_of_a_new_file() -> None:
    file = parse_hunks(b"@@ -0,0 +1 @@\n+b", "x", status="added", mode="100755")
    assert (file.new_file, file.deleted, file.old_mode, file.new_mode) == (True, False, "", "100755")


def test_no_hunks_at_all_are_none() -> None:
    assert parse_hunks(b"", "x", status="renamed", old_path="y").before == "y"


@pytest.mark.parametrize("patch", [b"diff", b"@@ -1 +1 @@\n-a\n", b"@@ -1 +1 @@\n-a\n+b\nmore"])
def test_hunks_that_are_none_are_refused(patch: bytes) -> None:
    with pytest.raises(DiffError):
        parse_hunks(patch, "x")
