"""A question to a model and its answer, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Capability = Literal["schema", "json", "tokenize", "probability", "prefix", "embed", "adapters", "thinking"]
Purpose = Literal["review", "judge", "reply"]


class ModelInfo(NamedTuple):
    """What an engine says of itself and of the model it runs."""

    backend: str
    """Name of the backend: `onnx`, `ollama`, `llamacpp`, `openai`, `scripted`."""
    model: str
    digest: str
    """Changes whenever the weights may have changed; part of every cache key."""
    context: int
    """Tokens that prompt and answer may have together; 0 where the engine does not say."""
    capabilities: frozenset[Capability] = frozenset()
    where: str = ""
    """Address or folder, for messages."""
    local: bool = True
    """False where the change leaves this machine."""


class Prompt(NamedTuple):
    """What the model reads. No part holds control tokens of a chat template: backends put those in by id."""

    system: str
    """Instructions, examples and the answer's form: byte-identical for all windows of a specialist (the prefix)."""
    user: str
    """The window: fenced, untrusted text."""


class Sampling(NamedTuple):
    """How tokens are chosen."""

    max_tokens: int = 512
    temperature: float = 0.3
    top_p: float = 0.9
    repeat_penalty: float = 1.1
    seed: int = 7


class Completion(NamedTuple):
    """One call."""

    prompt: Prompt
    sampling: Sampling
    timeout: float
    """Seconds for the whole call."""
    schema: Mapping[str, Any] | None = None
    """JSON schema of the answer, keys in the order of writing; None for free text."""
    purpose: Purpose = "review"
    language: str | None = None
    """Language of the window, by which an adapter is picked."""
    probability_of: tuple[str, ...] = ()
    """First words of the answer whose probabilities are wanted: `("yes", "no")` for the judge."""


class Answer(NamedTuple):
    """What came back; a cut answer is no Answer but the error Truncated."""

    text: str
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Of the prompt, as the engine counts them."""
    completion_tokens: int = 0
    seconds: float = 0.0
    probabilities: tuple[tuple[str, float], ...] = ()
    """For each of `probability_of`, where the engine can tell; they sum to at most 1."""
