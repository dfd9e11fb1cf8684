"""Text of others in Markdown, so that nothing of it acts: no markup, HTML, link, mention or reference."""

from __future__ import annotations

import re

from review_bot.domain.visible import one_line, visible

_MARKS = frozenset("\\`*_[]~|$")
_LINKS = frozenset("@#")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ZERO_WIDTH = "\u200b"
_REFERENCE = re.compile(r"\b(gh)-(?=\d)", re.IGNORECASE)
"""GitHub takes GH-12 for issue or pull request 12."""


def prose(text: str) -> str:
    """`text` as nothing but text: no markup, HTML, mention, issue reference or link.

    It must not stand at the beginning of a line. An entity does not stop a mention (GitHub resolves `&#64;name`), nor
    does a backslash; a zero-width space does.
    """
    safe = "".join(map(_harmless, one_line(text)))
    safe = safe.replace("://", f":{_ZERO_WIDTH}//").replace("www.", f"www{_ZERO_WIDTH}.")
    return _REFERENCE.sub(rf"\1{_ZERO_WIDTH}-", safe)


def code(text: str) -> str:
    """`text` as a code span, which neither runs of backticks nor blanks at the ends can leave or change."""
    shown = visible(text)
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) or not shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def quoted(text: str) -> str:
    """`text` as a code span that can't even look like a mention; as plain text where it looks like markup."""
    if any(char in _ENTITIES or char == "`" for char in text):
        return prose(text)
    return code(text).replace("@", f"@{_ZERO_WIDTH}")


def fenced(text: str, language: str) -> str:
    """`text` as a block that none of its own lines can end."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _harmless(char: str) -> str:
    if char in _LINKS:
        return char + _ZERO_WIDTH
    return f"\\{char}" if char in _MARKS else _ENTITIES.get(char, char)


def _longest_run(text: str) -> int:
    longest = run = 0
    for char in text:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    return longest
