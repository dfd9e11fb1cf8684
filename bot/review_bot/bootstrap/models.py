"""Models on this machine: found by name, checked, made into a backend."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from review_bot.errors import ModelMissing, Unreachable
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from review_bot.backends.catalog.check import Problem
    from review_bot.backends.catalog.digests import Digests
    from review_bot.backends.catalog.manifest import Manifest, Member
    from review_bot.backends.catalog.shelf import Kept
    from review_bot.backends.onnx.backend import OnnxBackend
    from review_bot.config.model import Model

HOW_TO_GET_ONE = "get one: review-bot models pull ORG/NAME, or review-bot models import FILE"


def onnx_backend(config: Model, model: str | None = None, *, engine: str = "") -> OnnxBackend:
    """The backend `onnx` for `model` (name or folder), else for the configured one; loads nothing yet.

    `config` is `Loaded.model()`, with absolute paths. `engine` is `genai`, `plain`, or empty for the first that runs.
    Raises ModelMissing where there is no model, Unreachable where the libraries of the extra are not installed.
    """
    from review_bot.backends.catalog import check

    folder = model_folder(model, config)  # first of all: whoever has no model need not hear of libraries
    remembered = digests()
    return _backend_class()(
        folder,
        digest_of=lambda folder: check.digest_of(folder, remembered.sha256),
        threads=config.onnx.threads,
        adapters=dict(config.onnx.adapters),
        engine=engine,
    )


def _backend_class() -> type[OnnxBackend]:
    try:
        from review_bot.backends.onnx.backend import OnnxBackend
    except ImportError as error:
        about = f"{error.name or 'a library'} can't be loaded: {error}"
        raise Unreachable(about, where="onnx", remedy="pip install 'review-bot-local[onnx]'") from error
    return OnnxBackend


def model_folder(model: str | None, config: Model) -> str:
    """Folder of `model` (name or folder), else of the configured one, else of the first one on the shelf."""
    from review_bot.backends.catalog import shelf

    root = shelf.shelf()
    name = model or config.onnx.path
    if name:
        return shelf.find(name, root)
    there = [one.folder for one in shelf.kept(root) if os.path.isfile(os.path.join(one.folder, "genai_config.json"))]
    if not there:
        raise ModelMissing("no ONNX model is there", where=root, remedy=HOW_TO_GET_ONE)
    return there[0]


def digests() -> Digests:
    """Digests of files as they are remembered in the cache."""
    from review_bot.backends.catalog.digests import Digests
    from review_bot.stores.rule_cache import cache_folder

    cache = cache_folder()
    return Digests(os.path.join(cache, "model-digests.json") if cache else None)


class Shown(NamedTuple):
    """A model for a reader."""

    kept: Kept
    files: tuple[Member, ...]
    kind: str = ""
    context: int = 0
    problem: str = ""
    """Why the backend onnx can't use it."""


def kept() -> list[Kept]:
    """The models on the shelf, by name."""
    from review_bot.backends.catalog import shelf

    return list(shelf.kept(shelf.shelf()))


def look(name: str) -> Shown:
    """What is known of a model without loading it; raises ModelMissing."""
    from review_bot.backends.catalog import manifest, shelf
    from review_bot.backends.onnx.layout import read_layout

    folder = shelf.find(name, shelf.shelf())
    one = shelf.look(os.path.basename(folder), folder)
    known = manifest.read(folder)
    files = known.files if known else manifest.of_folder(folder, "model", lambda path: "").files
    try:
        layout = read_layout(folder)
    except ModelMissing as error:
        return Shown(one, files, problem=str(error))
    return Shown(one, files, layout.kind, layout.context)


def verify(name: str) -> list[Problem]:
    """What is wrong with the files of a model, every byte read; raises ModelMissing where there is none."""
    from review_bot.backends.catalog import check, manifest, shelf
    from review_bot.backends.catalog.digests import sha256
    from review_bot.backends.onnx.layout import read_layout

    folder = shelf.find(name, shelf.shelf())
    known = manifest.read(folder)
    if known is None:
        read_layout(folder)
        return []
    return list(check.problems(folder, known, sha256))


def export(name: str, path: str) -> Manifest:
    """Pack a model, by name or folder, into the file at `path`."""
    from review_bot.backends.catalog import archive, manifest, shelf

    folder = shelf.find(name, shelf.shelf())
    own = os.path.basename(os.path.realpath(folder))
    return archive.export(folder, own if manifest.is_name(own) else "model", path, digests().sha256)


def load(path: str, name: str | None, see: Callable[[str, int, int], None]) -> Kept:
    """Put the model in the file at `path` on the shelf."""
    from review_bot.backends.catalog import archive, shelf

    folder = archive.load(path, shelf.shelf(), name, lambda done, whole: see(os.path.basename(path), done, whole))
    return _remembered(folder)


def pull(text: str, name: str | None, *, offline: bool, see: Callable[[str, int, int], None]) -> Kept | None:
    """Fetch a model from a hub, or have Ollama fetch it (then None)."""
    if text.startswith("ollama:") or "/" not in text:
        from review_bot.backends.catalog import ollama_pull

        host = os.environ.get("OLLAMA_HOST", "")
        ollama_pull.pull(host, text.removeprefix("ollama:"), offline=offline, see=see)
        return None
    from review_bot.backends.catalog import hub, shelf
    from review_bot.backends.catalog import pull as pulling
    from review_bot.backends.catalog.web import Web

    web = Web(os.environ.get("HF_ENDPOINT") or hub.DEFAULT, os.environ.get("HF_TOKEN", ""), offline=offline)
    return _remembered(pulling.pull(web, hub.read_source(text), shelf.shelf(), name, pulling.Watch(see)))


def _remembered(folder: str) -> Kept:
    """Take note of digests that were just checked, so that the first review need not read everything again."""
    from review_bot.backends.catalog import manifest, shelf

    known, memory = manifest.read(folder), digests()
    for member in known.files if known else ():
        memory.remember(os.path.join(folder, member.path), member.sha256)
    return shelf.look(os.path.basename(folder), folder)
