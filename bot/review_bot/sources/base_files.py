"""Files of one commit: configuration, rules and baseline come from the base of a pull request, never from its head."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from review_bot.errors import ForgeMissing
from review_bot.sources.process import run

if TYPE_CHECKING:
    from review_bot.ports import Api


class BaseFiles(Protocol):
    """A commit that files are read from."""

    def read(self, path: str) -> bytes | None:
        """A file; None where there is none."""

    def below(self, path: str) -> list[str]:
        """Every file below a folder; empty where it is none."""


class GitFiles:
    """A commit of a repository at hand."""

    def __init__(self, cwd: str, commit: str) -> None:
        self._cwd = cwd
        self._commit = commit

    def read(self, path: str) -> bytes | None:
        """A plain file; a link is followed nowhere."""
        mode = run(["ls-tree", "-z", "--full-tree", self._commit, "--", path], cwd=self._cwd).output[:6]
        if not mode.startswith(b"100"):
            return None
        done = run(["cat-file", "blob", f"{self._commit}:{path}"], cwd=self._cwd)
        return done.output if done.status == 0 else None

    def below(self, path: str) -> list[str]:
        """Every path below a folder."""
        done = run(["ls-tree", "-r", "-z", "--full-tree", "--name-only", self._commit, "--", f"{path}/"], cwd=self._cwd)
        return [name.decode("utf-8", "surrogateescape") for name in done.output.split(b"\0") if name]


class ApiFiles:
    """A commit of a repository on GitHub, read file by file."""

    def __init__(self, api: Api, repository: str, commit: str) -> None:
        self._api = api
        self._root = f"/repos/{repository}/contents"
        self._commit = commit

    def read(self, path: str) -> bytes | None:
        """A file of at most a mebibyte; raises ForgeError where GitHub does not answer."""
        row = self._get(path)
        if not isinstance(row, dict) or row.get("type") != "file" or row.get("encoding") != "base64":
            return None
        return base64.b64decode(str(row.get("content", "")))

    def below(self, path: str) -> list[str]:
        """Every path below a folder, folder by folder."""
        rows = self._get(path)
        found = []
        for row in rows if isinstance(rows, list) else ():
            name = str(row.get("path", ""))
            found += self.below(name) if row.get("type") == "dir" else [name]
        return found

    def _get(self, path: str) -> object:
        try:
            answer: object = self._api.get(f"{self._root}/{quote(path)}", ref=self._commit).json()
        except ForgeMissing:
            return None
        return answer
