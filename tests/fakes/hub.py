"""A hub on loopback that answers as Hugging Face's does: a tree in pages, redirects to another host, ranges."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from types import TracebackType

LARGE = 1000
"""Files from this size on are kept as large ones: known by sha256, and served from elsewhere."""


class Hub:
    """One repository, `org/tiny`, and what is wrong with the server."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.token = ""
        """Bearer that is asked for."""
        self.cut = 0
        """Bytes after which each answer from the store of large files is cut off."""
        self.broken: dict[str, bytes] = {}
        """Files that are served with other bytes than the tree says."""
        self.failures: list[int] = []
        """Statuses that the next requests get."""
        self.ranges = True
        self.tree = True
        self.page = 2
        self.requests: list[tuple[str, str, str]] = []
        """Path, Range and Authorization of each request."""

    def __enter__(self) -> Hub:
        hub = self

        class Handler(_Handler):
            owner = hub

        self._servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2)]
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._servers[0].server_port}"

    @property
    def store(self) -> str:
        """Where large files are, under another name."""
        return f"http://localhost:{self._servers[1].server_port}"

    def rows(self) -> list[dict[str, Any]]:
        return [_row(path, data) for path, data in sorted(self.files.items())]


def _row(path: str, data: bytes) -> dict[str, Any]:
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    row = {"type": "file", "oid": blob, "size": len(data), "path": path}
    if len(data) >= LARGE:
        row["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
    return row


class _Handler(BaseHTTPRequestHandler):
    owner: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        return

    def do_GET(self) -> None:
        hub, url = self.owner, urlsplit(self.path)
        authorization = self.headers.get("Authorization") or ""
        hub.requests.append((unquote(url.path), self.headers.get("Range") or "", authorization))
        if hub.failures:
            self._send(hub.failures.pop(0), b"{}", {"Retry-After": "3"})
        elif url.path.startswith("/store/"):
            self._content(unquote(url.path)[len("/store/") :])
        elif hub.token and authorization != f"Bearer {hub.token}":
            self._send(401, b'{"error":"Invalid username or password."}')
        elif url.path.startswith("/api/models/org/tiny/tree/main") and hub.tree:
            self._tree(unquote(url.path)[len("/api/models/org/tiny/tree/main") :].strip("/"), parse_qs(url.query))
        elif url.path == "/api/models/org/tiny":
            siblings = [{**row, "rfilename": row["path"], "blobId": row["oid"]} for row in hub.rows()]
            self._send(200, json.dumps({"id": "org/tiny", "siblings": siblings}).encode())
        elif url.path.startswith("/org/tiny/resolve/main/"):
            self._resolve(unquote(url.path)[len("/org/tiny/resolve/main/") :])
        else:
            self._send(404, b'{"error":"Repository not found"}')

    def _tree(self, folder: str, query: dict[str, list[str]]) -> None:
        hub = self.owner
        rows = [row for row in hub.rows() if not folder or row["path"].startswith(folder + "/")]
        if not rows:
            self._send(404, b'{"error":"Entry not found"}')
            return
        start = int(query.get("cursor", ["0"])[0])
        path = self.path.partition("?")[0]
        headers = {}
        if start + hub.page < len(rows):
            headers["Link"] = f'<{hub.endpoint}{path}?recursive=true&cursor={start + hub.page}>; rel="next"'
        page = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": "folder"}, *rows[start : start + hub.page]]
        self._send(200, json.dumps(page).encode(), headers)

    def _resolve(self, path: str) -> None:
        hub = self.owner
        data = hub.files.get(path)
        if data is None:
            self._send(404, b"Entry not found")
        elif len(data) < LARGE:
            self._content(path)
        else:
            linked = {"X-Linked-ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Linked-Size": str(len(data))}
            self._send(302, b"", {**linked, "Location": f"{hub.store}/store/{path}"})

    def _content(self, path: str) -> None:
        hub = self.owner
        data = hub.broken.get(path, hub.files[path])
        start, status, headers = 0, 200, {}
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if asked and hub.ranges:
            start, status = int(asked[1]), 206
            if start >= len(data):
                self._send(416, b"")
                return
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        self._send(status, data[start:], headers, hub.cut if len(data) >= LARGE else 0)

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None, cut: int = 0) -> None:
        self.send_response(status)
        for name, text in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body[:cut] if cut else body)
        if cut and cut < len(body):
            self.close_connection = True
