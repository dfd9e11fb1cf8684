"""The log in one clone, without anybody to share it with."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from memory_helpers import BOB, REF, forget, hub, ids, local, log, raw, signal
from review_bot.domain.event import event, parse_all
from review_bot.domain.forget import live
from review_bot.errors import ConfigError, StoreError
from review_bot.stores.batches import packed
from review_bot.stores.gitref import checked
from review_bot.stores.log import Log

if TYPE_CHECKING:
    from conftest import Git
    from review_bot.domain.event import Event


def test_events_are_in_the_ref_in_blobs_of_lines(git: Git) -> None:
    mine = log(git.root)
    mine.append([signal(1), signal(2)])
    (path,) = git("ls-tree", "-r", "--name-only", REF).split("\n")
    assert path.endswith(".jsonl")
    assert git("cat-file", "blob", f"{REF}:{path}") + "\n" == packed([signal(1), signal(2)]).decode()
    assert raw(mine) == ids(signal(1), signal(2))
    assert mine.pending() == 0


def test_commit_names_no_person_and_leaves_no_trace_elsewhere(git: Git) -> None:
    git.write("a.py", "staged")
    git("add", "-A")
    before = git("status", "--porcelain")
    log(git.root).append([signal(1)])
    assert (
        git("log", "--format=%an %ae %cn %ce", REF)
        == "review-bot review-bot@localhost " * 1 + "review-bot review-bot@localhost"
    )
    assert git("status", "--porcelain") == before
    assert git("for-each-ref", "--format=%(refname)") == REF


def test_same_events_again_change_nothing(git: Git) -> None:
    mine = log(git.root)
    mine.append([signal(1)])
    head = mine.head()
    mine.append([signal(1)])
    assert mine.head() == head
    assert mine.known([signal(1).id, signal(2).id]) == {signal(1).id}


def test_head_differs_with_every_event_and_names_stay(git: Git) -> None:
    mine = log(git.root)
    assert mine.head() == ""
    mine.append([signal(1)])
    first, names = mine.head(), mine.names()
    mine.append([signal(2)])
    assert mine.head() != first
    assert names < mine.names()
    assert [batch.name for batch in mine.read(names)] == sorted(mine.names() - names)
    mine.put([signal(3)])
    assert raw(mine) == ids(signal(1), signal(2), signal(3))


@pytest.mark.parametrize("kind", ["sha256", "bare", "worktree", "shallow"])
def test_every_kind_of_repository_holds_a_log(git: Git, kind: str) -> None:
    root, git_dir = git.root, ".git"
    if kind == "sha256":
        root = git.root.parent / "sha256"
        subprocess.run(["git", "init", "-q", "--object-format=sha256", str(root)], check=True)
    elif kind == "bare":
        root, git_dir = hub(git.root.parent / "bare"), ""
    elif kind == "worktree":
        git.commit()
        git("worktree", "add", "-q", "../other")
        mine = Log(local(git.root))
        mine.local.git.cwd = str(git.root.parent / "other")
        mine.append([signal(7)])
    else:
        git.commit()
        git.commit()
        root = git.root.parent / "shallow"
        subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{git.root}", str(root)], check=True)
    mine = log(root, git_dir=git_dir)
    mine.append([signal(1)])
    mine.append([signal(2)])
    assert set(raw(mine)) >= {signal(1).id, signal(2).id}


def test_hook_environment_of_git_is_left_alone(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    git.write("a.py", "x")
    git("add", "-A")
    monkeypatch.setenv("GIT_INDEX_FILE", str(git.root / ".git" / "index"))
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_PREFIX", "")
    monkeypatch.chdir(git.root)
    log(git.root).append([signal(1)])
    assert git("diff", "--cached", "--name-only") == "a.py"
    assert raw(log(git.root)) == ids(signal(1))


def test_locked_ref_lets_events_wait(git: Git) -> None:
    mine = log(git.root)
    mine.append([signal(1)])
    lock = git.write(f".git/{REF}.lock", "")
    mine.append([signal(2)])
    assert mine.pending() == 1
    assert raw(mine) == ids(signal(1), signal(2))
    lock.unlink()
    mine.append([signal(3)])
    assert mine.pending() == 0
    assert raw(mine) == ids(signal(1), signal(2), signal(3))


def test_lock_of_a_killed_process_is_taken_away(git: Git) -> None:
    mine = log(git.root)
    mine.append([signal(1)])
    lock = git.write(f".git/{REF}.lock", "")
    os.utime(lock, (1, 1))
    mine.append([signal(2)])
    assert mine.pending() == 0


def test_process_killed_before_it_let_go_of_the_spool_doubles_nothing(git: Git) -> None:
    mine = log(git.root)
    mine.append([signal(1)])
    mine.put([signal(1)])
    mine.append([signal(2)])
    assert raw(mine) == ids(signal(1), signal(2))


def test_place_that_takes_nothing_is_one_error(git: Git) -> None:
    git.write(".git/review-bot", "in the way")
    with pytest.raises(StoreError, match="nothing was recorded"):
        log(git.root).append([signal(1)])


def test_compaction_keeps_each_live_event_once_in_segments(git: Git) -> None:
    mine = log(git.root)
    for number in range(4):
        mine.append([signal(number), signal(99)])
    stone = forget(ids=[signal(2).id])
    mine.append([stone, signal(5, ts=1_600_000_000)])
    assert mine.compact() == 6
    assert raw(mine) == ids(signal(0), signal(1), signal(3), signal(99), signal(5, ts=1_600_000_000), stone)
    months = {path.split("/")[0] for path in git("ls-tree", "-r", "--name-only", REF).split("\n")}
    assert months == {"2020-09", "2023-11", "2027-01"}
    assert git("rev-list", "--count", REF) == "1"


def test_compaction_keeps_lines_of_later_versions(git: Git) -> None:
    mine = log(git.root)
    line = b'{"id":"' + b"0" * 32 + b'","v":2}'
    mine.append([signal(1)])
    entries = {**mine.local.entries(mine.head()), "x.jsonl": mine.local.blob(line + b"\nrubbish\n")}
    assert mine.local.swap(mine.local.commit(entries, mine.head()), mine.head())
    assert mine.compact() == 1
    assert line in [text for batch in mine.read() for text in batch.lines]
    assert b"rubbish" not in [text for batch in mine.read() for text in batch.lines]


@pytest.mark.parametrize("packed_first", [False, True])
def test_what_is_forgotten_is_gone_from_the_repository(git: Git, packed_first: bool) -> None:
    mine = log(git.root)
    mine.append([signal(1, actor=BOB, note="bob's own words"), signal(2)])
    git.write("a.txt", "somebody's lost work")
    blob = git("hash-object", "-w", "a.txt")
    if packed_first:
        git("gc", "-q", "--prune=never")
    mine.append([forget(names={"actor": BOB})])
    mine.compact()
    contents = git("cat-file", "--batch-all-objects", "--batch", "--unordered")
    assert "bob's own words" not in contents
    assert git("cat-file", "-t", blob) == "blob"
    git("fsck", "--strict")


def test_what_another_ref_reaches_stays(git: Git) -> None:
    mine = log(git.root)
    mine.append([signal(1), signal(2)])
    git("update-ref", "refs/heads/copy", REF)
    mine.append([forget(ids=[signal(1).id])])
    mine.compact()
    git("fsck", "--strict")
    assert git("ls-tree", "-r", "refs/heads/copy")


@pytest.mark.parametrize(
    "ref",
    ["refs/heads/main", "refs/tags/v1", "HEAD", "refs/review-bot", "refs/notes/x", "refs/a/../b", "-x", "refs/a/b.lock",
     "refs/remotes/origin/main", "refs/a/b c", ""],
)  # fmt: skip
def test_ref_that_is_not_ours_is_refused(ref: str) -> None:
    with pytest.raises(ConfigError, match=r"memory\.ref"):
        checked(ref)


def test_hostile_tree_is_read_and_written_over(git: Git) -> None:
    mine = log(git.root)
    blob = mine.local.blob(packed([signal(1)]))
    odd = mine.local.blob(b"x" * 10_000_000 + b"\n" + packed([signal(2)]))
    inner = git.root / ".git" / "tree"
    inner.write_bytes(
        f"100644 blob {blob}\t../../x.jsonl\n100644 blob {odd}\tb\u00e9.jsonl\n100644 blob {blob}\t.git.jsonl\n"
        f"120000 blob {odd}\tlink.jsonl\n100644 blob {blob}\tREADME\n".encode()
    )
    with inner.open("rb") as stream:
        made = subprocess.run(["git", "mktree"], cwd=git.root, stdin=stream, capture_output=True, check=False)
    if made.returncode != 0:  # this git refuses the slashes
        inner.write_bytes(inner.read_bytes().replace(b"../../x", b"x"))
        with inner.open("rb") as stream:
            made = subprocess.run(["git", "mktree"], cwd=git.root, stdin=stream, capture_output=True, check=True)
    git("update-ref", REF, git("commit-tree", "-m", "x", made.stdout.decode().strip()))
    assert raw(mine) == ids(signal(1), signal(2))
    mine.append([signal(3)])
    assert raw(mine) == ids(signal(1), signal(2), signal(3))


def shown(number: int) -> Event:
    return event({"v": 1, "ts": number, "kind": "shown", "rule": "r", "finding": f"{number:016x}"})


def test_compaction_keeps_the_latest_of_what_was_shown_and_old_ones_away(
    git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("review_bot.stores.segments.SHOWN", 4)
    monkeypatch.setattr("review_bot.stores.segments._MORE", 2)
    git.commit()
    one = log(git.root)
    said = signal(1)
    one.append([said, *map(shown, range(1, 7))])
    assert one.compact() == 7  # two more than are kept are let be
    one.append([shown(7)])
    assert one.compact() == 6
    left = list(live(parse_all(line for batch in one.read() for line in batch.lines)))
    assert sorted(each.ts for each in left if each.kind == "shown") == [4, 5, 6, 7]
    assert said in left
    one.append([shown(2)])  # as a clone would that was away
    assert one.compact() == 6
