from __future__ import annotations

import os
import subprocess
import sys

import pytest

from review_bot import network


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1.2.3",
        "::1",
        "::ffff:127.0.0.1",
        "0:0:0:0:0:0:0:1",
        "::1%lo",
        "localhost",
        "LocalHost.",
        "a.localhost",
    ],
)
def test_this_machine(host: str) -> None:
    assert network.is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1",
        "192.168.1.5",
        "169.254.169.254",
        "0.0.0.0",
        "::",
        "fe80::1",
        "::ffff:8.8.8.8",
        "2001:db8::1",
        "example.com",
        "localhost.example.com",
        "notlocalhost",
        "127.0.0.1.example.com",
        "2130706433",
        "127.1",
        "0x7f.1",
        "",
    ],
)
def test_not_this_machine(host: str) -> None:
    assert not network.is_loopback(host)


@pytest.mark.parametrize(("value", "asked"), [("1", True), ("true", True), ("0", False), ("", False), ("false", False)])
def test_the_environment_may_ask(monkeypatch: pytest.MonkeyPatch, value: str, *, asked: bool) -> None:
    monkeypatch.setenv("REVIEW_BOT_OFFLINE", value)
    assert network.is_asked_for() is asked


BEGIN = "import socket, errno\nfrom review_bot import network\nnetwork.go_offline(); network.go_offline()\n"

REFUSED = {
    "connect": "socket.socket().connect(('192.0.2.1', 80))",
    "connect_ex": "socket.socket().connect_ex(('192.0.2.1', 80))",
    "ipv6": "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
    "create_connection": "socket.create_connection(('192.0.2.1', 80), 1)",
    "look-up": "socket.getaddrinfo('example.com', 80)",
    "old look-up": "socket.gethostbyname('example.com')",
    "reverse look-up": "socket.gethostbyaddr('192.0.2.1')",
    "name of an address": "socket.getnameinfo(('192.0.2.1', 80), 0)",
    "datagram": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
    "message": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('192.0.2.1', 53))",
    "urllib": "import urllib.request; urllib.request.build_opener().open('http://192.0.2.1/', timeout=1)",
    "httpx": "import httpx; httpx.get('http://192.0.2.1/', timeout=1)",
    "requests": "import requests; requests.get('http://192.0.2.1/', timeout=1)",
    "asyncio": "import asyncio; asyncio.run(asyncio.open_connection('192.0.2.1', 80))",
}


@pytest.mark.parametrize("ask", REFUSED.values(), ids=REFUSED)
def test_offline_refuses_whoever_asks(ask: str) -> None:
    code = f"try:\n    {ask}\nexcept Exception as error:\n    print('refused', error)\nelse:\n    print('through')\n"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BEGIN + code], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("refused"), done.stdout
    assert "--offline" in done.stdout


def test_offline_lets_this_machine_through() -> None:
    code = """
import tempfile, os
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(("localhost", server.getsockname()[1])).close()
    socket.create_connection(server.getsockname()).close()
folder = tempfile.mkdtemp()
with socket.socket(socket.AF_UNIX) as server:
    server.bind(folder + "/s"); server.listen()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(folder + "/s")
a, b = socket.socketpair()
a.sendmsg([b"x"]); a.close(); b.close()
socket.getaddrinfo(None, 80)
print(network.is_offline())
"""
    done = subprocess.run([sys.executable, "-c", BEGIN + code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


@pytest.mark.parametrize(
    ("arguments", "environment", "offline"),
    [
        (["--version", "--offline"], {}, True),
        (["--version"], {"REVIEW_BOT_OFFLINE": "1"}, True),
        (["--version"], {"REVIEW_BOT_OFFLINE": "0"}, False),
        (["--version"], {}, False),
    ],
)
def test_the_command_line_puts_the_guard_up(
    arguments: list[str], environment: dict[str, str], *, offline: bool
) -> None:
    code = (
        "import sys; from review_bot.cli.main import main; main(sys.argv[1:])\n"
        "n = sys.modules.get('review_bot.network'); print(bool(n and n.is_offline()))"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **environment})
    assert done.stdout.splitlines()[-1] == str(offline)
