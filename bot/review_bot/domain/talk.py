"""What people say and do in the threads of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from review_bot.domain.threads import Thread


class Reaction(NamedTuple):
    """A reaction to a comment."""

    content: str
    """As GitHub names it: `+1`, `-1`, `heart` …"""
    who: str
    at: int
    """Whole seconds since 1970."""


class Said(NamedTuple):
    """A reply in a thread."""

    number: int
    who: str
    bot: bool
    body: str
    at: int


class Talk(NamedTuple):
    """A thread of ours with everything that people did in it."""

    thread: Thread
    path: str
    first: int | None
    """Lines that it was posted on, in `commit`."""
    last: int | None
    commit: str
    at: int
    reactions: tuple[Reaction, ...] = ()
    replies: tuple[Said, ...] = ()


class Conversation(NamedTuple):
    """All of it, and how the pull request stands."""

    head: str
    merged_at: int | None
    """None while it is not merged."""
    updated_at: int
    talks: tuple[Talk, ...]
