"""The identity of a repository wherever it is cloned: its first commit."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from review_bot.errors import SourceError
from review_bot.sources.process import git, run

if TYPE_CHECKING:
    from review_bot.sources.repository import Repository

_CANDIDATES = ("refs/remotes/origin/HEAD", "HEAD", "refs/heads/main", "refs/heads/master")
_LENGTHS = (40, 64)


def common_dir(repository: Repository) -> str:
    """Absolute path of what all work trees of the repository share."""
    try:
        with open(os.path.join(repository.git_dir, "commondir"), "rb") as stream:
            return os.path.normpath(os.path.join(repository.git_dir, os.fsdecode(stream.read().rstrip(b"\r\n"))))
    except OSError:
        return repository.git_dir


def first_commit(repository: Repository) -> str:
    """Id of the commit that the main line begins with; empty before the first one.

    A shallow clone asks its remote once. Raises SourceError where that fails.
    """
    place = os.path.join(common_dir(repository), "review-bot", "first-commit")
    known = _read(place)
    if known:
        return known
    tip = _tip(repository)
    if not tip:
        return ""
    shallow = os.path.exists(os.path.join(common_dir(repository), "shallow"))
    found = _asked(repository, tip) if shallow else _root(repository.cwd, tip)
    _keep(place, found)
    return found


def _tip(repository: Repository) -> str:
    for name in _CANDIDATES:
        done = run(["rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"], cwd=repository.cwd)
        if done.status == 0:
            return done.output.decode("ascii").strip()
    return ""


def _root(cwd: str, tip: str) -> str:
    """The end of the first parents' line: a merged foreign history does not change it."""
    listed = git(["rev-list", "--first-parent", "--max-parents=0", tip, "--"], cwd=cwd)
    return listed.decode("ascii").split()[-1]


def _asked(repository: Repository, tip: str) -> str:
    """The same in a shallow clone: the remote's commits, without trees and files where it can do that."""
    url = run(["remote", "get-url", "origin"], cwd=repository.cwd)
    address = os.fsdecode(url.output).strip()
    remedy = "fetch the whole history (`git fetch --unshallow`)"
    if url.status != 0:
        raise SourceError("a shallow clone does not know its first commit", where=repository.cwd, remedy=remedy)
    _refuse_offline(address, remedy)
    with tempfile.TemporaryDirectory() as folder:
        kind = "sha256" if len(tip) == 64 else "sha1"
        git(["init", "-q", "--bare", f"--object-format={kind}", folder], cwd=folder)
        done = run(["fetch", "-q", "--no-tags", "--filter=tree:0", address, "HEAD"], cwd=folder)
        if done.status != 0:
            raise SourceError("a shallow clone does not know its first commit", where="remote origin", remedy=remedy)
        return _root(folder, "FETCH_HEAD")


def _refuse_offline(address: str, remedy: str) -> None:
    from review_bot import network

    if (network.is_offline() or network.is_asked_for()) and not is_here(address):
        raise SourceError("offline: a shallow clone does not know its first commit", where=address, remedy=remedy)


def is_here(address: str) -> bool:
    """True for a repository on this machine: a path, or a host that is loopback."""
    import re

    from review_bot.network import is_loopback

    if address.startswith("file://") or ":" not in address or os.path.exists(address):
        return True
    found = re.fullmatch(r"[a-z+]+://(?:[^@/]*@)?(\[[^\]]+\]|[^:/]+)(?::\d+)?(?:/.*)?", address) or re.fullmatch(
        r"(?:[^@/]+@)?([^:/]+):.*", address
    )
    return found is not None and is_loopback(found[1].strip("[]"))


def _read(place: str) -> str:
    try:
        with open(place, encoding="ascii") as stream:
            text = stream.read(100).strip()
    except (OSError, ValueError):
        return ""
    return text if len(text) in _LENGTHS and not text.strip("0123456789abcdef") else ""


def _keep(place: str, found: str) -> None:
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(f"{place}.{os.getpid()}", "w", encoding="ascii") as stream:
            stream.write(found + "\n")
        os.replace(f"{place}.{os.getpid()}", place)
    except OSError:
        return
