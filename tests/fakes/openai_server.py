"""A server with OpenAI's interface and faults to switch on.

`answers` gives the text for a prompt; `faults` is a set of FAULTS, several at once; `llama=True` adds what llama.cpp
has of its own. What was asked is in `seen`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fakes.loopback import Loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fakes.loopback import Exchange

EMPTY = '{"thought":"","findings":[]}'
FAULTS = {
    "no-json-schema": "400 to response_format json_schema",
    "no-json-object": "400 to response_format json_object",
    "no-seed": "400 that names a parameter",
    "no-max-tokens": "400 that asks for max_completion_tokens",
    "no-list": "404 to the list of models",
    "no-get": "501, with a page, to everything that is no POST",
    "no-stream": "one JSON object in place of a stream",
    "wrong-type": "a stream under the name of plain text",
    "comments": "comments and names of events in the stream",
    "overflow": "400, the prompt is too long",
    "overflow-in-stream": "the same, once the stream has begun",
    "peg": "500, llama.cpp can't read the model's answer",
    "peg-in-stream": "the same, once the stream has begun",
    "limit": "429 with Retry-After in seconds",
    "limit-date": "429 with Retry-After as a date of the past",
    "loading": "503, the model is being loaded",
    "broken": "500",
    "key": "401",
    "hang": "no answer at all",
    "drip": "a byte now and then, without end",
    "drip-head": "the same with the headers",
    "flood": "200 MB",
    "close": "the connection is closed before the answer",
    "cut": "the stream ends without a finish_reason",
    "nonsense": "no JSON in the stream",
    "deep": "brackets without end in the stream",
    "page": "HTML",
    "page-list": "HTML in place of the list of models",
    "redirect": "302 to another host",
    "length": "cut off at max_tokens",
    "filter": "finish_reason content_filter",
    "empty": "no content at all",
    "chunked": "the stream in chunks of HTTP, cut in the middle of lines and characters",
}
MODEL = "tiny-coder"


class OpenAiServer(Loopback):
    """The fake."""

    def __init__(
        self, *, answers: Callable[[str], str] = lambda prompt: EMPTY, faults: Iterable[str] = (), llama: bool = False
    ) -> None:
        self.answers = answers
        self.faults = set(faults)
        assert self.faults <= set(FAULTS)
        self.llama = llama
        self.models = [{"id": MODEL, "object": "model", "max_model_len": 8192, "owned_by": "vllm"}]
        super().__init__()

    def handle(self, exchange: Exchange) -> None:
        if exchange.path.endswith("/v1/models"):
            self._list(exchange)
        elif exchange.path.endswith("/v1/chat/completions"):
            self._chat(exchange)
        elif exchange.path == "/props" and self.llama:
            exchange.json(
                {"default_generation_settings": {"n_ctx": 2048}, "model_path": "/m.gguf", "chat_template": ""}
            )
        elif exchange.path == "/tokenize":
            self._tokenize(exchange)
        else:
            exchange.json({"error": {"code": 404, "message": "File Not Found", "type": "not_found_error"}}, 404)

    def _list(self, exchange: Exchange) -> None:
        if "no-get" in self.faults:
            exchange.reply(b"<html>Unsupported method", 501, "text/html")
        elif "page-list" in self.faults:
            exchange.reply(b"<!doctype html><title>Welcome</title>", 200, "text/html; charset=utf-8")
        elif "no-list" in self.faults:
            exchange.json({"detail": "Not Found"}, 404)
        elif "key" in self.faults:
            exchange.json({"error": {"message": "Incorrect API key provided"}}, 401)
        else:
            exchange.json({"object": "list", "data": self.models})

    def _tokenize(self, exchange: Exchange) -> None:
        body = exchange.body
        if self.llama:
            exchange.json({"tokens": list(range(len(body["content"])))})
        else:
            exchange.json({"count": len(body["prompt"]), "max_model_len": 8192})

    def _chat(self, exchange: Exchange) -> None:
        error = self._refusal(exchange.body)
        if error is not None:
            status, value, headers = error
            exchange.json(value, status, **headers)
            return
        odd: dict[str, Callable[[], None]] = {
            "hang": exchange.hang,
            "close": lambda: None,
            "page": lambda: exchange.reply(b"<html>", 200, "text/html"),
            "redirect": lambda: exchange.reply(b"", 302, Location="http://192.0.2.1/v1/chat/completions"),
            "drip-head": lambda: exchange.drip(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 60_000, 0.02),
        }
        for fault, act in odd.items():
            if fault in self.faults:
                act()
                return
        self._answer(exchange)

    def _refusal(self, body: dict[str, Any]) -> tuple[int, Any, dict[str, str]] | None:
        form = (body.get("response_format") or {}).get("type")
        overflow = {"code": 400, "message": "the request exceeds the available context size, try increasing it"}
        overflow = {**overflow, "type": "exceed_context_size_error", "n_prompt_tokens": 9000, "n_ctx": 4096}
        peg = "The model produced output that does not match the expected peg-native format"
        rows: list[tuple[str, bool, int, Any, dict[str, str]]] = [
            (
                "no-json-schema",
                form == "json_schema",
                400,
                "'response_format.type' must be 'json_object' or 'text'",
                {},
            ),
            ("no-json-object", form == "json_object", 400, "'response_format.type' must be 'json_schema'", {}),
            ("no-seed", "seed" in body, 422, "Extra inputs are not permitted: seed", {}),
            ("no-max-tokens", "max_tokens" in body, 400, "Use 'max_completion_tokens' instead of 'max_tokens'.", {}),
            ("overflow", True, 400, overflow, {}),
            ("peg", True, 500, peg, {}),
            ("limit", True, 429, "Rate limit reached", {"Retry_After": "12"}),
            ("limit-date", True, 429, "Rate limit reached", {"Retry_After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
            ("loading", True, 503, "Loading model", {}),
            ("broken", True, 500, "internal error", {}),
            ("key", True, 401, "Incorrect API key provided", {}),
        ]
        for fault, applies, status, said, headers in rows:
            if fault in self.faults and applies:
                return status, {"error": said if isinstance(said, dict) else {"message": said}}, headers
        return None

    def _answer(self, exchange: Exchange) -> None:
        prompt = "\n".join(message["content"] for message in exchange.body["messages"])
        text = "" if "empty" in self.faults else self.answers(prompt)
        finish = {"length": "length", "filter": "content_filter"}
        reason = next((finish[fault] for fault in finish if fault in self.faults), "stop")
        usage = {
            "prompt_tokens": len(prompt) // 3,
            "completion_tokens": len(text) // 3,
            "prompt_tokens_details": {"cached_tokens": 5},
        }
        if "no-stream" in self.faults:
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reason}
            exchange.json({"object": "chat.completion", "choices": [choice], "usage": usage})
            return
        self._stream(exchange, text, reason, usage)

    def _stream(self, exchange: Exchange, text: str, reason: str, usage: dict[str, Any]) -> None:
        kind = "text/plain" if "wrong-type" in self.faults else "text/event-stream; charset=utf-8"
        events = [_event(_delta(text[start : start + 8])) for start in range(0, len(text), 8)]
        if exchange.body.get("logprobs"):
            events[:1] = [_event(_delta(text[:8], logprobs={"content": [_logprob(text)]}))]
        last = [_event(_delta("", finish=reason)), _event({"choices": [], "usage": usage}), b"data: [DONE]\n\n"]
        if "chunked" in self.faults:
            exchange.start(200, kind, Transfer_Encoding="chunked")
            data = b"".join(events + last)
            for start in range(0, len(data), 7):
                piece = data[start : start + 7]
                exchange.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            exchange.write(b"0\r\n\r\n")
            return
        exchange.start(200, kind)
        exchange.write(b"".join(self._faulty(exchange, events, last)))

    def _faulty(self, exchange: Exchange, events: list[bytes], last: list[bytes]) -> list[bytes]:
        if "drip" in self.faults:
            exchange.drip(b"data: " + b" " * 100_000, 0.02)
        if "flood" in self.faults:
            exchange.flood(_event(_delta("x" * 1000)), 200_000_000)
        error = {"overflow-in-stream": "the request exceeds the available context size", "peg-in-stream": "peg-native"}
        for fault, said in error.items():
            if fault in self.faults:
                return [*events[:1], _event({"error": {"code": 400, "message": said}})]
        if "cut" in self.faults:
            return events[:1]
        if "nonsense" in self.faults:
            return [b"data: nonsense\n\n"]
        if "deep" in self.faults:
            return [b"data: " + b"[" * 500_000 + b"\n\n"]
        if "comments" in self.faults:
            return [b": keep alive\n\n", *(b"event: message\nid: 1\n" + event for event in events), *last]
        return [*events, *last]


def _event(value: Any) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def _delta(text: str, *, finish: str | None = None, **more: Any) -> dict[str, Any]:
    delta = {"content": text} if text else {}
    return {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish, **more}],
    }


def _logprob(token: str) -> dict[str, Any]:
    rows = [(token, -0.5), ("Yes", -2.0), (" yes", -3.0), ("no", -4.0), ("NO", -5.0)]
    return {"token": token, "logprob": -0.5, "top_logprobs": [{"token": one, "logprob": log} for one, log in rows]}
