"""What goes wrong on the fake, as the test switches it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Dropped(Exception):
    """The connection ends without an answer."""


@dataclass
class Fault:
    """One fault: `where` is searched in `METHOD /path` (of GraphQL: `POST /graphql field field`)."""

    where: str
    status: int | None = None
    """The answer in place of the real one; None leaves it."""
    message: str = "Server Error"
    headers: dict[str, str] = field(default_factory=dict)
    errors: list[dict[str, Any]] | None = None
    """Of GraphQL: errors in an answer of status 200."""
    after: bool = False
    """The request takes effect first."""
    drop: bool = False
    """The connection is closed instead of an answer."""
    call: Callable[[], object] | None = None
    """Something that happens meanwhile, before the request is handled."""
    times: int = 1
    skip: int = 0
    seen: int = 0

    def strikes(self, request: str) -> bool:
        """Whether it is this request's turn."""
        if not re.search(self.where, request):
            return False
        self.seen += 1
        return self.skip < self.seen <= self.skip + self.times


READ_ONLY = "Resource not accessible by integration"
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


def secondary(where: str, *, after: int | None = 1, status: int = 403, times: int = 1) -> Fault:
    """A secondary rate limit that asks to wait `after` seconds."""
    headers = {} if after is None else {"retry-after": str(after)}
    return Fault(where, status=status, message=SECONDARY, headers=headers, times=times)
