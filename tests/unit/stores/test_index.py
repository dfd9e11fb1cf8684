from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import sqlite3
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.log import CODE, OTHER, RULE, Log, made, person, rejections, signal, some_log
from review_bot.errors import StoreError
from review_bot.memory.assess import assess
from review_bot.memory.fold import Known, fold
from review_bot.memory.normalise import Shape, shape
from review_bot.stores.index import Index, open_index

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from review_bot.domain.event import Event

SHAPE = shape(RULE, CODE, "python")
LOG = [
    *rejections(6),
    signal(1, code=OTHER, before=OTHER),
    made("mute", scope={"rule": "x"}),
    made("learned", rule=RULE),
]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "git" / "memory.db")


def says(index: Index) -> tuple[object, ...]:
    """What a scan and `explain` would hear."""
    return (index.decides(), index.mutes(), index.totals_of(RULE), assess(index, RULE, SHAPE), index.near(SHAPE.fp))


def opened(path: str, log: Log) -> tuple[object, ...]:
    """What an index that was just opened says."""
    with open_index(path, log) as index:
        return says(index)


def truth(events: Sequence[Event]) -> tuple[object, ...]:
    known = Known(fold(events))
    return (known.decides(), known.mutes(), known.totals_of(RULE), assess(known, RULE, SHAPE), known.near(SHAPE.fp))


def test_an_empty_log_makes_an_empty_index(path: str) -> None:
    with open_index(path, Log()) as index:
        assert not index.decides()
        assert index.near(SHAPE.fp) == []
        assert index.rules() == []


def test_the_index_says_what_the_fold_says(path: str) -> None:
    with open_index(path, Log(LOG)) as index:
        assert says(index) == truth(LOG)
        assert [one.before for one in index.examples_of(RULE, shape(RULE, OTHER, "python").key)] == [OTHER]
        assert [one.kind for one in index.kept("learned")] == ["learned"]
        assert [rule for rule, _ in index.rules()] == [RULE]


def test_a_current_index_is_opened_without_reading_the_log(path: str) -> None:
    log = Log(LOG)
    open_index(path, log).close()
    log.reads.clear()
    assert opened(path, log) == truth(LOG)
    assert log.reads == []


def test_further_batches_are_read_alone(path: str) -> None:
    log = Log(LOG)
    open_index(path, log).close()
    log.reads.clear()
    more = [signal(0, who="zoe", pr="77")]
    log.append(more)
    assert opened(path, log) == truth([*LOG, *more])
    assert len(log.reads) == 1


def test_a_compacted_log_is_folded_anew(path: str) -> None:
    log = Log(LOG, [made("forget", ids=[LOG[0].id])])
    open_index(path, log).close()
    log.compact()
    assert opened(path, log) == truth(LOG[1:])


def test_a_forget_is_heard_also_by_events_that_come_later(path: str) -> None:
    forget = made("forget", ts=2_000_000_000, names={"actor": person("eve")})
    log = Log([signal(0)], [forget])
    open_index(path, log).close()
    log.append([signal(0, who="eve", pr="9")])
    with open_index(path, log) as index:
        assert index.totals_of(RULE).signals == 1


def test_lines_that_are_no_events_are_skipped_and_counted(path: str) -> None:
    log = Log(LOG)
    log.append_lines([b"{", b'{"v":2}', b"\xff" * 100, LOG[0].line.encode()])
    with open_index(path, log) as index:
        assert index.skipped == 3
        assert says(index) == truth(LOG)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 20))
def test_common_hashes_are_counted_like_all_others(seed: int, common: int) -> None:
    draw = random.Random(seed)
    events = [
        signal(0, rule=f"r{n}", key=f"k{n}", fp=sorted(draw.sample(range(12), draw.randrange(1, 7)))) for n in range(30)
    ]
    known = Known(fold(events))
    with pytest.MonkeyPatch.context() as patch, open_index(None, Log(events)) as index:
        patch.setattr("review_bot.stores.index._COMMON", common)
        for least, limit in itertools.product((1, 2, 3, 5), (1, 5, 200)):
            fp = draw.sample(range(13), 5)
            assert index.near(fp, least, limit) == known.near(fp, least, limit)


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_a_log_that_comes_in_pieces_gives_the_index_of_the_whole(seed: int, pieces: int) -> None:
    events = some_log(seed)
    log = Log()
    with Index(None, log) as index, open_index(None, Log(events)) as whole:
        for start in range(pieces):
            log.append(events[start::pieces])
            index.update()
        assert index.dump() == whole.dump()
        known = Known(fold(events))
        for rule in (RULE, "other.rule"):
            assert index.totals_of(rule) == known.totals_of(rule)
            wanted = shape(rule, CODE, "python")
            assert assess(index, rule, wanted) == assess(known, rule, wanted)
        assert index.mutes() == known.mutes()
        assert index.near(SHAPE.fp) == known.near(SHAPE.fp)
        for least in (1, 2, 3):
            hashed = Shape("a" * 32, (1, 2, 3, 4))
            assert index.imported(hashed, "0" * 16, least) == known.imported(hashed, "0" * 16, least)
            assert index.imported(hashed, "1" * 16, least) == []
        assert index.shown() == known.shown()


