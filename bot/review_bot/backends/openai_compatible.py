"""Any server with OpenAI's interface: vLLM, LM Studio, llama.cpp and others.

What a server can do is found out by asking for it: an answer in a JSON schema, else in JSON, else by the prompt alone;
a parameter that it refuses by name is left out from then on.
"""

from __future__ import annotations

import json
import re
import threading
import time
from typing import TYPE_CHECKING, Any

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
)
from review_bot.values import NamedTuple

try:  # hashlib loads OpenSSL
    from _blake2 import blake2b
except ImportError:  # pragma: no cover - an interpreter without the built-in module
    from hashlib import blake2b

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from review_bot.backends.wire import Reply, Wire
    from review_bot.domain.model import Capability, Completion

_ASK = 5.0
"""Seconds for a question about the server."""
_FORMS = ("json_schema", "json_object", "prompt")
_OPTIONAL = (
    "top_logprobs",
    "logprobs",
    "stream_options",
    "chat_template_kwargs",
    "cache_prompt",
    "repeat_penalty",
    "seed",
    "top_p",
    "temperature",
)
"""Parameters that an answer can do without, the more particular name first."""
_MODEL_FORMAT = re.compile(
    r"peg-native|does not match the expected|failed to parse (?:the )?(?:input|output)", re.IGNORECASE
)
_NO_LIST = (400, 404, 405, 501)
"""What a server without a list of models answers."""
_SHOWN = 200
"""Characters of a server's own words."""


class Model(NamedTuple):
    """A model in a server's list."""

    name: str
    context: int
    entry: Mapping[str, Any]


