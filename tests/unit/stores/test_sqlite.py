from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from review_bot.errors import StoreError
from review_bot.stores import sqlite

if TYPE_CHECKING:
    from pathlib import Path

FIRST = "CREATE TABLE a (x INTEGER); CREATE TABLE b (y TEXT DEFAULT ';');"
SECOND = (
    "ALTER TABLE a ADD COLUMN z INTEGER; CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO b (y) VALUES (1); END;"
)


def test_a_new_database_has_every_migration_and_a_log(tmp_path: Path) -> None:
    connection = sqlite.connect(str(tmp_path / "deep" / "x.db"), (FIRST, SECOND))
    connection.execute("INSERT INTO a (x, z) VALUES (1, 2)")
    assert connection.execute("SELECT y FROM b").fetchall() == [("1",)]
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    assert os.listdir(tmp_path / "deep") == ["x.db"]


def test_an_old_database_is_brought_up_to_date_and_keeps_its_rows(tmp_path: Path) -> None:
    path = str(tmp_path / "x.db")
    old = sqlite.connect(path, (FIRST,))
    old.execute("INSERT INTO a VALUES (5)")
    old.close()
    new = sqlite.connect(path, (FIRST, SECOND))
    assert new.execute("SELECT x, z FROM a").fetchall() == [(5, None)]
    assert new.execute("PRAGMA user_version").fetchone() == (2,)
    new.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "x.db")
    sqlite.connect(path, (FIRST,)).close()
    with pytest.raises(StoreError):
        sqlite.connect(path, (FIRST, "CREATE TABLE c (x INTEGER); CREATE TABLE a (x INTEGER);"))
    after = sqlite.connect(path, (FIRST,))
    assert not after.execute("SELECT 1 FROM sqlite_master WHERE name = 'c'").fetchall()
    after.close()


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "x.db")
    sqlite.connect(path, (FIRST, SECOND)).close()
    with pytest.raises(StoreError, match="newer version"):
        sqlite.connect(path, (FIRST,), disposable=True)
    sqlite.connect(path, (FIRST, SECOND)).close()


@pytest.mark.parametrize(
    "rubbish", [b"not a database, but long enough to be looked at" * 40, b"SQLite format 3\0" * 300]
)
def test_a_damaged_database_is_refused_or_replaced(tmp_path: Path, rubbish: bytes) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(rubbish)
    with pytest.raises(StoreError, match=r"x\.db"):
        sqlite.connect(str(path), (FIRST,))
    connection = sqlite.connect(str(path), (FIRST,), disposable=True)
    assert connection.execute("SELECT count(*) FROM a").fetchone() == (0,)
    connection.close()


def test_a_place_that_can_not_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can't be opened"):
        sqlite.connect(str(tmp_path / "file" / "x.db"), (FIRST,))
    with pytest.raises(StoreError, match="can't be opened"):
        sqlite.connect(str(tmp_path), (FIRST,), disposable=True)


def test_a_lock_held_too_long_is_one_line(tmp_path: Path) -> None:
    path = str(tmp_path / "x.db")
    holder = sqlite.connect(path, (FIRST,))
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="locked"):
        sqlite.connect(path, (FIRST, SECOND), disposable=True, patience=0.05)
    holder.execute("ROLLBACK")
    holder.close()


def test_many_that_come_at_once_share_one_database(tmp_path: Path) -> None:
    path = str(tmp_path / "x.db")
    errors: list[Exception] = []

    def add(number: int) -> None:
        try:
            connection = sqlite.connect(path, (FIRST,), patience=30)
            connection.execute("INSERT INTO a VALUES (?)", (number,))
            connection.close()
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            errors.append(error)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection = sqlite.connect(path, (FIRST,))
    assert (errors, connection.execute("SELECT count(*) FROM a").fetchone()) == ([], (8,))
    connection.close()


def test_what_was_committed_outlives_a_killed_process(tmp_path: Path) -> None:
    path = str(tmp_path / "x.db")
    script = (
        "import os, sys; from review_bot.stores import sqlite\n"
        f"c = sqlite.connect(sys.argv[1], ({FIRST!r},)); c.execute('INSERT INTO a VALUES (1)')\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, path], check=False)
    connection = sqlite.connect(path, (FIRST,))
    assert connection.execute("SELECT x FROM a").fetchall() == [(1,)]
    connection.close()


def test_a_file_that_can_only_be_read_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root no mode bit keeps anybody from writing, so the connection itself is made to refuse."""
    path = str(tmp_path / "x.db")
    connection = sqlite.connect(path, (FIRST,))
    connection.execute("INSERT INTO a VALUES (7)")
    connection.close()

    def refused(*_: object) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(sqlite, "_bring_up_to_date", refused)
    reader = sqlite.connect(path, (FIRST,))
    assert reader.execute("SELECT x FROM a").fetchall() == [(7,)]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("INSERT INTO a VALUES (8)")
    reader.close()
    with pytest.raises(StoreError):
        sqlite.connect(path, (FIRST, SECOND))
