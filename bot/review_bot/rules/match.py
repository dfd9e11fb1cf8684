"""Where a rule matched, before it becomes a finding."""

from __future__ import annotations

from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from review_bot.domain.diff import Side


class Match(NamedTuple):
    """A place in a file; lines and columns from 1, `end_column` behind the last character."""

    side: Side
    start_line: int
    start_column: int
    end_line: int
    end_column: int
    quote: str
    captures: dict[str, str]
    message: str | None = None
    """Instead of the rule's message, where only the check knows the words."""
