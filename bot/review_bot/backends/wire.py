"""HTTP to a model server that may be slow, broken or hostile.

One connection a request, no proxies, no redirects, no cookies. The clock runs for the whole call: a server that sends
a byte a second gets no more time than one that sends none. Answers have a size.
"""

from __future__ import annotations

import io
import json
import socket
import time
from typing import TYPE_CHECKING, Any

from review_bot import network
from review_bot.backends import address as addresses
from review_bot.backends import http1
from review_bot.errors import BadAnswer, TimedOut, Unavailable, Unreachable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from typing_extensions import Self

    from review_bot.backends.address import Address, Permit

LARGEST = 8_000_000
"""Bytes of an answer."""
_CONNECT = 2.0
"""Seconds to connect: a server on this machine needs none."""
_AT_ONCE = 65_536


class Wire:
    """Requests to one server."""

    def __init__(
        self, address: Address, permit: Permit, headers: Mapping[str, str] | None = None, *, remedy: str = ""
    ) -> None:
        """`headers` go with every request; `remedy` says what to do where nobody is there."""
        self._remedy = remedy
        self.address = address
        self.permit = permit
        self._headers = dict(headers or {})
        self._numbers: list[str] = []

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        timeout: float,
        largest: int = LARGEST,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The reply, its body still to be read; raises NotLocal, Unavailable, TimedOut."""
        self.look_up()
        until = time.monotonic() + timeout
        try:
            timed = _Timed(self._connect(until), until)
        except TimeoutError as error:
            raise _slow(self.address, timeout) from error
        try:
            timed.sendall(
                http1.request(
                    method,
                    self.address.authority(),
                    self.address.path + path,
                    {"Content-Type": "application/json", **self._headers, **(headers or {})},
                    body,
                )
            )
            stream = io.BufferedReader(timed, _AT_ONCE)
            return Reply(http1.read_head(stream), stream, timed, str(self.address), largest)
        except TimeoutError as error:
            timed.shut()
            raise _slow(self.address, timeout) from error
        except (OSError, http1.Broken) as error:
            timed.shut()
            raise Unavailable(f"no answer in HTTP: {_reason(error)}", where=str(self.address)) from error
        except BaseException:
            timed.shut()
            raise

    def look_up(self) -> bool:
        """Whether the server is another machine, once it is sure that it may be called; raises NotLocal."""
        if not self._numbers:
            self._numbers = addresses.look_up(self.address, self.permit)
            if self.is_remote():
                bare = "" if self.address.scheme == "https" else " without encryption"
                self.permit.say(
                    f"the changed lines and the code around them leave this machine{bare} for {self.address}"
                )
        return self.is_remote()

    def is_remote(self) -> bool:
        """Whether the server, looked up, is another machine."""
        return not all(map(network.is_loopback, self._numbers))

    def get(self, path: str, *, timeout: float) -> Reply:
        """A small question, read to its end."""
        return self._whole("GET", path, None, timeout)

    def post(self, path: str, value: object, *, timeout: float) -> Reply:
        """A question as JSON, its answer read to the end."""
        return self._whole("POST", path, json.dumps(value).encode(), timeout)

    def _whole(self, method: str, path: str, body: bytes | None, timeout: float) -> Reply:
        with self.send(method, path, body, timeout=timeout) as reply:
            reply.read()
            return reply

    def _connect(self, until: float) -> socket.socket:
        failure: OSError | None = None
        for number in self._numbers:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            try:
                plain = socket.create_connection((number, self.address.port), min(_CONNECT, left))
                return self._secured(plain, left) if self.address.scheme == "https" else plain
            except OSError as error:
                failure = error
        raise Unreachable(
            f"can't be reached: {_reason(failure or OSError('no address'))}",
            where=str(self.address),
            remedy=self._remedy,
        ) from failure

    def _secured(self, plain: socket.socket, left: float) -> ssl.SSLSocket:
        import ssl

        try:
            plain.settimeout(min(_CONNECT * 5, left))
            return ssl.create_default_context().wrap_socket(plain, server_hostname=self.address.host)
        except BaseException:
            plain.close()
            raise


class Reply:
    """A status, headers and a body that is read piece by piece."""

    def __init__(self, head: http1.Head, stream: http1.Stream, timed: _Timed, where: str, largest: int) -> None:
        self.status = head.status
        self.headers = head.headers
        self.where = where
        self._pieces = http1.read_body(stream, head)
        self._timed = timed
        self._left = largest
        self._body: bytes | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up: a server then stops working on the answer."""
        self._timed.shut()

    def pieces(self) -> Iterator[bytes]:
        """The body as it comes; raises TimedOut, Unavailable where it breaks off, BadAnswer where it is too large."""
        while True:
            try:
                piece = next(self._pieces, b"")
            except TimeoutError as error:
                raise TimedOut("no answer within the time of the call", where=self.where) from error
            except (OSError, http1.Broken) as error:
                raise Unavailable(f"the answer broke off: {_reason(error)}", where=self.where) from error
            if not piece:
                return
            self._left -= len(piece)
            if self._left < 0:
                raise BadAnswer("the answer is larger than any answer should be", where=self.where)
            yield piece

    def lines(self) -> Iterator[bytes]:
        """The body line by line, without line feeds."""
        rest = b""
        for piece in self.pieces():
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
        if rest:
            yield rest

    def read(self) -> bytes:
        """The whole body; kept."""
        if self._body is None:
            self._body = b"".join(self.pieces())
        return self._body

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.read())
        except (ValueError, RecursionError):
            return None

    def is_html(self) -> bool:
        """True for a page: what answers there is no model server."""
        return "html" in (self.headers.get("content-type") or "").lower()


class _Timed(io.RawIOBase):
    """A socket whose every step ends at `until`."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        super().__init__()
        self._sock = sock
        self._until = until

    def sendall(self, data: Any) -> None:
        self._wind()
        self._sock.sendall(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._wind()
        return self._sock.recv_into(buffer)

    def shut(self) -> None:
        self._sock.close()

    def _wind(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)


def _slow(address: Address, timeout: float) -> TimedOut:
    return TimedOut(f"no answer within {timeout:.0f} s", where=str(address))


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
