"""What reads tokens and gives logits: onnxruntime-genai, or plain onnxruntime where that can't be had."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from review_bot.errors import BackendError, ModelMissing, Unavailable, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review_bot.backends.onnx.layout import Layout
    from review_bot.backends.onnx.sampling import Logits


class State(Protocol):
    """The model having read some tokens."""

    room: int
    """Tokens that it may read in all."""

    def append(self, tokens: Sequence[int]) -> Logits:
        """Read further tokens; the logits of what follows them."""

    def rewind(self, length: int) -> None:
        """Forget all tokens after the first `length`."""


class Engine(Protocol):
    """A loaded model."""

    name: str
    bytes_a_token: int
    """Of keys and values."""

    def start(self, room: int, adapter: str | None) -> State:
        """A state for up to `room` tokens, with the adapter of that name."""

    def grow(self, room: int) -> int:
        """Room that a state for `room` tokens really should have."""


def load(layout: Layout, threads: int, adapters: Mapping[str, str], engine: str = "") -> Engine:
    """The model in the first engine that runs it, or in the one named; raises Unavailable, ModelMissing."""
    from review_bot.backends.onnx import genai, plain

    check_memory(layout)
    if engine == "plain":
        return plain.load(layout, threads, adapters)
    try:
        return genai.load(layout, threads, adapters)
    except Unavailable:
        if engine:
            raise
        return plain.load(layout, threads, adapters)


def check_memory(layout: Layout) -> None:
    """Raise Unavailable where the weights need more memory than there is: the system would end the whole process."""
    from review_bot.backends.onnx.memory import available

    needed = sum(entry.stat().st_size for entry in os.scandir(os.path.dirname(layout.model)) if ".onnx" in entry.name)
    free = available()
    if free is not None and needed > free:
        about = f"the model needs {needed / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free"
        raise Unavailable(about, where=layout.folder, remedy="use a smaller model")


def failed(error: Exception, layout: Layout, doing: str) -> BackendError:
    """Ours for an error of either library; all of them are RuntimeErrors with several lines."""
    text = printable(" ".join(str(error).split()))[:300]
    lower = text.lower()
    if "alloc" in lower or "out of memory" in lower or isinstance(error, MemoryError):
        remedy = "use a smaller window or a smaller model"
        return Unavailable(f"no memory left while {doing}: {text}", where=layout.folder, remedy=remedy)
    if "invalid input name" in lower:
        about = "the model has no inputs for its adapter"
        return ModelMissing(about, where=layout.folder, remedy="export it with LoRA inputs, or take the adapter out")
    if doing == "loading":
        remedy = "get the whole folder again, or use a model made for onnxruntime-genai"
        return ModelMissing(f"the model can't be loaded: {text}", where=layout.folder, remedy=remedy)
    return Unavailable(f"the engine failed while {doing}: {text}", where=layout.folder)


def bad_adapter(path: str, error: Exception) -> ModelMissing:
    """The error for a LoRA file that the model does not take."""
    text = printable(" ".join(str(error).split()))[:300]
    return ModelMissing(f"the adapter can't be loaded: {text}", where=path, remedy="see docs/models.md")
