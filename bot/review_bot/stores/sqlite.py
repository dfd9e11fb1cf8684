"""SQLite files of ours: made in a temporary file and moved into place, migrated by number, shared by processes."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from review_bot.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PATIENCE = 2.0
"""Seconds to wait for another process's lock."""


def connect(
    path: str, migrations: Sequence[str], *, disposable: bool = False, patience: float = _PATIENCE
) -> sqlite3.Connection:
    """The database at `path`, made or brought up to date by `migrations`; raises StoreError.

    Each migration is SQL; its number is its place in the sequence, from 1. The connection commits by itself and may be
    used by several threads, one at a time. A `disposable` database that is damaged is replaced by a new one. One that
    can be read but not written is opened as it is.
    """
    try:
        return _opened(path, migrations, patience)
    except (OSError, sqlite3.Error) as error:
        if disposable and is_damage(error) and discard(path):
            with suppress(OSError, sqlite3.Error):
                return _opened(path, migrations, patience)
        raise StoreError(f"can't be opened: {_reason(error)}", where=path) from error


def is_damage(error: Exception) -> bool:
    """True where the file is no database or one that was destroyed: waiting does not help, a new file does."""
    return type(error) is sqlite3.DatabaseError


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _opened(path: str, migrations: Sequence[str], patience: float) -> sqlite3.Connection:
    if not os.path.exists(path):
        _create(path, migrations)
    connection = _raw(path, patience)
    try:
        _bring_up_to_date(connection, migrations, path)
    except sqlite3.OperationalError as error:
        connection.close()
        return _read_only(path, migrations, error)
    except BaseException:
        connection.close()
        raise
    return connection


def _raw(path: str, patience: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
    # With a write-ahead log this loses nothing to a killed process, and no commit waits for the disk.
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def _read_only(path: str, migrations: Sequence[str], error: sqlite3.OperationalError) -> sqlite3.Connection:
    """The database as it lies in a place that can't be written; the error that led here where that fails as well."""
    if "lock" in str(error) or not os.path.exists(path):
        raise error
    connection = sqlite3.connect(
        f"file:{quote(path)}?immutable=1", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        same = _version(connection) == len(migrations)
    except sqlite3.Error:
        same = False
    if not same:
        connection.close()
        raise error
    return connection


def _create(path: str, migrations: Sequence[str]) -> None:
    """Put a whole, empty database at `path`; one that another process put there in the meantime stays."""
    os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
    draft = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        connection = _raw(draft, _PATIENCE)
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
            _bring_up_to_date(connection, migrations, path)
        finally:
            connection.close()
        _place(draft, path)
    finally:
        for name in (draft, f"{draft}-wal", f"{draft}-shm", f"{draft}-journal"):
            with suppress(OSError):
                os.unlink(name)


def _place(draft: str, path: str) -> None:
    """Give the file its name without taking the name from another one."""
    with suppress(FileExistsError):
        try:
            os.link(draft, path)
        except (AttributeError, NotImplementedError, PermissionError):  # no hard links here
            os.rename(draft, path)


def _bring_up_to_date(connection: sqlite3.Connection, migrations: Sequence[str], path: str) -> None:
    version = _version(connection)
    if version == len(migrations):
        return
    if version > len(migrations):
        raise StoreError("was written by a newer version", where=path, remedy="update review-bot or remove the file")
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number in range(_version(connection), len(migrations)):  # look again: now nobody else writes
            for statement in statements(migrations[number]):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={number + 1}")
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def statements(script: str) -> Iterator[str]:
    """The single statements of an SQL script; a semicolon inside a trigger or a string ends none."""
    text = ""
    for piece in script.split(";"):
        text += piece + ";"
        if sqlite3.complete_statement(text):
            if text.strip(" \t\r\n;"):
                yield text
            text = ""


def discard(path: str) -> bool:
    """Remove a damaged database with its log, so that the next one who asks makes a new one; False where it stays."""
    for end in ("-wal", "-shm"):
        with suppress(OSError):
            os.unlink(path + end)
    try:
        os.unlink(path)
    except OSError:
        return False
    return True
