"""The message of a commit that is there already."""

from __future__ import annotations

from review_bot.errors import SourceError
from review_bot.sources.process import git

_LONGEST = 10_000


def message_of(commit: str, *, cwd: str) -> str:
    """The message of `commit`, or nothing where git can't tell."""
    try:
        data = git(["log", "-1", "--format=%B", "--no-show-signature", commit, "--"], cwd=cwd)
    except SourceError:
        return ""
    return data.decode("utf-8", "replace")[:_LONGEST]
