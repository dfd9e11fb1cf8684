"""Keeps a report small enough for the job that takes it over, and says what it had to leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.domain.review import Degraded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Review

    Size = Callable[[Review], int]

CUT = "report:findings"
"""What `degraded` says where findings were left out, so that nobody takes them for gone."""


def fitted(review: Review, size: Size, limit: int) -> Review:
    """`review` without as little as brings its size below `limit`: reasons, info findings, then what is held back."""
    if size(review) <= limit:
        return review
    for step in _steps(review, size, limit):
        review = step
        if size(review) <= limit:
            break
    return review


def _steps(review: Review, size: Size, limit: int) -> Iterator[Review]:
    brief = review._replace(
        findings=tuple(one._replace(why="") for one in review.findings),
        suppressed=tuple(one._replace(finding=one.finding._replace(why="")) for one in review.suppressed),
        degraded=(*review.degraded, Degraded("report", f"`why` is left out to keep the report below {limit} bytes")),
    )
    yield brief
    fewer = _fewer(brief, lambda one: one.severity == "info", "info findings", size, limit)
    yield fewer
    held = Degraded("report", f"{len(fewer.suppressed)} findings that are held back are left out")
    bare = fewer._replace(suppressed=(), degraded=(*fewer.degraded, held))
    yield bare
    least = _fewer(bare, lambda one: True, "findings", size, limit)
    yield least
    rows = Degraded("report", f"{len(least.coverage)} rows of coverage are left out")
    yield least._replace(coverage=(), degraded=(*least.degraded, rows))


def _fewer(review: Review, may_go: Callable[[Finding], bool], what: str, size: Size, limit: int) -> Review:
    """Without as few of the findings that may go as needed, the least severe first."""
    ranks = {"error": 0, "warning": 1, "info": 2}
    going = sorted(filter(may_go, review.findings), key=lambda one: (-ranks[one.severity], one.confidence))
    low, high = 0, len(going)
    while low < high:
        middle = (low + high) // 2
        if size(_without(review, going[:middle], what)) <= limit:
            high = middle
        else:
            low = middle + 1
    return _without(review, going[:low], what) if low else review


def _without(review: Review, going: list[Finding], what: str) -> Review:
    names = {id(one) for one in going}
    note = Degraded(CUT, f"{len(going)} {what} are left out to keep the report small; the verdict counts them")
    kept = tuple(one for one in review.findings if id(one) not in names)
    return review._replace(findings=kept, degraded=(*review.degraded, note))
