"""What the memory keeps, and where."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from review_bot.bootstrap.memory import Memory

_FILES = {
    "first-commit": "id of the first commit, which stands for the repository",
    "last-scan": "findings of the last scan with lines of code around them; never leaves this machine",
    "sentiment.json": "weights of words and parts of words in replies; never leaves this machine",
    "memory.db": "index of the log, made anew whenever it is missing",
}


class Place(NamedTuple):
    """Something that is kept."""

    what: str
    where: str
    holds: str


def places(memory: Memory) -> list[Place]:
    """Everything that the memory of this repository keeps, here and elsewhere."""
    return [_log(memory), _texts(memory), _people(memory), *_imported(memory), *_shared(memory), *_files(memory)]


def _log(memory: Memory) -> Place:
    log = memory.log
    kinds = Counter(one.kind for one in memory.events())
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "no events"
    return Place("log", f"{log.local.ref} in {log.local.common_dir}", f"{counts}; {len(log.names())} files")


def _texts(memory: Memory) -> Place:
    from review_bot.memory.complete import TEXTS

    stored = sum(any(one.get(name) is not None for name in TEXTS) for one in memory.events())
    setting = "on" if memory.loaded.config.memory.store_text else "off"
    held = f"{stored} events hold code or replies" if stored else "no event holds code or a reply"
    return Place("text", f"memory.store-text is {setting}", held)


def _people(memory: Memory) -> Place:
    people = {one.get("actor") for one in memory.events()} - {None}
    name = memory.loaded.config.memory.actor_key_env
    key = f"keyed by the secret in {name}" if name else "keyed by the first commit: pseudonyms, no more"
    return Place("people", f"hashes, {key}", f"{len(people)} people")


def _imported(memory: Memory) -> Iterator[Place]:
    """Patterns of other repositories, by the name that they came under."""
    from review_bot.bootstrap.evidence import salt_of

    salt = salt_of(memory.loaded)
    patterns = (one for one in memory.events() if one.kind == "prior" and one.get("source") == "patterns")
    found = Counter((str(one.get("from")), str(one.get("salt"))) for one in patterns)
    for (name, check), count in sorted(found.items()):
        usable = salt is not None and salt.check == check
        state = "compared with findings here" if usable else "useless here: the salt that they came with is not set"
        yield Place("imported", name, f"{count} patterns, {state}")


def _shared(memory: Memory) -> Iterator[Place]:
    log = memory.log
    if log.exchange is None:
        yield Place("shared", "nowhere", "no remote and no store is named")
    else:
        yield Place("shared", log.exchange.where(), f"{log.pending()} events wait to be sent")
    waiting = log.spool.names()
    if waiting:
        yield Place("spool", log.spool.folder, f"{len(waiting)} batches that could not go to the log yet")


def _files(memory: Memory) -> Iterator[Place]:
    for folder in dict.fromkeys((memory.log.local.folder, os.path.join(memory.repository.git_dir, "review-bot"))):
        for name, holds in _FILES.items():
            path = os.path.join(folder, name)
            if os.path.exists(path):
                yield Place("file", path, f"{holds} ({os.path.getsize(path)} bytes)")
