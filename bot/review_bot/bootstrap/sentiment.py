"""Training and keeping the classifier of replies; the one module that loads scikit-learn."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from review_bot.errors import SourceError, StoreError, UsageError
from review_bot.memory.sentiment import LEAST, Sentiment, features, labelled, parsed, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review_bot.bootstrap.memory import Memory

FILE = "sentiment.json"
_FOLDS = 5
_TRAIN = "memory sentiment train"


def train(memory: Memory) -> Sentiment:
    """Learn from the replies in the log and keep what was learned; raises UsageError where there are too few."""
    from review_bot.memory.fold import undone

    events = list(memory.events())
    gone = undone(events)
    replies = labelled(one for one in events if one.id not in gone)
    good = sum(replies.values())
    if min(good, len(replies) - good) < LEAST:
        remedy = f"{LEAST} of each are needed; replies are kept with memory.store-text = true"
        said = f"the log holds {good} replies to accepted findings and {len(replies) - good} to rejected ones"
        raise UsageError(said, where=_TRAIN, remedy=remedy)
    made = fitted(replies)
    _keep(_path(memory), written(made))
    return made


def kept(memory: Memory) -> Sentiment:
    """The classifier that was trained here; raises UsageError without one, StoreError for a damaged file."""
    path = _path(memory)
    found = _kept(path)
    if found is None:
        raise UsageError("no classifier was trained here", where=path, remedy=f"review-bot {_TRAIN}")
    return found


def here() -> Sentiment | None:
    """The classifier of the checkout in this folder; None without one. Raises StoreError for a damaged file."""
    from review_bot.bootstrap.evidence import FOLDER, common_dir
    from review_bot.sources.repository import find_root

    try:
        repository = find_root()
    except SourceError:
        return None
    return _kept(os.path.join(common_dir(repository.git_dir), FOLDER, FILE))


def _kept(path: str) -> Sentiment | None:
    try:
        with open(path, encoding="utf-8") as stream:
            return parsed(stream.read())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise StoreError("the classifier can't be read", where=path, remedy=f"review-bot {_TRAIN}") from error


def fitted(replies: Mapping[str, int]) -> Sentiment:
    """The classifier of labelled replies; needs `_FOLDS` of each label."""
    try:
        from sklearn.feature_extraction import DictVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import f1_score, roc_auc_score
        from sklearn.model_selection import StratifiedKFold, cross_val_predict
    except ImportError as error:
        remedy = "pip install 'review-bot-local[sentiment]'"
        raise UsageError("scikit-learn is not installed", where=_TRAIN, remedy=remedy) from error
    labels = list(replies.values())
    vectors = DictVectorizer()
    matrix = vectors.fit_transform([features(text) for text in replies])
    columns = (matrix > 0).sum(axis=0).A1 > 1  # what stands in one reply only tells of that reply
    names = [name for name, common in zip(vectors.get_feature_names_out(), columns, strict=True) if common]
    matrix = matrix[:, columns]
    model = LogisticRegression(C=4.0, class_weight="balanced", solver="liblinear", random_state=0)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    unseen = cross_val_predict(model, matrix, labels, cv=folds, method="predict_proba")[:, 1]
    model.fit(matrix, labels)
    weights = {name: round(float(one), 4) for name, one in zip(names, model.coef_[0], strict=True)}
    return Sentiment(
        bias=round(float(model.intercept_[0]), 4),
        weights={name: one for name, one in weights.items() if one},
        accepted=sum(labels),
        rejected=len(labels) - sum(labels),
        auc=round(float(roc_auc_score(labels, unseen)), 4),
        f1=round(float(f1_score(labels, unseen >= 0.5)), 4),
    )


def _path(memory: Memory) -> str:
    return os.path.join(memory.log.local.folder, FILE)


def _keep(path: str, text: str) -> None:
    from review_bot.stores.atomic import replace

    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        replace(path, text.encode("utf-8", "replace"))
    except OSError as error:
        raise StoreError(f"can't be written: {error.strerror}", where=path) from error