def damage(path: str, draw: random.Random) -> None:
    """Write random bytes over a part of the file."""
    size = os.path.getsize(path)
    start = draw.randrange(size)
    with open(path, "r+b") as stream:
        stream.seek(start)
        stream.write(draw.randbytes(min(draw.choice([16, 200, 5000]), size - start)))


@pytest.mark.parametrize("seed", range(25))
def test_random_bytes_in_the_file_change_nothing(path: str, seed: int) -> None:
    log = Log(LOG)
    open_index(path, log).close()
    damage(path, random.Random(seed))
    assert opened(path, log) == truth(LOG)
    assert opened(path, log) == truth(LOG)


@pytest.mark.parametrize(
    "content", [b"", b"no database", b"SQLite format 3\0" + b"\0" * 5000], ids=["empty", "text", "zeros"]
)
def test_a_file_that_is_no_database_is_replaced(path: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(path))
    with open(path, "wb") as stream:
        stream.write(content)
    assert opened(path, Log(LOG)) == truth(LOG)
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT count(*) FROM signal").fetchone() == (7,)
    database.close()


def test_a_file_of_another_version_is_replaced(path: str) -> None:
    open_index(path, Log(LOG)).close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version=99")
    database.close()
    assert opened(path, Log(LOG)) == truth(LOG)


def test_a_changed_row_is_no_evidence(path: str) -> None:
    log = Log(LOG)
    open_index(path, log).close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE rule SET sum = -8, people = 9")
        database.execute("UPDATE signal SET y = 1")
    database.close()
    assert opened(path, log) == truth(LOG)


def test_a_table_that_is_gone_comes_back(path: str) -> None:
    log = Log(LOG)
    open_index(path, log).close()
    with sqlite3.connect(path) as database:
        database.execute("DROP TABLE fp")
    database.close()
    assert opened(path, log) == truth(LOG)


def test_a_file_that_vanishes_while_it_is_open_hurts_nobody(path: str) -> None:
    with open_index(path, Log(LOG)) as index:
        os.unlink(path)
        assert says(index) == truth(LOG)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_place_that_cant_be_written(path: str) -> None:
    folder = os.path.dirname(path)
    os.makedirs(folder)
    os.chmod(folder, stat.S_IRUSR | stat.S_IXUSR)
    assert opened(path, Log(LOG)) == truth(LOG)
    assert os.listdir(folder) == []


def test_a_folder_that_is_a_file_leaves_the_index_in_memory(tmp_path: Path) -> None:
    (tmp_path / "git").write_text("")
    assert opened(str(tmp_path / "git" / "memory.db"), Log(LOG)) == truth(LOG)


def test_while_another_process_holds_the_lock_the_index_is_made_in_memory(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("review_bot.stores.index._PATIENCE", 0.05)
    log = Log(LOG[:3])
    open_index(path, log).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    log.append(LOG[3:])
    assert opened(path, log) == truth(LOG)
    other.execute("ROLLBACK")
    other.close()
    assert opened(path, log) == truth(LOG)
    assert os.path.exists(path)


def test_no_index_is_left_half_made(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log(LOG)

    class Stopped(BaseException):
        pass

    def stop(_events: object) -> None:
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr("review_bot.stores.index_fold.undone", stop)
        with pytest.raises(Stopped):
            open_index(path, log)
    assert opened(path, log) == truth(LOG)


def test_a_log_that_cant_be_read_is_said(path: str) -> None:
    class Gone(Log):
        def names(self) -> frozenset[str]:
            raise StoreError("gone", where="log")

    with pytest.raises(StoreError, match="gone"):
        open_index(path, Gone(LOG))


def _fold_at_once(path: str, lines: list[bytes], out: str) -> None:
    log = Log()
    log.append_lines(lines)
    with open_index(path, log) as index, open(out, "w", encoding="utf-8") as stream:
        stream.write(repr(index.totals_of(RULE)))


def test_two_processes_folding_at_once(path: str, tmp_path: Path) -> None:
    events = [one for n in range(40) for one in rejections(6, code=f"{CODE}\nf{n}(x)")]
    lines = [one.line.encode() for one in events]
    context = multiprocessing.get_context("spawn")
    outs = [tmp_path / f"out{n}" for n in range(2)]
    processes = [context.Process(target=_fold_at_once, args=(path, lines, str(out))) for out in outs]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert {out.read_text() for out in outs} == {repr(Known(fold(events)).totals_of(RULE))}
