"""An Ollama server that behaves as the real one was read and measured to.

`answers` gives the text for a prompt; `fault` is one of FAULTS. A prompt over num_ctx is cut to half of it with 200 OK
by a model with a Go template (`rendered`) unless `truncate` is false; one without answers 400, as do both with it.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from fakes.loopback import Loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fakes.loopback import Exchange

EMPTY = '{"thought":"","findings":[]}'
FAULTS = {
    "cut": "the stream ends without `done`",
    "crash": "an error in the stream",
    "busy": "503, the queue is full",
    "memory": "500, out of memory",
    "limit": "429 with Retry-After",
    "hang": "no answer at all",
    "drip": "a byte now and then, without end",
    "flood": "200 MB",
    "close": "the connection is closed before the answer",
    "nonsense": "lines that are no JSON",
    "list": "lines that are JSON and no object",
    "deep": "brackets without end",
    "page": "HTML",
    "redirect": "302 to another host",
    "length": "cut off at num_predict",
    "slow": "the first token comes late",
    "no-format": "an old server, which does not know schemas",
    "silent-cut": "an old server, which does not know `truncate`",
}
CODER = "qwen2.5-coder:3b"


def model(
    name: str, *, context: int = 32_768, capabilities: tuple[str, ...] = ("completion",), **more: Any
) -> dict[str, Any]:
    """A row of the server's list; `remote_host` makes it one of the cloud."""
    family = "bert" if "embedding" in capabilities else "qwen2"
    digest = sha256(name.encode()).hexdigest()
    details = {"family": family, "parameter_size": "3B", "quantization_level": "Q4_K_M"}
    row = {"name": name, "model": name, "size": 1, "digest": digest, "details": details, **more}
    return {**row, "_context": context, "_capabilities": list(capabilities)}


