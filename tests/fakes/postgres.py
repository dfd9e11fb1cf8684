"""A real PostgreSQL server in a temporary folder, reached through a socket there and not through the network."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
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
        settings = [word for one in (_SETTINGS if not durable else _SETTINGS[:1]) for word in ("-c", one)]
        options = " ".join([f"-k {folder}", *(f'"{word}"' for word in settings)])
        _run(user, binaries / "pg_ctl", "-D", data, "-w", "-t", "60", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql:///postgres?host={folder}&user=bot"
        finally:
            _run(user, binaries / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    return next(one for one in pwd.getpwall() if one.pw_name in ("postgres", "nobody"))


def _run(user: pwd.struct_passwd | None, *command: object) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd="/tmp",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        stdout=subprocess.DEVNULL,  # the server inherits it, and a pipe would never end
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, command
