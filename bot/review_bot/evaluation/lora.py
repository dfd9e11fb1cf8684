"""The weights of a PEFT adapter, as the inputs of an ONNX graph take them.

PEFT keeps two factors a layer, A of shape (rank, in) and B of shape (out, rank), and adds scale * B A x to the layer. A
graph multiplies x from the left, so its inputs are A and B transposed, with the scale in B. Names of layers differ by
who exported the graph: `self_attn` is `attn`, dots are slashes, and a node's name may stand behind them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from review_bot.errors import UsageError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Name = tuple[tuple[str, ...], str]

_KINDS = {"F32": "<f4", "F16": "<f2", "F64": "<f8", "BF16": "<u2"}
_NOISE = frozenset(("", "base_model", "model", "default", "weight", "MatMul", "MatMulNBits", "MatMul_Q4"))
_SAME = {"self_attn": "attn", "self_attention": "attn"}
_PACKED = {"qkv_proj": ("q_proj", "k_proj", "v_proj"), "gate_up_proj": ("gate_proj", "up_proj")}
"""Layers that some bases and graphs keep in one piece, and others apart."""
_FLOATS = {"tensor(float)": "float32", "tensor(float16)": "float16"}


class Adapter(NamedTuple):
    """Factors by layer and part (`A`, `B`), as PEFT keeps them, and what B is to be multiplied with."""

    factors: Mapping[Name, NDArray[Any]]
    scale: float


class Input(NamedTuple):
    """An input of a graph that has a value of its own; a size that is not fixed is None."""

    shape: tuple[int | None, ...]
    kind: str
    """Such as `tensor(float)`."""


def read(config: bytes, weights: bytes, *, where: str) -> Adapter:
    """The adapter that PEFT wrote as adapter_config.json and adapter_model.safetensors; raises UsageError."""
    try:
        scale = _scale(json.loads(config))
        named = {name_of(name): array for name, array in _tensors(weights).items()}
    except (ValueError, KeyError, TypeError, AttributeError, ZeroDivisionError) as error:
        raise UsageError(f"no LoRA adapter of PEFT ({error})", where=where, remedy="make one with train") from error
    factors = {name: array for name, array in named.items() if name is not None}
    if len(factors) < len(named) or not factors or any((layer, "B") not in factors for layer, _ in factors):
        raise UsageError("it changes more than LoRA factors say", where=where, remedy="make one with train")
    return Adapter(factors, scale)


def _scale(config: Mapping[str, Any]) -> float:
    """How much the factors' product counts; raises ValueError for what is no plain LoRA."""
    odd = [name for name in ("use_dora", "rank_pattern", "alpha_pattern", "modules_to_save") if config.get(name)]
    if config["peft_type"] != "LORA" or odd:
        raise ValueError(f"{', '.join(odd) or config['peft_type']} is not known here")
    rank = config["r"] ** 0.5 if config.get("use_rslora") else config["r"]
    return float(config["lora_alpha"] / rank)


