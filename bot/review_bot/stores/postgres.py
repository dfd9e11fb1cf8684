"""The log in PostgreSQL, for organisations with many repositories: one table, partitioned by repository.

psycopg comes with the extra `postgres`.
"""

from __future__ import annotations

import itertools
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from review_bot.errors import ConfigError, StoreError
from review_bot.ports import Batch
from review_bot.stores.segments import live_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    import psycopg

    from review_bot.domain.event import Event

_PATIENCE = 5
"""Seconds to wait for a connection."""
_OPTIONS = "-c statement_timeout=120000 -c lock_timeout=30000 -c client_min_messages=error"
_LOCK = 0x7265766965770000
"""Key of our advisory locks: `review`; a repository's has its hash in the lower half."""
_PARTITIONS = 16
MIGRATIONS = (
    "CREATE TABLE review_bot_head (repository text PRIMARY KEY, version bigint NOT NULL);"
    "CREATE TABLE review_bot_event (repository text NOT NULL, id text NOT NULL, version bigint NOT NULL,"
    " line bytea NOT NULL, PRIMARY KEY (repository, id)) PARTITION BY HASH (repository);"
    "CREATE INDEX review_bot_event_version ON review_bot_event (repository, version);"
    + "".join(
        f"CREATE TABLE review_bot_event_{number} PARTITION OF review_bot_event"
        f" FOR VALUES WITH (MODULUS {_PARTITIONS}, REMAINDER {number});"
        for number in range(_PARTITIONS)
    ),
)
"""SQL by number, from 1."""


