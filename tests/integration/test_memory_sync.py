"""Clones that share a log through a ref of their remote: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from memory_helpers import BOB, REF, clone, forget, hub, ids, local, log, raw, signal
from review_bot.errors import ConfigError, StoreError
from review_bot.stores.batches import packed
from review_bot.stores.git_remote import SPOOL, GitRemote, Pushed

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git
    from review_bot.stores.log import Log


@pytest.fixture
def origin(git: Git) -> Path:
    return hub(git.root.parent / "hub.git")


def at(origin: Path) -> list[str]:
    """What stands on the remote, as often as it stands there."""
    return raw(log(origin, git_dir=""))


def script(origin: Path, name: str, body: str) -> None:
    hook = origin / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{body}\n")
    hook.chmod(0o755)


def test_events_travel_both_ways(git: Git, origin: Path) -> None:
    a, b = (log(clone(git, origin, name), "origin") for name in "ab")
    a.append([signal(1), signal(2)])
    assert a.pending() == 2
    assert a.sync()[:3] == (2, 0, 0)
    assert a.pending() == 0
    b.append([signal(3)])
    assert b.sync()[:3] == (1, 2, 0)
    assert a.sync()[:3] == (0, 1, 0)
    assert a.sync()[:3] == (0, 0, 0)
    assert raw(a) == raw(b) == at(origin) == ids(signal(1), signal(2), signal(3))


def test_sync_touches_nothing_else(git: Git, origin: Path) -> None:
    git.write("a.txt", "x")
    git.commit()
    git("push", "-q", str(origin), "main", "main:other")
    root = clone(git, origin, "a")
    (root / ".git" / "hooks" / "pre-push").write_text("#!/bin/sh\nexit 1\n")
    (root / ".git" / "hooks" / "pre-push").chmod(0o755)
    git("push", "-q", str(origin), "+main~0:refs/heads/other2")
    fetched = sorted(os.listdir(root / ".git"))
    log(root, "origin").append([signal(1)])
    log(root, "origin").sync()
    assert sorted(os.listdir(root / ".git")) == sorted([*fetched, "review-bot"])
    refs = subprocess.run(["git", "for-each-ref", "--format=%(refname)"], cwd=root, capture_output=True, check=True)
    assert "other2" not in refs.stdout.decode()


def test_same_event_of_two_clones_stands_once(git: Git, origin: Path) -> None:
    a, b = (log(clone(git, origin, name), "origin") for name in "ab")
    a.append([signal(1), signal(2)])
    b.append([signal(2), signal(3)])
    a.sync()
    assert b.sync()[:3] == (1, 1, 0)
    a.sync()
    assert raw(a) == raw(b) == at(origin) == ids(signal(1), signal(2), signal(3))


def test_remote_that_refuses_lets_events_wait(git: Git, origin: Path) -> None:
    a, b = (log(clone(git, origin, name), "origin") for name in "ab")
    b.append([signal(5)])
    b.sync()
    script(origin, "pre-receive", "echo protected; exit 1")
    a.append([signal(1)])
    with pytest.raises(StoreError, match=r"refuses refs/review-bot/memory: .*pre-receive hook declined"):
        a.sync()
    assert a.pending() == 1
    (origin / "hooks" / "pre-receive").unlink()
    assert a.sync()[:3] == (1, 1, 0)


def test_remote_that_is_away_lets_events_wait(git: Git, origin: Path) -> None:
    a = log(clone(git, origin, "a"), "origin")
    a.append([signal(1)])
    origin.rename(origin.with_suffix(".away"))
    with pytest.raises(StoreError, match="remote origin"):
        a.sync()
    assert a.pending() == 1
    origin.with_suffix(".away").rename(origin)
    a.sync()
    assert at(origin) == ids(signal(1))


def test_ref_that_somebody_removed_or_rewrote_comes_back(git: Git, origin: Path) -> None:
    a, b = (log(clone(git, origin, name), "origin") for name in "ab")
    a.append([signal(1)])
    a.sync()
    b.sync()
    subprocess.run(["git", "update-ref", "-d", REF], cwd=origin, check=True)
    assert b.sync().sent == 1
    stranger = log(origin, git_dir="")
    assert stranger.local.swap(
        stranger.local.commit({"x.jsonl": stranger.local.blob(packed([signal(8)]))}), stranger.head()
    )
    a.sync()
    assert raw(a) == at(origin) == ids(signal(1), signal(8))


def test_what_is_forgotten_does_not_come_back(git: Git, origin: Path) -> None:
    a, b = (log(clone(git, origin, name), "origin") for name in "ab")
    a.append([signal(1, actor=BOB, note="bob's own words"), signal(2)])
    a.sync()
    b.sync()
    b.append([signal(3, actor=BOB, note="bob's own words")])
    stone = forget(names={"actor": BOB})
    a.append([stone])
    assert a.compact() == 2
    b.sync()
    a.sync()
    assert raw(a) == raw(b) == at(origin) == ids(signal(2), stone)
    for root in (a.local.git.cwd, b.local.git.cwd):
        command = ["git", "cat-file", "--batch-all-objects", "--batch", "--unordered"]
        assert b"own words" not in subprocess.run(command, cwd=root, capture_output=True, check=True).stdout


def test_compaction_and_new_events_of_others_meet(git: Git, origin: Path) -> None:
    a, b = (log(clone(git, origin, name), "origin") for name in "ab")
    for number in range(3):
        a.append([signal(number)])
        a.sync()
    b.sync()
    b.append([signal(7)])
    assert a.compact() == 3
    assert b.sync()[:3] == (1, 0, 0)
    assert a.compact() == 4
    assert raw(a) == at(origin) == ids(*map(signal, (0, 1, 2, 7)))
    b.sync()
    assert raw(b) == raw(a)


def test_compaction_that_the_remote_refuses_changes_nothing(git: Git, origin: Path) -> None:
    script(origin, "update", 'case $2 in 00000000*) exit 0 ;; esac; git merge-base --is-ancestor "$2" "$3"')
    a = log(clone(git, origin, "a"), "origin")
    a.append([signal(1)])
    a.append([signal(2)])
    a.sync()
    with pytest.raises(StoreError, match="is rewritten"):
        a.compact()
    assert raw(a) == at(origin) == ids(signal(1), signal(2))


class Unlucky(GitRemote):
    """A remote where others are always faster."""

    def push(self, new: str, theirs: object, fold: object) -> Pushed:
        return Pushed("raced", "stale info")


def unlucky(root: Path) -> Log:
    mine = log(root, "origin")
    assert mine.exchange is not None
    mine.exchange.remote = Unlucky(mine.local, "origin")  # type: ignore[attr-defined]
    return mine


def test_loser_leaves_its_events_in_a_spool_for_the_next_winner(git: Git, origin: Path) -> None:
    root = clone(git, origin, "a")
    a, b = unlucky(root), log(clone(git, origin, "b"), "origin")
    a.append([signal(1)])
    done = a.sync()
    assert done[:3] == (1, 0, 0)
    assert SPOOL in done.note
    assert a.pending() == 0
    assert at(origin) == []
    b.append([signal(2)])
    assert b.sync().received == 1
    assert at(origin) == ids(signal(1), signal(2))
    refs = subprocess.run(["git", "for-each-ref", "--format=%(refname)"], cwd=origin, capture_output=True, check=True)
    assert refs.stdout.decode().split() == [REF]
    log(root, "origin").sync()
    assert raw(a) == at(origin) == ids(signal(1), signal(2))


def test_spool_that_can_not_be_removed_is_folded_in_once(git: Git, origin: Path) -> None:
    subprocess.run(["git", "config", "receive.denyDeletes", "true"], cwd=origin, check=True)
    a, b = unlucky(clone(git, origin, "a")), log(clone(git, origin, "b"), "origin")
    a.append([signal(1)])
    a.sync()
    for _ in range(2):
        b.sync()
    b.compact()
    b.sync()
    assert at(origin) == raw(b) == ids(signal(1))


def test_locked_local_ref_does_not_keep_events_from_others(git: Git, origin: Path) -> None:
    root = clone(git, origin, "a")
    a = log(root, "origin")
    lock = root / ".git" / f"{REF}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    a.append([signal(1)])
    assert a.sync().sent == 1
    assert at(origin) == ids(signal(1))
    lock.unlink()
    a.sync()
    assert raw(a) == ids(signal(1))


def test_shallow_clone_takes_part(git: Git, origin: Path) -> None:
    git.commit()
    git.commit()
    git("push", "-q", str(origin), "main")
    a, b = log(clone(git, origin, "a"), "origin"), log(clone(git, origin, "b", "--depth=1", "-b", "main"), "origin")
    for number in range(3):
        a.append([signal(number)])
        a.sync()
    b.append([signal(7)])
    assert b.sync()[:3] == (1, 3, 0)
    a.sync()
    assert raw(a) == raw(b) == at(origin)


def test_lines_of_strangers_are_carried_and_not_believed(git: Git, origin: Path) -> None:
    stranger = log(origin, git_dir="")
    data = b"x" * 1_000_000 + b"\n{}\n" + packed([signal(1)])
    assert stranger.local.swap(stranger.local.commit({"x.jsonl": stranger.local.blob(data)}), "")
    a = log(clone(git, origin, "a"), "origin")
    a.append([signal(2)])
    a.sync()
    assert raw(a) == at(origin) == ids(signal(1), signal(2))


@pytest.mark.parametrize("name", ["", "-x", "--upload-pack=x", "a b", "a\n"])
def test_name_that_is_no_remote_is_refused(git: Git, name: str) -> None:
    with pytest.raises(ConfigError, match=r"memory\.remote"):
        GitRemote(local(git.root), name)


WORKER = """
import sys
sys.path[:0] = {path!r}
from pathlib import Path
from memory_helpers import log, signal
number, root = int(sys.argv[1]), Path(sys.argv[2])
mine = log(root, "origin")
for step in range(3):
    mine.append([signal(number * 1000 + step * 10 + each) for each in range(5)])
    mine.sync()