class OpenAiCompatible:
    """A backend for one server; `model` empty for the first one in its list."""

    name = "openai"

    def __init__(self, wire: Wire, model: str = "", *, strict: bool = False, group: str = "") -> None:
        """With `strict`, a server that does not list its models is not taken for one.

        Servers of one `group` run the same model: it stands for their addresses in the digest.
        """
        self._wire = wire
        self._model = model
        self._strict = strict
        self._group = group or str(wire.address)
        self._lock = threading.Lock()
        self._info: ModelInfo | None = None
        self._forms = {"review": 0, "judge": 0, "reply": 0}
        self._left_out: frozenset[str] = frozenset()
        self._limit = "max_tokens"

    def describe(self) -> ModelInfo:
        """The model, as the server describes it; asked once."""
        with self._lock:
            if self._info is None:
                self._info = self._describe()
            return self._info

    def count(self, text: str) -> int | None:
        """By the server's own tokenizer (vLLM and its like), where it has that."""
        reply = self._wire.post("/tokenize", {"model": self.describe().model, "prompt": text}, timeout=_ASK)
        number = _get(reply.json(), "count") if reply.status == 200 else None
        return number if isinstance(number, int) else None

    def stream(self, call: Completion) -> Generator[str, None, Answer]:
        """The pieces of the answer."""
        info = self.describe()
        began = time.monotonic()
        while True:
            form = _FORMS[self._forms[call.purpose]]
            asked = (self._forms[call.purpose], self._left_out, self._limit)
            body = self._body(call, info, form)
            left = call.timeout - (time.monotonic() - began)
            reply = self._wire.send("POST", "/v1/chat/completions", json.dumps(body).encode(), timeout=left)
            with reply:
                if reply.status == 200:
                    text, meta = yield from self._pieces(reply)
                    return self._answer(text, meta, call, time.monotonic() - began)
                error = self._error(reply)
            if not isinstance(error, BadRequest) or not self._asks_for_less(error, body, call, asked):
                raise error

    def complete(self, call: Completion) -> Answer:
        """The whole answer."""
        return drain(self.stream(call))

    def embed(self, texts: Sequence[str]) -> list[list[float]] | None:
        """Vectors, where the server makes them."""
        body = {"model": self.describe().model, "input": list(texts)}
        reply = self._wire.post("/v1/embeddings", body, timeout=_ASK * 12)
        rows = _get(reply.json(), "data") if reply.status == 200 else None
        if not isinstance(rows, list) or len(rows) != len(texts):
            return None
        vectors = [_get(row, "embedding") for row in sorted(rows, key=lambda row: _get(row, "index") or 0)]
        if not all(isinstance(vector, list) and vector for vector in vectors):
            return None
        return [[float(number) for number in vector] for vector in vectors]

    def close(self) -> None:
        """Nothing is held: each request has its own connection."""

    # What a server with more to say than OpenAI's interface does otherwise:

    def _describe(self) -> ModelInfo:
        local = not self._wire.look_up()
        model = self._chosen(self._models())
        digest = digest_of([self._group, model.name, _lasting(model.entry)])
        capabilities: frozenset[Capability] = frozenset({"schema", "json", "probability"})
        where = str(self._wire.address)
        return ModelInfo(self.name, model.name, digest, model.context, capabilities, where, local)

    def _extra(self, call: Completion) -> dict[str, Any]:
        """Parameters that only this kind of server knows."""
        return {}

    def _models(self) -> list[Model] | None:
        """The server's list; None where it has none."""
        reply = self._wire.get("/v1/models", timeout=_ASK)
        rows = _get(reply.json(), "data")
        if reply.status == 200 and isinstance(rows, list):
            return [Model(str(row["id"]), _context(row), row) for row in rows if isinstance(_get(row, "id"), str)]
        absent = reply.status in _NO_LIST
        if not absent and not 200 <= reply.status < 400:
            raise self._error(reply)
        if self._strict or not absent:
            raise Unavailable("what answers there is no model server", where=str(self._wire.address))
        return None

    def _chosen(self, models: list[Model] | None) -> Model:
        where = str(self._wire.address)
        if models is None:
            if not self._model:
                raise ModelMissing("lists no models", where=where, remedy="name one by --model or model.openai.model")
            return Model(self._model, 0, {})
        for model in models:
            if self._model in ("", model.name):
                return model
        if not models:
            raise ModelMissing("has no model loaded", where=where)
        names = ", ".join(model.name for model in models[:5])
        raise ModelMissing(f"has no model {self._model}", where=where, remedy=f"it has {names}")

    def _body(self, call: Completion, info: ModelInfo, form: str) -> dict[str, Any]:
        sampling = call.sampling
        body: dict[str, Any] = {
            "model": info.model,
            "messages": [
                {"role": "system", "content": call.prompt.system},
                {"role": "user", "content": defused(call.prompt.user)},
            ],
            self._limit: sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
            "stream": True,
            "stream_options": {"include_usage": True},
            **_format(call.schema, form),
            **self._extra(call),
        }
        if call.probability_of:
            body.update(logprobs=True, top_logprobs=20)
        return {name: value for name, value in body.items() if name not in self._left_out}

    def _asks_for_less(
        self, error: BadRequest, body: Mapping[str, Any], call: Completion, asked: tuple[int, frozenset[str], str]
    ) -> bool:
        """Whether there is something less to ask for; remembered for the calls to come."""
        with self._lock:
            if asked != (self._forms[call.purpose], self._left_out, self._limit):
                return True  # another thread has just found out
            if "max_completion_tokens" in error.what and self._limit == "max_tokens":
                self._limit = "max_completion_tokens"
                return True
            for name in _OPTIONAL:
                if name in body and re.search(rf"\b{name}\b", error.what):
                    self._left_out |= {name}
                    return True
            if call.schema is not None and self._forms[call.purpose] < len(_FORMS) - 1:
                self._forms[call.purpose] += 1
                return True
            return False

    def _pieces(self, reply: Reply) -> Generator[str, None, tuple[str, dict[str, Any]]]:
        """Pieces of the answer, then the whole text and what came with it: finish_reason, usage, logprobs."""
        text: list[str] = []
        meta: dict[str, Any] = {"where": reply.where}
        for chunk in _chunks(reply):
            if _get(chunk, "error"):
                error = self._refusal(reply.status, chunk, "")
                if isinstance(error, BadAnswer):
                    error.text = restored("".join(text))
                raise error
            for name in ("usage", "timings"):
                if isinstance(_get(chunk, name), dict):
                    meta[name] = chunk[name]
            choice = _first(_get(chunk, "choices"))
            piece = _get(_get(choice, "delta") or _get(choice, "message"), "content")
            if isinstance(piece, str) and piece:
                text.append(piece)
                yield restored(piece)
            if _get(choice, "finish_reason"):
                meta["finish"] = choice["finish_reason"]
            if _get(choice, "logprobs") and "logprobs" not in meta:
                meta["logprobs"] = choice["logprobs"]
        return "".join(text), meta

    def _answer(self, text: str, meta: Mapping[str, Any], call: Completion, seconds: float) -> Answer:
        text = restored(without_thinking(text))
        finish = meta.get("finish")
        if finish is None:
            raise Unavailable("the answer broke off", where=meta["where"])
        if finish == "length":
            raise Truncated("the answer was cut off at its limit", where=meta["where"], text=text)
        if finish == "content_filter":
            raise BadAnswer("the server held the answer back", where=meta["where"])
        usage = meta.get("usage") or {}
        return Answer(
            text,
            _number(usage.get("prompt_tokens")),
            _number(_get(usage.get("prompt_tokens_details"), "cached_tokens")),
            _number(usage.get("completion_tokens")),
            seconds,
            first_word_shares(meta.get("logprobs"), call.probability_of),
        )

    def _error(self, reply: Reply) -> Exception:
        raw = b"".join(reply.pieces()) if reply._body is None else reply.read()
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            value = None
        return self._refusal(reply.status, value, raw[:_SHOWN].decode("utf-8", "replace"), reply)

    def _refusal(self, status: int, value: Any, raw: str, reply: Reply | None = None) -> Exception:
        """Our error for what the server says of its own."""
        error = _get(value, "error") or value
        said = (
            " ".join(str(_get(error, name) or "") for name in ("type", "code", "message", "detail")) if error else raw
        )
        said = str(error) if isinstance(error, str) else said
        short, where = said.strip()[:_SHOWN] or raw.strip()[:_SHOWN], str(self._wire.address)
        code = _get(error, "code")
        status = code if status == 200 and isinstance(code, int) else status
        if _MODEL_FORMAT.search(said):
            return BadAnswer("the answer is not in the form asked for", where=where)
        if status in (200, 400, 413, 422, 500) and overflowed(said):
            return TooLong(_overflow(error), where=where)
        return _by_status(status, short, where, reply)