class Postgres:
    """One repository's part of the log; every append is a version, in the order of commits."""

    def __init__(self, url: str, repository: str) -> None:
        self.url = url
        self.repository = repository
        self._place = _shown(url)

    def where(self) -> str:
        """Host and database, to be shown: no password."""
        return self._place

    def head(self) -> str:
        """The latest version."""
        with self._connected() as connection:
            row = connection.execute(
                "SELECT version FROM review_bot_head WHERE repository = %s", [self.repository]
            ).fetchone()
        return f"v{row[0]}" if row else ""

    def names(self) -> frozenset[str]:
        """A name for each version that has events left."""
        with self._connected() as connection:
            rows = connection.execute(
                "SELECT DISTINCT version FROM review_bot_event WHERE repository = %s", [self.repository]
            ).fetchall()
        return frozenset(f"v{row[0]}" for row in rows)

    def read(self, known: Collection[str] = ()) -> Iterator[Batch]:
        """Every version but those whose name is `known`."""
        done = [int(name[1:]) for name in known if name[:1] == "v" and name[1:].isdigit()]
        with self._connected() as connection, connection.transaction(), connection.cursor("log") as cursor:
            cursor.execute(
                "SELECT version, line FROM review_bot_event WHERE repository = %s AND version <> ALL (%s)"
                " ORDER BY version, id",
                [self.repository, done],
            )
            for version, rows in itertools.groupby(cursor, key=lambda row: row[0]):
                yield Batch(f"v{version}", (bytes(row[1]) for row in rows))

    def append(self, events: Sequence[Event]) -> None:
        """Add events in one transaction; those that are there already are left alone."""
        if not events:
            return
        with self._connected() as connection, connection.transaction():
            self._insert(connection, self._next(connection), events)

    def _insert(self, connection: psycopg.Connection[Any], version: int, events: Sequence[Event]) -> None:
        rows = {one.id: one.line.encode("utf-8") for one in events}
        connection.execute(
            "INSERT INTO review_bot_event (repository, id, version, line)"
            " SELECT %s, id, %s, line FROM unnest(%s::text[], %s::bytea[]) AS new (id, line)"
            " ON CONFLICT DO NOTHING",
            [self.repository, version, list(rows), list(rows.values())],
        )

    def compact(self) -> int:
        """Delete what is forgotten and write the table anew where there was any; how many events are left."""
        with self._connected() as connection, self._alone(connection):
            kept = live_of(self.read())
            if kept.dropped:
                with connection.transaction():
                    version = self._next(connection)
                    connection.execute(
                        "DELETE FROM review_bot_event WHERE repository = %s AND id = ANY (%s)",
                        [self.repository, list(kept.dropped)],
                    )
                    self._insert(connection, version, kept.added)
                self._rewrite(connection)
            return len(kept.events)

    def _rewrite(self, connection: psycopg.Connection[Any]) -> None:
        """Write our partition anew: a deleted row stays in the table's file until then."""
        row = connection.execute(
            "SELECT tableoid::regclass::text FROM review_bot_event WHERE repository = %s LIMIT 1", [self.repository]
        ).fetchone()
        names = [row[0]] if row else [f"review_bot_event_{number}" for number in range(_PARTITIONS)]
        from psycopg import sql

        for name in names:
            connection.execute(sql.SQL("VACUUM FULL {}").format(sql.Identifier(name)))

    def _next(self, connection: psycopg.Connection[Any]) -> int:
        """A version of our own. The row stays locked, so that versions are seen in their order."""
        row = connection.execute(
            "INSERT INTO review_bot_head AS head (repository, version) VALUES (%s, 1)"
            " ON CONFLICT (repository) DO UPDATE SET version = head.version + 1 RETURNING version",
            [self.repository],
        ).fetchone()
        return int(row[0]) if row else 0

    @contextmanager
    def _alone(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        """No other clone compacts this repository."""
        row = connection.execute("SELECT hashtext(%s)", [self.repository]).fetchone()
        key = _LOCK | (int(row[0]) & 0xFFFF if row else 0)
        taken = connection.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone()
        if not taken or not taken[0]:
            raise StoreError("somebody else compacts it", where=self._place, remedy="try again later")
        try:
            yield
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", [key])

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection that commits by itself, with all tables there; every failure is a StoreError."""
        psycopg = _library()
        _refuse_offline(self.url, self._place)
        try:
            connection = psycopg.connect(
                self.url, connect_timeout=_PATIENCE, autocommit=True, application_name="review-bot", options=_OPTIONS
            )
            with connection:
                _migrate(connection, self._place)
                yield connection
        except psycopg.Error as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise StoreError(f"can't be used: {reason}", where=self._place) from error


def _library() -> Any:
    try:
        import psycopg
    except ImportError as error:
        remedy = "pip install 'review-bot-local[postgres]'"
        raise StoreError("psycopg is not installed", where="memory.url", remedy=remedy) from error
    return psycopg


def _migrate(connection: psycopg.Connection[Any], place: str) -> None:
    """Bring the tables up to date; one process does it, the others wait."""
    there = connection.execute("SELECT to_regclass('review_bot_migration')").fetchone()
    if there and there[0] and _number(connection) == len(MIGRATIONS):
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute("CREATE TABLE IF NOT EXISTS review_bot_migration (number int PRIMARY KEY)")
        done = _number(connection)
        if done > len(MIGRATIONS):
            raise StoreError("was made by a later version of review-bot", where=place, remedy="update review-bot")
        for number, statements in enumerate(MIGRATIONS[done:], done + 1):
            for statement in filter(None, statements.split(";")):
                connection.execute(statement.encode())
            connection.execute("INSERT INTO review_bot_migration VALUES (%s)", [number])


def _number(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT coalesce(max(number), 0) FROM review_bot_migration").fetchone()
    return int(row[0]) if row else 0


def _parts(url: str) -> dict[str, Any]:
    psycopg = _library()
    from psycopg.conninfo import conninfo_to_dict

    try:
        return dict(conninfo_to_dict(url))
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"memory.url: {reason}", remedy="write postgresql://HOST/DATABASE") from error


def _hosts(parts: dict[str, Any]) -> list[str]:
    named = parts.get("hostaddr") or parts.get("host") or os.environ.get("PGHOSTADDR") or os.environ.get("PGHOST") or ""
    return [host for host in str(named).split(",") if host]


def _shown(url: str) -> str:
    parts = _parts(url)
    hosts = ",".join(_hosts(parts)) or "the local server"
    return f"PostgreSQL {parts.get('dbname') or os.environ.get('PGDATABASE') or ''} at {hosts}".replace("  ", " ")


def _refuse_offline(url: str, place: str) -> None:
    from review_bot import network

    if not (network.is_offline() or network.is_asked_for()):
        return
    if not all(host.startswith(("/", "@")) or network.is_loopback(host) for host in _hosts(_parts(url))):
        raise StoreError("offline: events wait here", where=place, remedy="unset REVIEW_BOT_OFFLINE to exchange them")
