"""Paired measurements of whole processes: what every benchmark here prints is a ratio from one run."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GIT_", "REVIEW_BOT_"))},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "bench",
    "GIT_AUTHOR_EMAIL": "bench@example.com",
    "GIT_COMMITTER_NAME": "bench",
    "GIT_COMMITTER_EMAIL": "bench@example.com",
    "REVIEW_BOT_CACHE_DIR": os.path.join(tempfile.gettempdir(), f"review-bot-bench-{os.getuid()}"),
}


def cpu(command: Sequence[str], cwd: str) -> float:
    """CPU seconds of one run with all its children, by the operating system's account."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=cwd, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratio(command: Sequence[str], against: Sequence[str], cwd: str, runs: int = 15, other: str | None = None) -> float:
    """Median of the ratios of CPU time, pair by pair after one warm-up; `other` is the second command's folder."""
    pairs = []
    for number in range(runs + 1):
        ours, theirs = cpu(command, cwd), cpu(against, other or cwd)
        if number:
            pairs.append(ours / theirs)
    return statistics.median(pairs)


def row(what: str, target: str, measured: float) -> None:
    """Print one row of the table in README.md."""
    print(f"| {what} | {target} | {measured:.2f} |", flush=True)


def bot() -> list[str]:
    """The installed command, beside the interpreter that runs the benchmark."""
    return [os.path.join(os.path.dirname(sys.executable), "review-bot")]


def peer(name: str) -> list[str] | None:
    """Another tool's command, from the same environment or the PATH; None where it is not installed."""
    import shutil

    folder = os.path.dirname(sys.executable)
    found = shutil.which(name, path=os.pathsep.join([folder, os.environ.get("PATH", "")]))
    return [found] if found else None


def commits(repository: str, most: int) -> list[str]:
    """The last commits that are no merges and have a parent, newest first."""
    command = ["git", "-C", repository, "rev-list", "--no-merges", "--min-parents=1", f"--max-count={most}", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def git(cwd: str, *arguments: str) -> None:
    """Run git and stop where it fails."""
    subprocess.run(["git", *arguments], cwd=cwd, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL)
