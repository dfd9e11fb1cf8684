"""A call that takes longer than usual is made on the next engine as well; the first answer wins."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from review_bot.errors import BackendError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from review_bot.domain.model import Answer, Completion
    from review_bot.ports import Backend

_LEAST = 8
"""Calls that must be known before any of them is called unusual."""


class Hedged(NamedTuple):
    """Who answered, and what."""

    engine: int
    """0 for the engine that was asked first."""
    answer: Answer
    hedged: bool
    """Whether a second engine was asked."""


class _Outcome(NamedTuple):
    engine: int
    answer: Answer | None
    error: BaseException | None


def usual(latencies: Sequence[float], quantile: float = 0.95, least: int = _LEAST) -> float | None:
    """Seconds within which `quantile` of the calls ended; None while too few are known."""
    if len(latencies) < least:
        return None
    ordered = sorted(latencies)
    return ordered[min(len(ordered) - 1, int(quantile * len(ordered)))]


def complete(
    engines: Sequence[Backend],
    call: Completion,
    after: float | None,
    *,
    notice: Callable[[str, str], None] = lambda what, reason: None,
) -> Hedged:
    """Ask the first engine and, `after` seconds later, the second: the first Answer wins and the other call is cut.

    With `after` None, or one engine, it is a plain call. An engine that fails before then raises as it would alone:
    which engine comes next is not decided here. Once both were asked, one failure waits for the other; the first
    engine's error is raised where both fail.
    """
    if after is None or len(engines) < 2 or after >= call.timeout:
        return Hedged(0, engines[0].complete(call), hedged=False)
    outcomes: queue.SimpleQueue[_Outcome] = queue.SimpleQueue()
    stop = threading.Event()
    try:
        _start(0, engines[0], call, outcomes, stop)
        try:
            return Hedged(0, _answer(outcomes.get(timeout=after)), hedged=False)
        except queue.Empty:
            notice("hedge", f"no answer after {after:.1f} s, the next engine is asked as well")
        _start(1, engines[1], call._replace(timeout=call.timeout - after), outcomes, stop)
        return _race(outcomes)
    finally:
        stop.set()


def _race(outcomes: queue.SimpleQueue[_Outcome]) -> Hedged:
    first = outcomes.get()
    if first.answer is not None:
        return Hedged(first.engine, first.answer, hedged=True)
    second = outcomes.get()
    if second.answer is not None:
        return Hedged(second.engine, second.answer, hedged=True)
    _answer(min(first, second, key=lambda outcome: outcome.engine))
    raise AssertionError  # pragma: no cover - a failed outcome raises


def _answer(outcome: _Outcome) -> Answer:
    if outcome.answer is None:
        raise outcome.error or BackendError("no answer and no error")
    return outcome.answer


def _start(
    engine: int, backend: Backend, call: Completion, outcomes: queue.SimpleQueue[_Outcome], stop: threading.Event
) -> None:
    def run() -> None:
        try:
            outcomes.put(_Outcome(engine, _until(backend, call, stop), None))
        except BaseException as error:  # noqa: BLE001 - it is raised where the call was made
            outcomes.put(_Outcome(engine, None, error))

    threading.Thread(target=run, name=f"hedge-{engine}", daemon=True).start()


def _until(backend: Backend, call: Completion, stop: threading.Event) -> Answer | None:
    """The answer, or None where `stop` was set between two pieces: closing the stream ends the engine's work."""
    answers: list[Answer] = []

    def run() -> Generator[str, None, None]:
        answers.append((yield from backend.stream(call)))

    pieces = run()
    for _ in pieces:
        if stop.is_set():
            pieces.close()
            return None
    return answers[0]
