"""How fast and how well is known code found again? Windows of the standard library's own source as patterns.

A query is a known window as somebody else would write it: other literals, and a line put in, taken out or
replaced by one from elsewhere. CPU time, since the machine is shared.
"""

from __future__ import annotations

import os
import random
import re
import statistics
import sys
import sysconfig
import tempfile
import time
from typing import TYPE_CHECKING

from review_bot.domain.event import event
from review_bot.memory.normalise import shape
from review_bot.memory.recall import Piece, search
from review_bot.ports import Batch
from review_bot.stores.index import open_index

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from review_bot.domain.event import Event

QUERIES = 400


class Log:
    """One batch of events, as `ports.EventStore` gives it."""

    def __init__(self, events: list[Event]) -> None:
        self.lines = [one.line.encode() for one in events]

    def head(self) -> str:
        return str(len(self.lines))

    def names(self) -> frozenset[str]:
        return frozenset(("batch",))

    def read(self, known: Collection[str] = ()) -> Iterator[Batch]:
        if "batch" not in known:
            yield Batch("batch", self.lines)

    def append(self, events: object) -> None:
        raise NotImplementedError

    def compact(self) -> int:
        raise NotImplementedError


def windows(count: int, draw: random.Random) -> list[str]:
    """Pieces of three to eight lines of code, each of another shape, from as many files as it takes."""
    folder = sysconfig.get_paths()["stdlib"]
    files = [os.path.join(at, one) for at, _, names in os.walk(folder) for one in names if one.endswith(".py")]
    draw.shuffle(files)
    found: dict[str, str] = {}
    for path in files:
        with open(path, encoding="utf-8", errors="replace") as stream:
            lines = [line.rstrip() for line in stream if line.strip() and not line.lstrip().startswith("#")]
        at = 0
        while at + 8 < len(lines):
            size = draw.randrange(3, 9)
            text = "\n".join(lines[at : at + size])
            found.setdefault(shape("", text, "python").key, text)
            at += size
        if len(found) >= count:
            break
    return list(found.values())[:count]


def rewritten(text: str, others: list[str], draw: random.Random) -> str:
    """The window as somebody else would write it."""
    lines = re.sub(r"\b\d+\b", "7", text).split("\n")
    at = draw.randrange(len(lines))
    foreign = draw.choice(draw.choice(others).split("\n"))
    kind = draw.randrange(4)
    if kind == 0:
        lines.insert(at, foreign)
    elif kind == 1 and len(lines) > 3:
        del lines[at]
    elif kind == 2 and len(lines) > 3:
        lines[at] = foreign
    return "\n".join(lines)


def events(texts: list[str]) -> Iterator[Event]:
    for number, text in enumerate(texts):
        rule = f"rule.{number % 30}"
        key, fp = shape(rule, text, "python")
        yield event(
            {
                "v": 1, "ts": 1_700_000_000 + number, "kind": "signal", "rule": rule, "key": key, "fp": list(fp),
                "sig": "command", "y": number % 2, "eps": 0.03, "actor": f"{number % 9:016x}", "pr": str(number),
            }
        )  # fmt: skip


def spent(action: object) -> float:
    """CPU milliseconds of one call."""
    began = time.process_time()
    action()  # type: ignore[operator]
    return (time.process_time() - began) * 1000


def measure(count: int, target: str, draw: random.Random) -> None:
    texts = windows(count, draw)
    log = Log(list(events(texts)))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "memory.db")
        folded = spent(lambda: open_index(path, log).close())
        opened = statistics.median(spent(lambda: open_index(path, log).close()) for _ in range(30))
        with open_index(path, log) as index:
            chosen = draw.sample(range(len(texts)), min(QUERIES, len(texts)))
            queries = [(shape("", texts[one], "python").key, rewritten(texts[one], texts, draw)) for one in chosen]
            prints = [shape("", text, "python").fp for _, text in queries]
            looked = statistics.median(spent(lambda fp=fp: index.near(fp, limit=5)) for fp in prints)
            near = statistics.median(spent(lambda fp=fp: index.near(fp, least=-(-7 * len(fp) // 10))) for fp in prints)
            found = [
                key[1:] in {hit.pattern.key.partition(":")[2] for hit in search(index, Piece(text, "python"), 5)}
                for key, text in queries
            ]
    print(f"| folding {len(texts):,} events, CPU s | | {folded / 1000:.1f} |", flush=True)
    print(f"| opening a current index of {len(texts):,} patterns, p50, ms | <= 5 | {opened:.2f} |")
    print(f"| look-up among {len(texts):,} patterns for a finding, p50, ms | {target} | {near:.2f} |")
    print(f"| look-up of the five that share most, p50, ms | {target} | {looked:.2f} |")
    print(f"| hit@5 of rewritten code among {len(texts):,} patterns | {'>= .92' if count <= 10_000 else ''} "
          f"| {sum(found) / len(found):.3f} |", flush=True)  # fmt: skip


def main() -> None:
    draw = random.Random(1)
    sample = windows(2000, draw)
    each = statistics.median(spent(lambda text=text: shape("rule", text, "python")) for text in sample) * 1000
    print(f"| key and fingerprints of a window, p50, us | 51 | {each:.0f} |")
    sizes = [int(one) for one in sys.argv[1:]] or [10_000, 100_000]
    for count in sizes:
        measure(count, "<= 0.3" if count <= 10_000 else "<= 1", draw)


if __name__ == "__main__":
    main()