"""


def test_clones_that_push_at_once_lose_and_double_nothing(git: Git, origin: Path) -> None:
    roots = [clone(git, origin, f"c{number}") for number in range(4)]
    program = WORKER.format(path=[one for one in sys.path if one])

    def work(number: int) -> int:
        command = [sys.executable, "-c", program, str(number), str(roots[number // 2])]
        return subprocess.run(command, check=False).returncode

    with ThreadPoolExecutor(8) as pool:  # two processes in each clone
        assert list(pool.map(work, range(8))) == [0] * 8
    for root in roots:
        log(root, "origin").sync()
    wanted = ids(*(signal(n * 1000 + s * 10 + e) for n in range(8) for s in range(3) for e in range(5)))
    assert at(origin) == wanted


def test_ssh_asks_nobody_unless_somebody_says_how_it_is_run(git: Git, tmp_path: Path) -> None:
    ssh = tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nexit 1\n')
    ssh.chmod(0o755)
    git("remote", "add", "origin", "ssh://example.invalid/x.git")
    path = f"{ssh.parent}{os.pathsep}{os.environ['PATH']}"
    for command in ("", f"{ssh} -v"):
        if command:
            git("config", "core.sshCommand", command)
        with patch.dict(os.environ, PATH=path), pytest.raises(StoreError):
            log(git.root, "origin").sync()
    first, *_, last = (tmp_path / "asked").read_text().splitlines()
    assert first.startswith("-o BatchMode=yes")
    assert last.startswith("-v")


def test_full_disk_loses_nothing_and_says_so(git: Git) -> None:
    git.commit()
    log(git.root).append([signal(1)])
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
    program = f"{full}; from review_bot.cli.main import run"
    command = [sys.executable, "-c", f"{program}; run()", "memory", "record", "--events", "-"]
    done = subprocess.run(command, cwd=git.root, input=signal(2).line.encode(), capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr.decode().count("\n") == 1
    assert b"nothing was recorded" in done.stderr
    assert raw(log(git.root)) == ids(signal(1))


def test_index_is_dropped_with_what_is_forgotten(git: Git) -> None:
    mine = log(git.root)
    mine.append([signal(1), signal(2)])
    index = git.write(".git/review-bot/memory.db", "rows")
    mine.compact()
    assert index.exists()
    mine.append([forget(ids=[signal(1).id])])
    mine.compact()
    assert not index.exists()


def test_lock_that_a_killed_exchange_left_is_taken_away(git: Git, origin: Path) -> None:
    root = clone(git, origin, "a")
    a = log(root, "origin")
    a.append([signal(1)])
    a.sync()
    lock = next((root / ".git/refs/review-bot/seen").rglob("log")).with_suffix(".lock")
    lock.touch()
    os.utime(lock, (1, 1))
    b = log(clone(git, origin, "b"), "origin")
    b.append([signal(2)])
    b.sync()
    assert a.sync().received == 1
    assert not lock.exists()


def test_line_that_only_bears_the_id_of_an_event_keeps_it_from_nobody(git: Git, origin: Path) -> None:
    stranger = log(origin, git_dir="")
    forged = signal(1).line.replace('"y":0', '"y":1').encode() + b"\n"
    assert stranger.local.swap(stranger.local.commit({"x.jsonl": stranger.local.blob(forged)}), "")
    a = log(clone(git, origin, "a"), "origin")
    a.sync()
    assert a.known([signal(1).id]) == set()
    a.append([signal(1)])
    assert a.sync().sent == 1
    assert raw(a) == at(origin) == ids(signal(1))
