from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.diffing.narrow import narrow, new_text, old_text, whole
from review_bot.diffing.parse import parse
from review_bot.domain.diff import FileDiff, Hunk

LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"+\n", b"-\n", b" x\n", b"\n", b"\\ y\n", b"\r\n"]), max_size=40)


def diff(old: bytes, new: bytes, context: int) -> FileDiff:
    """What `diff -u` writes, by difflib, which cuts hunks in another way than git unless all is context."""
    rows = difflib.diff_bytes(
        difflib.unified_diff, old.splitlines(True), new.splitlines(True), b"a/x", b"b/x", n=context
    )
    body = b"".join(row if row.endswith(b"\n") else row + b"\n\\ No newline at end of file\n" for row in rows)
    return parse(body)[0]


def rows(hunk: Hunk) -> tuple[tuple[int, int, int, int, int, int], bytes]:
    return hunk[:6], hunk.data[hunk.start : hunk.end]


def numbered(*changed: int, count: int = 40) -> bytes:
    return b"".join(b"%d%s\n" % (n, b"!" if n in changed else b"") for n in range(1, count + 1))


def test_far_changes_are_two_hunks() -> None:
    file = narrow(diff(numbered(), numbered(5, 12), 10**6))
    assert [hunk[:6] for hunk in file.hunks] == [(2, 14, 2, 14, 2, 2)]
    file = narrow(diff(numbered(), numbered(5, 13), 10**6))
    assert [hunk[:6] for hunk in file.hunks] == [(2, 7, 2, 7, 1, 1), (10, 7, 10, 7, 1, 1)]


def test_hunks_stay_slices_of_the_same_bytes() -> None:
    full = diff(numbered(), numbered(5, 30), 10**6)
    assert all(hunk.data is full.hunks[0].data for hunk in narrow(full).hunks)


def test_no_context_at_all() -> None:
    file = narrow(diff(numbered(count=3), numbered(count=3).replace(b"2\n", b"2\nnew\n"), 10**6), 0)
    assert [rows(hunk) for hunk in file.hunks] == [((2, 0, 3, 1, 1, 0), b"+new\n")]


def test_a_file_that_is_new_stays_as_it_is() -> None:
    file = whole("x", b"a\nb\n")
    assert narrow(file) == file


def test_the_note_about_the_end_goes_with_its_line() -> None:
    file = narrow(diff(b"a\nb", b"c\nb", 10**6))
    assert rows(file.hunks[0])[1] == b"-a\n+c\n b\n\\ No newline at end of file\n"


def _pairs(old: list[bytes], new: list[bytes], *, cut_old: bool, cut_new: bool) -> tuple[bytes, bytes]:
    before, after = b"".join(old), b"".join(new)
    return before[:-1] if cut_old else before, after[:-1] if cut_new else after


@given(old=LINES, new=LINES, cut_old=st.booleans(), cut_new=st.booleans())
def test_both_texts_come_back(old: list[bytes], new: list[bytes], cut_old: bool, cut_new: bool) -> None:
    before, after = _pairs(old, new, cut_old=cut_old, cut_new=cut_new)
    if before == after or b"\r" in before.replace(b"\r\n", b"") + after.replace(b"\r\n", b""):
        return
    file = diff(before, after, 10**6)
    assert (old_text(file), new_text(file)) == (before, after)


@given(old=LINES, new=LINES, context=st.integers(0, 4))
def test_narrowed_hunks_hold_the_same_changes(old: list[bytes], new: list[bytes], context: int) -> None:
    before, after = _pairs(old, new, cut_old=False, cut_new=False)
    if before == after:
        return
    full = diff(before, after, 10**6)
    changed = [line for line in full.hunks[0].lines() if line.kind != " "]
    narrowed = narrow(full, context)
    assert [line for hunk in narrowed.hunks for line in hunk.lines() if line.kind != " "] == changed
    for hunk in narrowed.hunks:
        kinds = [line.kind for line in hunk.lines()]
        assert (kinds.count("+"), kinds.count("-")) == (hunk.added, hunk.removed)
        assert (len(kinds) - hunk.added, len(kinds) - hunk.removed) == (hunk.old_count, hunk.new_count)


def test_texts_of_a_file_that_came_or_went() -> None:
    added = parse(b"--- /dev/null\n+++ b/x\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n")[0]
    assert (old_text(added), new_text(added)) == (None, b"a\nb")
    gone = parse(b"--- a/x\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n")[0]
    assert (old_text(gone), new_text(gone)) == (b"a\nb\n", None)


def test_texts_of_a_file_that_was_or_is_empty() -> None:
    filled = parse(b"--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+a\n")[0]
    assert (old_text(filled), new_text(filled)) == (b"", b"a\n")


def test_texts_of_a_file_that_became_a_link() -> None:
    file = parse(
        b"diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-text\n"
        b"diff --git a/x b/x\nnew file mode 120000\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+target\n"
        b"\\ No newline at end of file\n"
    )[0]
    assert (old_text(file), new_text(file)) == (b"text\n", b"target")


@pytest.mark.parametrize(
    "data",
    [
        b"--- a/x\n+++ b/x\n@@ -7 +7 @@\n-a\n+b\n",
        b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@\n-a\n+b\n",
        b"diff --git a/x b/x\nold mode 100644\nnew mode 100755\n",
        b"diff --cc x\n--- a/x\n+++ b/x\n@@@ -1 -1 +1 @@@\n- a\n -b\n++c\n",
    ],
    ids=["not from the start", "two hunks", "no hunk", "combined"],
)
def test_no_text_without_a_full_hunk(data: bytes) -> None:
    file = parse(data)[0]
    assert (old_text(file), new_text(file)) == (None, None)


@given(st.binary())
def test_a_whole_file_reads_back(content: bytes) -> None:
    file = whole("x", content)
    if b"\0" in content:
        assert (file.status, file.hunks) == ("binary", ())
    elif content:
        assert new_text(file) == content
        assert file.added == file.hunks[0].new_count == len(list(file.hunks[0].lines()))
    assert (file.new_file, file.old_path, old_text(file)) == (True, None, None)


def test_an_empty_whole_file_has_no_hunks() -> None:
    assert whole("x", b"", mode="100755") == FileDiff("x", None, "added", new_mode="100755", new_file=True)


def test_binary_is_what_has_a_nul_among_its_first_bytes() -> None:
    assert whole("x", b"a" * 7999 + b"\0").status == "binary"
    assert whole("x", b"a" * 8000 + b"\0").status == "added"
