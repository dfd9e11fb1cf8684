"""A model engine that does what a test tells it, call by call."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from review_bot.backends.streaming import drain
from review_bot.domain.model import Answer, ModelInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from review_bot.domain.model import Completion


class FakeEngine:
    """Each call takes the next of `script`; the last one is for all calls that follow."""

    def __init__(
        self,
        *script: str | Exception | Callable[[Completion], str],
        name: str = "fake",
        digest: str = "d1",
        context: int = 4096,
        described: Exception | None = None,
    ) -> None:
        self.calls: list[Completion] = []
        self.closed = 0
        self._script = script or ('{"thought":"","findings":[]}',)
        self._info = ModelInfo(name, "model", digest, context)
        self._described = described
        self._lock = threading.Lock()

    def describe(self) -> ModelInfo:
        if self._described is not None:
            raise self._described
        return self._info

    def count(self, text: str) -> int | None:
        return None

    def stream(self, call: Completion) -> Generator[str, None, Answer]:
        with self._lock:
            step = self._script[min(len(self.calls), len(self._script) - 1)]
            self.calls.append(call)
        if isinstance(step, Exception):
            raise step
        text = step if isinstance(step, str) else step(call)
        for start in range(0, len(text), 7):
            yield text[start : start + 7]
        return Answer(text, prompt_tokens=100, cached_tokens=40, completion_tokens=10)

    def complete(self, call: Completion) -> Answer:
        return drain(self.stream(call))

    def embed(self, texts: Sequence[str]) -> list[list[float]] | None:
        return None

    def close(self) -> None:
        self.closed += 1


class MemoryJournal:
    """A journal without a file."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, str, str]] = []
        self.kept: dict[str, str] = {}

    def step(self, thread: str, node: str, edge: str, reason: str = "") -> None:
        self.steps.append((thread, node, edge))

    def recall(self, key: str) -> str | None:
        return self.kept.get(key)

    def keep(self, key: str, body: str) -> None:
        self.kept[key] = body
