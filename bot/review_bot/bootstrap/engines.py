"""Which engine a review asks: the one that is named, or the first of this place that answers."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from review_bot import network
from review_bot.domain.review import Degraded
from review_bot.errors import BackendError, BreakerOpen, NotLocal, Unreachable, UsageError
from review_bot.resilience.breaker import BreakerPolicy
from review_bot.resilience.guarded import Guarded
from review_bot.resilience.late import Late
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from review_bot.backends.address import Address, Permit
    from review_bot.backends.wire import Wire
    from review_bot.config import Loaded
    from review_bot.config.model import BackendName, Model
    from review_bot.domain.model import ModelInfo
    from review_bot.ports import Backend
    from review_bot.resilience.breaker import Breakers

_IN_CI: tuple[BackendName, ...] = ("onnx", "llamacpp")
_AT_A_DESK: tuple[BackendName, ...] = ("ollama", "llamacpp", "onnx")
SUGGESTED = "qwen2.5-coder:3b"
"""A model that fits most machines, for hints."""


class Place(NamedTuple):
    """Where the review runs."""

    environment: Mapping[str, str]
    offline: bool = False
    say: Callable[[str], None] = lambda line: None
    """Is told once for each address what leaves this machine."""
    notice: Callable[[str, str], None] = lambda what, reason: None
    """Is told of retries, of breakers that open, and of endpoints that are left out."""
    loaded: Loaded | None = None
    """The whole configuration: a folder in it is relative to the file that names it."""


class Engine(NamedTuple):
    """An engine to ask, with its failures taken care of; it is not touched before it is asked."""

    name: BackendName
    backend: Backend


class Passed(NamedTuple):
    """An engine that can't be used, and why."""

    name: BackendName
    error: BackendError


class Choice(NamedTuple):
    """The engines of a review."""

    engines: tuple[Engine, ...]
    """The first one answered; those behind it are for when it fails. Empty where there is none."""
    info: ModelInfo | None = None
    """Of the first."""
    passed: tuple[Passed, ...] = ()
    degraded: tuple[Degraded, ...] = ()
    """What the report says: an engine that was asked for, or refused, or left alone after failures."""
    hint: str = ""
    """How to get a model, where nobody asked for a certain one and there is none; one line."""

    def refusal(self) -> str:
        """Why no model can be used, in one line, for --require-model."""
        reasons = "; ".join(f"{one.name}: {one.error}" for one in self.passed)
        return f"no model can be used: {reasons or 'the backend is none'}"


def place(*, offline: bool = False, say: Callable[[str], None] | None = None, loaded: Loaded | None = None) -> Place:
    """The place of this process; what is said goes through `say`, each line once."""
    said: set[str] = set()

    def once(line: str) -> None:
        if say is not None and line not in said:
            said.add(line)
            say(line)

    return Place(os.environ, offline or network.is_offline() or network.is_asked_for(), once, loaded=loaded)


def breakers() -> Breakers:
    """The store of breakers, shared by hooks, command line and CI on this machine."""
    from review_bot.stores.breaker import BreakerStore
    from review_bot.stores.rule_cache import cache_folder

    folder = cache_folder()
    return BreakerStore(os.path.join(folder, "breaker.db") if folder else None)


def choose(config: Model, where: Place, *, model: str | None = None, store: Breakers | None = None) -> Choice:
    """The engines that `config` asks for, the first that answers in front; `model` is that of the command line."""
    names = _names(config, where)
    store = store if store is not None else breakers()
    passed: list[Passed] = []
    for number, name in enumerate(names):
        engine = _engine(name, config, where, model, store)
        try:
            info = engine.backend.describe()
        except BackendError as error:
            passed.append(Passed(name, error))
            continue
        later = [_engine(other, config, where, model, store) for other in names[number + 1 :]]
        engines = _hedged([engine, *later], config, where, store)
        return Choice(engines, info, tuple(passed), _degraded(config, passed, used=True))
    return Choice((), None, tuple(passed), _degraded(config, passed, used=False), _hint(config, where, passed))


