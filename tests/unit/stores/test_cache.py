from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from review_bot.stores import sqlite
from review_bot.stores.cache import MIGRATIONS, Cache

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_put_is_there_for_the_next_one(tmp_path: Path) -> None:
    path = str(tmp_path / "c.db")
    first = Cache(path)
    first.put({"a": "1", "b": "2"})
    first.put({"b": "3"})
    first.close()
    first.close()
    assert Cache(path).get(["a", "b", "c"]) == {"a": "1", "b": "3"}


def test_many_keys_at_once(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path / "c.db"))
    entries = {f"key{number}": str(number) for number in range(1201)}
    cache.put(entries)
    assert cache.get(list(entries)) == entries
    assert cache.get([]) == {}


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path) -> None:
    path, day = str(tmp_path / "c.db"), 86_400.0
    for number in range(10):
        cache = Cache(path, clock=lambda number=number: number * day)  # type: ignore[misc]
        cache.put({f"k{number}": "x" * 98})
        cache.close()
    used = Cache(path, clock=lambda: 20 * day)
    assert used.get(["k0"])
    used.close()
    last = Cache(path, limit=500, clock=lambda: 21 * day)
    last.put({"new": "y" * 97})
    last.close()
    assert set(Cache(path).get(["new", *(f"k{number}" for number in range(10))])) == {"new", "k0", "k9", "k8"}


def test_a_body_too_large_is_not_kept(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path / "c.db"))
    cache.put({"a": "x" * 300_000, "b": "y"})
    assert set(cache.get(["a", "b"])) == {"b"}


def test_a_damaged_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    path.write_bytes(b"rubbish" * 1000)
    cache = Cache(str(path))
    cache.put({"a": "1"})
    assert (cache.get(["a"]), cache.trouble) == ({"a": "1"}, "")


def test_a_file_damaged_inside_costs_one_run(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    cache = Cache(str(path))
    cache.put({f"k{number}": "x" * 500 for number in range(200)})
    cache.close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    broken = Cache(str(path))
    assert broken.get(["k1"]) == {}
    assert "malformed" in broken.trouble
    broken.close()
    fresh = Cache(str(path))
    fresh.put({"a": "1"})
    assert (fresh.get(["a", "k1"]), fresh.trouble) == ({"a": "1"}, "")


@pytest.mark.parametrize("place", ["folder", "below a file", "none"])
def test_without_a_place_there_is_nothing_in_it(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    path = {"folder": str(tmp_path), "below a file": str(tmp_path / "file" / "x.db"), "none": None}[place]
    cache = Cache(path)
    cache.put({"a": "1"})
    assert cache.get(["a"]) == {}
    assert cache.trouble
    cache.close()


def test_a_lock_that_somebody_holds_costs_the_entry_and_not_the_run(tmp_path: Path) -> None:
    path = str(tmp_path / "c.db")
    cache = Cache(path, patience=0.05)
    holder = sqlite.connect(path, MIGRATIONS)
    holder.execute("BEGIN EXCLUSIVE")
    cache.put({"a": "1"})
    assert "locked" in cache.trouble
    holder.execute("ROLLBACK")
    cache.put({"b": "2"})
    assert cache.get(["a", "b"]) == {"b": "2"}
    holder.close()


def test_a_full_disk_costs_the_entry_and_not_the_run(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    Cache(str(path)).close()
    script = (
        "import resource, signal, sys; from review_bot.stores.cache import Cache\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))\n"
        "c = Cache(sys.argv[1]); c.put({'big' + str(n): 'x' * 200_000 for n in range(3)})\n"
        "c.put({'a': '1'}); print(bool(c.trouble), c.get(['a'])); c.close()"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("True")
    assert done.stderr == ""
    assert Cache(str(path)).trouble == ""
