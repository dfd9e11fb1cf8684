"""What a review changes in a pull request: the difference between the threads there are and those there should be.

Every step leads to the same end from wherever a killed run stopped: a comment is marked as gone before it is hidden,
and shown before it is marked as open again, so that one hidden by a person is told from one hidden by us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from review_bot.domain.finding import SEVERITIES
from review_bot.pipeline.pull_request.places import text_key
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Review
    from review_bot.domain.threads import Mark, Thread
    from review_bot.pipeline.pull_request.places import Places

State = Literal["open", "closed", "left", "ending", "back"]


class Standing(NamedTuple):
    """A thread, its finding where there still is one, and what is to become of it."""

    thread: Thread
    finding: Finding | None
    state: State
    """`open` and `closed` stay so, `left` is a person's, `ending` has to be closed, `back` may be opened again."""
    moved: bool = False
    """Whether the finding stands in another file than the mark says."""


class Room(NamedTuple):
    """How much may be done in this run."""

    comments: int
    """Open inline comments that the pull request may have."""
    writes: int
    """Changes left, without that of the summary."""


class Plan(NamedTuple):
    """What is to be done, in this order."""

    close: tuple[Standing, ...]
    aside: tuple[Standing, ...]
    """Open threads that make room for what is more severe."""
    remark: tuple[Standing, ...]
    open: tuple[Standing, ...]
    post: tuple[Finding, ...]
    """Most severe first; not all of them may find a place."""
    slots: int
    """How many of `post` may get a comment."""
    whole: bool
    """Whether the rules for writes left nothing over."""


_FOR_REVIEW = 4
"""Writes kept for posting, which may have to be tried in parts."""
_LOOKED_UP = 10
"""Paths asked for in one run, to tell a file that is gone from one that is merely unchanged again."""


def matched(
    findings: Sequence[Finding],
    threads: Sequence[Thread],
    places: Callable[[], Places],
    exists: Callable[[str], bool],
) -> dict[str, Finding]:
    """The finding of each thread by the thread's id: by fingerprint, else by rule and text where its path is gone."""
    by_fingerprint = {finding.fingerprint: finding for finding in reversed(findings)}
    pairs = {one.id: by_fingerprint[one.mark.fingerprint] for one in threads if one.mark.fingerprint in by_fingerprint}
    taken = {finding.fingerprint for finding in pairs.values()}
    free = [finding for finding in findings if finding.fingerprint not in taken]
    lost = [one for one in threads if one.id not in pairs and one.mark.text]
    if free and lost:
        pairs.update(_by_text(free, lost, places(), exists))
    return pairs


def _by_text(
    free: list[Finding], lost: list[Thread], places: Places, exists: Callable[[str], bool]
) -> dict[str, Finding]:
    keys: dict[tuple[str, str], list[Finding]] = {}
    for finding in free:
        place = places.of(finding)
        if place is not None:
            keys.setdefault((text_key(finding, place.text), finding.side), []).append(finding)
    pairs = {}
    lookups = _LOOKED_UP
    for thread in lost:
        rows = keys.get((thread.mark.text, thread.mark.side))
        if not rows or not places.gone(thread.mark.path, thread.mark.side):
            continue
        if not places.named(thread.mark.path):  # gone for good, or only as it was before the change
            lookups -= 1
            if lookups < 0 or exists(thread.mark.path):
                continue
        target = places.renamed(thread.mark.path)
        best = next((one for one in rows if one.path == target), rows[0])
        rows.remove(best)
        pairs[thread.id] = best
    return pairs


def standings(
    threads: Sequence[Thread], pairs: dict[str, Finding], seen: Callable[[Mark], bool]
) -> tuple[Standing, ...]:
    """What is to become of each thread."""
    return tuple(_standing(one, pairs.get(one.id), seen) for one in threads)


def _standing(thread: Thread, finding: Finding | None, seen: Callable[[Mark], bool]) -> Standing:
    ours = thread.mark.state != "open"
    if (thread.resolved and not (thread.resolved_by_us and ours)) or (thread.hidden and not ours):
        return Standing(thread, finding, "left")
    if finding is not None:
        moved = finding.fingerprint != thread.mark.fingerprint
        return Standing(thread, finding, "back" if ours else "open", moved)
    if thread.mark.state != "gone" and seen(thread.mark):
        return Standing(thread, None, "ending")
    if _is_shut(thread):
        return Standing(thread, None, "closed")
    return Standing(thread, None, "ending" if thread.mark.state == "gone" else "open")


