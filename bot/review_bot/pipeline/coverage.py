"""Which hunks a model has read, said in the rows that the rules wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from review_bot.domain.review import Coverage, ModelState
    from review_bot.domain.window import Uncovered
    from review_bot.pipeline.ask import PartResult

_WORST: tuple[ModelState, ...] = ("failed", "skipped", "off", "reviewed", "cached")
"""Of several parts of a hunk the worst is said."""


def covered(
    rows: Iterable[Coverage],
    results: Sequence[PartResult],
    *,
    uncovered: Sequence[Uncovered] = (),
    rest: ModelState = "off",
    reason: str = "",
) -> tuple[Coverage, ...]:
    """The rows with what became of their lines; `rest` and `reason` are for lines in no part."""
    by_path: dict[str, list[PartResult]] = {}
    for one in results:
        by_path.setdefault(one.part.path, []).append(one)
    reasons = {one.path: one.reason for one in uncovered}
    return tuple(_row(row, by_path.get(row.path, ()), reasons.get(row.path), rest, reason) for row in rows)


def _row(row: Coverage, results: Sequence[PartResult], why: str | None, rest: ModelState, reason: str) -> Coverage:
    if not row.added or row.reason is not None:
        return row
    inside = [one for one in results if any(row.start_line <= line <= row.end_line for line in one.part.added_lines)]
    if not inside:
        return row._replace(model="off", reason=why) if why else row._replace(model=rest, reason=reason or None)
    worst = min(inside, key=lambda one: _WORST.index(one.state))
    if worst.state == "cached":
        return row._replace(model="cached")
    return row._replace(model=worst.state, reason=worst.reason or None)
