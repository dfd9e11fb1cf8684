"""Commands in replies: `/review-bot WORD` at the beginning of a line of its own, not in a quotation or in code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

FOR_ALL = ("explain", "why")
FOR_WRITERS = ("accept", "reject", "mute", "rescan")
_COMMAND = re.compile(r"\s{0,3}/review-bot\s+([a-z-]+)\s*(.*)", re.IGNORECASE)
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_LONGEST = 20_000


class Command(NamedTuple):
    """A word, and what stands behind it."""

    word: str
    rest: str


def commands(body: str) -> Iterator[Command]:
    """The commands of a comment, in their order; words that we do not know as well."""
    fence = ""
    for line in body[:_LONGEST].replace("\r\n", "\n").split("\n"):
        mark = _FENCE.match(line)
        if mark:
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence[0]) and len(mark[1]) >= len(fence):
                fence = ""
            continue
        found = None if fence or line.startswith(("    ", "\t")) else _COMMAND.fullmatch(line.rstrip())
        if found:
            yield Command(found[1].lower(), found[2].strip())
