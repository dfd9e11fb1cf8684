"""GET over HTTP with redirects that take no token along, and that lead nowhere when offline."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from review_bot import network
from review_bot.errors import BackendError, NotLocal, Unavailable, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import Message

    from typing_extensions import Self

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST = 10
TIMEOUT = 30.0
"""Seconds without a byte."""
FAILURES = (OSError, http.client.HTTPException)
"""What reading from a server may raise."""


class Reply:
    """The answer at the end of the redirects; a context that closes it."""

    def __init__(self, status: int, headers: Message, stream: Any, linked: Mapping[str, str]) -> None:
        self.status, self.headers, self._stream = status, headers, stream
        self.linked = linked
        """Headers `x-linked-…` of the answers on the way, in lower case: what a hub says of a large file."""

    def read(self, size: int = -1) -> bytes:
        """Bytes of the body."""
        data: bytes = self._stream.read(size) if size >= 0 else self._stream.read()
        return data

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


class Web:
    """Requests to one hub; the token goes to its own address only."""

    def __init__(self, endpoint: str, token: str = "", *, offline: bool = False) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._home = origin(self.endpoint)
        if self._home is None:
            raise UsageError(f"{endpoint!r} is no address", where="HF_ENDPOINT", remedy="write https://HOST")
        self._token, self._offline = token, offline

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Reply:
        """The answer to `url`, after redirects; raises Unavailable, NotLocal."""
        linked: dict[str, str] = {}
        for _ in range(_MOST):
            status, answered, stream = self._once(url, headers or {})
            linked = {
                name.lower(): text for name, text in answered.items() if name.lower().startswith("x-linked-")
            } | linked
            target = answered.get("Location")
            if status not in _REDIRECTS or not target:
                return Reply(status, answered, stream, linked)
            stream.close()
            url = urljoin(url, target)
        raise Unavailable("too many redirects", where=url)

    def _once(self, url: str, headers: Mapping[str, str]) -> tuple[int, Message, Any]:
        place = origin(url)
        if place is None:
            raise Unavailable("redirects to what is no address", where=url)
        local = network.is_loopback(place[1])
        if self._offline and not local:
            raise NotLocal("is not this machine, and offline is on", where=url, remedy="take back --offline")
        sent = {"User-Agent": "review-bot", "Accept-Encoding": "identity", **headers}
        if self._token and place == self._home and (local or place[0] == "https"):
            sent["Authorization"] = f"Bearer {self._token}"
        request = urllib.request.Request(url, headers=sent)  # noqa: S310 - origin() takes http and https only
        try:
            answer = self._open(request, local=local)
        except FAILURES as error:
            raise unreachable(url, error) from error
        return answer.status, answer.headers, answer

    def _open(self, request: urllib.request.Request, *, local: bool) -> Any:
        handlers: list[Any] = [_AsItIs]
        if local:  # a proxy is on another machine
            handlers.append(urllib.request.ProxyHandler({}))
        return urllib.request.build_opener(*handlers).open(request, timeout=TIMEOUT)


class _AsItIs(urllib.request.HTTPErrorProcessor):
    """Leaves every status to us: by itself the library would follow redirects and take the token along."""

    def http_response(self, request: urllib.request.Request, response: Any) -> Any:
        return response

    https_response = http_response


def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of `url`; None where it is no address that we call."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    plain = url.isprintable() and " " not in url and parts.username is None
    return (parts.scheme, parts.hostname, port) if parts.hostname and plain else None


def unreachable(url: str, error: BaseException) -> BackendError:
    """The error for a server that can't be asked."""
    reason = getattr(error, "reason", None) or error
    if isinstance(reason, network.Offline):
        return NotLocal(str(reason), where=url)
    return Unavailable(f"can't be reached: {reason or type(error).__name__}", where=url)
