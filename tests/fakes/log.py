"""Events as a team would write them."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, Any

from review_bot.domain.event import actor_hash, event, parse_all
from review_bot.domain.forget import live
from review_bot.memory.normalise import shape
from review_bot.ports import Batch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from review_bot.domain.event import Event

RULE = "py.debug.print"
CODE = "total = price(item)\nprint(total, item.name)\nreturn total + shipping(item)"

OTHER = "while queue:\n    send(queue.pop())\n    print(len(queue))"


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


def some_log(seed: int) -> list[Event]:
    """A log of every kind of event, some of them copies."""
    draw = random.Random(seed)
    log: list[Event] = []
    for n in range(draw.randrange(40)):
        who, pr, rule = draw.choice("abc"), str(draw.randrange(4)), draw.choice([RULE, "other.rule"])
        kind = draw.randrange(12)
        ts = 1_700_000_000 + draw.randrange(-(10**7), 10**7)
        if kind < 6:
            code = draw.choice([CODE, OTHER, CODE.replace("price", "cost")])
            more: dict[str, Any] = {"before": code} if kind == 5 else {}
            log.append(signal(draw.choice([0, 1, None]), ts=ts, rule=rule, code=code, who=who, pr=pr, **more))
        elif kind == 6:
            log.append(made("mute", ts, scope={"rule": rule}, actor=person(who), reason=str(n)))
        elif kind == 7:
            log.append(made("prior", ts, rule=rule, accepted=draw.randrange(9), rejected=n, repo=who))
        elif kind == 8 and log:
            named = {} if draw.randrange(4) == 0 else {"undoes": [one.id for one in draw.choices(log, k=3)]}
            log.append(made("unmute", ts, scope={"rule": rule}, **named))
        elif kind == 9:
            hashes = {"salt": "0" * 16, "key": draw.choice("ab") * 32, "fp": sorted({n, n + 1, n % 5})}
            log.append(made("prior", ts, source="patterns", accepted=draw.randrange(9), rejected=n, **hashes))
        elif kind == 10:
            key, fp = shape(rule, CODE, "python")
            log.append(made("shown", ts, rule=rule, key=key, fp=list(fp), finding=f"{n % 7:016x}", pr=pr))
        elif log:
            names: dict[str, Any] = draw.choice([{"ids": [draw.choice(log).id]}, {"names": {"actor": person(who)}}])
            log.append(made("forget", ts, **names))
    return log


class Log:
    """A log in memory: batches by name, as `ports.EventStore` gives them."""

    def __init__(self, *batches: Iterable[Event]) -> None:
        self.batches: dict[str, list[bytes]] = {}
        self.reads: list[str] = []
        """Names of the batches that were read, in order."""
        for events in batches:
            self.append(list(events))

    def head(self) -> str:
        """All names, so that any change shows."""
        return " ".join(sorted(self.batches))

    def names(self) -> frozenset[str]:
        """The names of all batches."""
        return frozenset(self.batches)

    def read(self, known: Collection[str] = ()) -> Iterator[Batch]:
        """Every batch that isn't known."""
        for name in sorted(self.batches.keys() - set(known)):
            self.reads.append(name)
            yield Batch(name, self.batches[name])

    def append(self, events: Sequence[Event]) -> None:
        """Add a batch that is named by its content."""
        self.append_lines([one.line.encode() for one in events])

    def append_lines(self, lines: list[bytes]) -> None:
        """Add a batch of any lines."""
        self.batches[hashlib.sha256(b"\n".join(lines)).hexdigest()] = lines

    def compact(self) -> int:
        """One batch of the live events."""
        events = list(live(parse_all(line for lines in self.batches.values() for line in lines)))
        self.batches = {}
        self.append(events)
        return len(events)
