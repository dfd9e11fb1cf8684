"""Comparing pieces of code: normal forms, identifiers, similarity, the parts of a call."""

from __future__ import annotations

import re
from functools import lru_cache

from review_bot.rules.delta.tables import bag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TOKEN = re.compile(r"[A-Za-z_$][\w$]*|\d[\w.]*|[^\s\w]")
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_CLOSING_COMMA = re.compile(r",(?=[)\]}])")
_PREFIXED = re.compile(r"(?<![\w\"'])[uU](?=[\"'])")
KEYWORDS = bag(
    "if elif else for while try except finally with def class return raise and or not in is None True False lambda"
    " async await yield pass break continue import from as global nonlocal assert del self cls this super new null"
    " undefined true false function const let var switch case default throw catch do typeof instanceof void delete"
    " nil func defer go range err struct chan interface package public private protected static final"
    " int bool boolean float double long byte char str len end unless then elsif rescue ensure begin nullptr"
    " fn mut match impl pub use let val fun when ok isinstance hasattr getattr abort exit print e ex"
)
"""Words that say nothing about what a piece of code is about."""


@lru_cache(maxsize=50_000)
def squeezed(text: str) -> str:
    """`text` without what a formatter decides: blanks, kind of quotes, commas before a bracket, a final semicolon."""
    bare = _PREFIXED.sub("", text).replace("'", '"').replace("`", '"')
    bare = "".join(bare.split())
    return _CLOSING_COMMA.sub("", bare).rstrip(",;\\")


def tokens(text: str) -> list[str]:
    """The tokens of `text`, comments and all."""
    return TOKEN.findall(text)


def names(code: str) -> set[str]:
    """The identifiers of masked `code` that say what it is about."""
    return {word for word in _WORD.findall(code) if word not in KEYWORDS and not word.isdigit()}


def similarity(one: str, other: str) -> float:
    """From 0 to 1: twice the number of common tokens over the number of all."""
    if one == other:
        return 1.0
    return alike(tokens(one), tokens(other))


def alike(first: Sequence[str], second: Sequence[str]) -> float:
    """`similarity` of texts that are tokens already."""
    if not first or not second:
        return 0.0
    counts: dict[str, int] = {}
    for token in first:
        counts[token] = counts.get(token, 0) + 1
    common = 0
    for token in second:
        left = counts.get(token, 0)
        if left:
            common += 1
            counts[token] = left - 1
    return 2 * common / (len(first) + len(second))


def words_of(name: str) -> list[str]:
    """The lower-case words of an identifier, as in `maxRetryCount` or `MAX_RETRY_COUNT`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return [word for word in spaced.lower().replace("-", "_").replace(".", "_").split("_") if word]


def closing(text: str, start: int) -> int:
    """Index of the bracket that closes the one at `start`, strings skipped; -1 where nothing does."""
    depth, position, quote = 0, start, ""
    while position < len(text):
        char = text[position]
        if quote:
            if char == "\\":
                position += 1
            elif char == quote:
                quote = ""
        elif char in "\"'`":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return -1


def split_arguments(text: str, *, angles: bool = False) -> list[str]:
    """The comma-separated parts of `text` on its outermost level, stripped, without an empty last one.

    With `angles`, `<` and `>` are brackets too, as in types.
    """
    opening, closing_ = ("([{<", ")]}>") if angles else ("([{", ")]}")
    parts, depth, start, quote, position = [], 0, 0, "", 0
    while position < len(text):
        char = text[position]
        if quote:
            if char == "\\":
                position += 1
            elif char == quote:
                quote = ""
        elif char in "\"'`":
            quote = char
        elif char in opening:
            depth += 1
        elif char in closing_ and text[position - 1 : position + 1] not in ("=>", "->"):
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
        position += 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


def calls(text: str, pattern: str) -> Iterable[tuple[str, str]]:
    """Name and arguments text of each call whose name matches `pattern`, as far as the brackets close."""
    for found in re.finditer(rf"(?<![\w$])({pattern})\s*\(", text):
        end = closing(text, found.end() - 1)
        yield found[1], text[found.end() : end if end >= 0 else len(text)]
