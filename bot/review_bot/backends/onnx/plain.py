"""Plain onnxruntime with a loop of our own: the same tokens, a copy of the cache at each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from review_bot.backends.onnx.engine import bad_adapter, failed
from review_bot.backends.onnx.text import missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from review_bot.backends.onnx.layout import Layout
    from review_bot.backends.onnx.sampling import Logits


def load(layout: Layout, threads: int, adapters: Mapping[str, str]) -> PlainEngine:
    """The model of `layout`; raises Unavailable where onnxruntime can't be imported, ModelMissing for a bad model."""
    try:
        import onnxruntime as ort
    except ImportError as error:
        raise missing("onnxruntime", error) from error
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    try:
        session = ort.InferenceSession(layout.model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library's errors share no base of their own
        raise failed(error, layout, "loading") from error
    if adapters and not session.get_overridable_initializers():
        raise failed(RuntimeError("invalid input name"), layout, "loading")
    return PlainEngine(ort, session, layout, adapters)


class PlainEngine:
    """A session and its adapters."""

    name = "plain"

    def __init__(self, ort: Any, session: Any, layout: Layout, adapters: Mapping[str, str]) -> None:
        self.session, self.layout = session, layout
        self._adapters = {name: _adapter(ort, path) for name, path in adapters.items()}
        self.ort = ort
        self.bytes_a_token = layout.bytes_a_token

    def start(self, room: int, adapter: str | None) -> PlainState:
        """An empty state; its cache grows with the tokens."""
        return PlainState(self, room, self._adapters[adapter] if adapter is not None else None)

    def grow(self, room: int) -> int:
        """Rounded up as genai's, though nothing is allocated ahead: the same prompts share the same states."""
        return -(-room // 256) * 256


def _adapter(ort: Any, path: str) -> Any:
    try:
        adapter = ort.LoraAdapter()
        adapter.Load(path)
    except Exception as error:
        raise bad_adapter(path, error) from error
    return adapter


class PlainState:
    """Keys and values of the tokens read, by name of the input that takes them."""

    def __init__(self, engine: PlainEngine, room: int, adapter: Any) -> None:
        self.room = room
        self._engine, self._layout = engine, engine.layout
        self._options = engine.ort.RunOptions()
        if adapter is not None:
            self._options.add_active_adapter(adapter)
        self._pairs = _cache_names(engine.layout)
        shape = (1, engine.layout.kv_heads, 0, engine.layout.head_size)
        kinds = {given.name: given.type for given in engine.session.get_inputs()}
        self._takes = frozenset(kinds)
        self._cache: dict[str, NDArray[Any]] = {
            past: np.zeros(shape, np.float16 if kinds.get(past) == "tensor(float16)" else np.float32)
            for past, _ in self._pairs
        }
        self._length = 0

    def append(self, tokens: Sequence[int]) -> Logits:
        """Read tokens; the whole cache is copied once."""
        outputs = [self._layout.outputs["logits"], *(present for _, present in self._pairs)]
        feed = {**self._cache, **self._inputs(tokens)}
        try:
            logits, *cache = self._engine.session.run(outputs, feed, self._options)
        except Exception as error:
            raise failed(error, self._layout, "reading") from error
        self._cache = {past: value for (past, _), value in zip(self._pairs, cache, strict=True)}
        self._length += len(tokens)
        last: Logits = logits.reshape(-1, logits.shape[-1])[-1].astype(np.float32)
        return last

    def _inputs(self, tokens: Sequence[int]) -> dict[str, NDArray[np.int64]]:
        total = self._length + len(tokens)
        names = self._layout.inputs
        every = {
            names["input_ids"]: np.asarray([tokens], np.int64),
            names.get("attention_mask", "attention_mask"): np.ones((1, total), np.int64),
            names.get("position_ids", "position_ids"): np.arange(self._length, total, dtype=np.int64)[None],
        }
        return {name: value for name, value in every.items() if name in self._takes}

    def rewind(self, length: int) -> None:
        """Cut the cache off."""
        self._cache = {name: value[:, :, :length] for name, value in self._cache.items()}
        self._length = length


def _cache_names(layout: Layout) -> list[tuple[str, str]]:
    """Names of input and output for each part of the cache."""
    parts = ("key", "value")
    return [
        (layout.inputs[f"past_{part}_names"] % layer, layout.outputs[f"present_{part}_names"] % layer)
        for layer in range(layout.layers)
        for part in parts
    ]
