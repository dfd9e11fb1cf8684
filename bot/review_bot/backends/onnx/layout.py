"""What genai_config.json says of a model folder, checked before anything is loaded."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from review_bot.errors import ModelMissing
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

REMEDY = "get the whole folder again, for example with `review-bot models pull`"


class Layout(NamedTuple):
    """Where the parts of a model lie, and its sizes."""

    folder: str
    kind: str
    """`phi3`, `qwen2`, `llama`, …"""
    model: str
    """Absolute path of the graph."""
    eos: tuple[int, ...]
    context: int
    vocabulary: int
    layers: int
    kv_heads: int
    head_size: int
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]

    @property
    def bytes_a_token(self) -> int:
        """Of keys and values, in single precision."""
        return self.layers * self.kv_heads * self.head_size * 2 * 4


def read_layout(folder: str) -> Layout:
    """The layout of the model in `folder`; raises ModelMissing where a part is not there or says nothing usable."""
    if not os.path.isdir(folder):
        raise ModelMissing("no such folder", where=folder, remedy="see review-bot models list")
    path = os.path.join(folder, "genai_config.json")
    model = read_json(path).get("model")
    try:
        layout = _layout(folder, model)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ModelMissing(f"no description of a text model: {_said(error)}", where=path, remedy=REMEDY) from error
    for needed in (layout.model, os.path.join(folder, "tokenizer.json")):
        if not os.path.isfile(needed):
            raise ModelMissing("the file is missing", where=needed, remedy=REMEDY)
    return layout


def _said(error: Exception) -> str:
    """What is wrong with a description, in words."""
    if isinstance(error, KeyError):
        return f"it lacks {str(error.args[0])[:80]}"
    if isinstance(error, _Outside):
        return f"it names {error.args[0][:80]}, which is no file of the folder"
    return "a value in it is of the wrong kind"


class _Outside(ValueError):
    """A file that lies in another folder."""


def read_json(path: str) -> dict[str, Any]:
    """The object in the file at `path`; raises ModelMissing."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except OSError as error:
        raise ModelMissing(f"can't be read: {error.strerror}", where=path, remedy=REMEDY) from error
    except (ValueError, RecursionError) as error:
        raise ModelMissing("no valid JSON", where=path, remedy=REMEDY) from error
    if not isinstance(value, dict):
        raise ModelMissing("no JSON object", where=path, remedy=REMEDY)
    return value


def _layout(folder: str, model: Any) -> Layout:
    decoder = model["decoder"]
    name = str(decoder["filename"])
    if os.path.isabs(name) or ".." in name.replace("\\", "/").split("/"):
        raise _Outside(name)
    eos = model["eos_token_id"]
    return Layout(
        folder,
        str(model["type"]),
        os.path.join(folder, name),
        tuple(int(token) for token in (eos if isinstance(eos, list) else [eos])),
        int(model["context_length"]),
        int(model["vocab_size"]),
        int(decoder["num_hidden_layers"]),
        int(decoder["num_key_value_heads"]),
        int(decoder["head_size"]),
        dict(decoder["inputs"]),
        dict(decoder["outputs"]),
    )
