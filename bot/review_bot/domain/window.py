"""What a model is shown at once: parts of hunks, packed within a budget of tokens."""

from __future__ import annotations

from review_bot.domain.diff import shown
from review_bot.errors import printable
from review_bot.values import NamedTuple

_LONGEST_PATH = 160
"""Bytes of a path in a heading."""


class Part(NamedTuple):
    """A hunk, or a piece of one that was too large."""

    path: str
    start_line: int
    """First and last line of the new file that the part shows."""
    end_line: int
    added_lines: tuple[int, ...]
    """Numbers in the new file, ascending; every added line of a change stands in exactly one part."""
    text: str
    """As the prompt shows it, a line each: `N+ text`, `N  text`, `-  text`, ended by a line feed."""
    tokens: int
    """Of `text`, by the safe estimate."""
    part: str = "1/1"
    """Which piece of the hunk, of how many."""
    context_lines: tuple[int, ...] = ()
    language: str | None = None
    risk: float = 0.0
    """The higher the earlier; what a deadline cuts is the least risky."""


class Window(NamedTuple):
    """One question to the model."""

    id: str
    """Hex digest of what is asked: specialist, parts, extras."""
    specialist: str
    parts: tuple[Part, ...]
    prompt_tokens: int
    """Of the whole prompt with the chat template's own tokens, by the safe estimate."""
    prefix_tokens: int
    """Of the part that all windows of the specialist share: at least so many, whatever the tokenizer."""
    notes: str = ""
    """What is packed in where there is room: findings already reported, signatures, examples, the commit message."""


class Uncovered(NamedTuple):
    """Something of the change that no window shows, and why."""

    path: str
    reason: str


def heading(path: str) -> str:
    """The line before the parts of a file; a path of absurd length is cut in the middle."""
    name = printable(shown(path))
    if len(name.encode("utf-8", "replace")) > _LONGEST_PATH:
        share = _LONGEST_PATH // (2 if name.isascii() else 8)
        name = f"{name[: share // 2]}…{name[-share:]}"
    return f"== {name}\n"
