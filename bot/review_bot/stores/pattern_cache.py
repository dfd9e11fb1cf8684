"""Programs of regular expressions, kept between runs: a commit of the same project needs the same ones again.

Safe as the rule cache is: the name of the file is the hash of what a program depends on, writing is a rename, a digest
guards against damage, and a folder that can't be written only costs the time. Of two runs that end at once the second
one's programs stay; the first one's are made again.
"""

from __future__ import annotations

import marshal
import os

from review_bot import __version__, patterns
from review_bot.stores.rule_cache import DIGEST, cache_folder, digest, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from review_bot.patterns import Key, Program

_FORMAT = 1
_KIND = "patterns-"
"""How the names of these cache files begin."""
_LARGEST = 200_000
"""Bytes of the file; one that would grow above that begins anew with the programs of the last run."""


def load() -> dict[Key, Program]:
    """The programs kept by earlier runs, from now on used by `patterns`."""
    programs = _read(_place())
    patterns.keep(programs)
    return programs


def save(known: Mapping[Key, Program]) -> None:
    """Keep the programs that this run had to make beside those `known` from earlier ones."""
    fresh = patterns.fresh()
    place = _place() if fresh else None
    if place is None:
        return
    body = marshal.dumps({**known, **fresh})
    if len(body) > _LARGEST:
        body = marshal.dumps(fresh)
    if len(body) <= _LARGEST:
        write(place, digest(body) + body, _KIND)


def _place() -> str | None:
    folder, engine = cache_folder(), patterns.engine()
    if folder is None or not engine:
        return None
    key = digest(f"{_FORMAT} {__version__} {engine}".encode()).hex()
    return os.path.join(folder, f"{_KIND}{key}.bin")


def _read(place: str | None) -> dict[Key, Program]:
    try:
        with open(place or "", "rb") as stream:
            data = stream.read()
    except OSError:
        return {}
    body = memoryview(data)[DIGEST:]
    if digest(body) != data[:DIGEST]:
        return {}
    # review-bot: ignore[py.deserialise.marshal] -- our own cache, behind a digest
    programs: dict[Key, Program] = marshal.loads(body)  # noqa: S302 - our own, behind a digest
    return programs