class OllamaServer(Loopback):
    """The fake; what it was asked is in `seen`."""

    def __init__(
        self,
        *models: Mapping[str, Any],
        answers: Callable[[str], str] = lambda prompt: EMPTY,
        fault: str = "",
        rendered: bool = True,
        thought: str = "",
    ) -> None:
        assert fault in ("", *FAULTS)
        self.models = list(models) if models else [model(CODER)]
        self.answers = answers
        self.fault = fault
        self.rendered = rendered
        self.thought = thought
        self.loads = 0
        """How often the model was loaded: once more for each other num_ctx."""
        self._loaded: object = None
        super().__init__()

    def handle(self, exchange: Exchange) -> None:
        handlers: dict[str, Callable[[Exchange], None]] = {
            "/api/version": lambda one: one.json({"version": "0.12.6"}),
            "/api/tags": self._tags,
            "/api/show": self._show,
            "/api/chat": self._chat,
            "/api/embed": self._embed,
        }
        handler = handlers.get(exchange.path)
        if handler is None:
            exchange.reply(b"404 page not found", 404)
        else:
            handler(exchange)

    def _tags(self, exchange: Exchange) -> None:
        rows = [{name: value for name, value in row.items() if name[0] != "_"} for row in self.models]
        exchange.json({"models": rows})

    def _show(self, exchange: Exchange) -> None:
        row = self._row(exchange.body["model"])
        if row is None:
            self._missing(exchange)
            return
        info = {"general.architecture": "qwen2", "qwen2.context_length": row["_context"]}
        remote = {name: row[name] for name in ("remote_host", "remote_model") if name in row}
        exchange.json({"details": row["details"], "model_info": info, "capabilities": row["_capabilities"], **remote})

    def _embed(self, exchange: Exchange) -> None:
        row = self._row(exchange.body["model"])
        if row is None:
            self._missing(exchange)
        elif "embedding" not in row["_capabilities"]:
            exchange.json({"error": "this model does not support embeddings"}, 400)
        else:
            vectors = [[float(len(text)), 1.0] for text in exchange.body["input"]]
            exchange.json({"model": row["name"], "embeddings": vectors, "prompt_eval_count": 3})

    def _row(self, name: str) -> Mapping[str, Any] | None:
        return next((row for row in self.models if row["name"] in (name, f"{name}:latest")), None)

    def _missing(self, exchange: Exchange) -> None:
        exchange.json({"error": f"model '{exchange.body['model']}' not found"}, 404)

    def _chat(self, exchange: Exchange) -> None:
        body = exchange.body
        row = self._row(body["model"])
        if row is None:
            self._missing(exchange)
            return
        if not body["messages"]:
            self._load(body)
            self._stream(exchange, [], "load")
            return
        if self._refused(exchange):
            return
        self._load(body)
        tokens, error = self._tokens(body)
        if error:
            exchange.json({"error": error}, 400)
            return
        prompt = "\n".join(message["content"] for message in body["messages"])
        self._answer(exchange, self.answers(prompt), tokens)

    def _load(self, body: Mapping[str, Any]) -> None:
        options = body.get("options") or {}
        if self._loaded != (body["model"], options.get("num_ctx", 4096)):
            self._loaded = (body["model"], options.get("num_ctx", 4096))
            self.loads += 1

    def _tokens(self, body: Mapping[str, Any]) -> tuple[int, str]:
        """Tokens that the model reads, at three bytes a token, or the error."""
        context = (body.get("options") or {}).get("num_ctx", 4096)
        size = sum(len(message["content"].encode()) for message in body["messages"]) // 3
        if size <= context:
            return size, ""
        cuts = self.fault == "silent-cut" or (self.rendered and body.get("truncate") is not False)
        return (context // 2, "") if cuts else (0, "the input length exceeds the context length")

    def _refused(self, exchange: Exchange) -> bool:
        refusals = {
            "busy": (503, "server busy, please try again.  maximum pending requests exceeded"),
            "memory": (500, "model requires more system memory (9.3 GiB) than is available (3.1 GiB)"),
            "limit": (429, "too many requests"),
            "no-format": (400, "json: cannot unmarshal object into Go struct field ChatRequest.format of type string"),
        }
        if self.fault in refusals and not (self.fault == "no-format" and not exchange.body.get("format")):
            status, error = refusals[self.fault]
            more = {"Retry_After": "7"} if self.fault == "limit" else {}
            exchange.json({"error": error}, status, **more)
            return True
        odd: dict[str, Callable[[], None]] = {
            "hang": exchange.hang,
            "close": lambda: None,
            "nonsense": lambda: exchange.reply(b"nonsense\n", 200, "application/x-ndjson"),
            "deep": lambda: exchange.reply(b"[" * 500_000 + b"\n", 200, "application/x-ndjson"),
            "list": lambda: exchange.reply(b"[1]\n", 200, "application/x-ndjson"),
            "page": lambda: exchange.reply(b"<html><body>Welcome</body></html>", 200, "text/html"),
            "redirect": lambda: exchange.reply(b"", 302, Location="http://192.0.2.1/api/chat"),
        }
        if self.fault in odd:
            odd[self.fault]()
        return self.fault in odd

    def _answer(self, exchange: Exchange, text: str, tokens: int) -> None:
        options = exchange.body.get("options") or {}
        pieces = [text[start : start + 8] for start in range(0, len(text), 8)]
        if self.fault == "drip":
            exchange.start()
            exchange.drip(b'{"message":' + b" " * 100_000, 0.02)
            return
        if self.fault == "flood":
            exchange.start()
            exchange.flood(_line("x" * 1000), 200_000_000)
            return
        if self.fault == "slow":
            exchange._stopping.wait(0.3)
        if self.fault in ("cut", "crash"):
            exchange.start()
            exchange.write(_line(pieces[0]))
            if self.fault == "crash":
                exchange.write(b'{"error":"model runner has unexpectedly stopped"}\n')
            return
        reason = "stop"
        if self.fault == "length" or len(pieces) > options.get("num_predict", 128):
            pieces, reason = pieces[: max(1, len(pieces) // 2)], "length"
        self._stream(exchange, pieces, reason, prompt_eval_count=tokens, eval_count=len(pieces))

    def _stream(self, exchange: Exchange, pieces: list[str], reason: str, **counts: int) -> None:
        logprobs = exchange.body.get("logprobs")
        exchange.start()
        if self.thought and "think" not in exchange.body:
            pieces = [self.thought, *pieces]
        for piece in pieces:
            more: dict[str, Any] = {"logprobs": _logprobs(piece)} if logprobs else {}
            exchange.write(_line(piece, **more))
        exchange.write(_line("", done=True, done_reason=reason, **counts))


def _line(content: str, *, done: bool = False, **more: Any) -> bytes:
    value = {
        "model": CODER,
        "created_at": "2026-01-01T00:00:00Z",
        "message": {"role": "assistant", "content": content},
        "done": done,
        **more,
    }
    return json.dumps(value).encode() + b"\n"


def _logprobs(piece: str) -> list[dict[str, Any]]:
    other = "no" if piece == "yes" else "yes"
    top = [{"token": piece, "logprob": -0.25}, {"token": f" {other.title()}", "logprob": -1.6}]
    return [{"token": piece, "logprob": -0.25, "top_logprobs": top}]
