"""Events as a team would write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.domain.event import actor_hash, event
from review_bot.memory.normalise import shape

if TYPE_CHECKING:
    from review_bot.domain.event import Event

RULE = "py.debug.print"
CODE = "total = price(item)\nprint(total, item.name)\nreturn total + shipping(item)"


def person(name: str) -> str:
    """The hash of a name."""
    return actor_hash(name, b"key")


def made(kind: str, ts: int = 1_700_000_000, **fields: Any) -> Event:
    """An event of `kind`."""
    return event({"v": 1, "ts": ts, "kind": kind, **fields})


def signal(
    y: int | None = 0,
    *,
    rule: str = RULE,
    code: str = CODE,
    who: str = "ada",
    pr: str = "1",
    eps: float = 0.03,
    sig: str = "command",
    **fields: Any,
) -> Event:
    """What `who` did with a finding of `rule` at `code`."""
    key, fp = shape(rule, code, "python")
    noise = {} if y is None else {"eps": eps}
    known = {"rule": rule, "key": key, "fp": list(fp), "lang": "python", "sig": sig, "y": y, **noise}
    return made("signal", actor=person(who), pr=pr, **{**known, **fields})


def rejections(count: int, *, people: int = 3, **fields: Any) -> list[Event]:
    """`count` rejections, each of another person and change."""
    return [signal(0, who=f"person {n % people}", pr=str(n), **fields) for n in range(count)]
