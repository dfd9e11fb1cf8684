"""As much of protobuf's wire format, and of ONNX on top of it, as a small model needs."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np

FLOAT, UINT8, INT32, INT64 = 1, 2, 6, 7
_KINDS = {"float32": FLOAT, "uint8": UINT8, "int32": INT32, "int64": INT64}


def varint(value: int) -> bytes:
    value &= 2**64 - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def real(field: int, value: float) -> bytes:
    return varint(field << 3 | 5) + struct.pack("<f", value)


def block(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def blocks(field: int, values: Iterable[bytes | str]) -> bytes:
    return b"".join(block(field, value) for value in values)


def attribute(name: str, value: Any) -> bytes:
    head = block(1, name)
    if isinstance(value, float):
        return head + real(2, value) + number(20, 1)
    if isinstance(value, int):
        return head + number(3, value) + number(20, 2)
    return head + b"".join(number(8, item) for item in value) + number(20, 7)


def node(kind: str, inputs: Sequence[str], outputs: Sequence[str], domain: str = "", **attributes: Any) -> bytes:
    parts = [blocks(1, inputs), blocks(2, outputs), block(3, outputs[0]), block(4, kind)]
    parts += [block(5, attribute(name, value)) for name, value in attributes.items()]
    return b"".join([*parts, block(7, domain)])


def tensor(name: str, array: np.ndarray[Any, Any], external: tuple[str, int] | None = None) -> bytes:
    """The constant `array`; its bytes lie at `external` = (file, offset), else in the model itself."""
    head = b"".join(number(1, size) for size in array.shape) + number(2, _KINDS[array.dtype.name]) + block(8, name)
    if external is None:
        return head + block(9, array.tobytes())
    where = {"location": external[0], "offset": str(external[1]), "length": str(array.nbytes)}
    return head + blocks(13, [block(1, key) + block(2, value) for key, value in where.items()]) + number(14, 1)


def value_info(name: str, kind: int, shape: Sequence[int | str]) -> bytes:
    dims = [number(1, size) if isinstance(size, int) else block(2, size) for size in shape]
    return block(1, name) + block(2, block(1, number(1, kind) + block(2, blocks(1, dims))))


def model(nodes: list[bytes], constants: list[bytes], inputs: list[bytes], outputs: list[bytes]) -> bytes:
    graph = blocks(1, nodes) + block(2, "main_graph") + blocks(5, constants) + blocks(11, inputs) + blocks(12, outputs)
    opsets = [block(1, "") + number(2, 17), block(1, "com.microsoft") + number(2, 1)]
    return number(1, 8) + block(2, "review-bot tests") + block(7, graph) + blocks(8, opsets)
