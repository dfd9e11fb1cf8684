"""Whatever the bytes: a result, or our error."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from review_bot.diffing.narrow import narrow, new_text, old_text
from review_bot.diffing.parse import parse, parse_hunks
from review_bot.diffing.raw import parse_git
from review_bot.errors import DiffError

SEED = (
    b"From 1 Mon\nSubject: x\n---\n"
    b"diff --git a/x b/x\nold mode 100644\nnew mode 100755\nindex 1..2\n"
    b"--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@ f\n a\n-b\n+c\n\n"
    b'diff --git "a/\\303" "b/\\303"\nsimilarity index 90%\nrename from "\\303"\nrename to y\n'
    b"diff --git a/b b/b\nindex 1..2\nBinary files a/b and b/b differ\n"
    b"diff --cc f\nindex 1,2..3\n--- a/f\n+++ b/f\n@@@ -1 -1 +1 @@@\n- a\n -b\n++c\n"
    b"Submodule s 1234567..89abcde (rewind):\n* Unmerged path u\n"
    b"--- x\t1970-01-01\n+++ x\t2024\n@@ -0,0 +1 @@\n+b\n\\ No newline at end of file\n-- \n2.39\n"
)
WORDS = [b"\x1b[31m", b"\r\n", b"\0", b"@@ -1 +1 @@\n", b"@@@", b"--- ", b"\xff", b"-", b"+"]
TOKENS = [*SEED.splitlines(keepends=True), *WORDS]
RAW = b":100644 100755 1 2 M\0x\0:100644 000000 1 0 U\0u\0::1 1 1 1 1 1 MM\0f\0\0"


def check(data: bytes) -> None:
    with suppress(DiffError):
        for file in parse(data):
            lines = [line for hunk in file.hunks for line in hunk.lines()]
            assert sum(line.kind == "+" for line in lines) == file.added or not file.hunks
            assert sum(line.kind == "-" for line in lines) == file.removed or not file.hunks
            assert file.path
            for changed in narrow(file, 1).hunks:
                assert changed.added + changed.removed or changed.parents > 1 or not changed.old_count
            new_text(file)
            old_text(file)
    with suppress(DiffError):
        parse_hunks(data, "x")
    with suppress(DiffError):
        parse_git(data)


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    check(data)


@given(st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join))
@example(SEED)
def test_lines_of_diffs_in_any_order(data: bytes) -> None:
    check(data)


@given(st.integers(0, len(SEED) - 1), st.integers(0, 40), st.binary(max_size=5))
def test_damaged_diffs(at: int, length: int, instead: bytes) -> None:
    check(SEED[:at] + instead + SEED[at + length :])


@given(st.integers(0, len(RAW) + 60), st.integers(0, 9), st.binary(max_size=3))
def test_damaged_records(at: int, length: int, instead: bytes) -> None:
    data = RAW + SEED
    check(data[:at] + instead + data[at + length :])


LONG = 1 << 20
HOSTILE = {
    "one line": b"a" * LONG,
    "one header": b"diff --git " + b"a " * LONG,
    "names of blanks": b"diff --git a/" + b" b/" * 20000 + b"\n",
    "hunk of one line": b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-" + b"a" * LONG + b"\n+b\n",
    "numbers without end": b"--- a/x\n+++ b/x\n@@ -" + b"1" * LONG + b" +1 @@\n",
    "parents without end": b"diff --cc f\n--- a/f\n+++ b/f\n" + b"@" * LONG + b" -1" * 1000 + b" +1 @@@\n",
    "quotes": b'diff --git "' + b'\\"' * 20000 + b"\n",
    "tabs": b"--- x" + b"\t" * 60000 + b"\n+++ x" + b"\t" * 60000 + b"\n@@ -0,0 +1 @@\n+a\n",
    "submodules": b"Submodule " + b"x " * 30000 + b"\n",
    "excess": b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n" + b" c\n" * 100000,
    "blank lines": b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n" + b"\n" * 100000,
    "blank lines with carriage returns": b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
    + b"\r\n" * 100000
    + b"@@ -9 +9 @@\n-a\n+b\n",
    "notes": b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n" + b"\\\n" * 100000,
    "names of a mail": b"--- " * 100000,
    "binary files": b"Binary files " + b" and " * 10000 + b" differ\n",
    "colour": b"\x1b[" * 300000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_bytes(data: bytes) -> None:
    check(data)
    check(data * 3)
