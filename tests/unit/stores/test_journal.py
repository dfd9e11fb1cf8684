from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from review_bot.stores import sqlite
from review_bot.stores.journal import MIGRATIONS, Journal

if TYPE_CHECKING:
    from pathlib import Path


def rows(path: Path, table: str) -> list[tuple[object, ...]]:
    connection = sqlite.connect(str(path), MIGRATIONS)
    found = connection.execute(f"SELECT * FROM {table}").fetchall()
    connection.close()
    return found


def test_a_run_that_was_not_finished_is_gone_on_with(tmp_path: Path) -> None:
    path = str(tmp_path / "runs.db")
    first = Journal(path, "here")
    first.step("w1", "ask", "answered")
    first.keep("k", "answer")
    first.close()
    again = Journal(path, "here", resume=True)
    assert (again.resumed, again.recall("k"), again.recall("other")) == (True, "answer", None)
    again.finish()
    assert (rows(tmp_path / "runs.db", "run"), rows(tmp_path / "runs.db", "answer")) == ([], [])
    assert not Journal(path, "here", resume=True).resumed


def test_a_run_without_answers_touches_no_file(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path / "runs.db"), "here")
    journal.step("review", "plan", "with model")
    assert journal.recall("k") is None
    journal.finish()
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_another_scope_and_a_run_without_resume_start_afresh(tmp_path: Path) -> None:
    path = str(tmp_path / "runs.db")
    first = Journal(path, "here")
    first.keep("k", "answer")
    first.close()
    for journal in (Journal(path, "there", resume=True), Journal(path, "here")):
        assert (journal.resumed, journal.recall("k")) == (False, None)
        journal.close()


def test_steps_are_written_with_the_next_answer_or_at_the_end(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path / "runs.db"), "here")
    journal.step("w1", "next", "window")
    assert rows(tmp_path / "runs.db", "step") == []
    journal.keep("k", "a")
    journal.step("w1", "read", "good", "2 remarks")
    journal.close()
    journal.close()
    assert [row[1:] for row in rows(tmp_path / "runs.db", "step")] == [
        (1, "w1", "next", "window", ""),
        (2, "w1", "read", "good", "2 remarks"),
    ]


def test_an_answer_outlives_a_killed_process(tmp_path: Path) -> None:
    script = (
        "import os, sys; from review_bot.stores.journal import Journal\n"
        "j = Journal(sys.argv[1], 'here'); j.keep('k', 'answer'); j.step('w', 'read', 'good')\n"
        "os.kill(os.getpid(), 9)"
    )
    path = str(tmp_path / "runs.db")
    subprocess.run([sys.executable, "-c", script, path], check=False)
    assert Journal(path, "here", resume=True).recall("k") == "answer"


def test_old_runs_are_forgotten(tmp_path: Path) -> None:
    path = str(tmp_path / "runs.db")
    old = Journal(path, "there", clock=lambda: 0.0)
    old.keep("k", "a")
    old.close()
    new = Journal(path, "here", clock=lambda: 8 * 86_400.0)
    new.step("w", "ask", "answered")
    new.close()
    assert ([row[1] for row in rows(tmp_path / "runs.db", "run")], rows(tmp_path / "runs.db", "answer")) == (
        ["here"],
        [],
    )


@pytest.mark.parametrize("place", ["folder", "below a file", "none"])
def test_without_a_place_the_run_goes_on_and_says_so(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    path = {"folder": str(tmp_path), "below a file": str(tmp_path / "file" / "x.db"), "none": None}[place]
    journal = Journal(path, "here", resume=True)
    journal.step("w", "ask", "answered")
    journal.keep("k", "a")
    assert journal.trouble
    assert journal.recall("k") is None
    journal.finish()


def test_a_journal_that_breaks_on_the_way_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    journal = Journal(str(path), "here", resume=True)
    connection = sqlite.connect(str(path), MIGRATIONS)
    connection.execute("DROP TABLE answer")
    connection.close()
    journal.keep("k", "a")
    journal.step("w", "ask", "answered")
    journal.finish()
    assert "answer" in journal.trouble


def test_threads_may_share_a_journal(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path / "runs.db"), "here")

    def write(number: int) -> None:
        for count in range(20):
            journal.step(f"w{number}", "ask", "answered")
            journal.keep(f"{number}.{count}", "a")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    assert (journal.trouble, len(rows(tmp_path / "runs.db", "answer")), len(rows(tmp_path / "runs.db", "step"))) == (
        "",
        80,
        80,
    )
