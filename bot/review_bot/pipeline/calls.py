"""Calls to the engines of a run: within the deadline, counted, and never twice for one run."""

from __future__ import annotations

import hashlib
import json
import threading
from typing import TYPE_CHECKING, Any, Protocol

from review_bot.domain.model import Answer
from review_bot.errors import BackendError, BadAnswer, TimedOut, TooLong, Truncated
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from review_bot.domain.model import Completion, ModelInfo
    from review_bot.ports import Backend

_LASTING: dict[str, type[BackendError]] = {
    "TooLong": TooLong,
    "Truncated": Truncated,
    "BadAnswer": BadAnswer,
}
"""Failures that the same call would bring again: a resumed run does not ask for them a second time."""


class Journal(Protocol):
    """Where answers and steps are kept until the run is over; nothing in it raises."""

    def step(self, thread: str, node: str, edge: str, reason: str = "") -> None:
        """Note a step."""

    def recall(self, key: str) -> str | None:
        """An answer kept earlier."""

    def keep(self, key: str, body: str) -> None:
        """Keep an answer."""


class Engine(NamedTuple):
    """A model engine of this run, in the order in which they are tried."""

    name: str
    backend: Backend


class Usage(NamedTuple):
    """What the calls of a run cost."""

    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0


class OutOfTime(Exception):
    """The deadline of the run came before the answer."""


class Stopped(Exception):
    """Nobody waits for the answer any longer."""


class Caller:
    """Asks engines; several threads may use it."""

    def __init__(
        self,
        engines: Sequence[Engine],
        journal: Journal,
        *,
        clock: Callable[[], float],
        until: float,
        stop: threading.Event | None = None,
        hear: Callable[[str], None] = lambda piece: None,
    ) -> None:
        """`until` is the deadline by `clock`; `hear` gets the pieces of the answers as they come, and an
        empty one behind the last."""
        self.engines = tuple(engines)
        self.until = until
        self.clock = clock
        self.stop = stop or threading.Event()
        self.usage = Usage()
        self._journal = journal
        self._hear = hear
        self._lock = threading.Lock()
        self._infos: dict[int, ModelInfo] = {}

    def info(self, number: int) -> ModelInfo:
        """What engine `number` says of itself, asked once; raises what `describe` raises."""
        with self._lock:
            if number not in self._infos:
                self._infos[number] = self.engines[number].backend.describe()
            return self._infos[number]

    def ask(self, number: int, call: Completion) -> Answer:
        """The answer of engine `number`; raises BackendError, OutOfTime, Stopped."""
        key = key_of(self.info(number), call)
        kept = self._journal.recall(key)
        if kept is not None:
            return unpacked(kept)
        left = self.until - self.clock()
        if left <= 0:
            raise OutOfTime
        try:
            answer = self._streamed(number, call._replace(timeout=min(call.timeout, left)))
        except TimedOut as error:
            if self.clock() >= self.until:
                raise OutOfTime from error
            raise
        except (TooLong, Truncated, BadAnswer) as error:
            self._journal.keep(key, _packed_error(error))
            raise
        self._journal.keep(key, packed(answer))
        return answer

    def _streamed(self, number: int, call: Completion) -> Answer:
        self.count(Usage(calls=1))
        pieces = self.engines[number].backend.stream(call)
        try:
            while True:
                try:
                    self._hear(next(pieces))
                except StopIteration as end:
                    answer: Answer = end.value
                    break
                if self.stop.is_set():
                    raise Stopped
        finally:
            pieces.close()
            self._hear("")
        self.count(Usage(0, answer.prompt_tokens, answer.cached_tokens, answer.completion_tokens))
        return answer

    def count(self, more: Usage) -> None:
        """Add to the usage."""
        with self._lock:
            self.usage = Usage(*(one + other for one, other in zip(self.usage, more, strict=True)))


def key_of(info: ModelInfo, call: Completion) -> str:
    """What a call is recognised by: the model and everything that it is sent, but for the time it may take."""
    model = (info.backend, info.model, info.digest)
    asked = (model, call.prompt, call.sampling, call.schema, call.purpose, call.language, call.probability_of)
    return digest(json.dumps(asked, default=str))


def digest(text: str) -> str:
    """32 hex digits."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def packed(answer: Answer) -> str:
    """An answer as text, for journal and cache."""
    return json.dumps(answer)


def _packed_error(error: BackendError) -> str:
    return json.dumps({"error": type(error).__name__, "what": error.what, "text": getattr(error, "text", "")})


def unpacked(body: str) -> Answer:
    """The answer that was kept; raises the error that was kept in its place."""
    data: Any = json.loads(body)
    if isinstance(data, dict):
        kind = _LASTING[data["error"]]
        more = {} if kind is TooLong else {"text": data["text"]}
        raise kind(data["what"], **more)
    *rest, probabilities = data
    return Answer(*rest)._replace(probabilities=tuple((word, share) for word, share in probabilities))
