"""A small HTTP server on 127.0.0.1 for fakes: it keeps what it was asked, and can misbehave in every way."""

from __future__ import annotations

import contextlib
import json
import select
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self


class Exchange:
    """A request, and the ways to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, stopping: threading.Event) -> None:
        self._handler = handler
        self._stopping = stopping
        self.method = handler.command
        self.path = handler.path
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.raw = handler.rfile.read(int(self.headers.get("content-length", 0)))
        self.hung_up = threading.Event()
        """Set once the client closed the connection while it was written to."""

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None

    def json(self, value: Any, status: int = 200, **headers: str) -> None:
        self.reply(json.dumps(value).encode(), status, "application/json", **headers)

    def reply(self, data: bytes, status: int = 200, kind: str = "text/plain", **headers: str) -> None:
        self.start(status, kind, Content_Length=str(len(data)), **headers)
        self.write(data)

    def start(self, status: int = 200, kind: str = "application/x-ndjson", **headers: str) -> None:
        """Begin an answer that ends when the connection does, unless a header says otherwise."""
        self._handler.send_response(status)
        self._handler.send_header("Content-Type", kind)
        self._handler.send_header("Connection", "close")
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.end_headers()

    def write(self, data: bytes) -> None:
        try:
            self._handler.wfile.write(data)
            self._handler.wfile.flush()
        except OSError:
            self.hung_up.set()
            raise

    def drip(self, data: bytes, seconds: float) -> None:
        """A byte, a pause, a byte …"""
        for byte in data:
            self.write(bytes([byte]))
            if self._stopping.wait(seconds):
                return

    def hang(self) -> None:
        """Say nothing until the client is gone or the server stops."""
        connection = self._handler.connection
        while not self._stopping.is_set():
            if select.select([connection], [], [], 0.05)[0]:
                self.hung_up.set()
                return

    def flood(self, line: bytes, size: int) -> None:
        """Send `line` again and again until `size` bytes are out or the client is gone."""
        block = line * (65_536 // len(line) + 1)
        sent = 0
        while sent < size and not self._stopping.is_set():
            self.write(block)
            sent += len(block)


class Loopback:
    """A server; a subclass says what it does in `handle`."""

    def __init__(self) -> None:
        self.seen: list[Exchange] = []
        self._stopping = threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                with contextlib.suppress(OSError):
                    super().handle_one_request()

            def _any(self) -> None:
                exchange = Exchange(self, fake._stopping)
                fake.seen.append(exchange)
                self.close_connection = True
                fake.handle(exchange)

            do_GET = do_POST = _any  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def handle(self, exchange: Exchange) -> None:
        raise NotImplementedError

    def asked(self, path: str) -> list[Exchange]:
        """The requests for a path."""
        return [exchange for exchange in self.seen if exchange.path == path]

    def stop(self) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
