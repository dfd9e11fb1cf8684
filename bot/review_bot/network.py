"""What is this machine and what is not, and the guard that `--offline` puts up.

The guard is an audit hook of the interpreter: whoever asks for a connection in this process, a library included, gets
an error unless the address is loopback. It can't be taken down again.
"""

from __future__ import annotations

import os
import sys
from typing import Any

_TRUE = ("1", "true", "yes", "on")
_LOOPBACK = bytes(15) + b"\1"
_MAPPED = bytes(10) + b"\xff\xff"
_guarded = False


class Offline(ConnectionRefusedError):
    """A connection that is not loopback was asked for while `--offline` is on."""


def is_asked_for() -> bool:
    """Whether the environment says that nothing may leave this machine."""
    return os.environ.get("REVIEW_BOT_OFFLINE", "").strip().lower() in _TRUE


def go_offline() -> None:
    """From now on refuse every connection and look-up of this process that is not loopback."""
    global _guarded  # noqa: PLW0603 - as lasting as the hook itself
    if not _guarded:
        _guarded = True
        sys.addaudithook(_audit)


def is_offline() -> bool:
    """Whether `go_offline` was called."""
    return _guarded


def is_loopback(host: str) -> bool:
    """True for 127.0.0.0/8, ::1 and `localhost`, as an address stands in a socket; a name is not looked up."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    number = _packed(name.partition("%")[0])
    return number[:1] == b"\x7f" if len(number) == 4 else number == _LOOPBACK


def _packed(text: str) -> bytes:
    """The bytes of an address, those of IPv4 for one that is put into IPv6; none for a name."""
    import socket

    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            number = socket.inet_pton(family, text)
        except (OSError, ValueError):
            continue
        return number.removeprefix(_MAPPED) if len(number) == 16 and number.startswith(_MAPPED) else number
    return b""


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith("socket."):
        look = _LOOKS.get(event)
        if look is not None:
            look(arguments)


def _connection(arguments: tuple[Any, ...]) -> None:
    """`socket.connect`, `sendto`, `sendmsg`: the socket and an address."""
    socket, address = arguments[:2]
    family = getattr(socket.family, "name", str(socket.family))
    if family == "AF_UNIX" or address is None:
        return
    if family not in ("AF_INET", "AF_INET6") or not isinstance(address, tuple):
        _refuse(family)
    host = address[0]
    _check(host.decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else str(host))


def _name(arguments: tuple[Any, ...]) -> None:
    """`socket.getaddrinfo` and its like: a name; None and the empty one are this machine."""
    host = arguments[0]
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("ascii", "replace")
    if host:
        _check(str(host))


def _address(arguments: tuple[Any, ...]) -> None:
    """`socket.getnameinfo`: an address."""
    _name(arguments[0])


def _check(host: str) -> None:
    if not is_loopback(host):
        _refuse(host)


def _refuse(where: str) -> None:
    raise Offline(f"{where} is not this machine, and --offline (REVIEW_BOT_OFFLINE) is on")


_LOOKS = {
    "socket.connect": _connection,
    "socket.sendto": _connection,
    "socket.sendmsg": _connection,
    "socket.getaddrinfo": _name,
    "socket.gethostbyname": _name,
    "socket.gethostbyaddr": _name,
    "socket.getnameinfo": _address,
}
