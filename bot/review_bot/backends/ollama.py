"""An Ollama server, through its native interface.

A prompt over the context would be cut silently there, so that every call says `truncate: false`, names the same
context, and has its count of tokens checked. A model of Ollama's cloud is refused unless that is allowed.
"""

from __future__ import annotations

import threading
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from review_bot.backends import ollama_models as models
from review_bot.backends.controls import defused, plain_schema, restored, without_thinking
from review_bot.backends.streaming import drain
from review_bot.backends.tell import first_word_shares, overflowed, seconds_asked_for
from review_bot.domain.model import Answer, ModelInfo
from review_bot.errors import (
    BadAnswer,
    BadRequest,
    ModelMissing,
    RateLimited,
    TooLong,
    Truncated,
    Unavailable,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from review_bot.backends.wire import Wire
    from review_bot.domain.model import Capability, Completion
    from review_bot.errors import BackendError

EXTRA = "install the extra: pip install 'review-bot-local[ollama]'"
_SHOWN = 200


class Ollama:
    """A backend for one server; `model` empty for the first one that is there, `context` the tokens of every call."""

    def __init__(self, wire: Wire, model: str = "", *, context: int = 4096) -> None:
        self._wire = wire
        self._where = str(wire.address)
        self._wanted = model
        self._context = context
        self._lock = threading.Lock()
        self._info: ModelInfo | None = None
        self._loaded = False
        self._schema = True

    def describe(self) -> ModelInfo:
        """The model, as the server describes it; asked once, without the client library."""
        with self._lock:
            if self._info is None:
                self._info = self._describe()
            return self._info

    def count(self, text: str) -> int | None:
        """None: the server has no tokenizer to ask."""
        return None

    def stream(self, call: Completion) -> Generator[str, None, Answer]:
        """The pieces of the answer; the first call loads the model."""
        info = self.describe()
        began = time.monotonic()
        until = began + call.timeout
        self._load(info, call, until)
        schema = call.schema is not None and self._schema
        try:
            return (yield from self._streamed(info, call, until, schema=schema))
        except BadRequest as error:
            if not schema or "format" not in error.what.lower():
                raise
        answer = yield from self._streamed(info, call, until, schema=False)
        self._schema = False  # an old server: the answer is checked all the same
        return answer

    def complete(self, call: Completion) -> Answer:
        """The whole answer."""
        return drain(self.stream(call))

    def embed(self, texts: Sequence[str]) -> list[list[float]] | None:
        """Vectors by the first installed model that makes them."""
        from review_bot.backends import ollama_client as library

        self.describe()
        name = models.embedder(models.installed(self._wire))
        if name is None:
            return None
        client = library.Client(self._wire, 60.0, {})
        try:
            vectors = client.embed(model=name, input=list(texts)).embeddings
        except library.ERRORS as error:
            raise self._ours(error, name, client) from error
        finally:
            client.shut()
        return [list(vector) for vector in vectors] if len(vectors) == len(texts) else None

    def close(self) -> None:
        """Nothing is held: each request has its own connection."""

    def _describe(self) -> ModelInfo:
        local = not self._wire.look_up()
        rows = models.installed(self._wire)  # first of all: whoever has no Ollama need not hear of its library
        if find_spec("ollama") is None:
            raise Unreachable("the package ollama is not installed", remedy=EXTRA)
        model, shown = models.choose(self._wire, rows, self._wanted, remote=self._wire.permit.remote)
        cloud = model.cloud or shown.cloud
        if cloud:
            self._wire.permit.say(
                f"the changed lines and the code around them leave this machine for ollama.com ({model.name})"
            )
        context = min(self._context, shown.context) if shown.context else self._context
        capabilities: set[Capability] = {"schema", "json", "prefix", "probability"}
        if "thinking" in shown.capabilities:
            capabilities.add("thinking")
        digest = model.digest or f"{self._where} {model.name}"
        local = local and not cloud
        return ModelInfo("ollama", model.name, digest, context, frozenset(capabilities), self._where, local)

    def _load(self, info: ModelInfo, call: Completion, until: float) -> None:
        """Load the model with the context of all calls: while it loads, hanging up would begin it all over."""
        with self._lock:
            if self._loaded:
                return
            for _ in self._chat(info, call, until, messages=[], extra={}):
                pass
            self._loaded = True

    def _streamed(
        self, info: ModelInfo, call: Completion, until: float, *, schema: bool
    ) -> Generator[str, None, Answer]:
        extra: dict[str, Any] = {"truncate": False}
        if schema and call.schema is not None:
            extra["format"] = plain_schema(call.schema)
        if call.probability_of:
            extra.update(logprobs=True, top_logprobs=20)
        prompt = call.prompt
        messages = [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": defused(prompt.user)},
        ]
        began = time.monotonic()
        text: list[str] = []
        shares: tuple[tuple[str, float], ...] = ()
        last: Any = None
        for last in self._chat(info, call, until, messages, extra):
            if call.probability_of and not shares:
                shares = first_word_shares(_plain(getattr(last, "logprobs", None)), call.probability_of)
            piece = last.message.content
            if piece:
                text.append(piece)
                yield restored(piece)
        self._check(last, "".join(text), info.context, call)
        return Answer(
            restored(without_thinking("".join(text))),
            last.prompt_eval_count or 0,
            0,
            last.eval_count or 0,
            time.monotonic() - began,
            shares,
        )

    def _chat(
        self, info: ModelInfo, call: Completion, until: float, messages: Sequence[dict[str, str]], extra: dict[str, Any]
    ) -> Iterator[Any]:
        from review_bot.backends import ollama_client as library

        client = library.Client(self._wire, max(0.0, until - time.monotonic()), extra)
        think = False if "thinking" in info.capabilities else None
        try:
            yield from client.chat(
                model=info.model, messages=messages, stream=True, options=self._options(info, call), think=think
            )
        except library.ERRORS as error:
            raise self._ours(error, info.model, client) from error
        finally:
            client.shut()

    def _options(self, info: ModelInfo, call: Completion) -> dict[str, Any]:
        sampling = call.sampling
        return {
            "num_ctx": info.context,
            "num_predict": sampling.max_tokens,
            "seed": sampling.seed,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "repeat_penalty": sampling.repeat_penalty,
        }

    def _check(self, last: Any, text: str, context: int, call: Completion) -> None:
        """Raise where the answer is not whole, or not to the whole prompt."""
        if last is None or last.done is not True:
            raise Unavailable("the answer broke off", where=self._where)
        seen = last.prompt_eval_count or 0
        least = _least_tokens(call.prompt.system + call.prompt.user)
        # A cut leaves about half of the context; a count far below that is of a server that leaves out what it cached.
        if context // 4 <= seen < least:
            raise TooLong(f"only {seen} tokens of at least {least} were read", where=self._where)
        if last.done_reason == "length":
            raise Truncated("the answer was cut off at its limit", where=self._where, text=restored(text))
        if last.done_reason not in (None, "", "stop"):
            raise Unavailable(f"the answer ended with {last.done_reason!r}", where=self._where)

    def _ours(self, error: Exception, model: str, client: Any) -> BackendError:
        """Our error for one of the library's."""
        status = getattr(error, "status_code", None)
        said = str(getattr(error, "error", "") or error)[:_SHOWN]
        if status is None:
            return BadAnswer("the answer is not what Ollama answers", where=self._where)
        if overflowed(said):
            return TooLong("the prompt is longer than the context", where=self._where)
        if status == 404:
            return models.missing(model, self._where)
        if status == 429:
            return RateLimited(
                f"asks to wait: {said}", where=self._where, after=seconds_asked_for(client.transport.retry_after)
            )
        if status in (400, 422):
            return BadRequest(f"refuses the request: {said}", where=self._where)
        if "does not support" in said:
            return ModelMissing(said, where=self._where, remedy="name another model")
        what = "failed in mid-answer" if status == -1 else f"answers {status}"
        return Unavailable(f"{what}: {said}", where=self._where)


def _least_tokens(text: str) -> int:
    """Fewer than any tokenizer would make of `text`: runs of blanks are nearly free, a word has few letters a token."""
    letters = sum(1 for c in text if c.isascii() and not c.isspace())
    others = sum(1 for c in text if not c.isascii())
    return letters // 5 + others // 4


def _plain(logprobs: Any) -> dict[str, Any]:
    """The library's values as OpenAI's interface would give them."""
    return {"content": [row if isinstance(row, dict) else row.model_dump() for row in logprobs or ()]}
