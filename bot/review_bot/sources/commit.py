"""The message of the commit that git is about to make, and what git knows about it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from review_bot.diffing.narrow import whole
from review_bot.domain.review import SourceInfo
from review_bot.errors import SourceError
from review_bot.ports import Change
from review_bot.rules.commit_message import Cleanup
from review_bot.sources.patch import FragmentContents
from review_bot.sources.process import run
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from review_bot.rules.commit_message import Line

LIMIT = 1 << 20
"""Bytes; of a longer message only the beginning is looked at."""
_SETTINGS = r"^(core\.comment(char|string)|commit\.cleanup)$"
_MAY_BE_COMMENT = re.compile(r"^[^\w\s]", re.MULTILINE)


class Commit(NamedTuple):
    """A message as it lies in git's file, and what git is doing."""

    text: str
    cleanup: Cleanup
    merge: bool
    """Whether git concludes a merge or a revert, whose message it wrote itself."""


def read(path: str) -> Commit:
    """The message in the file that git names; raises SourceError where it can't be read."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(LIMIT)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise SourceError(f"the message can't be read: {reason}", where=path, remedy="name the file of it") from error
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    folder = os.path.dirname(path) or "."
    merge = any(os.path.exists(os.path.join(folder, name)) for name in ("MERGE_HEAD", "REVERT_HEAD"))
    return Commit(text, _cleanup(text), merge)


class MessageSource:
    """A message as a change that adds all of its lines."""

    def __init__(self, name: str, text: str) -> None:
        self._file = whole(name, text.replace("\0", "").encode("utf-8", "replace"))

    def read(self) -> Change:
        """The message as the only file, under the name that it was given."""
        return Change(SourceInfo("diff"), (self._file,), FragmentContents())


def branch() -> str:
    """Name of the branch that the commit goes to; empty with a detached HEAD."""
    found = run(["symbolic-ref", "--quiet", "--short", "HEAD"], cwd=".")
    return found.output.decode("utf-8", "replace").strip()


def kept_text(lines: list[Line]) -> str:
    """`lines` at their numbers in the file, every other line empty."""
    kept = {line.number: line.text for line in lines}
    return "".join(kept.get(number, "") + "\n" for number in range(1, max(kept, default=0) + 1))


def _cleanup(text: str) -> Cleanup:
    """What git will drop of `text`; its settings are asked for only where they can matter."""
    edited = os.environ.get("GIT_EDITOR") != ":"  # so git tells its hooks that nobody edits the message (git commit -m)
    if not edited and not _MAY_BE_COMMENT.search(text):
        return Cleanup(comments=False, scissors=False)
    settings = _settings()
    mode = settings.get("commit.cleanup", "default")
    return Cleanup(
        settings.get("core.commentstring") or settings.get("core.commentchar") or "#",
        comments=mode == "strip" or (edited and mode not in {"scissors", "verbatim", "whitespace"}),
        scissors=edited,
    )


def _settings() -> dict[str, str]:
    said = run(["config", "-z", "--get-regexp", _SETTINGS], cwd=".").output.decode("utf-8", "replace")
    return dict(entry.split("\n", 1) for entry in said.split("\0") if "\n" in entry)
