from __future__ import annotations

import time
from math import exp
from typing import TYPE_CHECKING, Any

import pytest

from fakes.openai_server import EMPTY, MODEL, OpenAiServer
from review_bot.backends.address import Permit, read_url
from review_bot.backends.llamacpp import LlamaCpp
from review_bot.backends.openai_compatible import OpenAiCompatible
from review_bot.backends.wire import Wire
from review_bot.domain.model import Completion, Prompt, Sampling
from review_bot.errors import (
    BackendError,
    BadAnswer,
    BadRequest,
    ModelMissing,
    NotLocal,
    RateLimited,
    TimedOut,
    TooLong,
    Truncated,
    Unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCHEMA = {"type": "object", "properties": {"thought": {"type": "string"}}}
GIVEN = {"x-guidance": {"whitespace_flexible": False}, **SCHEMA}  # a hint for another engine


@pytest.fixture
def serve() -> Iterator[Callable[..., OpenAiServer]]:
    running: list[OpenAiServer] = []

    def make(*faults: str, **more: Any) -> OpenAiServer:
        running.append(OpenAiServer(faults=faults, **more))
        return running[-1]

    yield make
    for server in running:
        server.stop()


def backend(server: OpenAiServer, model: str = "", path: str = "", **more: Any) -> OpenAiCompatible:
    return OpenAiCompatible(Wire(read_url(server.url + path, "url"), Permit()), model, **more)


def ask(user: str = "3+ x = 1", *, timeout: float = 30.0, schema: Any = GIVEN, **more: Any) -> Completion:
    return Completion(Prompt("Review.", user), Sampling(max_tokens=200), timeout, schema=schema, **more)


def forms(server: OpenAiServer) -> list[str | None]:
    chats = server.asked("/v1/chat/completions")
    return [(exchange.body.get("response_format") or {}).get("type") for exchange in chats]


def test_what_is_sent_and_what_comes_back(serve: Callable[..., OpenAiServer]) -> None:
    server = serve()
    answer = backend(server).complete(ask("3+ <|im_end|>"))
    assert answer._replace(seconds=0.0) == (EMPTY, 7, 5, 9, 0.0, ())
    assert server.asked("/v1/chat/completions")[0].body == {
        "model": MODEL,
        "messages": [
            {"role": "system", "content": "Review."},
            {"role": "user", "content": "3+ <\u2060|im_end|>"},
        ],
        "max_tokens": 200,
        "temperature": 0.3,
        "top_p": 0.9,
        "seed": 7,
        "stream": True,
        "stream_options": {"include_usage": True},
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
        },
    }


def test_less_is_asked_for_until_the_server_agrees_and_that_is_remembered(serve: Callable[..., OpenAiServer]) -> None:
    server = serve("no-json-schema")
    engine = backend(server)
    for _ in range(2):
        assert engine.complete(ask()).text == EMPTY
    assert forms(server) == ["json_schema", "json_object", "json_object"]
    server.faults.add("no-json-object")
    engine.complete(ask())
    engine.complete(ask())
    assert forms(server)[3:] == ["json_object", None, None]


def test_a_parameter_refused_by_name_is_left_out_from_then_on(serve: Callable[..., OpenAiServer]) -> None:
    server = serve("no-seed", "no-max-tokens")
    engine = backend(server)
    for _ in range(2):
        assert engine.complete(ask()).text == EMPTY
    last = server.asked("/v1/chat/completions")
    assert len(last) == 4
    assert "seed" not in last[-1].body
    assert last[-1].body["max_completion_tokens"] == 200
    assert forms(server)[-1] == "json_schema"


def test_without_a_schema_there_is_nothing_less_to_ask_for(serve: Callable[..., OpenAiServer]) -> None:
    server = serve()
    server._refusal = lambda body: (400, {"error": {"message": "no"}}, {})  # type: ignore[method-assign]
    with pytest.raises(BadRequest, match="refuses the request: no"):
        backend(server).complete(ask(schema=None))
    with pytest.raises(BadRequest):
        backend(server).complete(ask())
    assert forms(server) == [None, "json_schema", "json_object", None]


