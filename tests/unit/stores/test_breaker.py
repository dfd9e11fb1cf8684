from __future__ import annotations

import gc
import sqlite3
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from review_bot.resilience.breaker import BreakerState
from review_bot.stores.breaker import BreakerStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "breaker.db"


@pytest.fixture
def store(path: Path) -> Iterator[BreakerStore]:
    store = BreakerStore(str(path))
    yield store
    store.close()


def more(state: BreakerState) -> BreakerState:
    return state._replace(failures=state.failures + 1)


def reopened(path: Path | None) -> tuple[BreakerState, tuple[float, ...]]:
    store = BreakerStore(str(path) if path else None)
    try:
        return store.state("a"), store.latencies("a")
    finally:
        store.close()


def test_states_and_latencies_outlive_the_process(path: Path, store: BreakerStore) -> None:
    state = BreakerState(3, 12.5, 80.25, "down: ünreachable")
    assert store.change("a", lambda _: state) == (BreakerState(), state)
    store.took("a", 1.5)
    store.took("a", 0.5)
    store.took("b", 9.0)
    assert reopened(path) == (state, (1.5, 0.5))
    assert store.state("b") == BreakerState()


def test_success_leaves_nothing_behind(path: Path, store: BreakerStore) -> None:
    store.change("a", more)
    store.change("a", lambda _: BreakerState())
    assert reopened(path)[0] == BreakerState()


def test_only_the_latest_latencies_are_kept(store: BreakerStore) -> None:
    for number in range(105):
        store.took("a", float(number))
    assert store.latencies("a") == tuple(map(float, range(5, 105)))


def test_no_failure_is_lost_between_threads_and_processes(path: Path, store: BreakerStore) -> None:
    code = (
        "from review_bot.stores.breaker import BreakerStore; import sys; s = BreakerStore(sys.argv[1])\n"
        "for _ in range(20): s.change('a', lambda state: state._replace(failures=state.failures + 1))\n"
        "s.close()"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(path)])
    threads = [threading.Thread(target=lambda: [store.change("a", more) for _ in range(10)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert child.wait(60) == 0
    assert store.state("a").failures == 40


@pytest.mark.parametrize("named", [True, False])
def test_without_a_place_it_lasts_as_long_as_the_run(tmp_path: Path, *, named: bool) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "breaker.db" if named else None
    store = BreakerStore(str(path) if path else None)
    store.change("a", more)
    store.took("a", 1.0)
    assert store.state("a").failures == 1
    assert store.latencies("a") == (1.0,)
    store.close()
    assert reopened(path)[0].failures == 0


def test_what_can_not_be_written_is_held_for_the_run(path: Path, store: BreakerStore) -> None:
    store.change("a", more)
    store.close()
    locked = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    store._db = locked
    store.change("a", more)
    store.change("a", more)
    store.took("a", 1.0)
    assert store.state("a").failures == 3
    locked.close()
    assert reopened(path)[0].failures == 1


def test_a_damaged_file_is_replaced(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database, " * 100)
    store = BreakerStore(str(path))
    store.change("a", more)
    store.close()
    assert reopened(path)[0].failures == 1


def test_a_store_that_fails_forgets(store: BreakerStore) -> None:
    store.close()
    assert store.state("a") == BreakerState()
    assert store.change("a", more) == (BreakerState(), BreakerState(1))
    assert store.change("b", more) == (BreakerState(), BreakerState(1))
    store.took("a", 1.0)
    assert store.latencies("a") == ()


def test_a_store_that_nobody_closes_leaves_no_connection_open(path: Path) -> None:
    store = BreakerStore(str(path))
    connection = store._db
    del store
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")
