"""Text of others made fit to be shown: no control characters, no invalid code points."""

from __future__ import annotations

_REPLACEMENT = "\ufffd"


def clean(text: str) -> str:
    """`text` without surrogates: bytes that were not UTF-8 become U+FFFD."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return "".join(_REPLACEMENT if "\ud800" <= char <= "\udfff" else char for char in text)


def visible(text: str) -> str:
    r"""`text` on one line: control, format and separator characters as `\n`, `\x1b`, `\u202e`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else escaped(char) for char in clean(text))


def escaped(char: str) -> str:
    r"""`char` as Python writes it in a literal: `\x1b`."""
    return char.encode("unicode_escape").decode("ascii")


def one_line(text: str) -> str:
    """`text` with every run of blanks and line ends as one blank, nothing invisible left."""
    return visible(" ".join(text.split()))


def shortened(text: str, limit: int) -> str:
    """`text` cut to `limit` characters, the last one an ellipsis where something is gone."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
