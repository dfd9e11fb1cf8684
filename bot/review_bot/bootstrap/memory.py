"""Opening the memory of the repository where the user stands."""

from __future__ import annotations

import os
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from review_bot.errors import ConfigError, SourceError, StoreError, UsageError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from review_bot.config import Loaded
    from review_bot.domain.event import Event
    from review_bot.memory.complete import Context
    from review_bot.sources.repository import Repository
    from review_bot.stores.last_scan import Seen
    from review_bot.stores.log import Exchange, Log


_LONGEST_MESSAGE = 500


class Memory(NamedTuple):
    """The log of a repository, and what is needed to speak of it."""

    repository: Repository
    loaded: Loaded
    log: Log
    say: Callable[[str], None] = lambda _: None
    """Hears of what did not work and keeps nobody from going on."""

    def events(self) -> Iterator[Event]:
        """The events that count, each once."""
        from review_bot.domain.event import parse_all
        from review_bot.domain.forget import live

        return live(event for batch in self.log.read() for event in parse_all(batch.lines))


def open_memory(
    config: str | None = None, cwd: str | None = None, say: Callable[[str], None] = lambda _: None
) -> Memory:
    """The memory of the repository that contains `cwd`, by default the current folder; `say` hears what went wrong.

    Raises SourceError outside of a repository, ConfigError, and UsageError where the memory is switched off.
    """
    from review_bot.config import load
    from review_bot.sources.repository import find_root

    repository = find_root(cwd)
    loaded = load(repository.root, file=config)
    if not loaded.config.memory.enabled:
        where = loaded.origins["memory.enabled"]
        raise UsageError("the memory is switched off", where=where, remedy="set memory.enabled = true")
    return Memory(repository, loaded, open_log(repository, loaded), say)


def open_log(repository: Repository, loaded: Loaded) -> Log:
    """The log of `repository`, shared as the configuration says; nothing is read yet."""
    from review_bot.sources.first_commit import common_dir
    from review_bot.stores.git_process import Git
    from review_bot.stores.gitref import GitRef
    from review_bot.stores.log import Log

    local = GitRef(Git(repository.cwd), common_dir(repository), loaded.config.memory.ref)
    return Log(local, _exchange(local, repository, loaded))


def _exchange(local: Any, repository: Repository, loaded: Loaded) -> Exchange | None:
    """The way to what is shared: the remote's ref, or the store that the configuration names."""
    if loaded.config.memory.url:
        return _store_exchange(local, repository, loaded)
    from review_bot.stores.git_exchange import GitExchange
    from review_bot.stores.git_remote import GitRemote

    name = loaded.config.memory.remote
    if not name:
        return None
    remote = GitRemote(local, name)
    address = remote.url()
    if not address:
        if loaded.origins["memory.remote"] == "default":
            return None
        raise ConfigError(f"memory.remote: there is no remote {name}", where=loaded.origins["memory.remote"])
    return GitExchange(local, remote, allowed=lambda: _refuse_offline(address))


def _store_exchange(local: Any, repository: Repository, loaded: Loaded) -> Exchange:
    """The way to a folder or a database; it is opened only when it is needed."""
    from review_bot.stores.store_exchange import StoreExchange

    url = loaded.config.memory.url
    scheme = url.partition(":")[0]
    if scheme == "file":
        from review_bot.stores.folder import Folder, path_of

        path_of(url)
        return StoreExchange(local, lambda: Folder.of(url, _identity(repository)), url)
    if scheme in ("postgresql", "postgres"):
        from review_bot.stores.postgres import Postgres

        return StoreExchange(local, lambda: Postgres(url, _identity(repository)), url)
    where = loaded.origins["memory.url"]
    raise ConfigError("memory.url is neither file:///FOLDER nor postgresql://…", where=where)


def _identity(repository: Repository) -> str:
    """What stands for the repository in a shared store; raises StoreError before its first commit."""
    from review_bot.sources.first_commit import first_commit

    try:
        found = first_commit(repository)
    except SourceError as error:
        raise StoreError(error.what, where=error.where, remedy=error.remedy) from error
    if not found:
        raise StoreError("there is no first commit yet, which stands for the repository", where=repository.cwd)
    return found


