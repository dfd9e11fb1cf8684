"""What `memory compact` does beside rewriting the log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fakes.log import made, person, signal
from memory_helpers import bot, log, raw
from review_bot.memory.prune import AGE, STEP

if TYPE_CHECKING:
    from conftest import Git
    from review_bot.domain.event import Event

TS = 1_700_000_000
OLD = TS - AGE - 2 * STEP


@pytest.fixture
def repo(git: Git) -> Git:
    git.write(".review-bot.toml", '[memory]\nstore-text = true\nremote = ""\n')
    git.commit()
    return git


def accepted(y: int = 1, *, count: int = 5, start: int = 0) -> list[Event]:
    """What several people say of calls without a time limit, with the code and what it became."""
    fixed = {"sig": "suggestion", "eps": 0.03, "rule": "model.api-misuse", "lang": "python", "y": y}
    return [
        made("signal", TS + number, actor=person(f"p{number % 2}"), pr=str(number), finding=f"{number:016x}",
             key=f"model.api-misuse:{number % 3:016x}", before=f"page = fetch({'abcdefghijklmn'[number]})",
             after=f"page = fetch({'abcdefghijklmn'[number]}, timeout=10)", **fixed)
        for number in range(start, start + count)
    ]  # fmt: skip


def compacted(git: Git) -> dict[str, Any]:
    done = bot(git.root, "memory", "compact", "--format", "json")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_what_decides_nothing_is_pruned_and_does_not_come_back(repo: Git) -> None:
    store = log(repo.root)
    gone = [made("signal", OLD + n, sig="no-verify", y=None, rule="r.x", finding="2" * 16) for n in range(2)]
    kept = [signal(ts=TS), signal(ts=OLD, rule="r.y")]
    store.append([*kept, *gone])
    done = bot(repo.root, "memory", "compact")
    assert done.out.splitlines() == ["3 events in 3 files", "pruned 2 events that decided nothing any more"]
    assert {one.id for one in kept} < set(raw(store))
    assert not {one.id for one in gone} & set(raw(store))
    store.append(gone)  # as a clone would that had been away
    assert bot(repo.root, "memory", "status").out.startswith("3 events")
    assert compacted(repo)["pruned"] == 0


def test_rules_to_be_proposed_and_removed_are_named_and_nothing_is_written(repo: Git) -> None:
    rejected = [
        made("signal", TS, sig="command", y=0, eps=0.03, rule="py.default.mutable", finding=f"{n:016x}", pr=str(n),
             actor=person(f"p{n % 4}"), key=f"py.default.mutable:{n:016x}")
        for n in range(16)
    ]  # fmt: skip
    log(repo.root).append([*accepted(), *rejected])
    found = compacted(repo)
    (proposal,) = found["proposals"]
    assert (proposal["accepted"], proposal["people"], found["removals"]) == (5, 2, ["py.default.mutable"])
    assert repo("status", "--short") == ""
    (_, first, second) = bot(repo.root, "memory", "compact").out.splitlines()
    assert first == f"{proposal['id']}: accepted 5 times by 2 people; `review-bot memory promote` writes it"
    assert second == 'py.default.mutable is on probation; take it out with ignore = ["py.default.mutable"]'
    written = json.loads(bot(repo.root, "memory", "promote", "--format", "json").out)["proposals"]
    assert [one["id"] for one in written] == [proposal["id"]]
    assert compacted(repo)["proposals"] == []


def test_a_promoted_rule_is_tried_again_on_old_examples(repo: Git) -> None:
    log(repo.root).append(accepted())
    (proposal,) = json.loads(bot(repo.root, "memory", "promote", "--format", "json").out)["proposals"]
    assert compacted(repo)["stale"] == []
    later = 2**40
    fixed = {"sig": "command", "eps": 0.03, "lang": "python", "y": 0, "rule": proposal["id"]}
    log(repo.root).append([
        made("signal", later, actor=person("eve"), pr="9", finding="9" * 16, key="x", before="fetch(local)", **fixed),
        made("signal", later, actor=person("eve"), pr="9", finding="8" * 16, key="y", before="send(local)", **fixed),
    ])  # fmt: skip
    assert compacted(repo)["stale"] == [{"rule": proposal["id"], "lost": 0, "rejected": 1}]
    path = repo.root / proposal["file"]
    path.write_text(path.read_text().replace('pattern = "fetch($A)"', 'pattern = "fetched($A)"'))
    assert compacted(repo)["stale"][0]["lost"] > 0
    (line,) = bot(repo.root, "memory", "compact").out.splitlines()[1:]
    assert line.endswith(f"`review-bot memory rollback {proposal['id']}` takes it back")
    assert bot(repo.root, "memory", "rollback", proposal["id"]).code == 0
    assert compacted(repo)["stale"] == []


def test_what_an_unmute_takes_back_speaks_for_no_rule_even_where_it_names_nothing(repo: Git) -> None:
    log(repo.root).append([*accepted(), made("unmute", TS + 100, scope={"rule": "model.api-misuse"})])
    assert compacted(repo)["proposals"] == []
