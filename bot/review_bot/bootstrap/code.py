"""The code that an event speaks of: from the event itself, else from the repository's own history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from review_bot.memory.generalise import Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    class Fields(Protocol):
        """An event, or what is known of one."""

        def get(self, name: str, /) -> Any:
            """The field `name`; None where there is none."""


_LARGEST = 1_000_000
"""Bytes of a file that is read."""


def pair(cwd: str, one: Fields) -> Pair | None:
    """The code before and after: from the event, else from the history of the repository at `cwd` while it is there."""
    before, after = one.get("before"), one.get("after")
    if isinstance(before, str) and isinstance(after, str) and before.strip() and after.strip():
        return Pair(before, after)
    place = one.get("at")
    if not place or None in place:
        return None
    _, new, path, first, last = place
    then, now = _shown(cwd, one), file_at(cwd, new, path)
    if then is None or now is None:
        return None
    start, end = moved(then, now, first - 1, last)
    before, after = "\n".join(then[first - 1 : last]), "\n".join(now[start:end])
    return Pair(before, after) if after.strip() and before != after else None


def scrubber() -> Callable[[str], str]:
    """What takes secrets out of a text."""
    from review_bot.bootstrap import rules_of
    from review_bot.review.redact import Redactor

    rules = rules_of()[1]
    secret = rules.where(lambda name, category: category == "secrets" and not name.startswith("diff."))
    return Redactor((), secret).text


def flagged(cwd: str, one: Fields) -> str:
    """The flagged lines, from the event or the repository at `cwd`; empty where they can't be read."""
    before = one.get("before")
    if isinstance(before, str) and before.strip():
        return before
    then, place = _shown(cwd, one), one.get("at")
    return "\n".join(then[place[3] - 1 : place[4]]) if then is not None and place else ""


def _shown(cwd: str, one: Fields) -> list[str] | None:
    """Lines of the file in which the finding stood, where it was committed as it was shown."""
    from review_bot.memory.normalise import shape_at

    place = one.get("at")
    if not place or None in place[2:]:
        return None
    for commit in place[:2]:
        lines = file_at(cwd, commit, place[2]) if commit else None
        if lines is None or place[4] > len(lines) or place[3] < 1:
            continue
        made = shape_at(str(one.get("rule")), dict(enumerate(lines, 1)), place[3], place[4], one.get("lang"))
        if made is not None and made.key == one.get("key"):
            return lines
    return None


def file_at(cwd: str, commit: str, path: str) -> list[str] | None:
    """Lines of a file in a commit; None where it is not there or too large."""
    from review_bot.sources.process import run

    done = run(["cat-file", "blob", f"{commit}:{path}"], cwd=cwd)
    if done.status != 0 or len(done.output) > _LARGEST:
        return None
    return done.output.decode("utf-8", "replace").splitlines()


def moved(then: Sequence[str], now: Sequence[str], start: int, end: int) -> tuple[int, int]:
    """Where the lines from `start` to `end` (from 0, `end` left out) stand in the new version."""
    from difflib import SequenceMatcher

    first = last = None
    for _, i1, i2, j1, j2 in SequenceMatcher(None, then, now, autojunk=False).get_opcodes():
        if i2 <= start or i1 >= end:
            continue
        equal = i2 - i1 == j2 - j1
        low = j1 + (max(start, i1) - i1 if equal else 0)
        high = j2 - (i2 - min(end, i2) if equal else 0)
        first = low if first is None else min(first, low)
        last = high if last is None else max(last, high)
    return (first or 0, last or 0)