def _is_shut(thread: Thread) -> bool:
    return thread.hidden or thread.resolved


def plan(
    standing: Sequence[Standing], news: Iterable[Finding], room: Room, has_place: Callable[[Finding], bool]
) -> Plan:
    """What to do about the threads and about findings that have none, within the room there is.

    `has_place` is asked only where old threads and new ones compete for it.
    """
    back = {_rank(one.finding): one for one in standing if one.state == "back"}
    fresh = most_severe_first(news)
    left = room.writes - (min(_FOR_REVIEW, room.writes) if fresh else 0)
    ending = [one for one in standing if one.state == "ending"]
    close, left = _affordable(ending, left, "gone")
    now = [one for one in standing if one.state == "open"]
    may_go = {_rank(one.finding): one for one in now if one.finding is not None and not one.thread.replies}
    slots = room.comments - (len(now) - len(may_go)) - (len(ending) - len(close))
    if (back or may_go) and len(may_go) + len(back) + len(fresh) > slots:
        fresh = [one for one in fresh if has_place(one)]
    chosen = sorted((*may_go, *back, *map(_rank, fresh)), key=lambda rank: (rank[0], rank not in may_go, rank))
    chosen = chosen[: max(slots, 0)]
    leaving = [one for rank, one in sorted(may_go.items(), reverse=True) if rank not in chosen]
    leaving += [one for rank, one in back.items() if rank not in chosen and not _is_shut(one.thread)]
    aside, left = _affordable(leaving, left, "aside")
    moved = [one for one in now if one.moved and one not in aside]
    remark = moved[: max(left, 0)]
    left -= len(remark)
    wanted = [back[rank] for rank in chosen if rank in back]
    slots -= len(may_go) - sum(one.state == "open" for one in aside)
    opened = wanted[: max(min(left - 2, slots), 0)]
    sizes = ((close, ending), (aside, leaving), (remark, moved), (opened, wanted))
    return Plan(
        tuple(close),
        tuple(aside),
        tuple(remark),
        tuple(opened),
        tuple(fresh),
        max(slots - len(opened), 0),
        all(len(done) == len(due) for done, due in sizes),
    )


def _affordable(closing: Sequence[Standing], left: int, state: str) -> tuple[list[Standing], int]:
    """As many as the writes allow: one for each text to change, one or two for hiding them all."""
    chosen: list[Standing] = []
    left -= 2
    for one in closing:
        cost = int(one.thread.mark.state != state)
        if left >= cost:
            chosen.append(one)
            left -= cost
    return (chosen, left) if chosen else ([], left + 2)


def _rank(finding: Finding | None) -> tuple[int, float, str, int, str]:
    """Most severe first, then the surest, then by place."""
    if finding is None:
        return (len(SEVERITIES), 0.0, "", 0, "")
    severity = SEVERITIES.index(finding.severity)
    return (severity, -finding.confidence, finding.path, finding.start_line, finding.fingerprint)


def most_severe_first(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in the order in which they get a comment."""
    return sorted(findings, key=_rank)


class Seen:
    """Whether a review looked where a finding stood, so that its absence means that it is gone."""

    def __init__(self, review: Review, places: Callable[[], Places]) -> None:
        self._places = places
        self._cut = {part.what for part in review.degraded}
        self._held = {one.finding.fingerprint for one in review.suppressed}
        self._files = {file.path for file in review.files} | {file.before for file in review.files}
        self._rules: dict[str, bool] = {}
        self._model: dict[str, bool] = {}
        for row in review.coverage:
            self._rules[row.path] = self._rules.get(row.path, True) and row.rules
            self._model[row.path] = self._model.get(row.path, True) and row.model in ("reviewed", "cached")

    def __call__(self, mark: Mark) -> bool:
        """Whether the finding of that mark would be in the review if it were there."""
        if mark.fingerprint in self._held:
            return True
        if "report:findings" in self._cut or f"rule:{mark.rule}" in self._cut:
            return False
        if mark.path not in self._files:
            return not self._places().named(mark.path)
        if mark.origin == "external":
            return not any(what.startswith("linter:") for what in self._cut)
        looked = self._model if mark.origin == "model" else self._rules
        return looked.get(mark.path, True)
