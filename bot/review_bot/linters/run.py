"""Runs another tool, or reads what it left in a file; what goes wrong is a reason, never an error."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from review_bot.domain.review import Degraded
from review_bot.errors import SourceError, printable
from review_bot.linters.read import findings
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence

    from review_bot.domain.finding import Finding

_LARGEST = 100_000_000
"""Bytes of a report."""


class Taken(NamedTuple):
    """What a tool said, and why it said less than it should."""

    findings: list[Finding]
    degraded: list[Degraded]


def from_file(path: str, *, root: str) -> Taken:
    """The findings in a report that lies in a file."""
    name = os.path.basename(path)
    try:
        with open(path, "rb") as stream:
            data = stream.read(_LARGEST + 1)
    except OSError as error:
        return _failed(name, f"{path}: {error.strerror}")
    return _read(name, data, root, tool="")


def from_command(name: str, command: Sequence[str], *, root: str, seconds: float) -> Taken:
    """The findings that a command prints; it gets no shell and no standard input, and `seconds` of time."""
    import subprocess

    if seconds <= 0:
        return _failed(name, "no time was left for it")
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(
            list(command), cwd=root, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, start_new_session=True
        )
    except FileNotFoundError:
        return _failed(name, f"{command[0]} is not installed")
    except (OSError, ValueError) as error:
        return _failed(name, f"can't be run: {error}")
    try:
        output, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        return _failed(name, f"not done after {seconds:g} seconds")
    finally:
        _end(process)
    if process.returncode not in (0, 1):
        said = errors.decode("utf-8", "replace").strip().splitlines()
        return _failed(name, f"exit code {process.returncode}" + (f": {said[-1][:200]}" if said else ""))
    return _read(name, output, root, tool=name)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing behind: what the command started in its turn may still hold our pipes."""
    import signal
    from contextlib import suppress

    if process.poll() is None:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _read(name: str, data: bytes, root: str, *, tool: str) -> Taken:
    if len(data) > _LARGEST:
        return _failed(name, "its report is larger than 100 MB")
    try:
        return Taken(findings(data, root=root, tool=tool), [])
    except SourceError as error:
        return _failed(name, f"its output {error.what}")


def _failed(name: str, reason: str) -> Taken:
    return Taken([], [Degraded(f"linter:{name}", printable(reason))])