def survey(config: Model, where: Place) -> Iterator[tuple[BackendName, ModelInfo | BackendError]]:
    """What each engine that could be asked here says of itself, or why it can't be used; no breaker is touched."""
    names: list[BackendName] = ["ollama", "llamacpp", "onnx"]
    if config.openai.url:
        names.append("openai")
    for name in names:
        engine = Late(lambda name=name: _MAKERS[name](config, where, ""))  # type: ignore[misc]
        try:
            yield name, engine.describe()
        except BackendError as error:
            yield name, error
        finally:
            engine.close()


def _names(config: Model, where: Place) -> Sequence[BackendName]:
    if config.backend == "none":
        return ()
    if config.backend != "auto":
        return (config.backend,)
    return tuple(dict.fromkeys(config.order)) or (_IN_CI if _is_ci(where.environment) else _AT_A_DESK)


def _is_ci(environment: Mapping[str, str]) -> bool:
    return environment.get("CI", "").strip().lower() not in ("", "0", "false", "no", "off")


def _engine(name: BackendName, config: Model, where: Place, model: str | None, store: Breakers) -> Engine:
    policy = BreakerPolicy(config.breaker.failures, config.breaker.pause)
    late = Late(lambda: _MAKERS[name](config, where, model or ""))
    key, sought = _key(name, config, where, model), config.backend == "auto"
    return Engine(name, Guarded(late, key, store, policy=policy, sought=sought, notice=where.notice))


def _hedged(engines: Sequence[Engine], config: Model, where: Place, store: Breakers) -> tuple[Engine, ...]:
    """Each with another server beside it: one of its own endpoints, else the next engine; never one in this process."""
    return tuple(
        engine if beside is None else Engine(engine.name, _beside(engine.backend, beside.backend, where, store))
        for engine, beside in (
            (engine, _next_server(engines[number:], config, where)) for number, engine in enumerate(engines)
        )
    )


def _next_server(engines: Sequence[Engine], config: Model, where: Place) -> Engine | None:
    hosts = config.ollama.host or where.environment.get("OLLAMA_HOST", "")
    addresses = {"ollama": hosts, "llamacpp": config.llamacpp.url, "openai": config.openai.url}
    if "," in addresses.get(engines[0].name, ""):
        return engines[0]
    return engines[1] if len(engines) > 1 and engines[1].name in addresses else None


def _beside(first: Backend, second: Backend, where: Place, store: Breakers) -> Backend:
    from review_bot.resilience.hedge import Hedging

    key = first.key if isinstance(first, Guarded) else ""
    return Hedging(first, second, lambda: store.latencies(key), notice=where.notice)


def _key(name: BackendName, config: Model, where: Place, model: str | None) -> str:
    """What the breaker knows the engine by."""
    host = config.ollama.host or where.environment.get("OLLAMA_HOST", "")
    told: dict[BackendName, tuple[str, ...]] = {
        "ollama": (host, model or config.ollama.model),
        "llamacpp": (config.llamacpp.url, model or ""),
        "openai": (config.openai.url, model or config.openai.model),
        "onnx": (model or config.onnx.path,),
        "scripted": (model or "",),
    }
    return " ".join(filter(None, (name, *told[name])))


def _degraded(config: Model, passed: Sequence[Passed], *, used: bool) -> tuple[Degraded, ...]:
    """What was refused; where no engine is left, also all that was asked for by name, or else failed before."""
    asked_for = config.backend != "auto" or bool(config.order)
    told = [
        one
        for one in passed
        if isinstance(one.error, NotLocal) or (not used and (asked_for or isinstance(one.error, BreakerOpen)))
    ]
    return tuple(Degraded(f"backend:{one.name}", str(one.error)) for one in told)


def _hint(config: Model, where: Place, passed: Sequence[Passed]) -> str:
    if config.backend != "auto" or config.order or _degraded(config, passed, used=False):
        return ""
    if _is_ci(where.environment):
        return "no model found, rules only; get one by `review-bot models import FILE` or `models pull ORG/NAME`"
    nearly = [one.error for one in passed if one.name == "ollama" and not _is_absent(one.error)]
    if nearly:
        return f"no model found, rules only; {nearly[0]}"
    return f"no model found, rules only; get one by installing Ollama and `ollama pull {SUGGESTED}`"


