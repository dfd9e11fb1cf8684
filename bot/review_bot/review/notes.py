"""What is said beside the hunks where there is room: findings, signatures, remembered examples, the commit message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.diffing.tokens import estimate
from review_bot.domain.diff import shown
from review_bot.prompts.compress import by_prefix, clipped, lines_of
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from review_bot.domain.finding import Finding
    from review_bot.domain.window import Part

_LONGEST = 160
"""Characters of a line."""
_MOST_LINES = 12
"""Of a section."""
_SHARE = 0.5
"""Of the room that is left; a fuller window is no better one."""


class Extras(NamedTuple):
    """What there is to say beside the hunks."""

    findings: Sequence[Finding] = ()
    signatures: Callable[[Sequence[Part]], Iterable[str]] | None = None
    """Heads of functions that the parts call or change."""
    examples: Callable[[Sequence[Part]], Iterable[str]] | None = None
    """What was accepted or rejected in similar places."""
    message: str = ""
    """Of the commit."""
    clean: Callable[[str], str] = str
    """Sees every text before it is shown."""


def notes(parts: Sequence[Part], room: int, extras: Extras) -> str:
    """Lines that begin with `# `, so that none can be taken for one of the change; at most `room` tokens."""
    kept: list[str] = []
    left = int(room * _SHARE)
    for title, lines in _cleaned(_sections(parts, extras), extras.clean):
        head = f"# {title}\n"
        section: list[str] = []
        for line in lines:
            row = f"# {'  ' * line.startswith('  ')}{clipped(line, _LONGEST)}\n"
            cost = estimate(row) + (0 if section else estimate(head))
            if cost > left:
                break
            left -= cost
            section.append(row)
        kept += [head, *section] if section else []
    return "".join(kept)


def _cleaned(sections: Iterable[tuple[str, list[str]]], clean: Callable[[str], str]) -> Iterator[tuple[str, list[str]]]:
    """The sections, their lines cleaned all at once: that costs more by the call than by the line."""
    some = [(title, lines[:_MOST_LINES]) for title, lines in sections]
    text = [_on_one_line(line) for _, lines in some for line in lines]
    rest = iter(clean("\n".join(text)).split("\n") if text else ())
    for title, lines in some:
        yield title, [line for _, line in zip(lines, rest, strict=False)]


def _on_one_line(line: str) -> str:
    """One line, not yet as short as it will be: a secret must not be cut before it is found."""
    return line.replace("\n", " ")[: 8 * _LONGEST]


def _sections(parts: Sequence[Part], extras: Extras) -> Iterable[tuple[str, list[str]]]:
    yield "Already reported:", by_prefix(_reported(parts, extras.findings))
    if extras.signatures is not None:
        yield "Signatures:", list(extras.signatures(parts))
    if extras.examples is not None:
        yield "Decided before:", list(extras.examples(parts))
    yield "Commit message:", lines_of(extras.message)


def _reported(parts: Sequence[Part], findings: Sequence[Finding]) -> list[tuple[str, str]]:
    places = {part.path: [other for other in parts if other.path == part.path] for part in parts}
    return [
        (shown(one.path), f"{one.start_line} {one.message}")
        for one in findings
        if any(part.start_line <= one.end_line and one.start_line <= part.end_line for part in places.get(one.path, ()))
    ]
