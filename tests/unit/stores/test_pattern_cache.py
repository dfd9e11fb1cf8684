from __future__ import annotations

import marshal
import os
import re
from typing import TYPE_CHECKING

import pytest

from review_bot import patterns
from review_bot.stores import pattern_cache

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache folder, for a process that has compiled nothing yet."""
    place = tmp_path / "cache"
    monkeypatch.setenv("REVIEW_BOT_CACHE_DIR", str(place))
    monkeypatch.setattr(patterns, "_known", {})
    monkeypatch.setattr(patterns, "_compiled_now", {})
    patterns.compiled.cache_clear()
    yield place
    patterns.compiled.cache_clear()


def run(*expressions: str) -> list[str]:
    """One run that needs the expressions: those that it had to compile."""
    patterns._known.clear()
    patterns._compiled_now.clear()
    patterns.compiled.cache_clear()
    known = pattern_cache.load()
    for text in expressions:
        assert patterns.compiled(text) == re.compile(text)
    compiled = [str(key[1]) for key in patterns._compiled_now]
    pattern_cache.save(known)
    return compiled


def kept(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_the_second_run_compiles_nothing(folder: Path) -> None:
    assert run("a+", "b{2}") == ["a+", "b{2}"]
    assert run("a+", "b{2}") == []
    assert run("b{2}", "c?") == ["c?"]
    assert run("a+", "b{2}", "c?") == []
    assert kept(folder).name.startswith("patterns-")


@pytest.mark.parametrize("at", [0, 20, -1], ids=["digest", "content", "end"])
def test_a_damaged_file_is_written_anew(folder: Path, at: int) -> None:
    run("a+")
    data = bytearray(kept(folder).read_bytes())
    data[at] ^= 255
    kept(folder).write_bytes(data)
    assert run("a+") == ["a+"]
    assert run("a+") == []


@pytest.mark.parametrize("left", [0, 5, 16, 40])
def test_a_file_that_was_cut_is_written_anew(folder: Path, left: int) -> None:
    run("a+")
    kept(folder).write_bytes(kept(folder).read_bytes()[:left])
    assert run("a+") == ["a+"]
    assert run("a+") == []


def test_a_folder_that_is_not_to_be_had_costs_only_the_time(folder: Path) -> None:
    folder.write_text("a file in its place")
    assert run("a+") == ["a+"]
    assert run("a+") == ["a+"]


def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REVIEW_BOT_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert run("a+") == ["a+"]


def test_of_two_runs_at_once_the_later_one_stays(folder: Path) -> None:
    run("a+")
    first = kept(folder).read_bytes()
    kept(folder).unlink()
    run("b+")
    second = kept(folder).read_bytes()
    kept(folder).write_bytes(first)  # as if both had read an empty folder
    assert run("a+", "b+") == ["b+"]
    kept(folder).write_bytes(second)
    assert run("a+", "b+") == ["a+"]


def test_a_file_that_grew_too_large_begins_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("a+")
    size = kept(folder).stat().st_size
    monkeypatch.setattr(pattern_cache, "_LARGEST", size + 20)
    assert run("b+") == ["b+"]
    assert run("a+") == ["a+"]


def test_what_is_too_large_alone_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern_cache, "_LARGEST", 10)
    run("a+")
    assert not folder.exists()


def test_another_engine_has_a_file_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("a+")
    monkeypatch.setattr(patterns, "engine", lambda: "another")
    assert run("a+") == ["a+"]
    assert len(list(folder.iterdir())) == 2


def test_of_many_engines_the_last_files_stay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("a+")
    os.utime(kept(folder), (0, 0))
    oldest = kept(folder)
    for name in "abcdefgh":
        monkeypatch.setattr(patterns, "engine", lambda name=name: name)
        run("a+")
    assert not oldest.exists()
    assert len(list(folder.iterdir())) == 8


def test_without_an_engine_nothing_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "engine", lambda: "")
    assert run("a+") == ["a+"]
    assert not folder.exists()


def test_what_is_kept_is_plain_data(folder: Path) -> None:
    run("a+")
    ((key, program),) = marshal.loads(kept(folder).read_bytes()[16:]).items()
    assert key == (False, "a+", 0)
    assert [type(part) for part in program] == [int, bytes, int, dict]
