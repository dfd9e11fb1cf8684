from __future__ import annotations

import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.backends.http1 import Broken, read_body, read_head, request


def answer(data: bytes) -> tuple[int, bytes]:
    stream = io.BufferedReader(io.BytesIO(data))  # type: ignore[type-var, unused-ignore]
    head = read_head(stream)
    return head.status, b"".join(read_body(stream, head))


def test_a_request() -> None:
    assert request("POST", "h:1", "/x", {"A": "b"}, b"{}") == (
        b"POST /x HTTP/1.1\r\nHost: h:1\r\nConnection: close\r\nAccept-Encoding: identity\r\n"
        b"Content-Length: 2\r\nA: b\r\n\r\n{}"
    )
    assert request("GET", "h:1", "", {}, None).startswith(b"GET / HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/a b", {}), ("/a\r\nX: y", {}), ("/é", {}), ("/", {"A": "b\r\nC: d"}), ("/", {"A": "\x00"}), ("/", {"A": "é"})],
)
def test_nothing_ends_a_line_of_a_request(path: str, headers: dict[str, str]) -> None:
    with pytest.raises(Broken):
        request("GET", "h", path, headers, None)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef", (200, b"abc")),
        (b"HTTP/1.0 200\r\n\r\nabc", (200, b"abc")),
        (b"HTTP/1.1 404 Not Found\nContent-Length: 0\n\n", (404, b"")),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:1\r\n\r\na", (200, b"a")),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: x\r\n\r\n",
            (200, b"abcde"),
        ),
        (
            b"HTTP/1.1 200 OK\r\nnonsense\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n0\r\n\r\n",
            (200, b""),
        ),
    ],
    ids=["length", "until closed", "bare line feeds", "continue", "chunked", "chunked wins"],
)
def test_answers(data: bytes, expected: tuple[int, bytes]) -> None:
    assert answer(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"220 mail.example.com ESMTP\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ],
)
def test_what_is_broken(data: bytes) -> None:
    with pytest.raises(Broken):
        answer(data)


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_break_it(data: bytes) -> None:
    for start in (b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"):
        with suppress(Broken):
            assert answer(start + data)[0] >= 200
