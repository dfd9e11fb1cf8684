"""Which specialist looks at a part, by its language and by what the change does there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.diffing.rows import changed
from review_bot.domain.paths import is_test, matches_any
from review_bot.prompts.templates import GENERAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review_bot.domain.window import Part
    from review_bot.prompts.templates import Prompts, Specialist

_MOST = 0.6
"""Share of a window's tokens from which one specialist speaks for all of it."""


class Router:
    """Names specialists; what it said of a part it says again."""

    def __init__(self, prompts: Prompts) -> None:
        self._prompts = prompts
        self._known: dict[tuple[str, str], str] = {}

    def __call__(self, parts: Sequence[Part]) -> str:
        """The specialist for `parts` together: theirs where it is one, or speaks for most of them."""
        shares: dict[str, int] = {}
        for part in parts:
            name = self.of(part)
            shares[name] = shares.get(name, 0) + part.tokens
        best = max(shares, key=lambda name: (shares[name], name))
        if len(shares) == 1 or shares[best] >= _MOST * sum(shares.values()):
            return best
        return GENERAL

    def of(self, part: Part) -> str:
        """The first specialist that a part is for."""
        key = (part.path, part.text)
        if key not in self._known:
            fits = (one.name for one in self._prompts.specialists if one.name != GENERAL and _fits(one, part))
            self._known[key] = next(fits, GENERAL)
        return self._known[key]


def _fits(specialist: Specialist, part: Part) -> bool:
    named = specialist.paths and matches_any(part.path, specialist.paths)
    if not named and part.language not in specialist.languages:
        return False
    if specialist.tests is not None and is_test(part.path) != specialist.tests:
        return False
    return specialist.words is None or speaks_of(specialist, part)


def speaks_of(specialist: Specialist, part: Part) -> bool:
    """Whether a changed line holds one of the specialist's words."""
    words = specialist.words
    return words is not None and words.search("\n".join(changed(part.text))) is not None
