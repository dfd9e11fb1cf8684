"""Commits that a checkout lacks, as those of CI mostly do: fetched without tags, hooks or submodules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from review_bot.errors import SourceError
from review_bot.sources.process import run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FETCH = (
    "-c", "core.hooksPath=/dev/null",
    "-c", "gc.auto=0",
    "-c", "maintenance.auto=false",
    "-c", "http.lowSpeedLimit=1000",
    "-c", "http.lowSpeedTime=30",
    "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head",
)  # fmt: skip
_DEEPER = ("--deepen=100", "--deepen=1000", "--unshallow")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Checkout:
    """A repository at hand, whose remote may have what it lacks."""

    def __init__(self, cwd: str, *, offline: bool = False) -> None:
        self.cwd = cwd
        self._offline = offline

    def has(self, commit: str) -> bool:
        """Whether the commit is here."""
        return run(["cat-file", "-e", f"{commit}^{{commit}}"], cwd=self.cwd).status == 0

    def get(self, commits: Sequence[str], refs: Sequence[str] = ()) -> bool:
        """Fetch the commits that are not here; `refs` hold them where the remote gives out no single commits."""
        missing = [one for one in commits if not self.has(one)]
        if missing:
            depth = ["--depth=1"] if self._shallow() else []
            self._fetch([*depth, self._remote(), *missing])
            for ref in refs if not all(map(self.has, missing)) else ():
                self._fetch([*depth, self._remote(), ref])
        return all(map(self.has, missing))

    def merge_base(self, base: str, head: str, ask: Callable[[], str]) -> str:
        """Where the two parted; in a shallow clone `ask` is asked first, then its history made deeper.

        Raises SourceError where they have no common commit.
        """
        if self._shallow():
            told = ask()
            if _COMMIT.fullmatch(told) and self.get([told]):
                return told
        for deeper in ("", *_DEEPER):
            if deeper and self._shallow():
                self._fetch([deeper, self._remote(), base, head])
            done = run(["merge-base", base, head], cwd=self.cwd)
            found = done.output.decode("ascii", "replace").strip()
            if done.status == 0 and _COMMIT.fullmatch(found):
                return found
        remedy = "check out with fetch-depth: 0"
        raise SourceError("base and head have no common commit here", where=f"{base[:10]}...{head[:10]}", remedy=remedy)

    def _fetch(self, arguments: Sequence[str]) -> None:
        """Try it; whether it worked is seen by what is here afterwards."""
        if not self._offline or self._local():
            run([*_FETCH, *arguments], cwd=self.cwd)

    def _shallow(self) -> bool:
        return run(["rev-parse", "--is-shallow-repository"], cwd=self.cwd).output.strip() == b"true"

    def _remote(self) -> str:
        names = run(["remote"], cwd=self.cwd).output.decode("utf-8", "surrogateescape").split()
        return "origin" if "origin" in names or not names else names[0]

    def _local(self) -> bool:
        """Whether the remote is a folder of this machine."""
        url = run(["remote", "get-url", self._remote()], cwd=self.cwd).output.decode("utf-8", "surrogateescape")
        return url.startswith(("/", "file:///", "./", "../"))