def _is_absent(error: BackendError) -> bool:
    """Whether nobody is there at all, rather than somebody without a model or without what we need to ask."""
    return isinstance(error, Unreachable) and not error.remedy.startswith("install")


def _permit(config: Model, where: Place) -> Permit:
    from review_bot.backends.address import Permit

    return Permit(config.allow_remote and not where.offline, where.offline, where.say)


def _scripted(config: Model, where: Place, model: str) -> Backend:
    from review_bot.backends.scripted import Scripted

    return Scripted(model)


def _llamacpp(config: Model, where: Place, model: str) -> Backend:
    from review_bot.backends.llamacpp import LlamaCpp

    strict = config.backend == "auto"
    wires = _wires(config.llamacpp.url, "model.llamacpp.url", _permit(config, where))
    group = config.llamacpp.url
    return _balanced([LlamaCpp(wire, model, strict=strict, group=group) for wire in wires], where)


def _openai(config: Model, where: Place, model: str) -> Backend:
    from review_bot.backends.openai_compatible import OpenAiCompatible

    own = config.openai
    wires = _wires(own.url, "model.openai.url", _permit(config, where), _key_headers(own.key_env, where.environment))
    return _balanced([OpenAiCompatible(wire, model or own.model, group=own.url) for wire in wires], where)


def _ollama(config: Model, where: Place, model: str) -> Backend:
    from review_bot.backends.address import read_ollama_host
    from review_bot.backends.ollama import Ollama
    from review_bot.backends.wire import Wire

    hosts = config.ollama.host or where.environment.get("OLLAMA_HOST", "") or "127.0.0.1"
    addresses = _addresses(hosts, "model.ollama.host", lambda text, _: read_ollama_host(text))
    remedy = "start Ollama, or name its address in OLLAMA_HOST"
    wires = [Wire(address, _permit(config, where), remedy=remedy) for address in addresses]
    name = model or config.ollama.model
    return _balanced([Ollama(wire, name, context=config.window) for wire in wires], where)


def _onnx(config: Model, where: Place, model: str) -> Backend:
    from review_bot.bootstrap.models import onnx_backend

    try:
        return onnx_backend(where.loaded.model() if where.loaded else config, model or None)
    except UsageError as error:  # no place for models at all
        raise Unreachable(error.what, where=error.where, remedy=error.remedy) from error


_MAKERS: dict[BackendName, Callable[[Model, Place, str], Backend]] = {
    "scripted": _scripted,
    "llamacpp": _llamacpp,
    "openai": _openai,
    "ollama": _ollama,
    "onnx": _onnx,
}


def _wires(urls: str, key: str, permit: Permit, headers: Mapping[str, str] | None = None) -> list[Wire]:
    from review_bot.backends.address import read_url
    from review_bot.backends.wire import Wire

    remedy = f"start the server, or correct {key}"
    return [Wire(address, permit, headers, remedy=remedy) for address in _addresses(urls, key, read_url)]


def _addresses(urls: str, key: str, read: Callable[[str, str], Address]) -> list[Address]:
    """One or several addresses, separated by commas."""
    texts = [text for text in urls.split(",") if text.strip()]
    if not texts:
        raise Unreachable("no address of a server is configured", where=key, remedy="write http://HOST:PORT")
    return [read(text, key) for text in texts]


def _key_headers(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The header with the key that the variable `name` holds; raises Unreachable where it is empty."""
    if not name:
        return {}
    key = environment.get(name, "").strip()
    if not key or not key.isascii() or not key.isprintable():
        problem = "holds no key" if key else "is not set"
        raise Unreachable(f"the variable {name} {problem}", where="model.openai.key-env", remedy="set it")
    return {"Authorization": f"Bearer {key}"}


def _balanced(backends: Sequence[Backend], where: Place) -> Backend:
    if len(backends) == 1:
        return backends[0]
    from review_bot.resilience.balance import Balanced

    return Balanced(backends, time.monotonic, notice=where.notice)
