from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from fakes.loopback import Exchange, Loopback
from review_bot.backends.address import Permit, read_url
from review_bot.backends.wire import Wire
from review_bot.errors import BadAnswer, Unavailable, Unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Saying(Loopback):
    """Answers by the path of the request."""

    def handle(self, exchange: Exchange) -> None:
        if exchange.path == "/short":
            exchange.start(200, "text/plain", Content_Length="100")
            exchange.write(b"abc")
        elif exchange.path == "/cut-chunk":
            exchange.start(200, "text/plain", Transfer_Encoding="chunked")
            exchange.write(b"ff\r\nabc")
        elif exchange.path == "/no-http":
            exchange._handler.wfile.write(b"220 mail.example.com ESMTP\r\n")
        elif exchange.path == "/headers":
            exchange.write(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n")
        elif exchange.path == "/many":
            exchange.reply(b"x" * 5000)
        else:
            exchange.json({"path": exchange.path})


@pytest.fixture(scope="module")
def server() -> Iterator[Saying]:
    with Saying() as server:
        yield server


def wire(url: str) -> Wire:
    return Wire(read_url(url, "url"), Permit(), remedy="start it")


def test_a_plain_answer(server: Saying) -> None:
    assert wire(server.url).get("/x?y=1", timeout=5).json() == {"path": "/x?y=1"}


@pytest.mark.parametrize("path", ["/short", "/cut-chunk"])
def test_an_answer_that_breaks_off(server: Saying, path: str) -> None:
    with pytest.raises(Unavailable, match="the answer broke off"):
        wire(server.url).get(path, timeout=5)


@pytest.mark.parametrize("path", ["/no-http", "/headers"])
def test_what_is_no_http(server: Saying, path: str) -> None:
    with pytest.raises(Unavailable, match="no answer in HTTP"):
        wire(server.url).get(path, timeout=5)


def test_an_answer_has_a_size(server: Saying) -> None:
    with wire(server.url).send("GET", "/many", timeout=5, largest=4999) as reply, pytest.raises(BadAnswer):
        reply.read()
    with wire(server.url).send("GET", "/many", timeout=5, largest=5000) as reply:
        assert len(reply.read()) == 5000


def test_localhost_means_all_its_numbers(server: Saying) -> None:
    url = server.url.replace("127.0.0.1", "localhost")
    assert wire(url).get("/", timeout=5).status == 200


def test_nobody_there_says_what_to_do() -> None:
    with Saying() as gone:
        url = gone.url
    with pytest.raises(Unreachable, match=f"{url}: can't be reached: Connection refused; start it"):
        wire(url).get("/", timeout=5)


def test_a_server_that_only_accepts_is_given_up(server: Saying) -> None:
    with pytest.raises(Unreachable, match="can't be reached"):
        wire(server.url.replace("http:", "https:")).get("/", timeout=5)


def test_another_machine_is_said_once_with_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("review_bot.network.is_loopback", lambda host: False)
    said: list[str] = []
    with Saying() as server:
        one = Wire(read_url(server.url, "url"), Permit(remote=True, say=said.append))
        one.get("/", timeout=5)
        one.get("/", timeout=5)
    assert said == [
        f"the changed lines and the code around them leave this machine without encryption for {server.url}"
    ]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*command, *names, "-keyout", "key", "-out", "cert"], cwd=folder, capture_output=True, check=True)
    return folder


def test_a_certificate_is_checked(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert", certificate / "key")
    with Saying() as server:
        server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
        monkeypatch.setattr(threading, "excepthook", lambda arguments: None)
        server._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        url = server.url.replace("http:", "https:")
        with pytest.raises(Unreachable, match="certificate"):
            wire(url).get("/", timeout=5)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert"))
        assert wire(url).get("/x", timeout=5).json() == {"path": "/x"}
