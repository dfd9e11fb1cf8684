"""How the next token is chosen from logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from review_bot.domain.model import Sampling

    Logits = NDArray[np.float32]
    Mask = NDArray[np.bool_]

LOOKBACK = 64
"""Tokens of the answer that the penalty for repetition looks at, as in llama.cpp and Ollama."""


class Sampler:
    """Greedy at temperature 0, else by chance with a seed: the same seed gives the same answer."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._random = np.random.default_rng(sampling.seed if sampling.seed >= 0 else None)

    def choose(self, logits: Logits, answer: Sequence[int], allowed: Mask | None) -> int:
        """The next token after those in `answer`; one of `allowed`, where given."""
        scores = _penalised(logits, answer, self._sampling.repeat_penalty)
        if allowed is not None:
            scores = np.where(allowed, scores, -np.inf)
        if self._sampling.temperature <= 0:
            return int(scores.argmax())
        return self._draw(scores)

    def _draw(self, scores: Logits) -> int:
        chances = softmax(scores / np.float32(max(self._sampling.temperature, 1e-3)))
        order = np.argsort(-chances, kind="stable")
        total = np.cumsum(chances[order])
        kept = int(np.searchsorted(total, self._sampling.top_p * total[-1])) + 1
        point = self._random.random() * total[min(kept, len(total)) - 1]
        return int(order[min(int(np.searchsorted(total, point, side="right")), kept - 1)])


def softmax(scores: Logits) -> NDArray[np.float64]:
    """Probabilities of `scores`, some of which may be minus infinity."""
    shifted = np.exp(scores.astype(np.float64) - scores.max())
    return np.asarray(shifted / shifted.sum())


def _penalised(logits: Logits, answer: Sequence[int], penalty: float) -> Logits:
    """Scores of tokens said lately, made less likely (https://arxiv.org/abs/1909.05858, section 4.1)."""
    scores = np.where(np.isfinite(logits), logits, -1e30).astype(np.float32)
    if penalty != 1 and answer:
        seen = np.unique(np.asarray(answer[-LOOKBACK:], np.int64))
        said = scores[seen]
        scores[seen] = np.where(said > 0, said / penalty, said * penalty)
    return scores
