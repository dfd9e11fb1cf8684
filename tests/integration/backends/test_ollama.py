from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from fakes.ollama_server import CODER, EMPTY, OllamaServer, model
from review_bot.backends.address import Permit, read_ollama_host
from review_bot.backends.ollama import Ollama
from review_bot.backends.wire import Wire
from review_bot.domain.model import Completion, Prompt, Sampling
from review_bot.errors import (
    BackendError,
    BadAnswer,
    ModelMissing,
    NotLocal,
    RateLimited,
    TimedOut,
    TooLong,
    Truncated,
    Unavailable,
    Unreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytest.importorskip("ollama", reason="the package ollama is not installed")

SCHEMA = {"type": "object", "properties": {"thought": {"type": "string"}}}
GIVEN = {"x-guidance": {"whitespace_flexible": False}, **SCHEMA}  # a hint for another engine


@pytest.fixture
def serve() -> Iterator[Callable[..., OllamaServer]]:
    running: list[OllamaServer] = []

    def make(*models: Any, **more: Any) -> OllamaServer:
        running.append(OllamaServer(*models, **more))
        return running[-1]

    yield make
    for server in running:
        server.stop()


def backend(server: OllamaServer, name: str = "", permit: Permit | None = None, context: int = 4096) -> Ollama:
    return Ollama(Wire(read_ollama_host(server.url), permit or Permit()), name, context=context)


def ask(user: str = "3+ x = 1", *, timeout: float = 30.0, **more: Any) -> Completion:
    return Completion(Prompt("Review.", user), Sampling(max_tokens=200), timeout, schema=GIVEN, **more)


def test_what_is_sent(serve: Callable[..., OllamaServer]) -> None:
    server = serve()
    answer = backend(server).complete(ask("3+ <|im_end|>"))
    assert answer.text == EMPTY
    assert answer.prompt_tokens > 0
    load, chat = [exchange.body for exchange in server.asked("/api/chat")]
    options = {
        "num_ctx": 4096,
        "num_predict": 200,
        "seed": 7,
        "temperature": 0.3,
        "top_p": 0.9,
        "repeat_penalty": 1.1,
    }
    assert load == {"model": CODER, "messages": [], "tools": [], "stream": True, "options": options}
    assert chat == {
        "model": CODER,
        "messages": [
            {"role": "system", "content": "Review."},
            {"role": "user", "content": "3+ <\u2060|im_end|>"},
        ],
        "tools": [],
        "stream": True,
        "options": options,
        "format": SCHEMA,
        "truncate": False,
    }


def test_one_context_for_all_calls_loads_the_model_once(serve: Callable[..., OllamaServer]) -> None:
    server = serve()
    engine = backend(server)
    engine.complete(ask())
    engine.complete(ask("other", purpose="judge")._replace(sampling=Sampling(max_tokens=5)))
    assert server.loads == 1
    assert len(server.asked("/api/chat")) == 3


def test_description(serve: Callable[..., OllamaServer]) -> None:
    server = serve(model(CODER, context=2048))
    info = backend(server).describe()
    assert (info.backend, info.model, info.context, info.local) == ("ollama", CODER, 2048, True)
    assert info.digest == server.models[0]["digest"]


def test_describing_does_not_need_the_library(serve: Callable[..., OllamaServer]) -> None:
    code = (
        "import sys\n"
        "from review_bot.backends.address import Permit, read_ollama_host\n"
        "from review_bot.backends.ollama import Ollama\n"
        "from review_bot.backends.wire import Wire\n"
        "Ollama(Wire(read_ollama_host(sys.argv[1]), Permit())).describe()\n"
        "print('httpx' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, serve().url], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("rendered", [True, False])
def test_a_prompt_over_the_context_is_too_long(serve: Callable[..., OllamaServer], *, rendered: bool) -> None:
    with pytest.raises(TooLong, match="longer than the context"):
        backend(serve(rendered=rendered)).complete(ask("word " * 4000))


def test_a_silent_cut_is_noticed(serve: Callable[..., OllamaServer]) -> None:
    with pytest.raises(TooLong, match=r"only 2048 tokens of at least \d+ were read"):
        backend(serve(fault="silent-cut")).complete(ask("word " * 4000))


@pytest.mark.parametrize(
    ("fault", "error", "message"),
    [
        ("cut", Unavailable, "the answer broke off"),
        ("crash", Unavailable, "failed in mid-answer: model runner has unexpectedly stopped"),
        ("busy", Unavailable, "answers 503: server busy"),
        ("memory", Unavailable, "answers 500: model requires more system memory"),
        ("close", Unavailable, "no answer in HTTP"),
        ("nonsense", BadAnswer, "not what Ollama answers"),
        ("list", BadAnswer, "not what Ollama answers"),
        ("deep", BadAnswer, "not what Ollama answers"),
        ("page", BadAnswer, "not what Ollama answers"),
        ("redirect", Unavailable, "answers 302"),
        ("flood", BadAnswer, "larger than any answer should be"),
        ("length", Truncated, "cut off at its limit"),
    ],
)
def test_faults(serve: Callable[..., OllamaServer], fault: str, error: type[BackendError], message: str) -> None:
    server = serve(fault=fault)
    with pytest.raises(error, match=message) as caught:
        backend(server).complete(ask())
    assert type(caught.value) is error
    assert str(caught.value).startswith(server.url)


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_the_clock_runs_for_the_whole_call(serve: Callable[..., OllamaServer], fault: str) -> None:
    began = time.monotonic()
    with pytest.raises(TimedOut):
        backend(serve(fault=fault)).complete(ask(timeout=0.4))
    assert time.monotonic() - began < 20


def test_a_late_first_token_is_waited_for(serve: Callable[..., OllamaServer]) -> None:
    assert backend(serve(fault="slow")).complete(ask()).text == EMPTY


def test_a_cut_answer_keeps_its_text(serve: Callable[..., OllamaServer]) -> None:
    with pytest.raises(Truncated) as cut:
        backend(serve(fault="length")).complete(ask())
    assert cut.value.text == EMPTY[:16]


def test_a_server_that_asks_to_wait(serve: Callable[..., OllamaServer]) -> None:
    with pytest.raises(RateLimited) as caught:
        backend(serve(fault="limit")).complete(ask())
    assert caught.value.after == 7


def test_an_old_server_is_asked_without_a_schema(serve: Callable[..., OllamaServer]) -> None:
    server = serve(fault="no-format")
    engine = backend(server)
    assert engine.complete(ask()).text == EMPTY
    engine.complete(ask())
    assert [bool(one.body.get("format")) for one in server.asked("/api/chat")[1:]] == [True, False, False]


def test_a_closed_stream_hangs_up(serve: Callable[..., OllamaServer]) -> None:
    server = serve(answers=lambda prompt: "word " * 200_000)
    pieces = backend(server).stream(ask()._replace(sampling=Sampling(max_tokens=10**6)))
    next(pieces)
    pieces.close()
    assert server.asked("/api/chat")[-1].hung_up.wait(10)


def test_thoughts_are_taken_out(serve: Callable[..., OllamaServer]) -> None:
    server = serve(thought="<think>hm")
    assert backend(server).complete(ask()).text == ""
    server.thought = "<think>hm</think>\n"
    assert backend(server).complete(ask()).text == EMPTY


def test_only_a_thinking_model_is_told_not_to(serve: Callable[..., OllamaServer]) -> None:
    server = serve(model("qwen3:4b", capabilities=("completion", "thinking")))
    backend(server).complete(ask())
    assert [one.body.get("think") for one in server.asked("/api/chat")] == [False, False]


def test_the_judge_gets_probabilities(serve: Callable[..., OllamaServer]) -> None:
    server = serve(answers=lambda prompt: "yes")
    call = ask(purpose="judge", probability_of=("yes", "no"))._replace(schema=None)
    answer = backend(server).complete(call)
    assert dict(answer.probabilities) == pytest.approx({"yes": 0.7788, "no": 0.2019}, abs=1e-4)


def test_embeddings_by_a_model_made_for_them(serve: Callable[..., OllamaServer]) -> None:
    server = serve(model(CODER), model("nomic-embed-text:latest", capabilities=("embedding",)))
    assert backend(server).embed(["one", "three"]) == [[3.0, 1.0], [5.0, 1.0]]
    assert backend(serve(model(CODER))).embed(["one"]) is None


def test_the_first_model_that_writes_text_is_chosen(serve: Callable[..., OllamaServer]) -> None:
    server = serve(
        model("nomic-embed-text:latest", capabilities=("embedding",)),
        model("gpt-oss:120b-cloud"),
        model("odd:1b", capabilities=("vision",)),
        model("hidden:latest", remote_host="https://ollama.com:443"),
        model("phi3:mini"),
        model(CODER),
    )
    assert backend(server).describe().model == "phi3:mini"


@pytest.mark.parametrize("name", ["qwen", "qwen:latest", "Qwen:LATEST"])
def test_a_name_may_leave_the_tag_out(serve: Callable[..., OllamaServer], name: str) -> None:
    assert backend(serve(model(CODER), model("qwen:latest")), name).describe().model == "qwen:latest"


def test_a_model_that_is_not_there(serve: Callable[..., OllamaServer]) -> None:
    with pytest.raises(ModelMissing, match="has no model phi3; run `ollama pull phi3`"):
        backend(serve(), "phi3").describe()
    with pytest.raises(ModelMissing, match="no model that writes text; run `ollama pull"):
        backend(serve(model("e", capabilities=("embedding",)))).describe()


def test_a_model_that_went_away(serve: Callable[..., OllamaServer]) -> None:
    server = serve()
    engine = backend(server)
    engine.describe()
    server.models = []
    with pytest.raises(ModelMissing, match=f"has no model {CODER}"):
        engine.complete(ask())


CLOUD = [
    model("gpt-oss:120b-cloud"),
    model("kimi-k2:cloud"),
    model("hidden:latest", remote_host="https://ollama.com:443", remote_model="gpt-oss:120b"),
]


@pytest.mark.parametrize("row", CLOUD, ids=lambda row: row["name"])
@pytest.mark.parametrize(("offline", "word"), [(False, "allow-remote"), (True, "offline")])
def test_a_model_of_the_cloud_is_refused(
    serve: Callable[..., OllamaServer], row: dict[str, Any], word: str, *, offline: bool
) -> None:
    server = serve(row)
    with pytest.raises(NotLocal, match=word):
        backend(server, row["name"], Permit(offline=offline)).complete(ask())
    assert server.asked("/api/chat") == []


@pytest.mark.parametrize("row", CLOUD, ids=lambda row: row["name"])
def test_a_server_with_models_of_the_cloud_only(serve: Callable[..., OllamaServer], row: dict[str, Any]) -> None:
    with pytest.raises(NotLocal, match="allow-remote"):
        backend(serve(row), "").describe()


def test_the_library_is_imported_whatever_the_environment_says() -> None:
    code = "from review_bot.backends import ollama_client; import os; print(os.environ['OLLAMA_HOST'])"
    odd = {"OLLAMA_HOST": "'127.0.0.1:11434'", "ALL_PROXY": "foo://127.0.0.1", "SSL_CERT_FILE": "/nowhere"}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **odd}, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("'127.0.0.1:11434'\n", "")


def test_a_model_of_the_cloud_that_only_its_description_gives_away(serve: Callable[..., OllamaServer]) -> None:
    server = serve(model("hidden:latest", remote_host="https://ollama.com:443"))
    server._tags = lambda exchange: exchange.json({"models": [{"name": "hidden:latest"}]})  # type: ignore[method-assign]
    with pytest.raises(NotLocal):
        backend(server, "hidden").describe()


def test_a_model_of_the_cloud_that_is_allowed_is_said(serve: Callable[..., OllamaServer]) -> None:
    said: list[str] = []
    info = backend(serve(CLOUD[0]), "gpt-oss:120b-cloud", Permit(remote=True, say=said.append)).describe()
    assert not info.local
    assert said == ["the changed lines and the code around them leave this machine for ollama.com (gpt-oss:120b-cloud)"]


def test_another_server_is_no_ollama(serve: Callable[..., OllamaServer]) -> None:
    server = serve()
    server._tags = lambda exchange: exchange.reply(b"<html>", 200, "text/html")  # type: ignore[method-assign]
    with pytest.raises(Unavailable, match="is no Ollama"):
        backend(server).describe()


def test_nobody_there() -> None:
    with OllamaServer() as server:
        url = server.url
    with pytest.raises(Unreachable, match="can't be reached: Connection refused"):
        Ollama(Wire(read_ollama_host(url), Permit())).describe()


def test_neither_proxies_nor_keys_nor_redirects(
    serve: Callable[..., OllamaServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.setenv("OLLAMA_API_KEY", "secret")
    server = serve()
    assert backend(server).complete(ask()).text == EMPTY
    assert proxy.seen == []
    assert all("secret" not in str(exchange.headers) for exchange in server.seen)


def test_without_the_library_the_extra_is_named(serve: Callable[..., OllamaServer]) -> None:
    code = (
        "import sys; sys.modules['ollama'] = None\n"
        "from review_bot.backends.address import Permit, read_ollama_host\n"
        "from review_bot.backends.ollama import Ollama\n"
        "from review_bot.backends.wire import Wire\n"
        "engine = Ollama(Wire(read_ollama_host(sys.argv[1]), Permit()))\n"
        "try: engine.describe()\n"
        "except Exception as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code, serve().url], capture_output=True, text=True, check=True)
    assert "pip install 'review-bot-local[ollama]'" in done.stdout
