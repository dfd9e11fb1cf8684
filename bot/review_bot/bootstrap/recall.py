"""Asking the memory: for code that is alike, for examples in prompts, for what it thinks of each rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.bootstrap import evidence
from review_bot.errors import ReviewBotError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from review_bot.config import Loaded
    from review_bot.domain.window import Part
    from review_bot.memory.evidence import Example
    from review_bot.memory.recall import Hit, Piece
    from review_bot.sources.repository import Repository
    from review_bot.stores.index import Index

    Examples = Callable[[Sequence[Part]], Iterable[str]]

BUDGET = 1200
"""Characters of all examples in a prompt: some three hundred tokens."""
_MOST_PIECES = 20


class Standing(NamedTuple):
    """What people here think of a rule."""

    rule: str
    value: float
    """Its share in the score of each of its findings."""
    signals: int
    people: int
    changes: int
    accepted: int
    rejected: int
    effect: str
    """What becomes of code that it never flagged before: none, fold, hide."""
    shown: int = 0
    """Findings of it that people saw."""


def search(pieces: Sequence[Piece], limit: int, config: str | None = None) -> list[list[Hit]]:
    """The patterns nearest to each piece of code; raises UsageError where the memory is off."""
    from review_bot.memory.recall import search as found

    with _opened(config) as index:
        return [found(index, piece, limit) for piece in pieces]


def standing(config: str | None = None) -> list[Standing]:
    """Every rule that something was said about, the most unwanted first."""
    from review_bot.memory.score import Totals, decide, rule_value

    with _opened(config) as index:
        rules, shown = index.rules(), index.shown()
    rows = [
        Standing(
            rule,
            round(rule_value(figures.sum), 4),
            figures.signals,
            figures.people,
            figures.changes,
            figures.accepted,
            figures.rejected,
            decide(Totals(), figures).effect,
            shown.get(rule, 0),
        )
        for rule, figures in rules
    ]
    return sorted(rows, key=lambda one: (one.value, one.rule))


def on_probation(config: str | None = None) -> list[Standing]:
    """The rules that nearly everybody rejects nearly always, to be proposed for removal."""
    return [one for one in standing(config) if one.effect == "hide"]


def recall_for(loaded: Loaded, repository: Repository | None) -> Callable[[object], Examples | None]:
    """What finds examples for the prompts of a change: given the change, what gives lines for the parts of a window.

    The lines are within `BUDGET` together, and come as they are: secrets are to be taken out of them. Where no text may
    be stored, only code that a commit of this repository mended is taken, from the history. Where nothing is known
    there is None; a memory that can't be read gives no lines.
    """

    def recall(_change: object) -> Examples | None:
        memory = loaded.config.memory
        if not memory.enabled or repository is None:
            return None
        return found if evidence.is_there(repository, memory) else None

    def found(parts: Sequence[Part]) -> list[str]:
        from review_bot.memory.recall import examples

        assert repository is not None  # noqa: S101 - `recall` has looked
        try:
            with evidence.opened(repository, loaded) as index:
                return examples(index, list(_pieces(parts))[:_MOST_PIECES], BUDGET, read=read)
        except ReviewBotError:  # examples are a help, not a need; bootstrap.effects says what is wrong
            return []

    known: dict[str, Example | None] = {}

    def read(example: Example) -> Example | None:
        store_text = loaded.config.memory.store_text
        if example.before and store_text:
            return example
        if example.at and (store_text or example.mended) and example.event not in known:
            assert repository is not None  # noqa: S101 - `recall` has looked
            known[example.event] = _from_history(repository.cwd, example)
        return known.get(example.event)

    return recall


def _from_history(cwd: str, example: Example) -> Example | None:
    """The example with the text that its place in the history has; None where that is not there, or other code."""
    import json

    from review_bot.bootstrap.code import flagged, pair
    from review_bot.domain.language import language_of

    place = json.loads(example.at)[:5]
    about = {"rule": example.rule, "key": example.key, "lang": language_of(place[2]), "at": place}
    found = pair(cwd, about) if example.y else None
    if found is not None:
        return example._replace(before=found.before, after=found.after)
    before = "" if example.mended else flagged(cwd, about)
    return example._replace(before=before) if before else None


def _pieces(parts: Iterable[Part]) -> Iterator[Piece]:
    """The added lines of each part, at most as many together as a pattern has."""
    from review_bot.memory.normalise import MOST_LINES
    from review_bot.memory.recall import Piece

    for part in parts:
        added = [text for mark, _, text in (line.partition("+ ") for line in part.text.split("\n")) if mark.isdigit()]
        for start in range(0, len(added), MOST_LINES):
            yield Piece("\n".join(added[start : start + MOST_LINES]), part.language)


def _opened(config: str | None) -> Index:
    from review_bot.bootstrap.memory import open_memory

    memory = open_memory(config)
    return evidence.opened(memory.repository, memory.loaded)
