"""What stands in a pull request already, and what a review would add: threads, marks, drafts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from review_bot.domain.diff import Side


class Mark(NamedTuple):
    """What a comment of ours on a finding says of itself, hidden in its text."""

    fingerprint: str
    rule: str
    path: str
    side: Side = "new"
    origin: str = "rule"
    text: str = ""
    """Hash of rule and flagged lines, whatever the path: what is left of a finding when its file is renamed."""
    state: Literal["open", "gone", "aside"] = "open"
    """`gone` from when we closed the thread until the finding is back; `aside` where it made room for another."""
    commit: str = ""
    """The commit that it was gone with."""


class SummaryMark(NamedTuple):
    """What our summary says of itself."""

    head: str
    content: str
    """Hash of what it is about, without time and cost."""
    rejected: tuple[str, ...] = ()
    """Fingerprints that the forge took no comment for, at that head."""
    posted: tuple[str, ...] = ()
    """Fingerprints that ever had a thread: a comment that somebody deleted is not posted again."""
    done: bool = True
    """Whether nothing was left over for the next run."""


class Thread(NamedTuple):
    """A thread that begins with a comment of ours."""

    id: str
    comment: str
    """The first comment, by the id that `hide` takes."""
    number: int
    """The first comment, by the number that `edit` takes."""
    body: str
    mark: Mark
    hidden: bool = False
    resolved: bool = False
    resolved_by_us: bool = False
    replies: int = 0
    url: str = ""


class SummaryComment(NamedTuple):
    """Our comment in the conversation."""

    number: int
    body: str
    mark: SummaryMark
    url: str = ""


class Threads(NamedTuple):
    """Everything of ours in a pull request."""

    head: str
    """Empty where the pull request is closed."""
    threads: tuple[Thread, ...] = ()
    summary: SummaryComment | None = None


class Draft(NamedTuple):
    """A comment before it is posted."""

    path: str
    line: int
    side: Literal["RIGHT", "LEFT"]
    start_line: int | None
    """Of several lines the first; None for one."""
    body: str
    fingerprint: str
