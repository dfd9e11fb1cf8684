"""Examples for a prompt from the other seeded cases: what memory would bring after people had judged those."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.domain.window import Part
    from review_bot.evaluation.seeded import Case

_MOST = 3
_WORD = re.compile(r"[a-z]{3,}")


class OtherCases:
    """The most similar cases of the same language, never the one that is asked about."""

    def __init__(self, case: Case, cases: Sequence[Case]) -> None:
        self._cases = [one for one in cases if one.id != case.id and one.language == case.language]

    def __call__(self, parts: Sequence[Part]) -> Iterator[str]:
        """A line for each example: how it was decided, the line, the category and the reason."""
        wanted = _words("".join(part.text for part in parts))
        ranked = sorted(self._cases, key=lambda one: (-_likeness(wanted, _words(one.after)), one.id))
        return map(_told, ranked[:_MOST])


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard index: shared words of all words."""
    return len(one & other) / len(one | other) if one or other else 0.0


def _told(case: Case) -> str:
    if not case.categories:
        return f"rejected, nothing is wrong: {case.about}"
    line = case.after.split("\n")[case.lines[0] - 1].strip()
    return f"accepted, {case.categories[0]}: {line}: {case.about}"
