"""How likely a model finds each of a few words as the beginning of its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from review_bot.backends.onnx.sampling import softmax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review_bot.backends.onnx.sampling import Logits, Mask
    from review_bot.backends.onnx.text import Text


class Words:
    """The first place of an answer where it can only go on with one of the words, and their probabilities there."""

    def __init__(self, words: Sequence[str], starts: Starts) -> None:
        self._words = words
        self._tokens = starts.of(words)
        self.probabilities: tuple[tuple[str, float], ...] = ()

    def look(self, logits: Logits, allowed: Mask | None) -> None:
        """Take the probabilities, if this is the place and none was there before.

        Under a schema that is where all allowed tokens begin one of the words and at least two words are begun;
        without one it is the first token. What is measured is the model's own choice, before the schema.
        """
        if self.probabilities or not self._is_place(allowed):
            return
        chances = softmax(np.where(np.isfinite(logits), logits, -1e30).astype(np.float32))
        sums = [float(chances[tokens].sum()) for tokens in self._tokens]
        self.probabilities = tuple(zip(self._words, sums, strict=True))

    def _is_place(self, allowed: Mask | None) -> bool:
        if allowed is None:
            return True
        begun = [int(allowed[tokens].sum()) for tokens in self._tokens]
        return sum(count > 0 for count in begun) > 1 and sum(begun) == int(allowed.sum())


class Starts:
    """Which tokens begin a word, for one vocabulary."""

    def __init__(self, text: Text, width: int) -> None:
        size = min(width, text.size)
        self._spelled = [spelled.strip(" \t\n\"'`*").lower() for spelled in text.spellings(range(size))]
        self._known: dict[tuple[str, ...], list[list[int]]] = {}

    def of(self, words: Sequence[str]) -> list[list[int]]:
        """For each of `words` the tokens that begin it and none of the others, whatever their case and quotes."""
        key = tuple(words)
        if key not in self._known:
            self._known[key] = [self._tokens(word.lower(), [w.lower() for w in words]) for word in words]
        return self._known[key]

    def _tokens(self, word: str, words: Sequence[str]) -> list[int]:
        others = [other for other in words if other != word]
        return [
            token
            for token, spelled in enumerate(self._spelled)
            if spelled and _begins(spelled, word) and not any(_begins(spelled, other) for other in others)
        ]


def _begins(spelled: str, word: str) -> bool:
    """True where the token is the word, its beginning, or the word and punctuation after it."""
    rest = spelled[len(word) :]
    return word.startswith(spelled) or (spelled.startswith(word) and not rest[:1].isalnum())
