"""Constrained decoding: which tokens may follow so that the answer keeps to a schema.

The grammar engine is llguidance, the one that is built into onnxruntime-genai. There, a schema belongs to a Generator
for life, and each window has a schema of its own: every window would prefill the instructions again. Asked from here,
one Generator serves all schemas, and plain onnxruntime is guided as well (docs/decisions/0008-onnx.md).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from review_bot.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from review_bot.backends.onnx.sampling import Mask
    from review_bot.backends.onnx.text import Text


class Guides:
    """Makes guides for one tokenizer; without llguidance there are none."""

    def __init__(self, text: Text, width: int, ends: Sequence[int]) -> None:
        self._width = width
        self._library = _library()
        if self._library:
            self._tokenizer = self._library.LLTokenizer(text.path, n_vocab=width, eos_token=list(ends))

    def of_schema(self, schema: Mapping[str, Any]) -> Guide | None:
        """The guide to answers of `schema`, as JSON without blanks; raises BadRequest."""
        if not self._library:
            return None
        try:
            text = json.dumps(schema)
            grammar = self._library.LLMatcher.grammar_from_json_schema(text, overrides={"whitespace_flexible": False})
        except ValueError as error:
            raise BadRequest(f"the answer's schema can't be enforced: {error}", where="onnx") from error
        return self._guide(grammar)

    def of_words(self, words: Sequence[str]) -> Guide | None:
        """The guide to an answer that is one of `words`."""
        if not self._library:
            return None
        choices = " | ".join(json.dumps(word) for word in words)
        return self._guide(self._library.LLMatcher.grammar_from_lark(f"start: {choices}"))

    def _guide(self, grammar: str) -> Guide:
        matcher = self._library.LLMatcher(self._tokenizer, grammar, log_level=0)
        if matcher.is_error():
            line = " ".join(matcher.get_error().split())
            raise BadRequest(f"the answer's schema can't be enforced: {line[:300]}", where="onnx")
        return Guide(matcher, self._width)


class Guide:
    """The state of one answer."""

    def __init__(self, matcher: Any, width: int) -> None:
        self._matcher = matcher
        self._width = width

    def forced(self) -> list[int]:
        """Tokens that must follow, whatever the model thinks: nobody needs to ask it."""
        tokens: list[int] = self._matcher.compute_ff_tokens()
        return tokens

    def allowed(self) -> Mask:
        """For each token whether it may follow."""
        bits = np.frombuffer(self._matcher.compute_bitmask(), np.uint8)
        return np.unpackbits(bits, count=self._width, bitorder="little").astype(np.bool_)

    def accept(self, tokens: Sequence[int]) -> bool:
        """Go on by `tokens`; False where they break the grammar or it grew too complex."""
        return bool(self._matcher.consume_tokens(list(tokens)))

    def finished(self) -> bool:
        """True when nothing may follow."""
        return bool(self._matcher.is_stopped())


def _library() -> Any:
    try:
        import llguidance
    except ImportError:
        return None
    return llguidance
