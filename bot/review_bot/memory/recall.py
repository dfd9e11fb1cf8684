"""Finding earlier code that is like the code at hand: for `memory search`, and as examples in prompts."""

from __future__ import annotations

from review_bot.memory.normalise import shape, similarity
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from review_bot.memory.evidence import Evidence, Example, Pattern

_CANDIDATES = 50
"""Patterns whose similarity is worked out: those that share the most hashes."""
LIKE = 0.3
"""Least similarity of an example: it shows what people think here, and need not be the same code."""
MOST_EXAMPLES = 4
_TRIES = 3
"""Examples that are read for each that is wanted: some are not there any more, or too long."""
_MOST_LINES = 12
_LONGEST_NOTE = 200


class Hit(NamedTuple):
    """A known pattern and how near it is."""

    pattern: Pattern
    similarity: float
    findings: tuple[str, ...]
    """Fingerprints of the findings that had this shape."""


class Piece(NamedTuple):
    """Code to find the like of."""

    text: str
    language: str | None


def search(evidence: Evidence, piece: Piece, limit: int) -> list[Hit]:
    """The patterns nearest to a piece of code, the nearest first; equal ones by rule and key."""
    found = nearest(evidence, piece, limit)
    return [Hit(one, round(share, 4), tuple(evidence.findings_of(one.rule, one.key))) for share, one in found]


def nearest(evidence: Evidence, piece: Piece, limit: int) -> list[tuple[float, Pattern]]:
    """Similarity and pattern of those nearest to a piece of code."""
    fp = shape("", piece.text, piece.language).fp
    close = evidence.near(fp, limit=max(limit, _CANDIDATES))
    ranked = sorted((-similarity(one.fp, fp), one.rule, one.key, one) for one in close)
    return [(-share, one) for share, _, _, one in ranked[:limit]]


def examples(
    evidence: Evidence,
    pieces: Iterable[Piece],
    budget: int,
    most: int = MOST_EXAMPLES,
    read: Callable[[Example], Example | None] = lambda example: example if example.before else None,
) -> list[str]:
    """What was accepted, mended and rejected here of code like these pieces, nearest first, a line each.

    `budget` is in characters, of all examples together. `read` gives an example with its text, or None where that is
    not to be had: by default only what the event itself holds.
    """
    texts: list[str] = []
    left, tries = budget, _TRIES * most
    shown: set[tuple[str, str, int]] = set()
    for example in _alternating(_judged(evidence, pieces)):
        name = (example.rule, example.key, example.y)
        if name in shown:
            continue
        if len(texts) == most or not tries:
            break
        tries -= 1
        known = read(example)
        if known is None:
            continue
        shown.add(name)
        text = told(known)
        if len(text) <= left and text not in texts:
            texts.append(text)
            left -= len(text)
    return texts


def told(example: Example) -> str:
    """One example on one line: what people made of it, the code, and what it became or why it was rejected."""
    made = "mended" if example.mended else "accepted"
    told = f"{made if example.y else 'rejected'} here ({example.rule}): {_on_one_line(example.before)}"
    if example.y and example.after.strip():
        return f"{told} => {_on_one_line(example.after)}"
    if not example.y and example.note.strip():
        return f"{told} (reason: {' '.join(example.note.split())[:_LONGEST_NOTE]})"
    return told


def _on_one_line(text: str) -> str:
    lines = [" ".join(line.split()) for line in text.split("\n")[:_MOST_LINES]]
    return " | ".join(line for line in lines if line)


def _judged(evidence: Evidence, pieces: Iterable[Piece]) -> list[Example]:
    """Examples by nearness, of each pattern the surest and latest first."""
    ranked: dict[tuple[str, str], tuple[float, str, str]] = {}
    for piece in pieces:
        for share, pattern in nearest(evidence, piece, _CANDIDATES):
            name = (pattern.rule, pattern.key)
            if share >= LIKE:
                ranked[name] = min(ranked.get(name, (0.0, *name)), (-share, *name))
    found = []
    for _, rule, key in sorted(ranked.values()):
        found += sorted(evidence.examples_of(rule, key), key=lambda one: (one.eps, -one.ts, one.event))
    return found


def _alternating(found: Sequence[Example]) -> Iterator[Example]:
    """Accepted and rejected ones by turns, so that a short budget shows both."""
    sides = [[one for one in found if one.y == y] for y in (1, 0)]
    for at in range(max(map(len, sides), default=0)):
        yield from (side[at] for side in sides if at < len(side))
