"""Addresses of servers: read strictly, looked up once, and held against what may leave this machine."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from review_bot import network
from review_bot.errors import NotLocal, Unreachable
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_ANY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where a server listens is no place to call
_PORTS = {"http": 80, "https": 443}
_ALLOW = "give --allow-remote or set model.allow-remote to let the change leave it"


class Address(NamedTuple):
    """Where a server is."""

    scheme: str
    host: str
    """Name, or number without brackets."""
    port: int
    path: str = ""
    """Without a slash at its end."""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority()}{self.path}"

    def authority(self) -> str:
        """Host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Permit(NamedTuple):
    """What may leave this machine."""

    remote: bool = False
    """`allow-remote`."""
    offline: bool = False
    say: Callable[[str], None] = lambda line: None
    """Is told once what leaves, and where to."""


def read_url(text: str, key: str) -> Address:
    """The address that the configuration `key` holds, up to `/v1`; raises Unreachable where it is none."""
    text = text.strip()
    scheme, mark, rest = text.partition("://")
    scheme, rest = (scheme.lower(), rest) if mark else ("http", text)
    hostport, _, path = rest.partition("/")
    host, port = _split(hostport, str(_PORTS.get(scheme, 0)))
    if scheme not in _PORTS or not host or "[" in host or not _is_port(port) or not _is_plain(rest):
        raise _unreadable(text, key)
    path = f"/{path}".rstrip("/").removesuffix("/chat/completions").removesuffix("/v1")
    host = host.lower()
    return Address(scheme, _ANY.get(host, host), int(port), path)


def read_ollama_host(text: str) -> Address:
    """The address in OLLAMA_HOST, as Ollama reads it (envconfig.Host); raises Unreachable where it is none.

    Also what it listens on is turned into what can be called: 0.0.0.0 is 127.0.0.1.
    """
    text = text.strip().strip("\"'").strip()
    scheme, mark, rest = text.partition("://")
    if not mark:
        scheme, rest = ("https", "ollama.com:443") if text == "ollama.com" else ("http", text)
    default = str(_PORTS[scheme]) if mark and scheme in _PORTS else "11434"
    hostport, _, path = rest.partition("/")
    host, port = _split(hostport, default)
    if scheme not in _PORTS or not _is_plain(rest):
        raise _unreadable(text, "OLLAMA_HOST or model.ollama.host")
    number = int(port if _is_port(port) else default)
    return Address(scheme, _ANY.get(host, host), number, f"/{path}".rstrip("/"))


def look_up(address: Address, permit: Permit) -> list[str]:
    """Numbers of the host, to connect to and to nothing else; raises NotLocal, Unreachable.

    The name is looked up once: what is checked here is what is called. One that nobody knows is not of this machine.
    """
    if permit.offline and not network.is_loopback(address.host):
        raise NotLocal("is not on this machine, and --offline is on", where=str(address))
    try:
        found = _numbers(address)
    except Unreachable as error:
        if permit.remote:
            raise
        raise NotLocal(f"is not on this machine: {error.what}", where=str(address), remedy=_ALLOW) from error
    if not all(map(network.is_loopback, found)):
        if permit.offline:
            raise NotLocal("is not on this machine, and --offline is on", where=str(address))
        if not permit.remote:
            raise NotLocal("is not on this machine", where=str(address), remedy=_ALLOW)
    return found


def _numbers(address: Address) -> list[str]:
    try:
        rows = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except network.Offline as error:
        raise NotLocal(str(error), where=str(address)) from error
    except (OSError, UnicodeError) as error:
        raise Unreachable("the host's name is not known", where=str(address)) from error
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def _split(hostport: str, default: str) -> tuple[str, str]:
    """Host and port as Go's net.SplitHostPort would, with Ollama's fallback."""
    if hostport.startswith("["):
        host, closed, port = hostport[1:].partition("]")
        if closed and port.startswith(":") and ":" not in port[1:]:
            return host, port[1:]
        return (host, default) if closed else (hostport, default)
    if hostport.count(":") == 1:
        host, _, port = hostport.partition(":")
        return host, port
    return hostport, default


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= 65535


def _is_plain(text: str) -> bool:
    """Whether it is host, port and path and nothing else: no user, no query, nothing that reads otherwise elsewhere."""
    return text.isascii() and text.isprintable() and not any(mark in text for mark in "\\ @?#\"'<>|^`{}")


def _unreadable(text: str, key: str) -> Unreachable:
    return Unreachable(f"{text!r} is no address of a server", where=key, remedy="write http://HOST:PORT")
