"""Taking in events that somebody else wrote down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.domain.event import LARGEST, BadEvent, parse
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from review_bot.bootstrap.memory import Memory
    from review_bot.domain.event import Event
    from review_bot.memory.complete import Context


class Recorded(NamedTuple):
    """How lines were taken."""

    recorded: int
    refused: int
    reasons: tuple[str, ...]
    """Why the first few were refused."""


_MOST_REASONS = 3


def record(memory: Memory, lines: Iterable[bytes]) -> Recorded:
    """Record each line that is an event or becomes one; one that is known already is neither recorded nor refused."""
    from review_bot.bootstrap.memory import append, context

    desk = context(memory)
    found: dict[str, Event] = {}
    reasons: list[str] = []
    refused = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            one = _event(line, desk, memory)
        except BadEvent as error:
            refused += 1
            reasons.append(f"line {number}: {error}")
            continue
        found[one.id] = one
    new = found.keys() - memory.log.known(found)
    append(memory, [one for one in found.values() if one.id in new])
    return Recorded(len(new), refused, tuple(reasons[:_MOST_REASONS]))


def _event(line: bytes, desk: Context, memory: Memory) -> Event:
    from review_bot.memory.complete import complete

    fields = _fields(line)
    if "id" in fields:
        return parse(line)
    if fields.get("kind") == "unmute" and "undoes" not in fields:
        fields = {**fields, "undoes": _visible(fields, memory)}
    return complete(fields, desk)


def _fields(line: bytes) -> dict[str, Any]:
    import json

    if len(line) > LARGEST + 2:
        raise BadEvent("longer than 64 KiB")
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadEvent("not JSON in UTF-8") from error
    if not isinstance(fields, dict):
        raise BadEvent("not a JSON object")
    return fields


def _visible(fields: dict[str, Any], memory: Memory) -> list[str]:
    """Ids of what the writer of an unmute could see, where it does not say so itself."""
    from review_bot.domain.scope import undone

    scope = fields.get("scope")
    if not isinstance(scope, dict):
        raise BadEvent("no scope")
    return [one.id for one in memory.events() if undone(scope, one)][:1800]
