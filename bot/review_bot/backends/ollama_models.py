"""Which model of an Ollama server is asked, from what the server says of its models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.errors import ModelMissing, NotLocal, Unavailable
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.backends.wire import Reply, Wire

_ASK = 5.0
"""Seconds for a question about a model."""
_EMBEDDING = ("bert", "nomic-bert")
"""Families of models that make vectors and no text."""
SUGGESTED = "qwen2.5-coder:3b"


class Installed(NamedTuple):
    """A model in the server's list."""

    name: str
    digest: str
    cloud: bool
    embeds: bool


class Shown(NamedTuple):
    """What the server says of one model."""

    context: int
    """Tokens; 0 where it does not say."""
    capabilities: frozenset[str]
    """Empty where an old server does not say."""
    cloud: bool


def installed(wire: Wire) -> list[Installed]:
    """The server's list, in its order: the latest first. Raises Unavailable where it is no Ollama."""
    rows = _value(wire.get("/api/tags", timeout=_ASK)).get("models")
    if not isinstance(rows, list):
        raise Unavailable("what answers there is no Ollama", where=str(wire.address))
    return [_installed(row) for row in rows if isinstance(row, dict) and isinstance(_name(row), str)]


def show(wire: Wire, name: str) -> Shown:
    """Context and capabilities of a model in the list; raises Unavailable."""
    reply = wire.post("/api/show", {"model": name}, timeout=_ASK)
    if reply.status == 404:
        return Shown(0, frozenset(), cloud=False)
    value = _value(reply)
    told = value.get("capabilities")
    context = [size for key, size in _pairs(value.get("model_info")) if key.endswith(".context_length")]
    return Shown(
        next((size for size in context if isinstance(size, int) and size > 0), 0),
        frozenset(map(str, told)) if isinstance(told, list) else frozenset(),
        bool(value.get("remote_host") or value.get("remote_model")),
    )


def choose(wire: Wire, models: Sequence[Installed], wanted: str, *, remote: bool) -> tuple[Installed, Shown]:
    """Of `models` the one that is wanted, else the first that writes text; raises ModelMissing, NotLocal, Unavailable.

    A model of Ollama's cloud is forwarded there by the server on this machine: with `remote` False it is refused.
    """
    where = str(wire.address)
    if wanted:
        if is_cloud(wanted) and not remote:
            raise _elsewhere(wanted, wire)
        found = next((model for model in models if _same(model.name, wanted)), None)
        if found is None:
            raise missing(wanted, where)
        return found, _allowed(wire, found, remote=remote)
    elsewhere = ""
    for model in models:
        shown = None if model.embeds or model.cloud else show(wire, model.name)
        if model.cloud or (shown is not None and shown.cloud):
            elsewhere = elsewhere or model.name
        elif shown is not None and (not shown.capabilities or "completion" in shown.capabilities):
            return model, shown
    if elsewhere and not remote:
        raise _elsewhere(elsewhere, wire)
    raise ModelMissing("Ollama has no model that writes text", where=where, remedy=f"run `ollama pull {SUGGESTED}`")


def embedder(models: Sequence[Installed]) -> str | None:
    """The first model on this machine that makes vectors."""
    return next((model.name for model in models if model.embeds and not model.cloud), None)


def is_cloud(name: str) -> bool:
    """Whether a model of that name is run by ollama.com."""
    return name.lower().endswith(("-cloud", ":cloud"))


def missing(name: str, where: str) -> ModelMissing:
    """The error for a model that is not there."""
    return ModelMissing(f"Ollama has no model {name}", where=where, remedy=f"run `ollama pull {name}`")


def _allowed(wire: Wire, model: Installed, *, remote: bool) -> Shown:
    if model.cloud and not remote:
        raise _elsewhere(model.name, wire)
    shown = show(wire, model.name)
    if shown.cloud and not remote:
        raise _elsewhere(model.name, wire)
    return shown


def _elsewhere(name: str, wire: Wire) -> NotLocal:
    where = str(wire.address)
    if wire.permit.offline:
        return NotLocal(f"{name} is run by ollama.com, and --offline is on", where=where)
    remedy = "name a model of this machine, or give --allow-remote or set model.allow-remote"
    return NotLocal(f"{name} is run by ollama.com", where=where, remedy=remedy)


def _installed(row: dict[str, Any]) -> Installed:
    name = str(_name(row))
    details = row.get("details")
    family = details.get("family") if isinstance(details, dict) else None
    cloud = is_cloud(name) or bool(row.get("remote_host") or row.get("remote_model"))
    return Installed(name, str(row.get("digest") or ""), cloud, family in _EMBEDDING or "embed" in name.lower())


def _name(row: dict[str, Any]) -> object:
    return row.get("name") or row.get("model")


def _same(name: str, wanted: str) -> bool:
    """Whether both name one model: letter case and the tag `latest` say nothing."""
    one, other = (
        text.lower() if ":" in text.rpartition("/")[2] else f"{text.lower()}:latest" for text in (name, wanted)
    )
    return one == other


def _value(reply: Reply) -> dict[str, Any]:
    value = reply.json()
    if reply.status != 200 or not isinstance(value, dict):
        said = value.get("error") if isinstance(value, dict) else None
        what = f"answers {reply.status}: {str(said)[:200]}" if said else f"answers {reply.status}, and is no Ollama"
        raise Unavailable(what, where=reply.where)
    return value


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((str(key), item) for key, item in value.items())
