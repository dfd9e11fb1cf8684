"""Adapter files of onnxruntime: what a graph takes, and writing it down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.backends.onnx.engine import failed
from review_bot.backends.onnx.layout import read_layout
from review_bot.backends.onnx.text import missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def replaceable(folder: str) -> dict[str, tuple[tuple[int | None, ...], str]]:
    """Sizes and kind of each input of the model in `folder` that has a value of its own, which an adapter replaces.

    Raises ModelMissing for a folder without a usable model, and Unavailable without onnxruntime.
    """
    layout, ort = read_layout(folder), _library()
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = ort.InferenceSession(layout.model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library's errors share no base of their own
        raise failed(error, layout, "loading") from error
    return {
        given.name: (tuple(size if isinstance(size, int) else None for size in given.shape), given.type)
        for given in session.get_overridable_initializers()
    }


def write(path: str, weights: Mapping[str, NDArray[Any]]) -> None:
    """Write the values of a graph's inputs as an adapter; raises OSError, and Unavailable without onnxruntime."""
    ort = _library()
    adapter = ort.AdapterFormat()
    adapter.set_adapter_version(1)
    adapter.set_model_version(1)
    adapter.set_parameters({name: ort.OrtValue.ortvalue_from_numpy(array) for name, array in weights.items()})
    try:
        adapter.export_adapter(path)
    except Exception as error:  # as above
        raise OSError(" ".join(str(error).split())[:300]) from error


def _library() -> Any:
    try:
        import onnxruntime as ort
    except ImportError as error:
        raise missing("onnxruntime", error) from error
    return ort
