"""Models on this machine: found by name, checked, made into a backend."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from review_bot.errors import ModelMissing

if TYPE_CHECKING:
    from review_bot.backends.catalog.digests import Digests
    from review_bot.backends.onnx.backend import OnnxBackend
    from review_bot.config import Loaded

HOW_TO_GET_ONE = "get one: review-bot models pull ORG/NAME, or review-bot models import FILE"


def onnx_backend(loaded: Loaded, model: str | None = None, *, engine: str = "") -> OnnxBackend:
    """The backend `onnx` for `model` (name or folder), else for the configured one; loads nothing yet.

    Raises ModelMissing where there is none. `engine` is `genai`, `plain`, or empty for the first that runs.
    """
    from review_bot.backends.catalog import check
    from review_bot.backends.onnx.backend import OnnxBackend

    remembered = digests()
    return OnnxBackend(
        model_folder(model, loaded),
        digest_of=lambda folder: check.digest_of(folder, remembered.sha256),
        threads=loaded.config.model.onnx.threads,
        adapters=loaded.adapters(),
        engine=engine,
    )


def model_folder(model: str | None, loaded: Loaded) -> str:
    """Folder of `model` (name or folder), else of the configured one, else of the only one on the shelf."""
    from review_bot.backends.catalog import shelf

    root = shelf.shelf()
    name = model or loaded.model_path()
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
