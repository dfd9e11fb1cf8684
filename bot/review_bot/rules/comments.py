"""Where the comments of a text stand: a lexer that knows comments and strings of each language, and nothing else.

It must never fail and never be slow, whatever the text: a quote that nothing closes is no string.
"""

from __future__ import annotations

import re

from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class Span(NamedTuple):
    """A comment with its delimiters: offsets in the text, lines and columns from 0, ends exclusive but for `last`."""

    start: int
    end: int
    first: int
    last: int
    start_column: int
    end_column: int


class _Syntax(NamedTuple):
    line: tuple[str, ...]
    """Openers of a comment that ends with the line."""
    blocks: tuple[tuple[str, str], ...] = ()
    quotes: tuple[str, ...] = ('"', "'")
    """Delimiters of a string that ends with the line."""
    long: tuple[str, ...] = ()
    """Delimiters of a string that may run over lines."""


_C_BLOCK = (("/*", "*/"),)
_MARKUP = (("<!--", "-->"),)
_HASH = _Syntax(("#",))
_C = _Syntax(("//",), _C_BLOCK)
_TRIPLE = _Syntax(("//",), _C_BLOCK, long=('"""',))
_TEMPLATES = _Syntax(("//",), _C_BLOCK, long=("`",))
_TEMPLATE_BLOCKS = (("{#", "#}"), ("<%#", "%>"), ("{{!--", "--}}"))
"""Jinja and its kin, ERB, Handlebars."""
_PAGE = _Syntax(("//",), (*_MARKUP, *_C_BLOCK, *_TEMPLATE_BLOCKS), quotes=())
_PROSE = _Syntax((), _MARKUP, quotes=())
_ANY = _Syntax(("#", "//", "--", ";", "%"), (*_C_BLOCK, *_MARKUP, *_TEMPLATE_BLOCKS))
_SYNTAXES = {
    "python": _Syntax(("#",), long=('"""', "'''")),
    "toml": _Syntax(("#",), long=('"""', "'''")),
    "elixir": _Syntax(("#",), long=('"""', "'''")),
    **dict.fromkeys(("ruby", "bash", "yaml", "dockerfile", "make", "cmake", "dotenv", "graphql"), _HASH),
    "nix": _Syntax(("#",), _C_BLOCK),
    "powershell": _Syntax(("#",), (("<#", "#>"),)),
    "hcl": _Syntax(("#", "//"), _C_BLOCK),
    "php": _Syntax(("#", "//"), (*_C_BLOCK, *_MARKUP)),
    "json": _Syntax(("//", "#"), _C_BLOCK),
    **dict.fromkeys(("c", "cpp", "rust", "solidity", "zig", "proto", "gomod", "scss", "less", "css"), _C),
    **dict.fromkeys(("java", "kotlin", "scala", "swift", "csharp", "dart", "groovy"), _TRIPLE),
    **dict.fromkeys(("javascript", "typescript", "go"), _TEMPLATES),
    "sql": _Syntax(("--", "#"), _C_BLOCK),
    "lua": _Syntax(("--",)),
    "haskell": _Syntax(("--",), (("{-", "-}"),)),
    "ini": _Syntax(("#", ";")),
    "properties": _Syntax(("#", "!"), quotes=()),
    **dict.fromkeys(("html", "vue", "svelte", "erb"), _PAGE),
    **dict.fromkeys(("markdown", "xml"), _PROSE),
    "rst": _Syntax(("..",), quotes=()),
}
_SPACED = frozenset({"bash", "yaml", "make", "dockerfile"})
"""Languages where `#` opens a comment only at the start of a word."""
_STRING_PREFIX = re.compile(r"(?<!\w)[bfruBFRU]{1,2}\Z")


def spans(text: str, language: str | None, *, whole: bool) -> Iterator[Span]:
    """The comments of `text` in order; unless it is a `whole` file, no string is taken to run over lines."""
    syntax = _SYNTAXES.get(language or "", _ANY)
    lines = _Lines(text)
    blocks = dict(syntax.blocks)
    strings = _Strings(text, syntax, raw=language == "go", whole=whole)
    token = _opener(syntax)
    position = 0
    while match := token.search(text, position):
        opener, start = match[0], match.start()
        if opener in blocks:
            closed = text.find(blocks[opener], match.end())
            position = len(text) if closed < 0 else closed + len(blocks[opener])
        elif opener not in syntax.line:
            position = strings.behind(opener, start)
            continue
        elif language in _SPACED and text[start - 1 : start].strip():
            position = match.end()
            continue
        else:
            position = _line_end(text, start)
        yield lines.span(start, position)


def _opener(syntax: _Syntax) -> re.Pattern[str]:
    words = {*syntax.line, *syntax.quotes, *syntax.long, *(opener for opener, _ in syntax.blocks)}
    return re.compile("|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word))))


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


class _Lines:
    """Offsets of a text as lines and columns."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def span(self, start: int, end: int) -> Span:
        from bisect import bisect_right

        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, max(start, end - 1)) - 1
        return Span(start, end, first, last, start - self.starts[first], end - self.starts[last])


class _Strings:
    """Finds the ends of string literals, each stretch of text being searched once a delimiter."""

    def __init__(self, text: str, syntax: _Syntax, *, raw: bool, whole: bool) -> None:
        self.text = text
        self.long = syntax.long if whole else ()
        self.raw = raw
        self.unclosed: dict[str, int] = {}
        """By delimiter: up to here nothing closes it."""

    def behind(self, quote: str, start: int) -> int:
        """The position after the string that `quote` opens at `start`; after the quote where it opens none."""
        inside = start + len(quote)
        if start < self.unclosed.get(quote, 0) or not self._opens(quote, start):
            return inside
        limit = len(self.text) if quote in self.long else _line_end(self.text, inside)
        closed = self._close(quote, inside, limit)
        if closed < 0:
            self.unclosed[quote] = limit
            return inside
        return closed + len(quote)

    def _opens(self, quote: str, start: int) -> bool:
        """False for an apostrophe within a word."""
        before = self.text[max(0, start - 3) : start]
        if quote != "'" or not before or not (before[-1].isalnum() or before[-1] == "_"):
            return True
        return bool(_STRING_PREFIX.search(before))

    def _close(self, quote: str, inside: int, limit: int) -> int:
        position = self.text.find(quote, inside, limit)
        while position >= 0 and self._escaped(quote, position, inside):
            position = self.text.find(quote, position + 1, limit)
        return position

    def _escaped(self, quote: str, position: int, inside: int) -> bool:
        if self.raw and quote == "`":
            return False
        start = position
        while start > inside and self.text[start - 1] == "\\":
            start -= 1
        return (position - start) % 2 == 1
