"""What other repositories told, under names by which it can be taken out again; patterns under a salt of both."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any

from review_bot.errors import ConfigError, UsageError
from review_bot.memory.patterns import BadPatterns, exported, read, written
from review_bot.memory.salt import LEAST, Salt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from review_bot.bootstrap.memory import Memory
    from review_bot.domain.event import Event
    from review_bot.memory.complete import Context
    from review_bot.memory.patterns import Row

SOURCES = ("import", "patterns")
"""Of priors: counts by rule, and patterns."""
_WHAT_LEAVES = "hashes of code's shape and how often it was accepted and rejected"


def export(memory: Memory, *, consent: bool) -> Iterator[str]:
    """The lines of a file of patterns; raises UsageError without consent, ConfigError without a salt."""
    _agreed("export", consent=consent)
    salt = salt_of(memory)
    return written(exported(memory.events(), salt), salt)


def take_in(memory: Memory, lines: Iterable[bytes], *, where: str, name: str, consent: bool) -> int:
    """Record the patterns of another repository; how many. Those that came under the same `name` are replaced.

    Raises UsageError for anything but a whole file of patterns under our salt, and then nothing is recorded.
    """
    _agreed("import", consent=consent)
    if not name:
        remedy = "give it one, so that it can be taken out again: --name NAME"
        raise UsageError("patterns need a name", where="memory import", remedy=remedy)
    salt = salt_of(memory)
    try:
        rows = read(lines, salt)
    except BadPatterns as error:
        raise UsageError(str(error), where=where, remedy="write it with `memory export --format patterns`") from error
    replace(memory, name, "patterns", [_fields(one, name, salt) for one in rows])
    return len(rows)


def _fields(row: Row, name: str, salt: Salt) -> dict[str, Any]:
    return {"from": name, "salt": salt.check, **row._asdict(), "fp": list(row.fp)}


def replace(memory: Memory, name: str, source: str, said: Sequence[dict[str, Any]]) -> None:
    """Record priors from a source in place of those that came under the same name; without one nothing is replaced."""
    from review_bot.bootstrap.memory import append, context
    from review_bot.memory.complete import complete

    old = [one for one in _under(memory, name) if one.get("source") == source] if name else []
    desk, run = context(memory), secrets.token_hex(4)
    # The run is part of each event: what was taken out must not be the same event as what comes in anew.
    made = [complete({"kind": "prior", "run": run, "source": source, **one}, desk) for one in said]
    append(memory, [*_tombstones(old, desk), *made])


def remove(memory: Memory, name: str) -> int:
    """Take out all that was imported under a name; how many rows. Raises UsageError where there are none."""
    from review_bot.bootstrap.memory import append, context

    old = _under(memory, name)
    if not old:
        known = ", ".join(sorted({str(one.get("from")) for one in _imported(memory)})) or "nothing"
        raise UsageError(f"nothing was imported under the name {name}", where="--remove", remedy=f"known: {known}")
    append(memory, _tombstones(old, context(memory)))
    return len(old)


def salt_of(memory: Memory) -> Salt:
    """The salt that the configuration names; raises ConfigError where there is none."""
    name = memory.loaded.config.memory.salt_env
    where = memory.loaded.origins["memory.salt-env"]
    if not name:
        remedy = "set it to the variable that holds the secret which the repositories share"
        raise ConfigError("memory.salt-env names no variable", where=where, remedy=remedy)
    secret = os.environ.get(name)
    if not secret:
        raise ConfigError(f"memory.salt-env: the variable {name} is not set", where=where)
    try:
        return Salt.of(secret)
    except ValueError as error:
        remedy = f"take {LEAST} characters or more at random, such as from `openssl rand -hex 32`"
        raise ConfigError(f"memory.salt-env: the secret in {name} is {error}", where=where, remedy=remedy) from error


def _agreed(action: str, *, consent: bool) -> None:
    if not consent:
        said = f"{action} of patterns needs consent: {_WHAT_LEAVES} {'leave' if action == 'export' else 'come in'}"
        raise UsageError(said, where=f"memory {action}", remedy="add --consent where you may decide that")


def _imported(memory: Memory) -> Iterator[Event]:
    return (one for one in memory.events() if one.kind == "prior" and one.get("from") and one.get("source") in SOURCES)


def _under(memory: Memory, name: str) -> list[Event]:
    return [one for one in _imported(memory) if one.get("from") == name]


def _tombstones(old: Sequence[Event], desk: Context) -> list[Event]:
    from review_bot.bootstrap.judge import parts_of
    from review_bot.memory.complete import complete

    return [complete({"kind": "forget", "ids": part}, desk) for part in parts_of(old)]
