"""A state that is kept between calls: what a prompt shares with the last one is not read again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from review_bot.errors import TimedOut

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from review_bot.backends.onnx.engine import Engine, State
    from review_bot.backends.onnx.sampling import Logits

LARGEST, SMALLEST = 64, 8
"""Tokens read at once: Ctrl-C and the deadline wait for them."""
PATIENCE = 0.4
"""Seconds that reading one slice should take at most."""


class Reader:
    """One state of an engine, and the tokens that it has read."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._state: State | None = None
        self._adapter: str | None = None
        self._tokens: list[int] = []
        self._slice = 32
        self.prefilled = 0
        """Tokens read so far as parts of prompts."""

    def read(self, prompt: Sequence[int], answer: int, limit: int, adapter: str | None, clock: Clock) -> Logits:
        """Logits after `prompt`, with room for `answer` further ones; `limit` is the context. Raises TimedOut."""
        at = self._make_room(prompt, answer, limit, adapter)
        while True:
            clock.check()
            piece = prompt[at : at + self._slice]
            logits = self._timed(piece)
            at += len(piece)
            if at >= len(prompt):
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
        state, self._state = self._state, None
        if state is None:
            raise RuntimeError("nothing is read yet")
        logits = state.append(tokens)
        self._tokens += tokens
        self._state = state
        return logits

    def _make_room(self, prompt: Sequence[int], answer: int, limit: int, adapter: str | None) -> int:
        """Rewind to what is shared, or begin anew; the number of tokens that are shared."""
        needed = len(prompt) + answer
        if self._state is None or self._adapter != adapter or self._state.room < needed:
            self.forget()
            self._state = self._engine.start(min(limit, self._engine.grow(needed)), adapter)
            self._adapter = adapter
            return 0
        # One token at least is read again: logits are those of the last one read.
        shared = min(_shared(self._tokens, prompt), len(prompt) - 1)
        if shared < len(self._tokens):
            state, self._state = self._state, None
            state.rewind(shared)
            self._state = state
        del self._tokens[shared:]
        return shared

    def forget(self) -> None:
        """Give the memory back."""
        self._state = None
        self._tokens = []


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

    def left(self) -> float:
        """Seconds that are left, or 0."""
        return max(0.0, self._seconds - self.passed())


def _shared(left: Sequence[int], right: Sequence[int]) -> int:
    """Number of tokens at the beginning that are the same."""
    for number, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return number
    return min(len(left), len(right))
