"""Source text with comments taken out and strings emptied, line for line, so that words of it are words of code."""

from __future__ import annotations

import re
from functools import cache, lru_cache

OPEN = "\x02"
"""Stands for the quotes of a string that runs over lines."""
_HASH = r"(?:(?<=\s)|^)\#[^\n]*"
_C_COMMENT = r"//[^\n]*|/\*.*?\*/"
_QUOTED = r'"(?:\\.|[^"\\\n])*"' + "|" + r"'(?:\\.|[^'\\\n])*'"
_TRIPLE = r'"""(?:\\.|[^\\])*?"""' + "|" + r"'''(?:\\.|[^\\])*?'''"
_TEMPLATE = r"`(?:\\.|[^`\\])*`"
_REGEX_LITERAL = r"(?<=[=(,:\[!&|?{};])\s*/(?![/*\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*"
_SHAPES = {
    "python": rf"\#[^\n]*|{_TRIPLE}|{_QUOTED}",
    "javascript": rf"{_C_COMMENT}|{_TEMPLATE}|{_QUOTED}",
    "go": rf"{_C_COMMENT}|`[^`]*`|{_QUOTED}",
    "rust": rf"{_C_COMMENT}|" + r'"(?:\\.|[^"\\])*"' + r"|'(?:\\.|[^'\\\n])'",
    "php": rf"\#(?!\[)[^\n]*|{_C_COMMENT}|{_QUOTED}",
    "sql": r"--[^\n]*|/\*.*?\*/" + "|" + r"'(?:[^']|'')*'",
    "c": rf"{_C_COMMENT}|{_TRIPLE}|{_QUOTED}",
    "hash": rf"{_HASH}|{_QUOTED}",
}
_FAMILY = {
    **dict.fromkeys(("typescript", "vue", "svelte"), "javascript"),
    **dict.fromkeys(("ruby", "bash", "yaml", "dockerfile", "make", "toml", "ini", "dotenv", "hcl", "elixir"), "hash"),
    **dict.fromkeys(("text", "properties", "gomod", "lock", "powershell"), "hash"),
}


def family_of(language: str | None) -> str:
    """The name of the syntax by which comments and strings of `language` are recognised."""
    name = language or ""
    return name if name in _SHAPES else _FAMILY.get(name, "c")


@cache
def _pattern(family: str) -> re.Pattern[str]:
    return re.compile(_SHAPES[family], re.DOTALL | re.MULTILINE)


@lru_cache(maxsize=1)
def _regex_literal() -> re.Pattern[str]:
    return re.compile(_REGEX_LITERAL)


def masked(text: str, language: str | None) -> str:
    """`text` without comments and with empty strings; every line stays on its line."""
    family = family_of(language)
    if family == "javascript" and "/" in text:
        text = _regex_literal().sub(lambda found: "\n" * found[0].count("\n") + "0", text)
    return _pattern(family).sub(_emptied, text)


def without_comments(text: str, language: str | None) -> str:
    """`text` with its strings but without comments."""
    return _pattern(family_of(language)).sub(lambda found: found[0] if found[0][0] in "\"'`" else "", text)


def _emptied(found: re.Match[str]) -> str:
    text = found[0]
    breaks = "\n" * text.count("\n")
    if text[0] not in "\"'`":
        return breaks
    return f"{OPEN}{breaks}{OPEN}" if breaks else '""'
