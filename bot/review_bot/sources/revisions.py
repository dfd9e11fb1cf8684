"""From `A..B` to two commits, with an error that says how to get one that a shallow clone lacks."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from review_bot.errors import SourceError, UsageError
from review_bot.sources.process import failure, not_startable
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from git import Git

    from review_bot.sources.repository import Repository

_FULL_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PART_OF_ID = re.compile(r"[0-9a-f]{7,63}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
_VERSION = re.compile(r"v?[0-9]")


class Ends(NamedTuple):
    """The two sides of a range as full ids."""

    base: str
    head: str


def resolve(text: str, repository: Repository) -> Ends:
    """The commits of `A..B`, or the merge base and B of `A...B`; an empty side is HEAD.

    Raises UsageError for anything else, SourceError for a revision that is not there.
    """
    left, dots, right = _split(text)
    git = _git(repository.cwd)
    if dots == "..":
        return Ends(_id(left, git, trees=True), _id(right, git, trees=True))
    base, head = _id(left, git), _id(right, git)
    return Ends(_merge_base(base, head, text, git), head)


def _split(text: str) -> tuple[str, str, str]:
    dots = "..." if "..." in text else ".."
    left, found, right = text.partition(dots)
    if not found or not (left or right):
        remedy = f"write {text}..HEAD, or {text}^..{text} for one commit" if text and not found else "write A..B"
        raise UsageError("a range has two sides, A..B or A...B", where=f"--range {text}", remedy=remedy)
    return left or "HEAD", dots, right or "HEAD"


def _git(cwd: str) -> Git:
    if shutil.which("git") is None:
        raise not_startable(FileNotFoundError())
    try:
        from git import Git
    except ImportError as error:
        raise SourceError(f"GitPython can't be loaded: {error}", remedy="pip install GitPython") from error
    return Git(cwd)


def _id(name: str, git: Git, *, trees: bool = False) -> str:
    """Full id of the commit that `name` means, with `trees` also of a tree; raises SourceError where there is none."""
    found = _asked(name, git, "commit")
    plain = "" if found else _asked(name, git)
    if plain:
        found = _asked(plain, git, "commit") or (_asked(plain, git, "tree") if trees else "")
    if not found:
        raise _unknown(name, git, trees=trees)
    return found


def _asked(name: str, git: Git, kind: str = "") -> str:
    from git import GitCommandError

    if name.startswith("-") or "\0" in name:  # no revision begins so, but options do
        return ""
    try:
        return str(git.rev_parse("--verify", f"{name}^{{{kind}}}" if kind else name))
    except GitCommandError as error:
        if "single revision" in error.stderr:
            return ""
        raise _failed(error.stderr, error.status, git) from error


def _failed(said: str, status: object, git: Git) -> SourceError:
    """The error for git's own words, which GitPython wraps in some of its own."""
    words = said.strip().removeprefix("stderr: '").removesuffix("'")
    code = status if isinstance(status, int) else 1
    return failure(words.encode("utf-8", "surrogateescape"), status=code, cwd=str(git.working_dir))


def _merge_base(base: str, head: str, text: str, git: Git) -> str:
    from git import GitCommandError

    try:
        return str(git.merge_base(base, head))
    except GitCommandError as error:
        if error.status != 1:
            raise _failed(error.stderr, error.status, git) from error
    what = "the two sides have no common ancestor"
    if _shallow(git):
        raise SourceError(f"{what} in this shallow clone", where=text, remedy=f"git fetch --unshallow {_remote(git)}")
    raise SourceError(what, where=text, remedy="compare them directly, with two dots")


def _unknown(name: str, git: Git, *, trees: bool) -> SourceError:
    if name == "HEAD":
        return SourceError("there is no commit yet", where=name, remedy="commit first, or review with --staged")
    if not _shallow(git):
        return SourceError("unknown revision", where=name, remedy="see `git branch --all`, `git tag`, or git fetch")
    # Without its history a commit is enough for a comparison, but not for finding the merge base.
    depth = "--depth=1" if trees else "--unshallow"
    return SourceError(
        "this shallow clone does not have the revision", where=name, remedy=_fetch(name, _remote(git), depth)
    )


def _fetch(name: str, remote: str, depth: str) -> str:
    """The command that gets `name` into a shallow clone."""
    if _FULL_ID.fullmatch(name):
        return f"git fetch {depth} {remote} {name}"
    if _PART_OF_ID.fullmatch(name) or not _NAME.fullmatch(name):  # HEAD~3, main^: history that was cut off
        return f"git fetch --unshallow {remote}"
    branch = name.removeprefix(f"{remote}/")
    target = f"remotes/{name}" if branch != name else f"tags/{name}" if _VERSION.match(name) else f"heads/{name}"
    source = f"tags/{name}" if target.startswith("tags/") else f"heads/{branch}"
    return f"git fetch {depth} {remote} refs/{source}:refs/{target}"


def _shallow(git: Git) -> bool:
    return str(git.rev_parse("--is-shallow-repository")) == "true"


def _remote(git: Git) -> str:
    names = str(git.remote()).split()
    return "origin" if "origin" in names or not names else names[0]