@pytest.mark.parametrize("fault", ["no-stream", "wrong-type", "comments", "chunked"])
@pytest.mark.parametrize("text", [EMPTY, "héllo ✓ " * 20])
def test_answers_in_other_shapes(serve: Callable[..., OpenAiServer], fault: str, text: str) -> None:
    assert backend(serve(fault, answers=lambda prompt: text)).complete(ask()).text == text


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        ("overflow", TooLong, "the prompt has 9000 tokens, the context 4096"),
        ("overflow-in-stream", TooLong, "longer than the context"),
        ("peg", BadAnswer, "not in the form asked for"),
        ("peg-in-stream", BadAnswer, "not in the form asked for"),
        ("loading", Unavailable, "answers 503: Loading model"),
        ("broken", Unavailable, "answers 500: internal error"),
        ("close", Unavailable, "no answer in HTTP"),
        ("cut", Unavailable, "the answer broke off"),
        ("nonsense", BadAnswer, "a piece of the answer is no JSON"),
        ("deep", BadAnswer, "a piece of the answer is no JSON"),
        ("page", Unavailable, "answers with a page"),
        ("redirect", Unavailable, r"redirects \(302\), which is not followed"),
        ("flood", BadAnswer, "larger than any answer should be"),
        ("length", Truncated, "cut off at its limit"),
        ("filter", BadAnswer, "held the answer back"),
        ("key", Unavailable, "refuses the key"),
    ],
)
def test_faults(serve: Callable[..., OpenAiServer], fault: str, error: type[BackendError], message: str) -> None:
    server = serve(fault)
    with pytest.raises(error, match=message) as caught:
        backend(server).complete(ask())
    assert type(caught.value) is error
    assert str(caught.value).startswith(server.url)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("fault", ["hang", "drip", "drip-head"])
def test_the_clock_runs_for_the_whole_call(serve: Callable[..., OpenAiServer], fault: str) -> None:
    began = time.monotonic()
    with pytest.raises(TimedOut):
        backend(serve(fault)).complete(ask(timeout=0.4))
    assert time.monotonic() - began < 20


def test_no_time_is_no_call(serve: Callable[..., OpenAiServer]) -> None:
    server = serve()
    with pytest.raises(TimedOut):
        backend(server).complete(ask(timeout=0))
    assert forms(server) == []


@pytest.mark.parametrize(("fault", "after"), [("limit", 12.0), ("limit-date", 0.0)])
def test_a_server_that_asks_to_wait(serve: Callable[..., OpenAiServer], fault: str, after: float) -> None:
    with pytest.raises(RateLimited) as caught:
        backend(serve(fault)).complete(ask())
    assert caught.value.after == after


def test_what_came_before_an_error_is_kept(serve: Callable[..., OpenAiServer]) -> None:
    with pytest.raises(BadAnswer) as caught:
        backend(serve("peg-in-stream")).complete(ask())
    assert caught.value.text == EMPTY[:8]
    with pytest.raises(Truncated) as cut:
        backend(serve("length")).complete(ask())
    assert cut.value.text == EMPTY


def test_an_empty_answer_is_one(serve: Callable[..., OpenAiServer]) -> None:
    assert backend(serve("empty")).complete(ask()).text == ""


@pytest.mark.parametrize("thought", ["<think>hm</think>\n\n", "hm</think>\n"])
def test_thoughts_are_taken_out(serve: Callable[..., OpenAiServer], thought: str) -> None:
    assert backend(serve(answers=lambda prompt: thought + EMPTY)).complete(ask()).text == EMPTY


def test_quotes_come_back_as_they_stand_in_the_file(serve: Callable[..., OpenAiServer]) -> None:
    server = serve(answers=lambda prompt: prompt.splitlines()[-1])
    engine = backend(server)
    line = '3+ end = "<|end|></s>[INST]</think>"'
    assert engine.complete(ask(line)).text == line


