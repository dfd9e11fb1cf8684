from __future__ import annotations

import threading
import time

import pytest

from review_bot.pipeline.pool import Pool


def test_results_stand_in_the_order_of_the_jobs_whoever_ends_first() -> None:
    gate = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            gate.wait(10)
        else:
            gate.set()
        return number * 2

    ticks: list[tuple[int, int]] = []
    assert Pool(work, workers=2).run([0, 1, 2], lambda done, total: ticks.append((done, total))) == [0, 2, 4]
    assert ticks == [(1, 3), (2, 3), (3, 3)]


def test_no_more_than_the_workers_work_at_once() -> None:
    lock, now, most = threading.Lock(), [0], [0]

    def work(_: int) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= 1

    Pool(work, workers=3).run(list(range(12)))
    assert 1 <= most[0] <= 3


def test_what_does_not_come_back_in_time_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("review_bot.pipeline.pool._GRACE", 0.0)
    release = threading.Event()

    def work(number: int) -> int:
        if number == 1:
            release.wait(30)
        return number

    pool = Pool(work, until=time.monotonic() + 0.3)
    assert pool.run([0, 1, 2]) == [0, None, None]
    assert pool.stop.is_set()
    release.set()


def test_an_error_of_the_work_is_raised_and_stops_the_others() -> None:
    def work(number: int) -> int:
        if number == 1:
            raise ZeroDivisionError
        return number

    pool = Pool(work)
    with pytest.raises(ZeroDivisionError):
        pool.run([0, 1, 2])
    assert pool.stop.is_set()


def test_nothing_to_do_is_done() -> None:
    assert Pool[int, int](abs).run([]) == []


def test_work_that_went_well_stops_nothing_that_comes_after() -> None:
    stop = threading.Event()
    for _ in range(2):
        assert Pool[int, int](abs, stop=stop, until=time.monotonic() + 60).run([1, 2]) == [1, 2]
    assert not stop.is_set()


def test_nobody_waits_for_workers_that_were_told_to_stop() -> None:
    stop = threading.Event()
    stop.set()
    assert Pool[int, int](abs, stop=stop, until=time.monotonic() + 60).run([1, 2]) == [None, None]
