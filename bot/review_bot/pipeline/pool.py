"""Several jobs at once, with a hard end: a call that does not come back in time is left behind, not waited for."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
R = TypeVar("R")
_GRACE = 1.0
"""Seconds behind the deadline for a call to end by itself."""
_BEAT = 0.2
"""Seconds between two looks at the clock."""
_PARTING = 0.5
"""Seconds for the workers to see that they are to stop."""


class _Failed(NamedTuple):
    error: BaseException


class Pool(Generic[T, R]):
    """Runs `work` over jobs in daemon threads. Results stand in the order of the jobs, None for those left behind."""

    def __init__(
        self,
        work: Callable[[T], R],
        *,
        workers: int = 1,
        until: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        stop: threading.Event | None = None,
    ) -> None:
        self._work = work
        self._workers = max(1, workers)
        self._until = until
        self._clock = clock
        self.stop = stop or threading.Event()
        """Set when nobody waits any longer; work that takes long looks at it."""
        self._done: queue.SimpleQueue[tuple[int, R | _Failed]] = queue.SimpleQueue()

    def run(self, jobs: Sequence[T], tick: Callable[[int, int], None] = lambda done, total: None) -> list[R | None]:
        """The result of each job; `tick` hears how many are done, of how many. Raises what `work` raises."""
        results: list[R | None] = [None] * len(jobs)
        waiting: queue.SimpleQueue[tuple[int, T]] = queue.SimpleQueue()
        for pair in enumerate(jobs):
            waiting.put(pair)
        threads = [
            threading.Thread(target=self._serve, args=(waiting,), name=f"model-{number}", daemon=True)
            for number in range(min(self._workers, len(jobs)))
        ]
        for thread in threads:
            thread.start()
        complete = False
        try:
            for count in range(1, len(jobs) + 1):
                finished = self._next(threads)
                if finished is None:
                    break
                number, result = finished
                if isinstance(result, _Failed):
                    raise result.error
                results[number] = result
                tick(count, len(jobs))
            else:
                complete = True
        finally:
            if not complete:
                self._part(threads)
        return results

    def _next(self, threads: Sequence[threading.Thread]) -> tuple[int, R | _Failed] | None:
        """What is done next; None once the time is over. Wakes up often, so that Ctrl-C is heard everywhere."""
        while any(thread.is_alive() for thread in threads) and not self._late():
            with suppress(queue.Empty):
                return self._done.get(timeout=_BEAT)
        with suppress(queue.Empty):
            return self._done.get_nowait()
        return None

    def _late(self) -> bool:
        return self._until is not None and self._clock() > self._until + _GRACE

    def _serve(self, waiting: queue.SimpleQueue[tuple[int, T]]) -> None:
        while not self.stop.is_set():
            try:
                number, job = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                self._done.put((number, self._work(job)))
            except BaseException as error:  # noqa: BLE001 - it is raised again where somebody waits
                self._done.put((number, _Failed(error)))
                return

    def _part(self, threads: Sequence[threading.Thread]) -> None:
        self.stop.set()
        end = time.monotonic() + _PARTING
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
