"""A call that takes longer than usual is made on the next engine as well; the first answer wins."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from review_bot.errors import BackendError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from review_bot.domain.model import Answer, Completion, ModelInfo
    from review_bot.ports import Backend

_LEAST = 8
"""Calls that must be known before any of them is called unusual."""
_SOONEST = 1.0
"""Seconds before which no call is slow."""
_BEAT = 0.2
"""Seconds between two empty pieces, by which whoever reads the stream can give up."""


class _Event(NamedTuple):
    """What a thread has to tell: a piece, or its end."""

    engine: int
    piece: str = ""
    answer: Answer | None = None
    error: BaseException | None = None


def usual(latencies: Sequence[float], quantile: float = 0.95, least: int = _LEAST) -> float | None:
    """Seconds within which `quantile` of the calls ended; None while too few are known."""
    if len(latencies) < least:
        return None
    ordered = sorted(latencies)
    return ordered[min(len(ordered) - 1, int(quantile * len(ordered)))]


class Hedging:
    """The engine `first` with `second` beside it; both may be one that balances several endpoints.

    `latencies` are those of the first. While they are too few, and as long as a call takes no longer than usual, the
    second is not touched. A failure before that is raised as it would be alone; once both were asked, one failure waits
    for the other, and the first engine's error is raised where both fail. The answer counts as the first one's.
    """

    def __init__(
        self,
        first: Backend,
        second: Backend,
        latencies: Callable[[], Sequence[float]],
        *,
        soonest: float = _SOONEST,
        notice: Callable[[str, str], None] = lambda what, reason: None,
    ) -> None:
        self._engines = (first, second)
        self._latencies = latencies
        self._soonest = soonest
        self._notice = notice

    def describe(self) -> ModelInfo:
        """The first engine's model."""
        return self._engines[0].describe()

    def count(self, text: str) -> int | None:
        """As the first engine counts."""
        return self._engines[0].count(text)

    def stream(self, call: Completion) -> Generator[str, None, Answer]:
        """The first engine's pieces until the second is asked; then empty ones until the first answer is whole."""
        after = usual(self._latencies())
        after = None if after is None else max(after, self._soonest)
        if after is None or after >= call.timeout:
            return (yield from self._engines[0].stream(call))
        race = _Race(self._engines, call)
        try:
            event = yield from race.first(after)
            if event is None:
                self._notice("hedge", f"no answer after {after:.1f} s, the next engine is asked as well")
                event = yield from race.both(call.timeout - after)
        finally:
            race.stop.set()
        return _answer(event)

    def complete(self, call: Completion) -> Answer:
        """The whole answer."""
        answers: list[Answer] = []

        def run() -> Generator[str, None, None]:
            answers.append((yield from self.stream(call)))

        for _ in run():
            pass
        return answers[0]

    def embed(self, texts: Sequence[str]) -> list[list[float]] | None:
        """The first engine's vectors."""
        return self._engines[0].embed(texts)

    def close(self) -> None:
        """Let go of the first engine; whoever asked for the second has it still."""
        self._engines[0].close()


class _Race:
    """One call on two engines, each in a thread of its own."""

    def __init__(self, engines: Sequence[Backend], call: Completion) -> None:
        self.stop = threading.Event()
        self._engines = engines
        self._call = call
        self._events: queue.SimpleQueue[_Event] = queue.SimpleQueue()
        self._start(0, call)

    def first(self, seconds: float) -> Generator[str, None, _Event | None]:
        """Pieces of the first engine, then its end; None where it takes longer than that."""
        waited = 0.0
        while waited < seconds:
            beat = min(_BEAT, seconds - waited)
            try:
                event = self._events.get(timeout=beat)
            except queue.Empty:
                waited += beat
                yield ""
                continue
            if event.answer is not None or event.error is not None:
                return event
            yield event.piece
        return None

    def both(self, timeout: float) -> Generator[str, None, _Event]:
        """Whichever answers first; the first engine's error where both fail."""
        self._start(1, self._call._replace(timeout=timeout))
        failed: list[_Event] = []
        while len(failed) < len(self._engines):
            try:
                event = self._events.get(timeout=_BEAT)
            except queue.Empty:
                yield ""
                continue
            if event.answer is not None:
                return event
            if event.error is not None:
                failed.append(event)
        return min(failed, key=lambda one: one.engine)

    def _start(self, number: int, call: Completion) -> None:
        def run() -> None:
            try:
                self._events.put(_Event(number, answer=self._followed(number, call)))
            except BaseException as error:  # noqa: BLE001 - it is raised where the call was made
                self._events.put(_Event(number, error=error))

        threading.Thread(target=run, name=f"hedge-{number}", daemon=True).start()

    def _followed(self, number: int, call: Completion) -> Answer | None:
        """The answer, its pieces told; None where nobody waits any more: closing the stream ends the engine's work."""
        answers: list[Answer] = []
        if number:
            self._engines[number].describe()  # one that is not there at all has not failed

        def run() -> Generator[str, None, None]:
            answers.append((yield from self._engines[number].stream(call)))

        pieces = run()
        for piece in pieces:
            if self.stop.is_set():
                pieces.close()
                return None
            self._events.put(_Event(number, piece))
        return answers[0]


def _answer(event: _Event) -> Answer:
    if event.answer is None:
        raise event.error or BackendError("no answer and no error")
    return event.answer
