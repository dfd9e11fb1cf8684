"""Keywords: the literals that must stand in a text before a rule is tried on it."""

from __future__ import annotations

from review_bot.memo import remembered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GAP = "…"
"""Between two parts of a keyword that must stand on one line in this order."""


_MANY = 1000
"""Letters of a text that one question is worth."""


def any_of(keywords: Iterable[str], text: str) -> bool:
    """True when one of the keywords stands in `text`, both in lower case."""
    for word in keywords:  # noqa: SIM110 - a generator costs more than the search
        if word in text or (GAP in word and _on_one_line(_parts(word), text)):
            return True
    return False


@remembered(maxsize=4096)
def _parts(word: str) -> tuple[str, ...]:
    return tuple(word.split(GAP))


class Haystack:
    """A text that is searched for thousands of keywords: three letters rule most of them out without a search."""

    def __init__(self, text: str, questions: int = _MANY) -> None:
        """`questions` says about how often it will be asked: collecting the letters of a long text pays only often."""
        self._text = text
        self._grams: set[str] | None = None
        if len(text) < questions * _MANY:
            self._grams = {text[at : at + 3] for at in range(len(text) - 2)}

    def any_of(self, keywords: Iterable[str]) -> bool:
        """True when one of the keywords stands in the text."""
        grams, text = self._grams, self._text
        if grams is None:
            return any_of(keywords, text)
        for word in keywords:
            # Of a keyword with a gap the first letters may belong to both parts: it is looked for in full.
            if (word[:3] in grams or len(word) < 3 or GAP in word[:3]) and (
                word in text or (GAP in word and self._has_parts(_parts(word)))
            ):
                return True
        return False

    def _has_parts(self, parts: Sequence[str]) -> bool:
        """True when the parts stand on one line in this order."""
        for part in parts:
            if len(part) >= 3 and self._grams is not None and part[-3:] not in self._grams:
                return False
        return _on_one_line(parts, self._text)


def _on_one_line(parts: Sequence[str], text: str) -> bool:
    for part in parts:
        if part not in text:
            return False
    first = parts[0]
    at = text.find(first)
    while at >= 0:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if _in_order(parts[1:], text, at + len(first), end):
            return True
        # Where the first part stands earliest on a line, all others have the most room.
        at = text.find(first, end + 1) if end < len(text) else -1
    return False


def _in_order(parts: Sequence[str], text: str, at: int, end: int) -> bool:
    for part in parts:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True
