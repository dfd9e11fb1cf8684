"""Adapters as PEFT writes them, from arrays: adapter_config.json and adapter_model.safetensors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

KINDS = {"float32": "F32", "float16": "F16", "uint16": "BF16"}


def safetensors(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The arrays in one file; whole numbers of 16 bits stand for bfloat16."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    rows: dict[str, Any] = header
    for name, array in arrays.items():
        offsets = [len(data), len(data) + array.nbytes]
        rows[name] = {"dtype": KINDS[array.dtype.name], "shape": list(array.shape), "data_offsets": offsets}
        data += array.tobytes()
    head = json.dumps(rows).encode()
    return len(head).to_bytes(8, "little") + head + data


def peft_adapter(
    folder: Path, layers: Mapping[str, tuple[int, int]], *, rank: int = 3, alpha: int = 6, seed: int = 5, **config: Any
) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
    """Write an adapter with random factors for layers of the given sizes (in, out); A and B by layer."""
    draw = np.random.default_rng(seed)
    factors = {
        layer: (
            draw.standard_normal((rank, before)).astype(np.float32),
            draw.standard_normal((after, rank)).astype(np.float32),
        )
        for layer, (before, after) in layers.items()
    }
    named = {
        f"base_model.model.{layer}.lora_{part}.weight": array
        for layer, pair in factors.items()
        for part, array in zip("AB", pair, strict=True)
    }
    folder.mkdir(exist_ok=True)
    usual = {"peft_type": "LORA", "r": rank, "lora_alpha": alpha, "use_rslora": False, "use_dora": False}
    (folder / "adapter_config.json").write_text(json.dumps({**usual, **config}))
    (folder / "adapter_model.safetensors").write_bytes(safetensors(named))
    return factors
