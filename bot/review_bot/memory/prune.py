"""What of a log decides nothing any more, whatever else comes in; old `shown` events are `stores.segments`' matter."""

from __future__ import annotations

from review_bot.memory.fold import undone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from review_bot.domain.event import Event

AGE = 400 * 86_400
"""Seconds after which what did not count is not kept: no clock that is a year off makes it so old."""
STEP = 30 * 86_400
"""The border moves in steps, so that a nightly run writes few tombstones."""


def useless(events: Iterable[Event], now: int, ended: Collection[str] = ()) -> tuple[str, ...]:
    """Ids of what may go: old events that were only logged or taken back, and what the `ended` experiments showed.

    Age counts from the newest event that is not of the future, so that a log that rests does not wither.
    """
    known = sorted(events, key=lambda one: one.id)
    newest = max((one.ts for one in known if one.ts <= now), default=0)
    border = (newest - AGE) // STEP * STEP
    arms = {one.id for one in known if one.kind == "decision" and one.get("arm") and one.get("of") in ended}
    return tuple(sorted({*_old(known, border), *arms}))


def _old(known: Sequence[Event], border: int) -> Iterator[str]:
    gone = undone(known)
    for one in known:
        logged = one.kind == "signal" and one.get("y") is None
        taken_back = one.id in gone and one.kind in ("signal", "mute")
        if one.ts < border and (logged or taken_back):
            yield one.id