def append(memory: Memory, events: Sequence[Event]) -> None:
    """Add events to the log, and send them where the store is written to at once; else they wait, and that is said."""
    memory.log.append(events)
    exchange = memory.log.exchange
    if exchange is None or not exchange.eager or not events:
        return
    try:
        note = memory.log.sync().note
    except StoreError as error:
        note = f"{error}; events wait for `review-bot memory sync`"
    if note:
        memory.say(note)


def _refuse_offline(address: str) -> None:
    """Raise StoreError where nothing may leave this machine and `address` is elsewhere."""
    from review_bot import network
    from review_bot.sources.first_commit import is_here

    if (network.is_offline() or network.is_asked_for()) and not is_here(address):
        raise StoreError("offline: events wait here", where=address, remedy="unset REVIEW_BOT_OFFLINE to exchange them")


def actor_key(memory: Memory) -> bytes:
    """What keys the hashes of names: the secret that the configuration names, else the first commit."""
    from review_bot.sources.first_commit import first_commit

    name = memory.loaded.config.memory.actor_key_env
    if not name:
        return first_commit(memory.repository).encode("ascii")
    secret = os.environ.get(name)
    if not secret:
        where = memory.loaded.origins["memory.actor-key-env"]
        raise ConfigError(f"memory.actor-key-env: the variable {name} is not set", where=where)
    return secret.encode("utf-8", "surrogateescape")


def person(memory: Memory) -> str:
    """Who sits here, as git knows it: the address, else the name of the account."""
    from review_bot.sources.process import run

    for setting in ("user.email", "user.name"):
        done = run(["config", "--get", setting], cwd=memory.repository.cwd)
        if done.status == 0 and done.output.strip():
            return done.output.decode("utf-8", "replace").strip()
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def context(memory: Memory) -> Context:
    """What the desk knows: the time, the person, and the findings of the last scan."""
    from review_bot.domain.event import actor_hash
    from review_bot.memory.complete import Context

    key = actor_key(memory)
    return Context(
        now=int(time.time()),
        actor=person(memory),
        hashed=lambda name: actor_hash(name, key),
        about=lru_cache(maxsize=None)(lambda fingerprint: _seen(memory, fingerprint)),
        store_text=memory.loaded.config.memory.store_text,
    )


def _seen(memory: Memory, fingerprint: str) -> Mapping[str, Any] | None:
    """Fields of a finding of the last scan."""
    from review_bot.bootstrap.last_scan import recall
    from review_bot.memory.complete import about

    last = recall(memory.repository.cwd)
    one = last.find(fingerprint) if last is not None else None
    if one is None:
        return None
    lines = dict(enumerate(one.text.split("\n"), one.first)) if one.text else {}
    found = about(one.finding, lines, one.language or None)
    return {**found, **_text_of(one)} if memory.loaded.config.memory.store_text else found


def _text_of(one: Seen) -> dict[str, str]:
    """The flagged lines and what was said of them, without secrets, where events may hold code."""
    from review_bot.bootstrap.code import scrubber

    if not any(map(str.strip, one.flagged)):
        return {}
    clean = scrubber()
    return {"before": clean("\n".join(one.flagged)), "message": clean(one.finding.message)[:_LONGEST_MESSAGE]}


class Counted(NamedTuple):
    """How much is in the log."""

    events: int
    skipped: int
    """Lines that are no event of a version that we know."""
    pending: int
    """Events that others can't see yet."""


def status(memory: Memory) -> Counted:
    """Count the events that count, the lines that were skipped, and what waits to be sent."""
    from review_bot.domain.event import parse_all
    from review_bot.domain.forget import live

    skipped: list[str] = []
    events = live(one for batch in memory.log.read() for one in parse_all(batch.lines, skipped.append))
    return Counted(sum(1 for _ in events), len(skipped), memory.log.pending())
