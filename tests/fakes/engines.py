"""Engines that do what a test says, and clocks that a test moves."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from review_bot.domain.model import Answer, Completion, ModelInfo, Prompt, Sampling
from review_bot.resilience.breaker import BreakerState
from review_bot.resilience.guarded import Clocks

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence


def call(user: str = "1+ x", *, timeout: float = 60.0) -> Completion:
    return Completion(Prompt("Review.", user), Sampling(), timeout)


class Engine:
    """Answers with each of `outcomes` in turn, the last one for ever: a text, its pieces, or an error to raise."""

    def __init__(self, *outcomes: str | tuple[str | Exception, ...] | Exception, name: str = "fake", digest: str = "d"):
        self.outcomes = list(outcomes)
        self.info = ModelInfo(name, "model", digest, 4096, where=f"http://{name}")
        self.calls: list[Completion] = []
        self.down: Exception | None = None
        self.closed = 0
        self.cut = threading.Event()
        """Set once a stream was closed by its reader."""
        self.gate: threading.Event | None = None
        """Where set, no answer comes before it."""

    def describe(self) -> ModelInfo:
        if self.down is not None:
            raise self.down
        return self.info

    def count(self, text: str) -> int | None:
        return len(text)

    def stream(self, call: Completion) -> Generator[str, None, Answer]:
        self.calls.append(call)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        pieces = outcome if isinstance(outcome, tuple) else (outcome,)
        text = ""
        try:
            for piece in pieces:
                if self.gate is not None:
                    self.gate.wait(30)
                if isinstance(piece, Exception):
                    raise piece
                text += piece
                yield piece
        except GeneratorExit:
            self.cut.set()
            raise
        return Answer(text)

    def complete(self, call: Completion) -> Answer:
        answers: list[Answer] = []

        def run() -> Generator[str, None, None]:
            answers.append((yield from self.stream(call)))

        for _ in run():
            pass
        return answers[0]

    def embed(self, texts: Sequence[str]) -> list[list[float]] | None:
        return [[float(len(text))] for text in texts]

    def close(self) -> None:
        self.closed += 1


class Hands:
    """A clock that only moves when a test, or a sleep, moves it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def clocks(self) -> Clocks:
        return Clocks(self.time, self.time, self.sleep, lambda: 0.5)


class Notes:
    """Breakers in memory."""

    def __init__(self) -> None:
        self.states: dict[str, BreakerState] = {}
        self.times: dict[str, list[float]] = {}

    def state(self, engine: str) -> BreakerState:
        return self.states.get(engine, BreakerState())

    def change(self, engine: str, step: Callable[[BreakerState], BreakerState]) -> tuple[BreakerState, BreakerState]:
        before = self.state(engine)
        self.states[engine] = step(before)
        return before, self.states[engine]

    def took(self, engine: str, seconds: float) -> None:
        self.times.setdefault(engine, []).append(seconds)

    def latencies(self, engine: str) -> Sequence[float]:
        return self.times.get(engine, [])
