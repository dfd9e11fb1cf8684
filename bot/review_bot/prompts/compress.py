"""Says the same in fewer tokens: long literals cut with a mark, no runs of blank lines, shared prefixes said once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MARK = "…"
_LONG = 120
"""Characters of a literal, or of a run without a blank, that is shown whole."""
_HEAD, _TAIL = 60, 20
_LITERAL = re.compile(r"\"(?:[^\"\\]|\\.){120,}\"|'(?:[^'\\]|\\.){120,}'|`(?:[^`\\]|\\.){120,}`")
_RUN = re.compile(r"[A-Za-z0-9+/=_%-]{120,}")
_HASH = re.compile(r"(?<![\w/+])(?:[0-9a-f]{56,}|[0-9A-F]{56,}|(?:sha\d{3}-|h1:)[A-Za-z0-9+/]{40,}={0,2})(?![\w/+])")
_SHORTEST = 43
_HASH_HEAD, _HASH_TAIL = 12, 4


def shortened(text: str) -> str:
    """A line with the middle of long literals, hashes and data cut out."""
    if len(text) < _SHORTEST:
        return text
    text = _HASH.sub(_cut_hash, text)
    return text if len(text) < _LONG else _RUN.sub(_cut, _LITERAL.sub(_cut, text))


def _cut_hash(found: re.Match[str]) -> str:
    text = found.group()
    return f"{text[:_HASH_HEAD]}{MARK}{text[-_HASH_TAIL:]}"


def _cut(found: re.Match[str]) -> str:
    text = found.group()
    return f"{text[:_HEAD]}{MARK}{text[-_TAIL:]}"


def clipped(text: str, longest: int) -> str:
    """One line of at most `longest` characters, blanks as one."""
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + MARK


def lines_of(text: str) -> list[str]:
    """The lines of a text without blank ones and without blanks at their ends."""
    return [line.rstrip() for line in text.split("\n") if line.strip()]


def by_prefix(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Lines `prefix: text`, a prefix that comes again only once: it heads the others, which are indented."""
    groups: dict[str, list[str]] = {}
    for prefix, text in pairs:
        groups.setdefault(prefix, []).append(text)
    lines = []
    for prefix, texts in groups.items():
        if len(texts) == 1:
            lines.append(f"{prefix}: {texts[0]}")
        else:
            lines += [f"{prefix}:", *(f"  {text}" for text in dict.fromkeys(texts))]
    return lines
