"""Several endpoints of one engine as one Backend: each call goes to the one with the fewest in flight."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from review_bot.errors import BackendError, ModelMissing, NotLocal, RateLimited, TimedOut, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from review_bot.domain.model import Answer, Completion, ModelInfo
    from review_bot.ports import Backend

_ASIDE = 30.0
"""Seconds that an endpoint is left alone after a failure, while there are others."""


class _Endpoint:
    """One of the servers, with what is known of it."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.in_flight = 0
        self.served = 0
        self.until = 0.0
        """Before this time it is asked only if all are set aside."""
        self.other = False
        """It runs another model and is not asked at all: its answers would be cached under the wrong name."""


class Balanced:
    """Endpoints that run the same model. What one can't do is tried on the others before it is an error."""

    def __init__(
        self,
        backends: Sequence[Backend],
        clock: Callable[[], float],
        *,
        notice: Callable[[str, str], None] = lambda what, reason: None,
    ) -> None:
        self._endpoints = [_Endpoint(backend) for backend in backends]
        self._clock = clock
        self._notice = notice
        self._lock = threading.Lock()
        self._info: ModelInfo | None = None

    def describe(self) -> ModelInfo:
        """What the first endpoint that answers says; others that run another model are left out from then on."""
        if self._info is None:
            self._info = self._look()
        return self._info

    def count(self, text: str) -> int | None:
        """As the first usable endpoint counts."""
        self.describe()
        return next(end for end in self._endpoints if not end.other).backend.count(text)

    def stream(self, call: Completion) -> Generator[str, None, Answer]:
        """The pieces of the answer; another endpoint is asked while no piece has come."""
        self.describe()
        until = self._clock() + call.timeout
        failed: list[_Endpoint] = []
        while True:
            endpoint = self._taken(failed)
            started = False
            pieces = endpoint.backend.stream(call._replace(timeout=until - self._clock()))
            try:
                while True:
                    piece = next(pieces)
                    started = True
                    yield piece
            except StopIteration as end:
                answer: Answer = end.value
                return answer
            except (Unavailable, ModelMissing) as error:
                self._set_aside(endpoint, error)
                failed.append(endpoint)
                if started or len(failed) == len(self._usable()) or self._clock() >= until:
                    raise
                self._notice("next", str(error))
            finally:
                pieces.close()
                self._given_back(endpoint)

    def complete(self, call: Completion) -> Answer:
        """The whole answer."""
        answers: list[Answer] = []

        def run() -> Generator[str, None, None]:
            answers.append((yield from self.stream(call)))

        for _ in run():
            pass
        return answers[0]

    def embed(self, texts: Sequence[str]) -> list[list[float]] | None:
        """Vectors of the first usable endpoint: all run the same model."""
        self.describe()
        return self._usable()[0].backend.embed(texts)

    def close(self) -> None:
        """Let go of all endpoints."""
        for endpoint in self._endpoints:
            endpoint.backend.close()

    def _look(self) -> ModelInfo:
        info: ModelInfo | None = None
        errors: list[BackendError] = []
        for endpoint in self._endpoints:
            try:
                own = endpoint.backend.describe()
            except (Unavailable, TimedOut, ModelMissing, NotLocal) as error:
                errors.append(error)
                endpoint.other = isinstance(error, (ModelMissing, NotLocal))
                self._set_aside(endpoint, error)
                continue
            info = info or own
            if (own.model, own.digest) != (info.model, info.digest):
                endpoint.other = True
                self._notice("left out", f"{own.where} runs {own.model} {own.digest[:12]}, not {info.digest[:12]}")
        if info is None:
            raise errors[0]
        return info

    def _usable(self) -> list[_Endpoint]:
        return [endpoint for endpoint in self._endpoints if not endpoint.other]

    def _taken(self, failed: Sequence[_Endpoint]) -> _Endpoint:
        now = self._clock()
        with self._lock:
            left = [endpoint for endpoint in self._usable() if endpoint not in failed]
            ready = [endpoint for endpoint in left if endpoint.until <= now] or left
            endpoint = min(ready, key=lambda one: (one.in_flight, one.served))
            endpoint.in_flight += 1
            endpoint.served += 1
            return endpoint

    def _given_back(self, endpoint: _Endpoint) -> None:
        with self._lock:
            endpoint.in_flight -= 1

    def _set_aside(self, endpoint: _Endpoint, error: BackendError) -> None:
        after = error.after if isinstance(error, RateLimited) else None
        endpoint.until = self._clock() + (_ASIDE if after is None else after)
