"""Asking an Ollama server to pull a model."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

from review_bot import network
from review_bot.backends.address import read_ollama_host
from review_bot.backends.catalog.web import FAILURES
from review_bot.errors import ModelMissing, NotLocal, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SILENCE = 300.0
"""Seconds that the server may say nothing: it looks at what it has first."""
_LONGEST = 65_536


def pull(host: str, name: str, *, offline: bool, see: Callable[[str, int, int], None]) -> None:
    """Have the server at `host` (as OLLAMA_HOST says it) pull `name`.

    Raises Unavailable where it does not answer, ModelMissing where it has an error to tell, NotLocal.
    """
    address = read_ollama_host(host)
    where = str(address)
    if offline:
        raise NotLocal("offline is on, and Ollama would fetch the model from its registry", where=where)
    if name.endswith(("-cloud", ":cloud")):
        raise NotLocal(f"{name} runs on other machines", where=where, remedy="choose a model that runs here")
    handlers = [urllib.request.ProxyHandler({})] if network.is_loopback(address.host) else []
    body = json.dumps({"model": name, "stream": True}).encode()
    request = urllib.request.Request(  # noqa: S310 - read_ollama_host takes http and https only
        f"{where}/api/pull", body, {"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=_SILENCE) as answer:
            last = _watched(_lines(answer), name, where, see)
    except FAILURES as error:
        raise _failed(error, name, where) from error
    if last != "success":
        raise Unavailable(f"the pull of {name} was cut off", where=where, remedy="ask again: Ollama resumes it")


def _lines(answer: Any) -> Iterator[dict[str, Any]]:
    while line := answer.readline(_LONGEST):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            yield value


def _watched(lines: Iterator[dict[str, Any]], name: str, where: str, see: Callable[[str, int, int], None]) -> str:
    last = ""
    for line in lines:
        if line.get("error"):
            raise ModelMissing(f"Ollama can't pull {name}: {str(line['error'])[:300]}", where=where)
        last = str(line.get("status", ""))
        done, whole = line.get("completed", 0), line.get("total", 0)
        if isinstance(done, int) and isinstance(whole, int) and whole:
            see(last, done, whole)
    return last


def _failed(error: BaseException, name: str, where: str) -> Exception:
    status = getattr(error, "code", None)
    if status is not None:
        text = getattr(error, "read", lambda size: b"")(_LONGEST)[:300].decode(errors="replace")
        return ModelMissing(f"Ollama answers {status} to the pull of {name}: {text}", where=where)
    reason = getattr(error, "reason", None) or error
    return Unavailable(f"Ollama does not answer: {reason}", where=where, remedy="start it: ollama serve")
