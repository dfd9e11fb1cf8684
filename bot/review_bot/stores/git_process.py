"""Running git for the memory: our own objects and refs only, never the work tree, its index or its hooks."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from review_bot.errors import StoreError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CONFIG = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",  # our own pre-push hook, and a reference-transaction hook of the repository
    "core.logAllRefUpdates=false",  # a reflog would keep what is to be forgotten
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.ext.allow=never",  # a transport that runs a program
    "push.gpgSign=false",
    "push.followTags=false",
    "advice.pushUpdateRejected=false",
)
_DROPPED = frozenset({"GIT_INDEX_FILE", "GIT_PREFIX", "GIT_LITERAL_PATHSPECS"})
_FIXED = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GCM_INTERACTIVE": "never"}
_NOBODY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "review-bot"), ("EMAIL", "review-bot@localhost"))
}
"""Commits of the memory name no person."""
LOCAL = 60.0
"""Seconds that a process on this machine may take."""
NETWORK = 120.0
"""Seconds that one exchange with a remote may take."""


class Done(NamedTuple):
    """How a process ended."""

    status: int
    output: bytes
    errors: str

    def reason(self) -> str:
        """The line of standard error that says why git stopped."""
        lines = [line.strip() for line in self.errors.splitlines() if line.strip()]
        for prefix in ("fatal: ", "error: ", "remote: fatal: ", "remote: error: "):
            for line in lines:
                if line.startswith(prefix):
                    return line[len(prefix) :]
        return lines[-1] if lines else f"git ended with status {self.status}"


class Git:
    """git in one repository. Raises StoreError where it can't be started or takes too long."""

    def __init__(self, cwd: str) -> None:
        self.cwd = cwd
        """Where git is run: it looks for the repository itself, and refuses one that somebody else owns."""

    def run(self, *arguments: str, stdin: bytes = b"", index: str | None = None, seconds: float = LOCAL) -> Done:
        """Run git with `arguments`, whatever its exit status."""
        try:
            done = subprocess.run(
                self.command(arguments), input=stdin, capture_output=True, env=environment(index), timeout=seconds,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise StoreError(f"git {_verb(arguments)} took longer than {seconds:.0f} seconds", where="git") from error
        except OSError as error:
            raise StoreError(f"git can't be started: {error.strerror}", remedy="install git") from error
        return Done(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))

    def must(self, *arguments: str, stdin: bytes = b"", index: str | None = None) -> str:
        """Standard output of git without its last line feed; raises StoreError with git's reason where it fails."""
        done = self.run(*arguments, stdin=stdin, index=index)
        if done.status != 0:
            raise StoreError(f"git {_verb(arguments)}: {done.reason()}", where=self.cwd)
        return os.fsdecode(done.output).removesuffix("\n")

    def popen(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A running git that is written to and read from as it goes; what it complains about is dropped."""
        try:
            return subprocess.Popen(
                self.command(arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=environment(),
            )  # fmt: skip
        except OSError as error:
            raise StoreError(f"git can't be started: {error.strerror}", remedy="install git") from error

    def command(self, arguments: tuple[str, ...]) -> list[str]:
        """The whole command line."""
        settings = [word for setting in _CONFIG for word in ("-c", setting)]
        return ["git", "-C", self.cwd, *settings, *arguments]


def _verb(arguments: Sequence[str]) -> str:
    """The command among `arguments`, behind settings."""
    words = iter(arguments)
    return next((word for word in words if word != "-c" or not next(words)), "")


def environment(index: str | None = None) -> Mapping[str, str]:
    """Our environment for git: nobody's name, no prompt, and `index` as the index where one is needed."""
    kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    kept = {**kept, **_FIXED, **_NOBODY}
    return {**kept, "GIT_INDEX_FILE": index} if index else kept
