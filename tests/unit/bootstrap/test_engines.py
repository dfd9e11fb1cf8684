from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING, Any

import pytest

from fakes.engines import Notes, call
from fakes.ollama_server import CODER, EMPTY, OllamaServer, model
from fakes.openai_server import OpenAiServer
from review_bot.bootstrap.engines import Place, choose
from review_bot.config.model import Breaker, Llamacpp, Model, Ollama, Openai
from review_bot.resilience.breaker import BreakerState

if TYPE_CHECKING:
    from pathlib import Path


def closed() -> str:
    """An address of this machine where nobody is."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def nobody(**more: Any) -> Model:
    url = closed()
    return Model(**{"ollama": Ollama(host=url), "llamacpp": Llamacpp(url=url), **more})


def test_ollama_is_asked_before_the_others_at_a_desk() -> None:
    with OllamaServer() as server:
        choice = choose(nobody(ollama=Ollama(), window=2048), Place({"OLLAMA_HOST": server.url}), store=Notes())
    assert [engine.name for engine in choice.engines] == ["ollama", "llamacpp", "onnx"]
    assert choice.info is not None
    assert (choice.info.model, choice.info.context) == (CODER, 2048)
    assert (choice.degraded, choice.hint) == ((), "")


def test_ollama_without_a_model_says_how_to_get_one() -> None:
    with OllamaServer(model("e", capabilities=("embedding",))) as server:
        choice = choose(nobody(ollama=Ollama(host=server.url)), Place({}), store=Notes())
    assert choice.degraded == ()
    assert f"run `ollama pull {CODER}`" in choice.hint


def test_ollama_without_its_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ollama", None)
    with OllamaServer() as server:
        choice = choose(nobody(ollama=Ollama(host=server.url)), Place({}), store=Notes())
    assert choice.hint.endswith("install the extra: pip install 'review-bot-local[ollama]'")


def test_several_servers_share_the_calls() -> None:
    with OllamaServer() as one, OllamaServer() as other:
        config = Model(backend="ollama", ollama=Ollama(host=f"{one.url}, {other.url}"))
        choice = choose(config, Place({}), store=Notes())
        for _ in range(4):
            choice.engines[0].backend.complete(call())
        assert [len(server.asked("/api/chat")) for server in (one, other)] == [3, 3]


def test_a_slow_call_is_made_on_the_next_server_as_well() -> None:
    with OllamaServer() as one, OllamaServer() as other:
        config = Model(backend="ollama", ollama=Ollama(host=f"{one.url},{other.url}"))
        store = Notes()
        store.times[f"ollama {config.ollama.host}"] = [0.0] * 20
        choice = choose(config, Place({}), store=store)
        one.fault = "hang"
        assert choice.engines[0].backend.complete(call()).text == EMPTY
        assert one.asked("/api/chat")
        assert other.asked("/api/chat")


def test_a_slow_call_is_made_on_the_next_engine_as_well() -> None:
    with OllamaServer(fault="hang") as one, OpenAiServer() as other:
        config = nobody(order=("ollama", "openai"), ollama=Ollama(host=one.url), openai=Openai(url=other.url))
        store = Notes()
        store.times[f"ollama {one.url}"] = [0.0] * 20
        choice = choose(config, Place({}), store=store)
        assert [engine.name for engine in choice.engines] == ["ollama", "openai"]
        assert choice.engines[0].backend.complete(call()).text == EMPTY
        assert len(other.asked("/v1/chat/completions")) == 1


@pytest.fixture
def answers(tmp_path: Path) -> str:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"match":"x","answer":"y"}\n')
    return str(path)


def test_none_asks_nobody() -> None:
    choice = choose(Model(backend="none"), Place({}), store=Notes())
    assert (choice.engines, choice.degraded, choice.hint) == ((), (), "")


def test_a_named_engine_that_answers(answers: str) -> None:
    choice = choose(Model(backend="scripted"), Place({}), model=answers, store=Notes())
    assert [engine.name for engine in choice.engines] == ["scripted"]
    assert choice.info is not None
    assert choice.info.where == answers
    assert (choice.degraded, choice.hint) == ((), "")


def test_a_named_engine_that_can_not_be_used_degrades() -> None:
    config = nobody(backend="llamacpp")
    choice = choose(config, Place({}), store=Notes())
    assert choice.engines == ()
    assert [one.what for one in choice.degraded] == ["backend:llamacpp"]
    reason = "can't be reached: Connection refused; start the server, or correct model.llamacpp.url"
    assert choice.degraded[0].reason == f"{config.llamacpp.url}: {reason}"
    assert choice.hint == ""
    assert choice.refusal().startswith("no model can be used: llamacpp: http://127.0.0.1:")


@pytest.mark.parametrize(
    ("environment", "tried", "hint"),
    [
        ({}, ["ollama", "llamacpp", "onnx"], "ollama pull"),
        ({"CI": "true"}, ["onnx", "llamacpp"], "models import"),
        ({"CI": "false"}, ["ollama", "llamacpp", "onnx"], "ollama pull"),
    ],
)
def test_auto_without_a_model_gives_one_line_of_advice(
    environment: dict[str, str], tried: list[str], hint: str
) -> None:
    choice = choose(nobody(), Place(environment), store=Notes())
    assert [one.name for one in choice.passed] == tried
    assert choice.degraded == ()
    assert hint in choice.hint
    assert "\n" not in choice.hint
    assert "\n" not in choice.refusal()


def test_looking_for_an_engine_is_no_failure_of_it() -> None:
    store = Notes()
    for _ in range(4):
        assert "left alone" not in choose(nobody(), Place({}), store=store).refusal()


def test_an_order_of_one_s_own(answers: str) -> None:
    config = nobody(order=("llamacpp", "scripted", "ollama"))
    choice = choose(config, Place({"CI": "1"}), model=answers, store=Notes())
    assert [engine.name for engine in choice.engines] == ["scripted", "ollama"]
    assert [one.name for one in choice.passed] == ["llamacpp"]
    assert choice.degraded == ()


def test_an_engine_left_alone_after_failures_is_said() -> None:
    config = nobody(breaker=Breaker(failures=2, pause=1e6))
    store = Notes()
    choose(config, Place({}), store=store)
    import time

    key = f"llamacpp {config.llamacpp.url}"
    store.states[key] = BreakerState(2, time.time(), None, "crashed")
    choice = choose(config, Place({}), store=store)
    assert [one.what for one in choice.degraded] == ["backend:llamacpp"]
    assert "after 2 failures (crashed)" in choice.degraded[0].reason
    assert choice.hint == ""


@pytest.mark.parametrize(("offline", "word"), [(False, "allow-remote"), (True, "offline")])
@pytest.mark.parametrize("backend", ["auto", "llamacpp"])
def test_an_address_elsewhere_is_refused(backend: Any, word: str, *, offline: bool) -> None:
    config = nobody(backend=backend, llamacpp=Llamacpp(url="http://192.0.2.1:8080"))
    choice = choose(config, Place({}, offline), store=Notes())
    assert choice.engines == ()
    assert [one.what for one in choice.degraded] == ["backend:llamacpp"]
    assert word in choice.degraded[0].reason
    assert word in choice.refusal()


def test_offline_wins_over_allow_remote() -> None:
    config = nobody(backend="llamacpp", llamacpp=Llamacpp(url="http://192.0.2.1:8080"), allow_remote=True)
    said: list[str] = []
    choice = choose(config, Place({}, offline=True, say=said.append), store=Notes())
    assert "offline" in choice.degraded[0].reason
    assert said == []


@pytest.mark.parametrize(
    ("openai", "environment", "reason"),
    [
        (Openai(), {}, "model.openai.url: no address of a server is configured"),
        (Openai(url="ftp://127.0.0.1/"), {}, "'ftp://127.0.0.1/' is no address of a server"),
        (Openai(url="http://127.0.0.1:1", key_env="KEY"), {}, "the variable KEY is not set"),
        (Openai(url="http://127.0.0.1:1", key_env="KEY"), {"KEY": "a\nb"}, "the variable KEY holds no key"),
    ],
)
def test_what_is_configured_wrongly_is_named(openai: Openai, environment: dict[str, str], reason: str) -> None:
    choice = choose(Model(backend="openai", openai=openai), Place(environment), store=Notes())
    assert reason in choice.degraded[0].reason


def test_no_place_for_models_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    choice = choose(nobody(), Place({}), store=Notes())
    assert "REVIEW_BOT_MODEL_DIR" in choice.refusal()
    assert "ollama pull" in choice.hint
