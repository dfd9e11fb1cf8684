from __future__ import annotations

import pytest

from review_bot.diffing import names


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (b"plain", b"plain"),
        (rb'"\303\244"', b"\xc3\xa4"),
        (rb'"\a\b\t\n\v\f\r\"\\"', b'\a\b\t\n\v\f\r"\\'),
        (rb'"\777\8"', b"\xff\\8"),
        (b'"open', b'"open'),
        (b'"x" rest', b"x"),
    ],
    ids=["plain", "octal", "letters", "beyond a byte", "open", "rest"],
)
def test_unquoted(written: bytes, name: bytes) -> None:
    assert names.unquoted(written) == name


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"a/x", b"b/x", (b"x", b"x")),
        (b"a/x", b"a/x", (b"a/x", b"a/x")),
        (b"a/x", b"x", (b"a/x", b"x")),
        (b"/dev/null", b"b/x", (b"/dev/null", b"x")),
        (b"w/x", b"/dev/null", (b"x", b"/dev/null")),
        (b"/dev/null", b"src/x", (b"/dev/null", b"src/x")),
        (b"1/x", b"2/x", (b"x", b"x")),
        (b"1/x", b"2/y", (b"1/x", b"2/y")),
        (b"a/", b"b/", (b"a/", b"b/")),
    ],
)
def test_without_prefixes(old: bytes, new: bytes, expected: tuple[bytes, bytes]) -> None:
    assert names.without_prefixes(old, new) == expected


@pytest.mark.parametrize(
    ("rest", "name"),
    [
        (b"a/x b/x", b"x"),
        (b"x x", b"x"),
        (b"a/x y b/x y", b"x y"),
        (b"longer/x/y z s/x/y z", b"x/y z"),
        (b'"a/\\t" "b/\\t"', b"\t"),
        (b"a/x b/y", None),
        (b"x", None),
        (b"", None),
    ],
)
def test_name_in_a_git_line(rest: bytes, name: bytes | None) -> None:
    assert names.of_git_line(rest) == name


@pytest.mark.parametrize(
    ("rest", "pair"),
    [
        (b"a/x b/y", (b"x", b"y")),
        (b'a/x "b/\\303"', (b"x", b"\xc3")),
        (b"x y", None),
    ],
)
def test_two_names_in_a_git_line(rest: bytes, pair: tuple[bytes, bytes] | None) -> None:
    assert names.of_git_pair(rest) == pair


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"a/x\t2024", b"a/x"),
        (b'"a/x\\t"\t', b"a/x\t"),
        (b"x 2024-01-01 00:00:00.5 +0100", b"x"),
        (b"x 2024-01-01", b"x 2024-01-01"),
    ],
)
def test_name_in_a_header(value: bytes, name: bytes) -> None:
    assert names.of_header(value, dated=True) == name


def test_a_date_in_a_name_of_git_stays() -> None:
    assert names.of_header(b"x 2024-01-01 00:00:00") == b"x 2024-01-01 00:00:00"
