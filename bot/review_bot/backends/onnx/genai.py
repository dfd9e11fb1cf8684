"""onnxruntime-genai: the key-value cache lies in one block and is rewound in place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from review_bot.backends.onnx.engine import bad_adapter, failed
from review_bot.backends.onnx.text import missing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review_bot.backends.onnx.layout import Layout
    from review_bot.backends.onnx.sampling import Logits


def load(layout: Layout, threads: int, adapters: Mapping[str, str]) -> GenaiEngine:
    """The model of `layout`; raises Unavailable where genai can't be imported, ModelMissing for a bad model."""
    try:
        import onnxruntime_genai as og
    except ImportError as error:
        raise missing("onnxruntime-genai", error) from error
    try:
        config = og.Config(layout.folder)
        if threads:
            options = {"session_options": {"intra_op_num_threads": threads}}
            config.overlay(json.dumps({"model": {"decoder": options}}))
        model = og.Model(config)
    except Exception as error:  # the library's errors are RuntimeErrors of any kind
        raise failed(error, layout, "loading") from error
    return GenaiEngine(og, model, layout, adapters)


class GenaiEngine:
    """A model and its adapters."""

    name = "genai"

    def __init__(self, og: Any, model: Any, layout: Layout, adapters: Mapping[str, str]) -> None:
        self._og, self._model, self._layout = og, model, layout
        self.bytes_a_token = layout.bytes_a_token
        self._adapters: Any = og.Adapters(model) if adapters else None
        for name, path in adapters.items():
            self._add(name, path)

    def _add(self, name: str, path: str) -> None:
        try:
            self._adapters.load(path, name)
        except Exception as error:
            raise bad_adapter(path, error) from error

    def start(self, room: int, adapter: str | None) -> GenaiState:
        """A Generator whose cache holds `room` tokens."""
        try:
            params = self._og.GeneratorParams(self._model)
            params.set_search_options(max_length=room, do_sample=False, batch_size=1, num_beams=1)
            generator = self._og.Generator(self._model, params)
            if adapter is not None:
                generator.set_active_adapter(self._adapters, adapter)
        except Exception as error:
            raise failed(error, self._layout, "making room") from error
        return GenaiState(generator, room, self._layout)

    def grow(self, room: int) -> int:
        """Rounded up: the cache is allocated at once, 786 KB a token for Phi-3-mini."""
        return -(-room // 256) * 256


class GenaiState:
    """A Generator that is only fed: we choose the tokens ourselves, so it is never done."""

    def __init__(self, generator: Any, room: int, layout: Layout) -> None:
        self._generator, self.room, self._layout = generator, room, layout

    def append(self, tokens: Sequence[int]) -> Logits:
        """Read tokens; holds the GIL until all are read."""
        try:
            self._generator.append_tokens(np.asarray(tokens, np.int32))
            logits = np.asarray(self._generator.get_logits(), np.float32)
        except Exception as error:
            raise failed(error, self._layout, "reading") from error
        last: Logits = logits.reshape(-1, logits.shape[-1])[-1]
        return last

    def rewind(self, length: int) -> None:
        """Forget what follows; the next call must be `append`, logits are stale before."""
        try:
            self._generator.rewind_to(length)
        except Exception as error:
            raise failed(error, self._layout, "rewinding") from error
