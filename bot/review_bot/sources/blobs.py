"""Whole files of a repository by their object ids, from one `git cat-file` that starts when the first is asked for."""

from __future__ import annotations

import threading
from typing import IO, TYPE_CHECKING

from review_bot.sources.process import command_line, environment, not_startable

if TYPE_CHECKING:
    import subprocess


class Blobs:
    """Reads objects; several threads may ask."""

    def __init__(self, cwd: str) -> None:
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def read(self, identity: str) -> bytes | None:
        """The bytes of the blob with that full id; None where the repository has none, as in a partial clone."""
        with self._lock:
            process = self._process = self._process or _started(self._cwd)
            if process.stdin is None or process.stdout is None:
                return None
            try:
                process.stdin.write(f"{identity}\n".encode("ascii"))
                process.stdin.flush()
            except OSError:
                return None
            return _answer(process.stdout)

    def close(self) -> None:
        """End the process; the next `read` starts another."""
        process, self._process = self._process, None
        if process is not None:
            process.communicate()

    def __del__(self) -> None:
        self.close()


def _started(cwd: str) -> subprocess.Popen[bytes]:
    import subprocess

    command = command_line(["cat-file", "--batch"], cwd=cwd)
    pipe, none = subprocess.PIPE, subprocess.DEVNULL
    try:
        return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=none, env=environment())
    except OSError as error:
        raise not_startable(error) from error


def _answer(stream: IO[bytes]) -> bytes | None:
    """One record: `ID blob SIZE`, the content and a line feed; or `ID missing`."""
    words = stream.readline().split()
    if len(words) != 3:
        return None
    content = stream.read(int(words[2]) + 1)[:-1]
    return content if words[1] == b"blob" else None
