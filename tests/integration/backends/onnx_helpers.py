"""Backends and calls for the tests of real engines."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

import pytest

from review_bot.backends.onnx.backend import OnnxBackend
from review_bot.domain.model import Completion, Prompt, Sampling

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from review_bot.domain.model import Answer

SYSTEM = "You review code.\n" * 20
GREEDY = Sampling(temperature=0, repeat_penalty=1)
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "thought": {"type": "string", "maxLength": 40},
        "findings": {
            "type": "array",
            "maxItems": 2,
            "items": {
                "type": "object",
                "properties": {"line": {"enum": [3, 4]}, "quote": {"type": "string", "maxLength": 30}},
                "required": ["line", "quote"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["thought", "findings"],
    "additionalProperties": False,
}
ENGINES = (
    pytest.param(
        "genai",
        marks=pytest.mark.skipif(not importlib.util.find_spec("onnxruntime_genai"), reason="no onnxruntime-genai"),
    ),
    "plain",
)


def backend(folder: str, engine: str = "", adapters: Mapping[str, str] | None = None) -> OnnxBackend:
    return OnnxBackend(folder, digest_of=lambda _: "digest", engine=engine, adapters=adapters)


def call(
    user: str = "a change",
    *,
    system: str = SYSTEM,
    sampling: Sampling = GREEDY,
    schema: Mapping[str, Any] | None = None,
    timeout: float = 60,
    language: str | None = None,
    words: tuple[str, ...] = (),
) -> Completion:
    return Completion(Prompt(system, user), sampling, timeout, schema, "review", language, words)


def collected(stream: Generator[str, None, Answer]) -> tuple[list[str], Answer]:
    """The pieces of a stream, and its answer."""
    answers = []

    def run() -> Generator[str, None, None]:
        answers.append((yield from stream))

    return list(run()), answers[0]
