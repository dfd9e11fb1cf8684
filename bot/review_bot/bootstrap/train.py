"""Training an adapter from the rows that `memory export` wrote, and saying how to use it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from review_bot.errors import UsageError
from review_bot.evaluation.train import train as trained

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from review_bot.evaluation.train import Form, Settings, Trained

FIELDS: Mapping[str, Mapping[str, type]] = {
    "sft": {"prompt": str, "completion": str},
    "kto": {"prompt": str, "completion": str, "label": bool},
    "dpo": {"prompt": str, "chosen": str, "rejected": str},
}
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
