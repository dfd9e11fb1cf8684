"""The fake on a port of loopback."""

from __future__ import annotations

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from fakes.github import openapi, queries
from fakes.github.faults import READ_ONLY, Dropped
from fakes.github.rest import HANDLERS, Answer, Ask, Failed
from fakes.github.state import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes.github.state import Fake


class Server:
    """A running fake; `url` is for GITHUB_API_URL."""

    def __init__(self, fake: Fake) -> None:
        self.fake = fake
        self._http = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Bound", (_Handler,), {"fake": fake, "lock": threading.Lock()})
        )
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Give the port back."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@contextlib.contextmanager
def serve(fake: Fake) -> Iterator[Server]:
    """`fake` on a port for as long as the block lasts."""
    server = Server(fake)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    fake: Fake
    lock: Any

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815

    def _serve(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            with self.lock:
                answer = _answered(self.fake, self, data)
        except Dropped:
            self.close_connection = True
            return
        except Exception as error:  # noqa: BLE001 - a hole in the fake must not look like a fault of GitHub
            self.fake.violations.append(f"{self.command} {self.path}: the fake failed: {error!r}")
            answer = Answer(400, {"message": repr(error)})
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        raw = answer.data
        body = (
            raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else b""
        )
        if not isinstance(raw, bytes | str) and raw is not None:
            body = json.dumps(raw).encode()
        self.send_response(answer.status)
        kind = "text/plain; charset=utf-8" if isinstance(raw, bytes | str) else "application/json; charset=utf-8"
        headers = {"Content-Type": kind, "X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "900", **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _answered(fake: Fake, handler: _Handler, data: bytes) -> Answer:
    """Log, fault, check and perform one request."""
    if fake.dead:
        raise Dropped
    parts = urlsplit(handler.path)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    body = json.loads(data) if data else None
    entry = Entry(f"{handler.command} {unquote(parts.path)}", query, body, handler.command != "GET")
    if parts.path == "/graphql":
        document, _ = queries.checked((body or {}).get("query", ""))
        entry.request += " " + " ".join(queries.fields(document) if document else ())
        entry.write = document is not None and queries.mutates(document)
    fake.log.append(entry)
    fault = next((one for one in fake.faults if one.strikes(entry.request)), None)
    if fault and fault.call:
        fault.call()
    if _killed(fake) or (fault and fault.drop and not fault.after):
        raise Dropped
    answer = None
    if fault is None or fault.after or (fault.status is None and fault.errors is None):
        answer = _performed(fake, handler, entry, parts.path)
    if fault and fault.drop:
        raise Dropped
    if fault and fault.errors is not None:
        answer = Answer(200, {"data": None, "errors": fault.errors})
    elif fault and fault.status is not None:
        answer = Answer(fault.status, {"message": fault.message}, fault.headers)
    assert answer is not None
    entry.status = answer.status
    return answer


def _killed(fake: Fake) -> bool:
    """Asked again, for a fault may just have killed us."""
    return fake.dead


def _performed(fake: Fake, handler: _Handler, entry: Entry, path: str) -> Answer:
    if not handler.headers.get("Authorization"):
        return Answer(401, {"message": "Requires authentication"})
    if path == "/graphql":
        return _graphql(fake, entry)
    operation = openapi.find(handler.command, unquote(path))
    if operation is None:
        return _refused(fake, entry, ["no such operation in the description"])
    wrong = openapi.problems(operation, entry.query, entry.body)
    if wrong:
        return _refused(fake, entry, wrong)
    if fake.read_only and entry.write:
        return Answer(403, {"message": READ_ONLY})
    perform = HANDLERS.get((operation.method, operation.template))
    if perform is None:
        return _refused(fake, entry, ["the fake does not know this operation yet"])
    host = f"http://{handler.headers['Host']}"
    accept = handler.headers.get("Accept", "")
    try:
        return perform(Ask(fake, host, host + path, operation.parameters, entry.query, entry.body, accept))
    except Failed as failed:
        return failed.answer


def _graphql(fake: Fake, entry: Entry) -> Answer:
    body = entry.body or {}
    unknown = set(body) - {"query", "variables", "operationName"}
    document, wrong = queries.checked(body.get("query", ""))
    if unknown or wrong or document is None:
        return _refused(fake, entry, [*wrong, *(f"unknown key {name}" for name in unknown)])
    answer = queries.run(fake, document, body.get("variables") or {})
    for error in answer.get("errors", ()):
        if not error.get("type"):
            fake.violations.append(f"{entry.request}: {error['message']}")
    return Answer(200, answer)


def _refused(fake: Fake, entry: Entry, wrong: list[str]) -> Answer:
    fake.violations += [f"{entry.request}: {one}" for one in wrong]
    return Answer(400, {"message": "off the description: " + "; ".join(wrong)})