def _tensors(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file in single precision; raises ValueError."""
    import numpy as np

    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    found = {}
    for name, row in header.items():
        if name != "__metadata__":
            start, end = row["data_offsets"]
            array = np.frombuffer(data[8 + size + start : 8 + size + end], _KINDS[row["dtype"]]).reshape(row["shape"])
            if row["dtype"] == "BF16":  # the upper half of single precision
                array = (array.astype(np.uint32) << 16).view(np.float32)
            found[name] = array.astype(np.float32)
    return found


def name_of(name: str) -> Name | None:
    """Layer and part that a weight's name speaks of, the same for all exporters; None where it names no factor."""
    words = [_SAME.get(word, word) for word in re.split(r"[./]", name) if word not in _NOISE]
    parts = [word for word in words if word in ("lora_A", "lora_B")]
    if len(parts) != 1:
        return None
    return tuple(word for word in words if word not in parts), parts[0][-1]


def for_graph(adapter: Adapter, inputs: Mapping[str, Input], *, where: str) -> dict[str, NDArray[Any]]:
    """A value for each input of a graph that takes a factor; zeros for layers that were not trained.

    Raises UsageError where the graph has no input for a layer that was trained, or one of another size.
    """
    named = {name_of(name): name for name in inputs}
    taken = {name: given for name, given in named.items() if name is not None}
    factors = _packed_as(adapter.factors, {name: inputs[given] for name, given in taken.items()})
    lost = sorted(".".join(layer) for layer, part in factors if (layer, part) not in taken and part == "A")
    if not taken:
        raise UsageError("the graph has no inputs for an adapter", where=where, remedy="export it with LoRA inputs")
    if lost:
        said = f"the graph has no input for {len(lost)} of the trained layers, such as {lost[0]}"
        raise UsageError(said, where=where, remedy=f"its inputs are named like {min(taken.values())}")
    made = {}
    for (layer, part), name in taken.items():
        factor = factors.get((layer, part))
        if factor is not None and part == "B":
            factor = factor * adapter.scale
        array = _zeros(inputs[name]) if factor is None else _fitted(factor, part, inputs[name], name, where)
        if array is not None:
            made[name] = _as_kind(array, inputs[name].kind, name, where)
    return made


def _packed_as(factors: Mapping[Name, NDArray[Any]], taken: Mapping[Name, Input]) -> dict[Name, NDArray[Any]]:
    """The factors with layers in one piece or apart, as the graph has them; what it has in neither form stays."""
    known = dict(factors)
    for layer in sorted({layer for layer, _ in factors}):
        for whole, names in _PACKED.items() if (layer, "A") not in taken and (layer, "A") in known else ():
            one, several = (*layer[:-1], whole), [(*layer[:-1], name) for name in names]
            if layer == one and all((each, "B") in taken for each in several):
                _take_apart(known, one, several, [taken[each, "B"] for each in several])
            elif layer in several and (one, "A") in taken and all((each, "A") in known for each in several):
                _put_together(known, one, several)
    return known


def _take_apart(
    known: dict[Name, NDArray[Any]], one: tuple[str, ...], several: Sequence[tuple[str, ...]], inputs: Sequence[Input]
) -> None:
    """In the place of a layer its parts, whose sizes are those of the graph's inputs."""
    down, up = known[one, "A"], known[one, "B"]
    for at in (1, 0):
        sizes = [given.shape[at] or 0 for given in inputs]
        if sum(sizes) == len(up):
            del known[one, "A"], known[one, "B"]
            for number, each in enumerate(several):
                start = sum(sizes[:number])
                known[each, "A"], known[each, "B"] = down, up[start : start + sizes[number]]
            return


def _put_together(known: dict[Name, NDArray[Any]], one: tuple[str, ...], several: Sequence[tuple[str, ...]]) -> None:
    """In the place of several layers with one input the layer that holds them, whose rank is the sum of theirs."""
    import numpy as np

    downs, ups = ([known.pop((each, part)) for each in several] for part in "AB")
    known[one, "A"] = np.concatenate(downs)
    whole = np.zeros((sum(map(len, ups)), sum(map(len, downs))), np.float32)
    row = column = 0
    for up in ups:
        whole[row : row + len(up), column : column + up.shape[1]] = up
        row, column = row + len(up), column + up.shape[1]
    known[one, "B"] = whole


def _fitted(factor: NDArray[Any], part: str, given: Input, name: str, where: str) -> NDArray[Any]:
    """The factor in the graph's form; a graph that takes a higher rank gets zeros beside it."""
    import numpy as np

    rank = int(part == "B")  # the axis, as PEFT has it
    for array, at in ((factor.T, 1 - rank), (factor, rank)):
        sizes = given.shape if len(given.shape) == array.ndim else ()
        others = [size for number, size in enumerate(sizes) if number != at]
        if others and others[0] in (None, array.shape[1 - at]):
            room = (sizes[at] or array.shape[at]) - array.shape[at]
            if room < 0:
                said = f"{name} takes rank {sizes[at]}, and the adapter has {array.shape[at]}"
                raise UsageError(said, where=where, remedy=f"train with --rank {sizes[at]}")
            wide = [(0, room if number == at else 0) for number in range(2)]
            return np.pad(array, wide)
    said = f"{name} takes {given.shape}, and the adapter's factor is {factor.shape}"
    raise UsageError(said, where=where, remedy="name the graph of the base model: --onnx")


def _zeros(given: Input) -> NDArray[Any] | None:
    """Nothing, in the form of an input; None where its sizes are not known: then its own value stands."""
    import numpy as np

    sizes = [size for size in given.shape if size is not None]
    return np.zeros(sizes, np.float32) if len(sizes) == len(given.shape) else None


def _as_kind(array: NDArray[Any], kind: str, name: str, where: str) -> NDArray[Any]:
    import numpy as np

    if kind not in _FLOATS:
        raise UsageError(f"{name} takes {kind}", where=where, remedy="export the LoRA inputs as float or float16")
    return np.ascontiguousarray(array, _FLOATS[kind])


def ranks(inputs: Mapping[str, Input]) -> Sequence[int]:
    """The ranks that a graph's inputs for factors have room for, where they are fixed."""
    named = ((name_of(text), given.shape) for text, given in inputs.items())
    found = {shape[name[1] == "A"] for name, shape in named if name is not None and len(shape) == 2}
    return sorted(size for size in found if size is not None)
