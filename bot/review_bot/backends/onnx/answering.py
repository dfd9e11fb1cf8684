"""One answer, token by token: guided by a schema, bounded, watched for a model that only repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from review_bot.backends.onnx.sampling import Sampler
from review_bot.backends.onnx.text import Decoder
from review_bot.errors import BadAnswer, Truncated

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from review_bot.backends.onnx.guide import Guide
    from review_bot.backends.onnx.reader import Clock, Reader
    from review_bot.backends.onnx.sampling import Logits
    from review_bot.backends.onnx.text import Text
    from review_bot.backends.onnx.words import Words
    from review_bot.domain.model import Completion

LONGEST_LOOP, LEAST_LOOPED = 16, 192
"""A cycle of at most so many tokens, seen over so many tokens, will go on for ever."""


class Answering:
    """The answer to one call; `read` has the prompt behind it."""

    def __init__(self, reader: Reader, text: Text, ends: frozenset[int], call: Completion, clock: Clock) -> None:
        self._reader, self._ends, self._call, self._clock = reader, ends, call, clock
        self._sampler = Sampler(call.sampling)
        self._decoder = Decoder(text)

    def run(self, logits: Logits, guide: Guide | None, words: Words | None) -> Generator[str, None, str]:
        """Pieces of the answer, and the whole of it. Raises Truncated, TimedOut, BadAnswer."""
        while True:
            self._clock.check()
            tokens = self._next(logits, guide, words)
            if tokens is None:
                break
            piece = self._decoder.add(tokens)
            if piece:
                yield piece
            if guide and guide.finished():
                break
            self._check_length()
            logits = self._reader.append(tokens)
        rest = self._decoder.rest()
        if rest:
            yield rest
        return self._whole()

    def _next(self, logits: Logits, guide: Guide | None, words: Words | None) -> list[int] | None:
        """The tokens that follow, more than one where the guide forces them; None at the end."""
        if guide is None:
            if words:
                words.look(logits, None)
            token = self._sampler.choose(logits, self._decoder.tokens, None)
            return None if token in self._ends else [token]
        forced = guide.forced()
        tokens = forced or self._choose(logits, guide, words)
        if not guide.accept(tokens):
            raise BadAnswer("the answer can't be kept to its schema", where="onnx", text=self._decoder.whole())
        return None if tokens[-1] in self._ends else tokens

    def _choose(self, logits: Logits, guide: Guide, words: Words | None) -> list[int]:
        allowed = guide.allowed()
        if words:
            words.look(logits, allowed)
        return [self._sampler.choose(logits, self._decoder.tokens, allowed)]

    def _check_length(self) -> None:
        said = len(self._decoder.tokens)
        if said >= self._call.sampling.max_tokens:
            about = f"the answer was cut off after {said} tokens"
            raise Truncated(about, where="onnx", remedy="raise answer-tokens", text=self._decoder.whole())
        if loops(self._decoder.tokens):
            about = f"the model repeats itself; stopped after {said} tokens"
            raise Truncated(about, where="onnx", remedy="raise repeat-penalty", text=self._decoder.whole())

    def _whole(self) -> str:
        whole = self._decoder.whole()
        if not whole.strip():
            raise BadAnswer("the answer is empty", where="onnx", text=whole)
        return whole

    @property
    def length(self) -> int:
        """Tokens said so far."""
        return len(self._decoder.tokens)


def loops(tokens: Sequence[int]) -> bool:
    """True where the last tokens are one short cycle over and over."""
    if len(tokens) < LEAST_LOOPED or len(tokens) % LONGEST_LOOP:
        return False
    last = np.asarray(tokens[-LEAST_LOOPED:], np.int64)
    return any(np.array_equal(last[period:], last[:-period]) for period in range(1, LONGEST_LOOP + 1))
