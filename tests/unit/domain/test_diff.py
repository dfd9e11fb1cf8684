from __future__ import annotations

import pytest

from review_bot.domain.diff import FileDiff, Hunk, shown


def hunk(body: bytes, old: int, olds: int, new: int, news: int, *, parents: int = 1) -> Hunk:
    data = b"\n" + body
    return Hunk(old, olds, new, news, 0, 0, data, 1, len(data), parents)


def test_lines_of_a_hunk() -> None:
    lines = list(hunk(b" a\n-b\r\n+c\n", 3, 2, 5, 2).lines())
    assert [tuple(line) for line in lines] == [
        (" ", 3, 5, b"a", True),
        ("-", 4, 6, b"b\r", True),
        ("+", 5, 6, b"c", True),
    ]


def test_a_bare_line_feed_is_an_empty_context_line() -> None:
    assert [(line.kind, line.text) for line in hunk(b"\n+a\n", 1, 1, 1, 2).lines()] == [(" ", b""), ("+", b"a")]


def test_a_note_is_no_line_but_says_that_the_feed_is_missing() -> None:
    lines = list(hunk(b"-a\n\\ No newline at end of file\n+a\n", 1, 1, 1, 1).lines())
    assert [(line.kind, line.newline) for line in lines] == [("-", False), ("+", True)]


def test_a_backslash_in_a_line_is_no_note() -> None:
    assert [line.text for line in hunk(b"+\\ a\n+b\n", 0, 0, 1, 2).lines()] == [b"\\ a", b"b"]


def test_a_side_without_lines_is_numbered_from_the_line_behind() -> None:
    assert [line.old for line in hunk(b"+a\n", 5, 0, 6, 1).lines()] == [6]
    assert [line.new for line in hunk(b"-a\n", 6, 1, 5, 0).lines()] == [6]


def test_added_lines_with_their_numbers() -> None:
    assert hunk(b" a\n+b\n-c\n+d\n", 1, 2, 1, 3).added_lines() == [(2, b"b"), (3, b"d")]


def test_a_line_of_either_parent_is_added_or_removed() -> None:
    lines = list(hunk(b"  a\n+ b\n -c\n++d\n", 1, 1, 1, 3, parents=2).lines())
    assert [(line.kind, line.old, line.text) for line in lines] == [
        (" ", 1, b"a"),
        ("+", 2, b"b"),
        ("-", 2, b"c"),
        ("+", 2, b"d"),
    ]


def test_an_empty_line_of_several_parents_may_have_lost_its_blanks() -> None:
    assert [(line.kind, line.text) for line in hunk(b"\n++d\n", 1, 1, 1, 2, parents=2).lines()] == [
        (" ", b""),
        ("+", b"d"),
    ]


@pytest.mark.parametrize(
    ("header", "section"),
    [
        (b"@@ -1 +1 @@ def f(x):", b"def f(x):"),
        (b"@@ -1 +1 @@", b""),
        (b"@@ -1 +1 @@ a\r", b"a"),
        (b"@@@ -1 -1 +1 @@@ class A", b"class A"),
        (b" no header", b""),
    ],
    ids=["section", "none", "carriage return", "several parents", "no header"],
)
def test_section_is_read_from_the_header(header: bytes, section: bytes) -> None:
    data = b"--- a\n" + header + b"\n+b\n"
    assert Hunk(1, 0, 1, 1, 1, 0, data, len(data) - 3, len(data)).section == section


def test_path_before_is_that_of_a_rename_or_the_same() -> None:
    assert FileDiff("b", "a", "renamed").before == "a"
    assert FileDiff("b", None, "modified").before == "b"


@pytest.mark.parametrize(("path", "text"), [("a.py", "a.py"), ("ä", "ä"), ("\udcff", "\ufffd")])
def test_paths_for_output(path: str, text: str) -> None:
    assert shown(path) == text
