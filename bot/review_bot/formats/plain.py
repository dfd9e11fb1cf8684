"""Text of others made fit for output: no control characters, no invalid code points, no commands to a log reader."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from review_bot.domain.finding import Finding

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


def log_line(text: str) -> str:
    """`visible` text that GitHub's log reader does not take for a command.

    The runner obeys `::command::` at the start of a line and the older `##[command]` anywhere in it.
    """
    safe = visible(text).replace("##[", r"##\x5b")
    return f"./{safe}" if safe.lstrip().startswith("::") else safe


def shortened(text: str, limit: int) -> str:
    """`text` cut to `limit` characters, the last one an ellipsis where something is gone."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def placed_message(finding: Finding) -> str:
    """Message on one line; of a removed line it names the line, for formats that know the new version only."""
    message = one_line(finding.message)
    return message if finding.side == "new" else f"removed line {finding.start_line}: {message}"


def reason(finding: Finding) -> str:
    """Why the finding matters, on one line; empty where nobody said."""
    return one_line(finding.why)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by path and place."""
    return sorted(findings, key=lambda f: (f.path, f.start_line, f.start_column))


def markup(text: str) -> str:
    """`visible` text for XML and HTML, in attributes and between tags."""
    safe = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe.replace('"', "&quot;").replace("'", "&#39;")
