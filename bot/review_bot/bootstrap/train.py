"""Training an adapter from the rows that `memory export` wrote, and saying how to use it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from review_bot.domain.training import FIELDS
from review_bot.errors import UsageError
from review_bot.evaluation.train import train as trained

if TYPE_CHECKING:
    from collections.abc import Callable

    from review_bot.domain.training import Form
    from review_bot.evaluation.lora import Input
    from review_bot.evaluation.train import Settings, Trained

ONNX_ADAPTER = "adapter.onnx_adapter"
_PEFT = ("adapter_config.json", "adapter_model.safetensors")
_REMEDY = "write it with `review-bot memory export --format sft|kto|dpo --out DIR`"


def form_of(data: str) -> Form:
    """The form of the rows in the folder `data`, as its manifest says."""
    path = os.path.join(data, "manifest.json")
    try:
        with open(path, encoding="utf-8") as stream:
            form: Form = json.load(stream)["format"]
        if form in FIELDS:
            return form
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UsageError("no manifest of exported rows", where=path, remedy=_REMEDY) from error
    raise UsageError(f"the format {form!r} is unknown", where=path, remedy=_REMEDY)


def train(data: str, base: str, out: str, settings: Settings, say: Callable[[str], None]) -> Trained:
    """Write an adapter for the model in the folder `base` into `out`, with a Modelfile; nothing is fetched."""
    rows, unseen = (_rows(os.path.join(data, name), settings.form) for name in ("train.jsonl", "test.jsonl"))
    if not rows:
        raise UsageError("no rows to learn from", where=data, remedy=_REMEDY)
    if not os.path.isfile(os.path.join(base, "config.json")):
        raise UsageError("no config.json in it", where=base, remedy="name the folder of a model: --base")
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        os.environ[name] = "1"
    try:
        os.makedirs(out, exist_ok=True)
        done = trained(base, out, rows, unseen, settings, say)
        with open(os.path.join(out, "Modelfile"), "w", encoding="utf-8") as stream:
            stream.write(f"FROM {os.path.abspath(base)}\nADAPTER ./\n")
    except OSError as error:
        raise UsageError(
            f"can't be written: {error.strerror or error}", where=out, remedy="name another: --out"
        ) from error
    return done


def check_graph(folder: str, rank: int) -> None:
    """Raise UsageError, before anything is learned, where the graph in `folder` has no room for an adapter."""
    from review_bot.evaluation import lora

    sizes = lora.ranks(_inputs(folder))
    if not sizes:
        raise UsageError("the graph has no inputs for an adapter", where=folder, remedy="export it with LoRA inputs")
    if rank > sizes[0]:
        said = f"the graph takes rank {sizes[0]} at most"
        raise UsageError(said, where=folder, remedy=f"train with --rank {sizes[0]}")


def to_onnx(adapter: str, folder: str) -> str:
    """Write the adapter in `adapter` for the ONNX model in `folder`; the file. Raises UsageError for a misfit."""
    from review_bot.backends.onnx import adapters
    from review_bot.evaluation import lora

    out, inputs = os.path.join(adapter, ONNX_ADAPTER), _inputs(folder)
    try:
        config, weights = (_bytes(os.path.join(adapter, name)) for name in _PEFT)
    except OSError as error:
        said = f"can't be read: {error.strerror or error}"
        raise UsageError(said, where=adapter, remedy="name a folder that train wrote: --out") from error
    made = lora.for_graph(lora.read(config, weights, where=adapter), inputs, where=folder)
    try:
        adapters.write(out, made)
    except OSError as error:
        raise UsageError(f"can't be written: {error.strerror or error}", where=out) from error
    return out


def _inputs(folder: str) -> dict[str, Input]:
    from review_bot.backends.onnx import adapters
    from review_bot.errors import BackendError
    from review_bot.evaluation import lora

    try:
        return {name: lora.Input(*given) for name, given in adapters.replaceable(folder).items()}
    except BackendError as error:
        raise UsageError(error.what, where=error.where or folder, remedy=error.remedy) from error


def _bytes(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


def _rows(path: str, form: Form) -> list[dict[str, Any]]:
    try:
        with open(path, encoding="utf-8") as stream:
            rows = [json.loads(line) for line in stream if line.strip()]
    except (OSError, ValueError) as error:
        raise UsageError("can't be read as JSON lines", where=path, remedy=_REMEDY) from error
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or any(type(row.get(name)) is not kind for name, kind in FIELDS[form].items()):
            wanted = ", ".join(FIELDS[form])
            raise UsageError(f"row {number} is no {form} row: {wanted}", where=path, remedy=_REMEDY)
    return [{name: row[name] for name in FIELDS[form]} for row in rows]
