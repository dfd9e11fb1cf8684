"""States that are kept between calls: what a prompt shares with an earlier one is not read again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from review_bot.errors import TimedOut
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from review_bot.backends.onnx.engine import Engine, State
    from review_bot.backends.onnx.sampling import Logits

LARGEST, SMALLEST = 64, 8
"""Tokens read at once: Ctrl-C and the deadline wait for them."""
PATIENCE = 0.4
"""Seconds that reading one slice should take at most."""
MOST = 4
"""States kept at the same time: one for each of the specialists that take turns."""
BUDGET = 1 << 30
"""Bytes of keys and values that several states may have together; a single one may have more."""


class Question(NamedTuple):
    """A prompt, and what must have room behind it."""

    tokens: Sequence[int]
    prefix: int
    """Tokens of the instructions, which other prompts are likely to begin with as well."""
    answer: int
    adapter: str | None = None


class Kept:
    """A state of the engine and the tokens that it has read."""

    def __init__(self, state: State, adapter: str | None) -> None:
        self.state, self.adapter = state, adapter
        self.tokens: list[int] = []

    def shares(self, question: Question) -> int:
        """Number of tokens that need not be read again; -1 where the question does not fit."""
        if self.adapter != question.adapter or self.state.room < len(question.tokens) + question.answer:
            return -1
        # One token at least is read again: logits are those of the last one read.
        return min(_shared(self.tokens, question.tokens), len(question.tokens) - 1)

    def append(self, tokens: Sequence[int]) -> Logits:
        """Read further tokens."""
        logits = self.state.append(tokens)
        self.tokens += tokens
        return logits

    def rewind(self, length: int) -> None:
        """Forget what follows the first `length` tokens."""
        if length < len(self.tokens):
            self.state.rewind(length)
            del self.tokens[length:]


class Reader:
    """The states of one model; the one used last is at the end."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: list[Kept] = []
        self._slice = 32
        self.prefilled = 0
        """Tokens read so far as parts of prompts."""

    def read(self, question: Question, limit: int, clock: Clock) -> Logits:
        """Logits after the prompt of `question`; `limit` is the context. Raises TimedOut."""
        at = self._begin(question, limit)
        while True:
            clock.check()
            piece = question.tokens[at : at + self._slice]
            logits = self._timed(piece)
            at += len(piece)
            if at >= len(question.tokens):
                return logits

    def _timed(self, tokens: Sequence[int]) -> Logits:
        began = time.monotonic()
        logits = self.append(tokens)
        self.prefilled += len(tokens)
        each = (time.monotonic() - began) / len(tokens)
        self._slice = max(SMALLEST, min(LARGEST, int(PATIENCE / max(each, 1e-6))))
        return logits

    def append(self, tokens: Sequence[int]) -> Logits:
        """Read `tokens`; whatever interrupts that, the state is given up, since nobody knows what it has read."""
        kept = self._kept.pop()
        logits = kept.append(tokens)
        self._kept.append(kept)
        return logits

    def _begin(self, question: Question, limit: int) -> int:
        """Put the best state at the end, or a new one; the number of tokens that it has already read."""
        best = max(self._kept, key=lambda kept: kept.shares(question), default=None)
        shared = best.shares(question) if best else -1
        own = min(question.prefix, len(question.tokens) - 1)
        room = min(limit, self._engine.grow(len(question.tokens) + question.answer))
        if best is None or shared < 0 or (shared < own and self._has_place(room)):
            best = None  # its memory is wanted before the new state's
            self._make_place(room)
            self._kept.append(Kept(self._engine.start(room, question.adapter), question.adapter))
            return 0
        self._kept.remove(best)
        best.rewind(shared)
        self._kept.append(best)
        return shared

    def _has_place(self, room: int) -> bool:
        rooms = room + sum(kept.state.room for kept in self._kept)
        return len(self._kept) < MOST and rooms * self._engine.bytes_a_token <= BUDGET

    def _make_place(self, room: int) -> None:
        """Give up the states that were not used for the longest time."""
        while self._kept and not self._has_place(room):
            del self._kept[0]

    def forget(self) -> None:
        """Give the memory back."""
        self._kept.clear()


class Clock:
    """The time that a call may take."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._began, self._seconds = now, now(), seconds

    def check(self) -> None:
        """Raise TimedOut where the time is over."""
        if self.passed() >= self._seconds:
            raise TimedOut(f"no answer within {self._seconds:g} s", where="onnx")

    def passed(self) -> float:
        """Seconds since the call."""
        return self._now() - self._began


def _shared(left: Sequence[int], right: Sequence[int]) -> int:
    """Number of tokens at the beginning that are the same."""
    for number, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return number
    return min(len(left), len(right))
