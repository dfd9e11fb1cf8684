"""Rows that a model learns from: what `memory export` writes, and `train` reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Form = Literal["sft", "kto", "dpo"]
FIELDS: Mapping[Form, Mapping[str, type]] = {
    "sft": {"prompt": str, "completion": str},
    "kto": {"prompt": str, "completion": str, "label": bool},
    "dpo": {"prompt": str, "chosen": str, "rejected": str},
}
