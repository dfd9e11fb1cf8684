"""Satisfied or frustrated: a small classifier for replies that state no stance, trained on one's own log.

A logistic regression over words, pairs of words and runs of characters; its weights are plain JSON. What it reads is a
weak signal (`sentiment`, eps .25), which alone hides nothing (memory.score).
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from math import exp, isfinite, log, sqrt
from typing import TYPE_CHECKING, Any

from review_bot.memory.complete import NOISE
from review_bot.memory.stance import NEUTRAL, Reading, is_silent, readable, stance
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from review_bot.domain.event import Event

SCHEMA = "review-bot.sentiment/1"
SURE = 0.8
"""Probability from which on a reply is read as satisfied, or as frustrated."""
LEAST = 20
"""Replies of each kind that training needs."""
_SHORTEST, _LONGEST = 2, 4
"""Characters of the runs."""


class Sentiment(NamedTuple):
    """A trained classifier, and how it did on replies that it had not seen."""

    bias: float
    weights: Mapping[str, float]
    accepted: int
    """Satisfied replies that it learned from."""
    rejected: int
    auc: float
    """By cross-validation: how often it tells a satisfied reply from a frustrated one."""
    f1: float

    def probability(self, text: str) -> float:
        """How likely `text` comes with an accepted finding."""
        total = self.bias + sum(self.weights.get(name, 0.0) * value for name, value in features(text).items())
        return 1 / (1 + exp(-max(min(total, 500.0), -500.0)))


def features(text: str) -> dict[str, float]:
    """Words, pairs of words and runs of characters; each kind has length 1, so that long replies weigh no more."""
    words = readable(text).split()
    pairs = (f"{one} {two}" for one, two in pairwise(words))
    return {**_unit("w:", [*words, *pairs]), **_unit("c:", _runs(" ".join(words)))}


def _runs(text: str) -> Iterator[str]:
    padded = f" {text} " if text else ""
    for size in range(_SHORTEST, _LONGEST + 1):
        yield from (padded[at : at + size] for at in range(len(padded) - size + 1))


def _unit(kind: str, names: Iterable[str]) -> dict[str, float]:
    counts = {f"{kind}{name}": 1 + log(count) for name, count in Counter(names).items()}
    length = sqrt(sum(value * value for value in counts.values())) or 1.0
    return {name: value / length for name, value in counts.items()}


def labelled(events: Iterable[Event]) -> dict[str, int]:
    """Replies of the log with what became of their findings; not those contradicted, nor the classifier's own."""
    found: dict[str, set[int]] = {}
    for one in events:
        text, y = one.get("note"), one.get("y")
        if one.kind == "signal" and text and y is not None and one.get("sig") != "sentiment" and readable(text):
            found.setdefault(text, set()).add(y)
    return {text: next(iter(some)) for text, some in sorted(found.items()) if len(some) == 1}


def read(text: str, classifier: Sentiment) -> tuple[Reading, str]:
    """What a reply says, and the `sig` that says so: its stance, else its tone where that is clear."""
    said = stance(text)
    if not is_silent(text):
        return said, "reply"
    chance = classifier.probability(text)
    if chance >= SURE:
        return Reading("accept", 1, NOISE["sentiment"]), "sentiment"
    if chance <= 1 - SURE:
        return Reading("reject", 0, NOISE["sentiment"]), "sentiment"
    return NEUTRAL, "reply"


def written(classifier: Sentiment) -> str:
    """The classifier as JSON."""
    return json.dumps({"schema": SCHEMA, **classifier._asdict()}, ensure_ascii=False, sort_keys=True) + "\n"


def parsed(text: str) -> Sentiment:
    """The classifier that `written` made; raises ValueError for anything else."""
    value: Any = json.loads(text)
    if not isinstance(value, dict) or value.pop("schema", None) != SCHEMA or set(value) != set(Sentiment._fields):
        raise ValueError("not a classifier of this version")
    weights = value["weights"]
    numbers = (*(value[name] for name in Sentiment._fields if name != "weights"), *weights.values())
    if not all(type(one) in (int, float) and isfinite(one) for one in numbers):
        raise ValueError("a weight is no number")
    return Sentiment(**value)