def test_the_judge_gets_probabilities_of_all_spellings(serve: Callable[..., OpenAiServer]) -> None:
    server = serve(answers=lambda prompt: "yes")
    answer = backend(server).complete(ask(schema=None, purpose="judge", probability_of=("yes", "no")))
    shares = dict(answer.probabilities)
    assert shares["yes"] == pytest.approx(exp(-0.5) + exp(-2) + exp(-3))
    assert shares["no"] == pytest.approx(exp(-4) + exp(-5))
    assert server.asked("/v1/chat/completions")[0].body["top_logprobs"] == 20


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
def test_the_address_may_end_with_the_version(serve: Callable[..., OpenAiServer], path: str) -> None:
    server = serve()
    assert backend(server, path=path).complete(ask()).text == EMPTY
    assert [exchange.path for exchange in server.seen] == ["/v1/models", "/v1/chat/completions"]


def test_an_address_with_a_path(serve: Callable[..., OpenAiServer]) -> None:
    server = serve()
    backend(server, path="/api/v1").complete(ask())
    assert [exchange.path for exchange in server.seen] == ["/api/v1/models", "/api/v1/chat/completions"]


def test_description(serve: Callable[..., OpenAiServer]) -> None:
    server = serve()
    info = backend(server).describe()
    assert (info.model, info.context, info.local, info.where) == (MODEL, 8192, True, server.url)
    server.models.append({"id": "other"})
    assert backend(server, "other").describe().digest != info.digest
    assert backend(server, group="one").describe().digest == backend(serve(), group="one").describe().digest


def test_which_model(serve: Callable[..., OpenAiServer]) -> None:
    server = serve()
    with pytest.raises(ModelMissing, match=f"has no model gone; it has {MODEL}"):
        backend(server, "gone").describe()
    server.models = []
    with pytest.raises(ModelMissing, match="has no model loaded"):
        backend(server).describe()


@pytest.mark.parametrize("fault", ["no-list", "no-get"])
def test_a_server_without_a_list(serve: Callable[..., OpenAiServer], fault: str) -> None:
    server = serve(fault)
    assert LlamaCpp(Wire(read_url(server.url, "url"), Permit())).complete(ask()).text == EMPTY
    assert backend(server, "mine").complete(ask()).text == EMPTY
    with pytest.raises(ModelMissing, match="name one by --model"):
        backend(server).describe()
    with pytest.raises(Unavailable, match="no model server"):
        backend(server, "mine", strict=True).describe()


@pytest.mark.parametrize("strict", [True, False])
def test_a_web_page_is_never_taken_for_a_model(serve: Callable[..., OpenAiServer], *, strict: bool) -> None:
    server = serve("page-list")
    for kind in (OpenAiCompatible, LlamaCpp):
        engine = kind(Wire(read_url(server.url, "url"), Permit()), "mine", strict=strict)
        with pytest.raises(Unavailable, match="no model server"):
            engine.complete(ask())
    assert forms(server) == []


def test_tokens_are_counted_where_the_server_can(serve: Callable[..., OpenAiServer]) -> None:
    assert backend(serve()).count("four") == 4
    server = serve(llama=True)
    engine = LlamaCpp(Wire(read_url(server.url, "url"), Permit()))
    assert engine.count("four") == 4
    assert engine.describe().context == 2048


def test_a_key_goes_with_every_request_and_into_no_message(serve: Callable[..., OpenAiServer]) -> None:
    server = serve("key")
    wire = Wire(read_url(server.url, "url"), Permit(), {"Authorization": "Bearer s3cret"})
    with pytest.raises(Unavailable) as caught:
        OpenAiCompatible(wire, MODEL).complete(ask())
    assert "s3cret" not in str(caught.value)
    assert all(exchange.headers["authorization"] == "Bearer s3cret" for exchange in server.seen)


def test_proxies_are_not_used(serve: Callable[..., OpenAiServer], monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = serve(), serve()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    assert backend(server).complete(ask()).text == EMPTY
    assert proxy.seen == []


def test_a_closed_stream_hangs_up(serve: Callable[..., OpenAiServer]) -> None:
    server = serve("flood")
    pieces = backend(server).stream(ask())
    next(pieces)
    pieces.close()
    assert server.asked("/v1/chat/completions")[0].hung_up.wait(10)


def test_an_address_elsewhere_is_refused() -> None:
    wire = Wire(read_url("http://192.0.2.1:8000", "url"), Permit())
    with pytest.raises(NotLocal, match="allow-remote"):
        OpenAiCompatible(wire, MODEL).complete(ask())
