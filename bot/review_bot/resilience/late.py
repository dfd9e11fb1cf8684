"""An engine that is made when it is first asked for: most runs need only the first of several."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from review_bot.domain.model import Answer, Completion, ModelInfo
    from review_bot.ports import Backend


class Late:
    """A Backend around one that `make` makes; what `make` raises is raised by each method that needs it."""

    def __init__(self, make: Callable[[], Backend]) -> None:
        self._make = make
        self._made: Backend | None = None
        self._lock = threading.Lock()

    def describe(self) -> ModelInfo:
        """As the engine does."""
        return self._engine().describe()

    def count(self, text: str) -> int | None:
        """As the engine does."""
        return self._engine().count(text)

    def stream(self, call: Completion) -> Generator[str, None, Answer]:
        """As the engine does."""
        return (yield from self._engine().stream(call))

    def complete(self, call: Completion) -> Answer:
        """As the engine does."""
        return self._engine().complete(call)

    def embed(self, texts: Sequence[str]) -> list[list[float]] | None:
        """As the engine does."""
        return self._engine().embed(texts)

    def close(self) -> None:
        """Close the engine, where one was made."""
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.close()

    def _engine(self) -> Backend:
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made
