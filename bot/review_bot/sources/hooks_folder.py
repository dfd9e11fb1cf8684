"""Where git looks for the hooks of a repository."""

from __future__ import annotations

import os

from review_bot.errors import SourceError
from review_bot.sources.process import git, run
from review_bot.sources.repository import find_root
from review_bot.values import NamedTuple


class HooksFolder(NamedTuple):
    """Where git looks for the hooks of this repository."""

    path: str
    note: str = ""
    """What the user should know about the place; may be empty."""


def locate(*, shared: bool = False) -> HooksFolder:
    """The hooks folder of the repository around the current folder, by git's own rules.

    Raises SourceError outside a repository, where husky writes the folder anew, or where every repository of the user
    has its hooks there and `shared` is not given.
    """
    repository = find_root()
    common = os.path.join(repository.cwd, _text(git(["rev-parse", "--git-common-dir"], cwd=repository.cwd)))
    configured = _setting(repository.cwd, "--type=path")
    if not configured:
        return HooksFolder(os.path.normpath(os.path.join(common, "hooks")))
    top = repository.root or repository.git_dir
    path = os.path.normpath(os.path.join(top, configured))
    _refuse_husky(path)
    if _inside(path, common):
        return HooksFolder(path)
    if _inside(path, top):
        return HooksFolder(path, f"core.hooksPath leads into the work tree: commit or ignore the hooks in {path}")
    if not shared and _setting(repository.cwd, "--show-scope").startswith(("global", "system")):
        raise _shared(path, os.path.abspath(common))
    return HooksFolder(path, f"core.hooksPath leads outside of the repository: the hooks are in {path}")


def _refuse_husky(path: str) -> None:
    if os.path.basename(path) == "_" and os.path.exists(os.path.join(path, "h")):
        raise SourceError(
            "husky writes these hooks anew on every install",
            where=path,
            remedy='add a line `review-bot hook NAME "$@"` to the hooks in the folder above',
        )


def _shared(path: str, common: str) -> SourceError:
    return SourceError(
        "core.hooksPath is set for your user or machine, hooks there would run in every repository",
        where=path,
        remedy=f"use --force to put them there all the same, or `git config core.hooksPath {common}/hooks`",
    )


def _setting(cwd: str, option: str) -> str:
    """What git says of core.hooksPath; empty where it is not set, or git does not know `option`."""
    return _text(run(["config", option, "--get", "core.hooksPath"], cwd=cwd).output)


def _inside(path: str, folder: str) -> bool:
    path, folder = os.path.realpath(path), os.path.realpath(folder)
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _text(output: bytes) -> str:
    return os.fsdecode(output.rstrip(b"\n"))
