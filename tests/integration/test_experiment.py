"""A policy tried on half of the findings, adopted or rolled back by the log alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fakes.log import made, person
from fakes.rule_files import rule
from integration.cli_helpers import found, report, use
from memory_helpers import bot, log
from review_bot.bootstrap.experiment import prompts_for, write_down
from review_bot.config import load
from review_bot.domain.event import event, parse_all
from review_bot.domain.finding import Finding
from review_bot.domain.review import Review, SourceInfo, Stats, Verdict
from review_bot.evaluation.experiments import arm_of
from review_bot.memory.normalise import shape
from review_bot.sources.repository import find_root

if TYPE_CHECKING:
    from conftest import Git
    from review_bot.domain.event import Event

TS = 1_700_000_000
NAME = "own.oops"
BODY = "def f(order):\n    oops(order.total)\n    return order\n"


@pytest.fixture
def team(git: Git) -> Git:
    git.write("README.md", "read\n")
    git.commit()
    use(git, rule(NAME, category='"conventions"'), config="[memory]\nexplore = 0")
    return git


def signals(count: int, y: int, ts: int = TS, *, name: str = NAME, eps: float = 0.03, start: int = 0) -> list[Event]:
    key, fp = shape(name, BODY.rstrip("\n"), "python")
    known = {"rule": name, "key": key, "fp": list(fp), "sig": "command", "y": y, "eps": eps}
    return [
        made("signal", ts + n, actor=person(f"p{n % 3}"), pr=f"{name}{n}", finding=f"{n:016x}", **known)
        for n in range(start, start + count)
    ]


def late() -> list[Event]:
    """A log for which hiding sooner is better: everybody rejects everything, at a low weight each."""
    return [one for n in range(4) for one in signals(14, 0, TS + 100 * n, name=f"own.r{n}", eps=0.4)]


def rejected(one: Event) -> Event:
    return event({**{name: value for name, value in one.fields.items() if name != "id"}, "y": 0})


def start(git: Git, *more: str) -> Any:
    return bot(git.root, "memory", "experiment", "start", "sooner", *more)


def status(git: Git) -> dict[str, Any]:
    done = bot(git.root, "memory", "experiment", "status", "--format", "json")
    assert done.code == 0, done.err
    (one,) = json.loads(done.out)["experiments"]
    return dict(one)


def test_a_policy_that_replay_does_not_speak_for_does_not_start(team: Git) -> None:
    log(team.root).append(signals(12, 1))
    done = start(team, "--policy", "hide=-3")
    assert done.code == 2
    assert "replay does not say that hide=-3.0 is better" in done.err
    assert bot(team.root, "memory", "experiment", "status").out == "no experiment was begun\n"


@pytest.mark.parametrize("policy", ["hide=x", "show=-4", "hide=-1", "hide=nan", "hide"])
def test_what_is_no_policy_is_refused(team: Git, policy: str) -> None:
    done = start(team, "--policy", policy)
    assert done.code == 2
    assert done.err.count("\n") == 1


def test_one_runs_at_a_time_and_can_be_stopped(team: Git) -> None:
    log(team.root).append(late())
    assert start(team, "--policy", "hide=-3").code == 0
    assert "runs already" in start(team, "--policy", "hide=-3").err
    assert status(team)["state"] == "running"
    assert bot(team.root, "memory", "experiment", "stop").out == "stopped sooner (hide=-3.0)\n"
    assert status(team)["state"] == "stopped"
    assert bot(team.root, "memory", "experiment", "stop").code == 2


def test_one_half_of_the_findings_follows_the_new_policy(team: Git) -> None:
    store = log(team.root)
    store.append(signals(5, 0, eps=0.2))  # -2.9 and -1.5: below -4.0, above -4.5
    for n in range(12):
        team.write(f"f{n}.py", BODY)
    assert found(report(team.root)) == []
    store.append([made("decision", TS, experiment="later", state="start", hide=-4.7)])
    got = report(team.root)
    shown = [one["fingerprint"] for one in got["findings"]]
    assert 0 < len(shown) < 12
    assert {arm_of("later", one) for one in shown} == {"b"}
    held = [one["finding"]["fingerprint"] for one in got["suppressed"] if one["by"] == "memory"]
    assert {arm_of("later", one) for one in held} == {"a"}
    explained = bot(team.root, "explain", shown[0])
    assert "hide" not in explained.out.splitlines()[0]


@pytest.mark.parametrize(("b_accepts", "state"), [(1, "adopted"), (0, "rolled back")])
def test_the_test_decides_and_writes_it_down_once(team: Git, b_accepts: int, state: str) -> None:
    store = log(team.root)
    store.append(late())
    assert start(team, "--policy", "hide=-3").code == 0
    now = status(team)["ts"]
    judged = (signals(1, 1, now + 1, name=f"own.o{n}", start=n)[0] for n in range(60))
    good = "b" if b_accepts else "a"
    store.append([one if arm_of("sooner", one.get("finding")) == good else rejected(one) for one in judged])
    first = status(team)
    assert first["state"] == state
    assert first["result"]["judged_a"] + first["result"]["judged_b"] == 60
    assert status(team)["result"] is None
    events = parse_all(line for batch in store.read() for line in batch.lines)
    assert [one.get("state") for one in events if one.kind == "decision"].count("start") == 1


def test_a_scan_ends_a_policy_that_is_worse_and_the_next_one_hides_as_before(team: Git) -> None:
    store = log(team.root)
    store.append(signals(5, 0, eps=0.2))  # -2.9 and -1.5: hidden at -4.0, shown at -4.7
    for n in range(12):
        team.write(f"f{n}.py", BODY)
    begun = made("decision", TS, experiment="later", state="start", hide=-4.7)
    judged = (signals(1, 1, TS + 1, name=f"own.o{n}", start=n)[0] for n in range(60))
    store.append([begun, *(one if arm_of("later", one.get("finding")) == "a" else rejected(one) for one in judged)])
    assert found(report(team.root))
    assert found(report(team.root)) == []
    decisions = [one for one in parse_all(line for batch in store.read() for line in batch.lines) if one.get("of")]
    assert [(one.get("of"), one.get("state")) for one in decisions] == [(begun.id, "roll back")]


def test_an_adopted_policy_is_in_force_until_it_is_taken_back(team: Git) -> None:
    store = log(team.root)
    store.append(signals(5, 0, eps=0.2))
    team.write("a.py", BODY)
    assert found(report(team.root)) == []
    begun = made("decision", TS, experiment="later", state="start", hide=-4.7)
    store.append([begun, made("decision", TS, experiment="later", state="adopt", of=begun.id)])
    assert len(found(report(team.root))) == 1
    assert bot(team.root, "memory", "experiment", "stop").code == 0
    assert found(report(team.root)) == []


def test_prompts_must_be_of_this_repository(team: Git) -> None:
    assert "not a folder of this repository" in start(team, "--prompts", "/").err
    (team.root / "tried").mkdir()
    (team.root / "tried" / "x.toml").write_text("schema = 2\n")
    assert start(team, "--prompts", "tried").code == 2
    (team.root / "tried" / "x.toml").unlink()
    assert start(team, "--prompts", "tried").code == 0
    assert status(team)["prompts"] == "tried"


def test_prompts_of_an_experiment_belong_to_some_changes_and_to_this_repository(team: Git) -> None:
    (team.root / "tried").mkdir()
    loaded, repository = load(str(team.root)), find_root(str(team.root))
    assert prompts_for(loaded, repository, "c") == ()
    begun = made("decision", TS, experiment="other words", state="start", prompts="tried")
    log(team.root).append([begun])
    folders = {change: prompts_for(loaded, repository, change) for change in "abcdefghij"}
    assert {change for change, some in folders.items() if some} == {
        change for change in folders if arm_of("other words", change=change) == "b"
    }
    assert set(folders.values()) == {(), (str(team.root / "tried"),)}
    assert prompts_for(loaded, repository, "") == ()
    log(team.root).append([made("decision", TS + 1, experiment="other words", state="start", prompts="../..")])
    assert {prompts_for(loaded, repository, change) for change in "abcdefghij"} == {()}


def test_what_a_model_found_is_written_down_with_its_arm_once(team: Git) -> None:
    begun = made("decision", TS, experiment="other words", state="start", prompts="tried")
    store, loaded, repository = log(team.root), load(str(team.root)), find_root(str(team.root))
    store.append([begun])
    finding = Finding(
        "f" * 16, "model.correctness", "model", "correctness", "warning", 0.5, "a.py", "new", 1, 1, 1, 1, "m"
    )
    source = SourceInfo("range", head="c" * 40)
    review = Review(source, (), (finding,), (), (), (), Stats(), Verdict("error", False, ()))
    for _ in range(2):
        known = [one for batch in store.read() for one in parse_all(batch.lines)]
        write_down(review, known, repository, loaded)
    written = [one for batch in store.read() for one in parse_all(batch.lines) if one.get("shown")]
    assert [(one.get("of"), one.get("shown")) for one in written] == [(begun.id, ["f" * 16])]
    assert written[0].get("arm") == arm_of("other words", change="c" * 40)