def _by_status(status: int, said: str, where: str, reply: Reply | None) -> Exception:
    if status == 429:
        return RateLimited(
            f"asks to wait: {said}",
            where=where,
            after=seconds_asked_for(reply.headers.get("retry-after") if reply else None),
        )
    if status in (401, 403):
        return Unavailable(f"refuses the key ({status})", where=where, remedy="set model.openai.key-env")
    if status == 404:
        return ModelMissing(f"answers 404: {said}", where=where)
    if 300 <= status < 400:
        return Unavailable(
            f"redirects ({status}), which is not followed", where=where, remedy="give the address itself"
        )
    if status in (400, 413, 415, 422):
        return BadRequest(f"refuses the request: {said}", where=where)
    return Unavailable(f"answers {status}: {said}", where=where)


def _format(schema: Mapping[str, Any] | None, form: str) -> dict[str, Any]:
    if schema is None or form == "prompt":
        return {}
    schema = plain_schema(schema)
    if form == "json_object":
        return {"response_format": {"type": "json_object", "schema": schema}}
    described = {"name": "answer", "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": described}}


def _chunks(reply: Reply) -> Iterator[Any]:
    """The objects of a stream of events, or the one object of a plain answer; raises BadAnswer, Unavailable."""
    kind = (reply.headers.get("content-type") or "").lower()
    if reply.is_html():
        raise Unavailable("answers with a page: no model server", where=reply.where)
    if "event-stream" in kind:
        yield from _events(reply)
        return
    value = reply.json()
    if value is None and reply.read().lstrip().startswith(b"data:"):  # a stream under the wrong name
        rows = reply.read().split(b"\n")
        yield from (_parsed(row[5:], reply.where) for row in rows if row.startswith(b"data:") and b"[DONE]" not in row)
        return
    if not isinstance(value, dict):
        raise BadAnswer("the answer is no JSON", where=reply.where)
    yield value


def _events(reply: Reply) -> Iterator[Any]:
    for line in reply.lines():
        name, _, value = line.rstrip(b"\r").partition(b":")
        value = value.strip()
        if name == b"error":
            yield {"error": _parsed(value, reply.where)}
        if name != b"data":
            continue  # comments that keep the connection alive, names of events
        if value == b"[DONE]":
            return
        yield _parsed(value, reply.where)


def _parsed(data: bytes, where: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("a piece of the answer is no JSON", where=where) from error


def _overflow(error: Any) -> str:
    tokens, context = _get(error, "n_prompt_tokens"), _get(error, "n_ctx")
    if isinstance(tokens, int) and isinstance(context, int):
        return f"the prompt has {tokens} tokens, the context {context}"
    return "the prompt is longer than the context"


def _context(row: Mapping[str, Any]) -> int:
    """Tokens of context, by the names that servers give them."""
    meta = _get(row, "meta")
    for value in (
        _get(meta, "n_ctx"),
        row.get("max_model_len"),
        row.get("loaded_context_length"),
        row.get("context_length"),
    ):
        if isinstance(value, int) and value > 0:
            return value
    return 0


def _lasting(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What in a list's entry belongs to the model and not to the moment."""
    return {name: entry[name] for name in ("root", "owned_by", "quantization", "arch", "meta") if name in entry}


def digest_of(told: object) -> str:
    """What stands for a model of which a server tells no more than this."""
    return blake2b(json.dumps(told).encode(), digest_size=16).hexdigest()


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None


def _number(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
