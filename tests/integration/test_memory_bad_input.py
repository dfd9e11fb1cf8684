"""What a scan makes of a memory that was harmed: the same findings, the same effects, and no lost event."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from fakes.log import made, person
from fakes.rule_files import rule
from integration.cli_helpers import use
from memory_helpers import bot, local, log
from review_bot.memory.normalise import shape
from review_bot.stores.batches import packed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Git

NAME = "own.oops"
BODY = "def f(order):\n    oops(order.total)\n    return order\n"
YEAR = 366 * 86_400
NOW = 1_796_000_000


def rejections(*times: int) -> list[Any]:
    key, fp = shape(NAME, BODY.rstrip("\n"), "python")
    known = {"rule": NAME, "key": key, "fp": list(fp), "sig": "command", "y": 0, "eps": 0.03}
    return [made("signal", ts, actor=person(f"p{n % 3}"), pr=str(n), **known) for n, ts in enumerate(times)]


@pytest.fixture
def team(git: Git) -> Path:
    """A repository whose people rejected the one finding of its work tree six times."""
    git.commit()
    use(git, rule(NAME, category='"conventions"'), config="[memory]\nexplore = 0")
    git.write("a.py", BODY)
    log(git.root).append(rejections(*range(NOW, NOW + 6)))
    return git.root


def report(where: Path) -> dict[str, Any]:
    done = bot(where, "scan", "--backend", "none", "--format", "json")
    assert done.code < 2, done.err
    read: dict[str, Any] = json.loads(done.out)
    return read


def assert_hidden(where: Path) -> None:
    found = report(where)
    assert [one["reason"] for one in found["suppressed"]] == ["rejected 6 times by 3 people in 6 changes"]
    assert found["degraded"] == []


def put(where: Path, *blobs: bytes) -> None:
    """Write batches into the ref, as somebody could who has the right to push."""
    ref = local(where)
    head = ref.head()
    more = {f"ff/{number:030x}.jsonl": ref.blob(data) for number, data in enumerate(blobs)}
    assert ref.swap(ref.commit({**ref.entries(head), **more}, head), head)


HOSTILE = (
    b"x" * 10_000_000,
    b'{"v":1,"kind":"mute","scope":{"rule":"own.oops"}}',
    b'{"id":"' + b"0" * 32 + b'","ids":[],"kind":"forget","ts":9,"v":1}',
    b'{"id":"' + b"1" * 32 + b'","kind":"signal","ts":1,"v":2}',
    b"\xff\xfe\x00" * 1000,
    b"[" * 60_000,
    b'{"v":1,"ts":NaN,"kind":"shown","id":"' + b"2" * 32 + b'"}',
)
"""A line of 10 MB, no id, a forged one, a later version, no text, what is nested deeply, NaN."""


def test_lines_that_are_no_events(team: Path) -> None:
    put(team, *HOSTILE)
    assert_hidden(team)
    assert json.loads(bot(team, "memory", "status", "--format", "json").out)["skipped"] == len(HOSTILE)


def test_lines_of_a_later_version_outlive_a_compaction(team: Path) -> None:
    line = b'{"id":"' + b"1" * 32 + b'","kind":"signal","new":"field","ts":1,"v":2}'
    put(team, line)
    assert bot(team, "memory", "compact").code == 0
    assert_hidden(team)
    assert line in [bytes(one) for batch in log(team).read() for one in batch.lines]


@pytest.mark.parametrize("off", [-YEAR, YEAR])
def test_clocks_that_are_off_change_nothing(git: Git, off: int) -> None:
    git.commit()
    use(git, rule(NAME, category='"conventions"'), config="[memory]\nexplore = 0")
    git.write("a.py", BODY)
    log(git.root).append(rejections(*(NOW + (off if n % 2 else n) for n in range(6))))
    assert_hidden(git.root)


def rewritten(where: Path) -> None:
    """Somebody replaces the log by another one."""
    ref = local(where)
    other = ref.commit({"aa/b.jsonl": ref.blob(packed([made("mute", scope={"rule": "x"})]))})
    assert ref.swap(other, ref.head())


def removed(where: Path) -> None:
    subprocess.run(["git", "update-ref", "-d", local(where).ref], cwd=where, check=True)


@pytest.mark.parametrize("harm", [rewritten, removed])
def test_a_ref_that_somebody_changed_is_followed(team: Path, harm: Callable[[Path], None]) -> None:
    harm(team)
    found = report(team)
    assert (len(found["findings"]), found["degraded"]) == (1, [])


def overwritten(path: str) -> None:
    draw = random.Random(1)
    with open(path, "r+b") as stream:
        size = os.path.getsize(path)
        for _ in range(200):
            stream.seek(draw.randrange(size))
            stream.write(draw.randbytes(16))


def replaced(path: str) -> None:
    with open(path, "wb") as stream:
        stream.write(random.Random(2).randbytes(50_000))


def cut(path: str) -> None:
    os.truncate(path, os.path.getsize(path) // 2)


def of_the_future(path: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()


def test_a_damaged_index_is_made_anew(team: Path) -> None:
    assert_hidden(team)
    for harm in (overwritten, replaced, cut, of_the_future):
        harm(str(team / ".git" / "review-bot" / "memory.db"))
        assert_hidden(team)


def limited(where: Path, size: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command where no file may grow beyond `size` bytes, as on a disk that is full."""
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}));"
        "from review_bot.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)


def test_a_full_disk_leaves_the_scan_alone(team: Path) -> None:
    report(team)  # the compiled rules lie in the cache from here on
    (team / ".git" / "review-bot" / "memory.db").unlink()
    done = limited(team, 0, "scan", "--backend", "none", "-v")
    assert done.returncode == 0, done.stderr
    assert "(memory: rejected 6 times by 3 people in 6 changes)" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_said_where_something_is_to_be_recorded(team: Path) -> None:
    done = limited(team, 0, "memory", "mute", NAME, "--reason", "x")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "nothing was recorded" in done.stderr
    assert len(bot(team, "memory", "export").out.splitlines()) == 6
