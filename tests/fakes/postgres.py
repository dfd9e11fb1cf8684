"""A real PostgreSQL server in a temporary folder, reached through a socket there and not through the network."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SETTINGS = (
    "listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB",
    "max_connections=40", "autovacuum=off",
)  # fmt: skip


def programs() -> Path | None:
    """Folder of initdb and postgres, as Debian installs them; None where they are not."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    named = shutil.which("initdb")
    return found[-1].parent if found else Path(named).resolve().parent if named else None


@contextmanager
def server(durable: bool = False) -> Iterator[str]:
    """The URL of a database of a server that ends with the block. As root it runs as somebody else: it refuses root."""
    binaries = programs()
    assert binaries is not None
    folder = Path(tempfile.mkdtemp(prefix="rb-pg-", dir="/tmp"))  # a socket's path may not be long
    user = _user()
    try:
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        data = folder / "data"
        _run(user, binaries / "initdb", "-D", data, "-A", "trust", "-U", "bot", "-E", "UTF8", "--no-locale", "-N")
        settings = [word for one in (_SETTINGS[:1] if durable else _SETTINGS) for word in ("-c", one)]
        process = _start(user, binaries / "postgres", "-D", data, "-k", folder, *settings)
        try:
            _wait(binaries / "pg_isready", folder)
            yield f"postgresql:///postgres?host={folder}&user=bot"
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    return next(one for one in pwd.getpwall() if one.pw_name in ("postgres", "nobody"))


def _start(user: pwd.struct_passwd | None, *command: object) -> subprocess.Popen[bytes]:
    """A process of that user, which ends when we do: a killed test run leaves no server behind."""
    return subprocess.Popen(
        [str(word) for word in command],
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - one call of the C library, and tests have no threads yet
        cwd="/tmp",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _end_with_parent() -> None:
    """Let the kernel send SIGQUIT when the parent is gone, where it knows how to (prctl PR_SET_PDEATHSIG)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def _run(user: pwd.struct_passwd | None, *command: object) -> None:
    assert _start(user, *command).wait() == 0, command


def _wait(ready: Path, folder: Path) -> None:
    for _ in range(600):
        if subprocess.run([ready, "-q", "-h", folder], check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise AssertionError("the server did not start")
