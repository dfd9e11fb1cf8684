"""Text of others made fit for output: on one line, with no commands to a log reader."""

from __future__ import annotations

from review_bot.domain.visible import clean, escaped, one_line, shortened, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from review_bot.domain.finding import Finding

__all__ = [
    "clean", "escaped", "in_order", "log_line", "markup", "one_line", "placed_message", "reason", "shortened",
    "visible",
]  # fmt: skip


def log_line(text: str) -> str:
    """`visible` text that GitHub's log reader does not take for a command.

    The runner obeys `::command::` at the start of a line and the older `##[command]` anywhere in it.
    """
    safe = visible(text).replace("##[", r"##\x5b")
    return f"./{safe}" if safe.lstrip().startswith("::") else safe


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
