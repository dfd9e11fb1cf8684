"""What every store that clones share must do: a folder and a database alike."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fakes.postgres import programs, server
from memory_helpers import ADA, BOB, forget, ids, local, log, raw, signal
from review_bot.domain.event import event
from review_bot.errors import ConfigError, StoreError
from review_bot.stores.folder import Folder
from review_bot.stores.log import Log
from review_bot.stores.postgres import Postgres
from review_bot.stores.store_exchange import StoreExchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Git
    from review_bot.stores.store_exchange import Store


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    if programs() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with server() as url:
        yield url


@pytest.fixture(params=["folder", "postgres"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Store]:
    """Opens the store of a repository; equal names are the same repository."""
    unique = uuid.uuid4().hex
    if request.param == "folder":
        return lambda name: Folder(f"{tmp_path}/shared", f"{unique}-{name}")
    url = request.getfixturevalue("database")
    return lambda name: Postgres(url, f"{unique}-{name}")


def test_events_of_a_repository_are_its_own(opened: Callable[[str], Store]) -> None:
    one, other = opened("one"), opened("other")
    assert (one.head(), one.names(), raw(one)) == ("", frozenset(), [])
    one.append([signal(1), signal(2, note="é\\0")])
    other.append([signal(3)])
    assert raw(opened("one")) == ids(signal(1), signal(2, note="é\\0"))
    assert raw(opened("other")) == ids(signal(3))


def test_head_and_names_tell_what_is_new(opened: Callable[[str], Store]) -> None:
    store = opened("one")
    store.append([signal(1)])
    head, names = store.head(), store.names()
    store.append([signal(2)])
    assert store.head() != head
    assert names < store.names()
    found = [(batch.name, [bytes(line) for line in batch.lines]) for batch in store.read(names)]
    (new,) = store.names() - names
    assert found == [(new, [signal(2).line.encode()])]


def test_same_events_again_stand_once(opened: Callable[[str], Store]) -> None:
    store = opened("one")
    for _ in range(2):
        store.append([signal(1), signal(2)])
    assert raw(store) == ids(signal(1), signal(2))


def test_compaction_drops_what_is_forgotten_and_nothing_else(opened: Callable[[str], Store]) -> None:
    store = opened("one")
    stone = forget(names={"actor": BOB})
    for events in ([signal(1), signal(2, actor=BOB)], [signal(3)], [stone]):
        store.append(events)
    head = store.head()
    assert store.compact() == 3
    assert store.head() != head
    assert raw(store) == ids(signal(1), signal(3), stone)
    assert store.compact() == 3


def test_compaction_prunes_what_was_shown_and_keeps_it_away(
    opened: Callable[[str], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("review_bot.stores.segments.SHOWN", 4)
    monkeypatch.setattr("review_bot.stores.segments._MORE", 2)
    store = opened("repository")
    fields = {"v": 1, "kind": "shown", "rule": "r", "finding": "0" * 16}
    shown = [event({**fields, "ts": number}) for number in range(1, 8)]
    store.append([*shown, signal(1)])
    for late in ([], shown[:2]):
        store.append(late)
        assert store.compact() == 6
        assert {*ids(*shown[3:], signal(1))} < {*raw(store)}
        assert not {*ids(*shown[:3])} & {*raw(store)}


def test_writers_at_once_lose_and_double_nothing(opened: Callable[[str], Store]) -> None:
    def write(number: int) -> None:
        mine = opened("one")
        for step in range(5):
            mine.append([signal(number * 100 + step), signal(number * 100 + 50 + step)])

    def compact(_: int) -> None:
        opened("one").compact()

    with ThreadPoolExecutor(5) as pool:
        jobs = [pool.submit(write, number) for number in range(4)]
        jobs += [pool.submit(compact, 0)]
        for job in jobs:
            job.result()
    wanted = ids(*(signal(n * 100 + s + each) for n in range(4) for s in range(5) for each in (0, 50)))
    assert raw(opened("one")) == wanted


def test_one_compacts_at_a_time(database: str) -> None:
    store, other = (Postgres(database, name) for name in ("same", "same"))
    store.append([signal(1)])
    with store._connected() as connection, store._alone(connection):
        with pytest.raises(StoreError, match="somebody else compacts it"):
            other.compact()
        other.append([signal(2)])
    assert other.compact() == 2


def shared(root: Path, opened: Callable[[str], Store]) -> Log:
    ref = local(root)
    return Log(ref, StoreExchange(ref, lambda: opened("one"), "test"))


@pytest.fixture
def clones(git: Git) -> list[Path]:
    git.commit()
    for name in ("a", "b"):
        git("clone", "-q", ".", f"../{name}")
    return [git.root.parent / "a", git.root.parent / "b"]


def test_clones_exchange_events_through_it(clones: list[Path], opened: Callable[[str], Store]) -> None:
    a, b = (shared(root, opened) for root in clones)
    a.append([signal(1), signal(2)])
    assert a.pending() == 2
    assert a.sync()[:3] == (2, 0, 0)
    assert a.pending() == 0
    b.append([signal(2), signal(3)])
    assert b.sync()[:3] == (1, 1, 0)
    assert a.sync()[:3] == (0, 1, 0)
    assert a.sync()[:3] == (0, 0, 0)
    assert raw(a) == raw(b) == raw(opened("one")) == ids(signal(1), signal(2), signal(3))
    refs = a.local.git.must("ls-remote", "origin")
    assert "review-bot" not in refs


def test_what_is_forgotten_is_erased_everywhere(clones: list[Path], opened: Callable[[str], Store]) -> None:
    a, b = (shared(root, opened) for root in clones)
    a.append([signal(1, actor=BOB, note="bob's own words"), signal(2, actor=ADA)])
    a.sync()
    b.sync()
    stone = forget(names={"actor": BOB})
    a.append([stone])
    assert a.compact() == 2
    b.sync()
    a.sync()
    assert raw(a) == raw(b) == raw(opened("one")) == ids(signal(2), stone)
    for mine in (a, b):
        assert "own words" not in mine.local.git.must("cat-file", "--batch-all-objects", "--batch")


def test_store_that_was_emptied_gets_back_what_is_known(clones: list[Path], opened: Callable[[str], Store]) -> None:
    a = shared(clones[0], opened)
    a.append([signal(1)])
    a.sync()
    a.append([signal(2)])
    a.sync()
    empty = Log(a.local, StoreExchange(a.local, lambda: opened("fresh"), "test"))
    assert empty.sync().sent == 2
    assert raw(opened("fresh")) == ids(signal(1), signal(2))


def test_compaction_here_sends_nothing_again(clones: list[Path], opened: Callable[[str], Store]) -> None:
    a = shared(clones[0], opened)
    for number in range(3):
        a.append([signal(number)])
        a.sync()
    log(clones[0]).compact()
    assert a.sync().sent == 0
    assert a.compact() == 3
    assert a.sync()[:2] == (0, 0)
    assert a.pending() == 0
    assert raw(opened("one")) == ids(*map(signal, range(3)))


def test_folder_that_is_not_there_lets_events_wait(clones: list[Path], tmp_path: Path) -> None:
    a = shared(clones[0], lambda name: Folder(f"{tmp_path}/no/such/folder", name))
    a.append([signal(1)])
    with pytest.raises(StoreError, match="no such folder"):
        a.sync()
    assert a.pending() == 1


def test_folder_shows_files_only_when_they_are_whole(tmp_path: Path) -> None:
    store = Folder(f"{tmp_path}/shared", "one")
    store.append([signal(1)])
    (tmp_path / "shared/one/.draft.jsonl").write_text("half")
    (tmp_path / "shared/one/notes.txt").write_text("no")
    (name,) = store.names()
    assert name.endswith(".jsonl")
    assert raw(store) == ids(signal(1))


@pytest.mark.parametrize("url", ["file:relative", "file://host/x", "https://x/y", "file://"])
def test_url_that_names_no_folder_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"memory\.url"):
        Folder.of(url, "one")


def test_server_that_is_away_lets_events_wait(clones: list[Path], tmp_path: Path) -> None:
    a = shared(clones[0], lambda name: Postgres(f"postgresql://u:secret@/x?host={tmp_path}", name))
    a.append([signal(1)])
    with pytest.raises(StoreError, match="can't be used") as caught:
        a.sync()
    assert "secret" not in str(caught.value)
    assert str(caught.value).count("\n") == 0
    assert a.pending() == 1


def test_url_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"memory\.url"):
        Postgres("postgresql://[x/y", "one")


def test_database_elsewhere_is_refused_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEW_BOT_OFFLINE", "1")
    with pytest.raises(StoreError, match="offline"):
        Postgres("postgresql://example.invalid/x", "one").head()


def test_tables_of_a_later_version_are_left_alone(database: str) -> None:
    import psycopg

    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CREATE DATABASE later")
    url = database.replace("/postgres?", "/later?")
    store = Postgres(url, "one")
    store.append([signal(1)])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO review_bot_migration VALUES (99)")
    with pytest.raises(StoreError, match="later version"):
        store.append([signal(2)])


def test_forgotten_words_are_gone_from_the_files_of_the_database(database: str) -> None:
    import psycopg

    store = Postgres(database, uuid.uuid4().hex)
    store.append([signal(1, note="unforgettable words"), signal(2)])
    store.append([forget(ids=[signal(1, note="unforgettable words").id])])
    store.compact()
    folder = database.split("host=")[1].split("&", maxsplit=1)[0]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    data = Path(folder, "data", "base")
    found = [path for path in data.rglob("*") if path.is_file() and b"unforgettable words" in path.read_bytes()]
    assert found == []


def test_exchange_that_can_not_note_what_it_sent_sends_nothing_twice(
    clones: list[Path], opened: Callable[[str], Store]
) -> None:
    a = shared(clones[0], opened)
    a.append([signal(1)])
    a.sync()
    lock = next((clones[0] / ".git/refs/review-bot/seen").rglob("log")).with_suffix(".lock")
    lock.touch()
    for number in range(2, 5):
        a.append([signal(number)])
        assert "next run" in a.sync().note
    lock.unlink()
    a.sync()
    assert a.pending() == 0
    assert raw(opened("one")) == ids(*map(signal, range(1, 5)))
