"""The `ollama` client library on a connection of ours.

The library alone waits for ever, sends what is meant for this machine to a proxy, follows redirects, hands
OLLAMA_API_KEY to any host, and has no argument for `truncate` (ollama 0.6).
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

_READ = ("OLLAMA_HOST", "SSL_CERT_FILE", "SSL_CERT_DIR")


@contextmanager
def _bare_environment() -> Iterator[None]:
    """Without the variables that the library reads while it is imported.

    It makes a client at once, and the import ends where that fails over an address that Ollama itself can read, or
    over a proxy of a kind that httpx does not know.
    """
    held = {name: os.environ.pop(name) for name in list(os.environ) if name in _READ or name.upper().endswith("_PROXY")}
    try:
        yield
    finally:
        os.environ.update(held)


with _bare_environment():
    import ollama

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from review_bot.backends.address import Address
    from review_bot.backends.wire import Reply, Wire

ERRORS: tuple[type[Exception], ...] = (
    ollama.ResponseError,
    httpx.HTTPError,
    httpx.StreamError,
    ConnectionError,
    ValueError,  # lines that are no JSON, values of another type than the library expects
    AttributeError,  # lines that are JSON and no object
    TypeError,
    RecursionError,  # brackets without end
)


class Client(ollama.Client):
    """One call, within `timeout` seconds; `extra` goes into the body of the request."""

    def __init__(self, wire: Wire, timeout: float, extra: Mapping[str, Any]) -> None:
        self.transport = Transport(wire, timeout)
        self._extra = extra
        super().__init__(
            "http://127.0.0.1:11434",  # the transport knows where to go
            transport=self.transport,
            trust_env=False,
            follow_redirects=False,
        )

    def shut(self) -> None:
        """Let go of what httpx holds."""
        self._client.close()

    def _request(self, cls: Any, *arguments: Any, stream: bool = False, **more: Any) -> Any:
        if isinstance(more.get("json"), dict):
            more["json"] = {**more["json"], **self._extra}
        return super()._request(cls, *arguments, stream=stream, **more)


class Transport(httpx.BaseTransport):
    """Hands httpx's requests to a Wire, and none of the library's headers."""

    def __init__(self, wire: Wire, timeout: float) -> None:
        self._wire = wire
        self._timeout = timeout
        self.retry_after: str | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it; raises our own errors."""
        path = request.url.raw_path.decode("ascii")
        reply = self._wire.send(
            request.method, path, request.read(), timeout=self._timeout, headers=_key(self._wire.address)
        )
        self.retry_after = reply.headers.get("retry-after")
        return httpx.Response(reply.status, stream=_Body(reply))


class _Body(httpx.SyncByteStream):
    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def __iter__(self) -> Iterator[bytes]:
        yield from self._reply.pieces()

    def close(self) -> None:
        self._reply.close()


def _key(address: Address) -> dict[str, str]:
    """OLLAMA_API_KEY, for Ollama's own hosts and no other."""
    key = os.environ.get("OLLAMA_API_KEY", "").strip()
    own = address.host == "ollama.com" or address.host.endswith(".ollama.com")
    return {"Authorization": f"Bearer {key}"} if key and own and address.scheme == "https" else {}
