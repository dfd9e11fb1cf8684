"""HTTP/1.1 as far as a model server needs it: one request, one answer, then the connection is closed.

The standard library's client loads a parser of mails and OpenSSL: a third of what a review costs that finds all its
answers in the cache, and has only asked which model is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Protocol

    class Stream(Protocol):
        """What is read from: a buffered reader."""

        def readline(self, size: int, /) -> bytes:
            """A line, or its beginning."""

        def read1(self, size: int, /) -> bytes:
            """What is there, after waiting for anything at all."""


_LINE = 65_536
"""Bytes of a line."""
_HEADERS = 100
_AT_ONCE = 65_536


class Broken(Exception):
    """What comes is no HTTP, or ends in the middle."""


class Head(NamedTuple):
    """What an answer begins with."""

    status: int
    headers: Mapping[str, str]
    """By name in lower case; the last of several counts."""


def request(method: str, host: str, path: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """The bytes of a request; raises Broken where a value would end its line."""
    lines = [f"{method} {path or '/'} HTTP/1.1", f"Host: {host}", "Connection: close", "Accept-Encoding: identity"]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if not all(line.isprintable() and line.isascii() for line in lines) or lines[0].count(" ") != 2:
        raise Broken("a header or the path holds what has no place there")
    return "\r\n".join([*lines, "", ""]).encode("ascii") + (body or b"")


def read_head(stream: Stream) -> Head:
    """The status and headers of the answer, behind those that only say that it will come."""
    while True:
        status = _status(_line(stream))
        headers = dict(_headers(stream))
        if status >= 200:
            return Head(status, headers)


def read_body(stream: Stream, head: Head) -> Iterator[bytes]:
    """The body piece by piece, as it comes; raises Broken where it ends before its time."""
    if "chunked" in head.headers.get("transfer-encoding", "").lower():
        return _chunks(stream)
    length = head.headers.get("content-length", "").strip()
    if length:
        return _exactly(stream, _number(length, 10))
    return iter(lambda: stream.read1(_AT_ONCE), b"")


def _status(line: bytes) -> int:
    version, _, rest = line.partition(b" ")
    code = rest[:3]
    if not version.startswith(b"HTTP/1.") or not code.isdigit() or len(code) != 3 or rest[3:4].strip():
        raise Broken("what answers speaks no HTTP")
    return int(code)


def _headers(stream: Stream) -> Iterator[tuple[str, str]]:
    for _ in range(_HEADERS + 1):
        line = _line(stream)
        if not line:
            return
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            yield name.strip().lower(), value.strip()
    raise Broken(f"more than {_HEADERS} headers")


def _line(stream: Stream) -> bytes:
    line = stream.readline(_LINE + 1)
    if len(line) > _LINE:
        raise Broken("a line is too long")
    if not line.endswith(b"\n"):
        raise Broken("the connection was closed")
    return line.rstrip(b"\r\n")


def _exactly(stream: Stream, left: int) -> Iterator[bytes]:
    while left:
        piece = stream.read1(min(left, _AT_ONCE))
        if not piece:
            raise Broken("the connection was closed")
        left -= len(piece)
        yield piece


def _chunks(stream: Stream) -> Iterator[bytes]:
    while True:
        size = _number(_line(stream).partition(b";")[0].strip().decode("latin-1"), 16)
        if not size:
            return  # what may follow says nothing to us
        yield from _exactly(stream, size)
        if _line(stream):
            raise Broken("a chunk is longer than it says")


def _number(text: str, base: int) -> int:
    if not text.isascii() or not text.isalnum() or len(text) > 16:
        raise Broken("a length is no number")
    try:
        return int(text, base)
    except ValueError as error:
        raise Broken("a length is no number") from error
