from __future__ import annotations

import socket
from typing import Any

import pytest

from review_bot.backends.address import Permit, look_up, read_ollama_host, read_url
from review_bot.errors import NotLocal, Unreachable


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        (" http://127.0.0.1:8080/v1/ ", "http://127.0.0.1:8080"),
        ("localhost:1234", "http://localhost:1234"),
        ("https://example.com/api/v1", "https://example.com:443/api"),
        ("http://0.0.0.0:8080", "http://127.0.0.1:8080"),
        ("http://[::]:8080", "http://[::1]:8080"),
        ("http://[::1]", "http://[::1]:80"),
        ("http://h/v1/chat/completions", "http://h:80"),
    ],
)
def test_addresses_of_the_configuration(text: str, address: str) -> None:
    assert str(read_url(text, "key")) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://",
        "ftp://127.0.0.1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:x",
        "http://user@127.0.0.1",
        "http://127.0.0.1@example.com",
        "http://127.0.0.1\\@example.com",
        "http://127.0.0.1 .example.com",
        "http://127.0.0.1\r\nX: y",
        "http://127.0.0.1/?key=1",
        "http://127.0.0.1/#x",
        "http://[::1",
        "file:///etc/passwd",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(Unreachable, match=r"model\.x\.url: .*is no address of a server; write http://HOST:PORT"):
        read_url(text, "model.x.url")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("", "http://127.0.0.1:11434"),
        ("1.2.3.4", "http://1.2.3.4:11434"),
        ("1.2.3.4:1234", "http://1.2.3.4:1234"),
        (":1234", "http://127.0.0.1:1234"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:1234", "http://127.0.0.1:1234"),
        ("[::]:1234", "http://[::1]:1234"),
        ("::1", "http://[::1]:11434"),
        ("[::1]", "http://[::1]:11434"),
        ("[::1]:1234", "http://[::1]:1234"),
        ("example.com", "http://example.com:11434"),
        ("example.com/", "http://example.com:11434"),
        ("example.com:56789/path/", "http://example.com:56789/path"),
        ("http://example.com", "http://example.com:80"),
        ("https://example.com", "https://example.com:443"),
        ("https://example.com:1/a/b", "https://example.com:1/a/b"),
        ("https://[::1]:5/p", "https://[::1]:5/p"),
        ("ollama.com", "https://ollama.com:443"),
        ("localhost:99999", "http://localhost:11434"),
        ("localhost:-1", "http://localhost:11434"),
        ("localhost:x", "http://localhost:11434"),
        (' "localhost:1234" ', "http://localhost:1234"),
        ("'localhost'", "http://localhost:11434"),
    ],
)
def test_ollama_host_as_ollama_reads_it(text: str, address: str) -> None:
    assert str(read_ollama_host(text)) == address


@pytest.mark.parametrize(
    "text", ["ftp://localhost", "http://a@b", "local host", "http://127.0.0.1\\@example.com", "a?b"]
)
def test_what_is_no_ollama_host(text: str) -> None:
    with pytest.raises(Unreachable, match="OLLAMA_HOST"):
        read_ollama_host(text)


def resolved(monkeypatch: pytest.MonkeyPatch, *numbers: str) -> list[str]:
    """Let every name mean these; what is looked up."""
    asked: list[str] = []

    def look(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in numbers]

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return asked


def test_a_name_is_judged_by_all_its_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved(monkeypatch, "127.0.0.1", "::1", "127.0.0.1")
    assert look_up(read_url("http://model", "k"), Permit()) == ["127.0.0.1", "::1"]
    resolved(monkeypatch, "127.0.0.1", "192.0.2.7")
    with pytest.raises(
        NotLocal, match=r"http://localhost\.example\.com:80: is not on this machine; give --allow-remote"
    ):
        look_up(read_url("http://localhost.example.com", "k"), Permit())
    assert look_up(read_url("http://model", "k"), Permit(remote=True)) == ["127.0.0.1", "192.0.2.7"]


def test_offline_looks_no_name_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = resolved(monkeypatch, "127.0.0.1")
    with pytest.raises(NotLocal, match="--offline is on"):
        look_up(read_url("http://example.com", "k"), Permit(remote=True, offline=True))
    assert asked == []
    assert look_up(read_url("http://localhost", "k"), Permit(offline=True)) == ["127.0.0.1"]


def test_localhost_that_is_elsewhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved(monkeypatch, "192.0.2.7")
    for permit in (Permit(), Permit(offline=True)):
        with pytest.raises(NotLocal):
            look_up(read_url("http://localhost", "k"), permit)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.0.0.1", "017700000001"])
def test_odd_spellings_of_this_machine_are_looked_up_or_not_known(host: str) -> None:
    try:
        found = look_up(read_url(f"http://{host}", "k"), Permit())
    except Unreachable:
        return
    assert found == ["127.0.0.1"]


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    address = read_url("http://nowhere.invalid", "k")
    with pytest.raises(Unreachable, match="the host's name is not known"):
        look_up(address, Permit(remote=True))
    with pytest.raises(NotLocal, match="the host's name is not known; give --allow-remote"):
        look_up(address, Permit())
