"""An experiment from its beginning to its end by scans alone, with a model that answers from a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fakes.caches import own_cache
from fakes.log import made, person
from fakes.prompt_files import specialist
from memory_helpers import bot, log
from review_bot.domain.event import parse_all
from review_bot.evaluation.experiments import arm_of

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git
    from review_bot.domain.event import Event

NAME = "other words"
BODY = "def last(items):\n    if not items:\n        return None\n    return items[len(items)]\n"
QUOTE = "    return items[len(items)]"
PROMPTS = specialist("python", "OTHER WORDS: you review Python.", priority=40)


def answer(message: str) -> str:
    found = {
        "path": "a.py", "line": 4, "quote": QUOTE, "category": "correctness", "severity": "error",
        "message": message, "fix": "",
    }  # fmt: skip
    return json.dumps({"thought": "t", "findings": [found]}, separators=(",", ":"))


class Team:
    """A repository in which the arms of an experiment get different answers."""

    def __init__(self, git: Git, folder: Path) -> None:
        self.git = git
        git.write(".review-bot.toml", "[memory]\nexplore = 0\n")
        git.write("tried/python.toml", PROMPTS)
        git.write("tests/test_a.py", "from a import last\n")
        git.commit()
        rows = (("OTHER WORDS", answer("items[len(items)] is past the end, in other words")),
                (QUOTE.strip(), answer("items[len(items)] is past the end of items")))  # fmt: skip
        script = folder / "answers.jsonl"
        script.write_text("".join(json.dumps({"match": match, "answer": text}) + "\n" for match, text in rows))
        self.model = ("--backend", "scripted", "--model", str(script))

    def scan(self) -> list[dict[str, Any]]:
        """What the model says of a file on top of the newest commit."""
        self.git.write("a.py", BODY)
        done = bot(self.git.root, "scan", "--format", "json", *self.model)
        assert done.code < 2, done.err
        findings: list[dict[str, Any]] = json.loads(done.out)["findings"]
        return [one for one in findings if one["origin"] == "model"]

    def commit_for(self, arm: str, name: str = NAME) -> None:
        """New commits until one stands for a change of this arm."""
        for number in range(60):
            self.git.write("README", f"{arm} {number}\n")
            self.git("add", "README")
            self.git("commit", "-qm", "x")
            if arm_of(name, change=self.git("rev-parse", "HEAD")) == arm:
                return

    def decisions(self) -> list[Event]:
        """Those in the log, by time."""
        events = parse_all(line for batch in log(self.git.root).read() for line in batch.lines)
        return sorted((one for one in events if one.kind == "decision"), key=lambda one: (one.ts, one.id))

    def states(self) -> list[str]:
        """What was decided, the beginning first."""
        found: list[str] = [one.get("state") for one in self.decisions() if one.get("state")]
        return sorted(found, key=lambda state: state != "start")

    def begin(self) -> Event:
        done = bot(self.git.root, "memory", "experiment", "start", NAME, "--prompts", "tried")
        assert done.code == 0, done.err
        (begun,) = [one for one in self.decisions() if one.get("state") == "start"]
        return begun

    def judge(self, begun: Event, *, b_accepts: bool) -> None:
        """What sixty people say of what both arms found, beside that of the scans."""
        fixed = {"rule": "model.correctness", "sig": "command", "eps": 0.03}
        said: list[Event] = []
        shown: dict[str, list[str]] = {"a": [], "b": []}
        for number in range(60):
            arm = "ab"[number % 2]
            finding = f"{number:016x}"
            shown[arm].append(finding)
            said.append(
                made("signal", begun.ts + 1, finding=finding, y=int((arm == "b") == b_accepts),
                     actor=person(f"p{number}"), pr=f"{number}", key=f"model.correctness:{number:016x}", **fixed)
            )  # fmt: skip
        for arm, some in shown.items():
            said.append(made("decision", begun.ts + 1, experiment=NAME, of=begun.id, arm=arm, shown=some))
        log(self.git.root).append(said)


@pytest.fixture
def team(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    monkeypatch.setenv("REVIEW_BOT_CACHE_DIR", own_cache(tmp_path / "cache"))
    return Team(git, tmp_path)


def in_other_words(found: list[dict[str, Any]]) -> bool:
    (one,) = found
    return str(one["message"]).endswith("in other words")


def judged(team: Team) -> tuple[int, int, int]:
    """Of arm b what was accepted and what was judged, and what was judged of arm a."""
    (one,) = json.loads(bot(team.git.root, "memory", "experiment", "status", "--format", "json").out)["experiments"]
    result = one["result"]
    return result["accepted_b"], result["judged_b"], result["judged_a"]


def test_two_arms_get_different_prompts_and_it_is_written_down(team: Team) -> None:
    begun = team.begin()
    for arm in "ba":
        team.commit_for(arm)
        found = team.scan()
        assert in_other_words(found) == (arm == "b")
        written = [one for one in team.decisions() if one.get("arm") == arm]
        assert [(one.get("of"), one.get("shown")) for one in written] == [(begun.id, [found[0]["fingerprint"]])]
        if arm == "b":
            assert bot(team.git.root, "memory", "accept", found[0]["fingerprint"]).code == 0
            assert judged(team) == (1, 1, 0)
    assert judged(team) == (0, 0, 0)  # the same finding of both arms says nothing of either


@pytest.mark.parametrize("b_accepts", [True, False], ids=["adopted", "rolled back"])
def test_a_scan_decides_and_the_next_one_follows(team: Team, b_accepts: bool) -> None:
    begun = team.begin()
    losing = "a" if b_accepts else "b"
    team.commit_for(losing)
    assert in_other_words(team.scan()) == (losing == "b")
    assert team.states() == ["start"]
    team.judge(begun, b_accepts=b_accepts)
    team.scan()
    assert team.states() == ["start", "adopt" if b_accepts else "roll back"]
    (end,) = [one for one in team.decisions() if one.get("state") not in (None, "start")]
    assert (end.get("of"), end.get("judged_a"), end.get("judged_b")) == (begun.id, 30, 30)
    assert in_other_words(team.scan()) == b_accepts  # the same change, which had the losing arm's prompts before
    team.scan()
    assert len(team.states()) == 2
    if b_accepts:
        assert bot(team.git.root, "memory", "experiment", "stop").out == f"stopped {NAME} (prompts tried)\n"
        assert not in_other_words(team.scan())


@pytest.mark.parametrize("command", ["sync", "compact"])
def test_sync_and_compact_decide_too(team: Team, command: str) -> None:
    team.judge(team.begin(), b_accepts=False)
    done = bot(team.git.root, "memory", command)
    assert done.code == 0
    (pairs,) = [one.get("pairs") for one in team.decisions() if one.get("pairs")]
    assert done.err == f"review-bot: {NAME}: rolled back after {pairs} pairs of judgements\n"
    assert team.states() == ["start", "roll back"]
    assert bot(team.git.root, "memory", command).err == ""


def test_prompts_that_break_later_are_passed_over(team: Team) -> None:
    begun = team.begin()
    log(team.git.root).append([made("decision", begun.ts, experiment=NAME, of=begun.id, state="adopt")])
    assert in_other_words(team.scan())
    team.git.write("tried/python.toml", "schema = 9\n")
    team.git("commit", "-qm", "break", "tried")
    assert not in_other_words(team.scan())


def test_a_new_experiment_stands_on_what_was_adopted(team: Team) -> None:
    begun = team.begin()
    log(team.git.root).append([made("decision", begun.ts, experiment=NAME, of=begun.id, state="adopt")])
    assert bot(team.git.root, "memory", "experiment", "start", "third", "--policy", "hide=-4").code == 2
    team.git.write("empty/README", "no prompts\n")
    assert bot(team.git.root, "memory", "experiment", "start", "third", "--prompts", "empty").code == 0
    for arm in "ab":
        team.commit_for(arm, "third")
        assert in_other_words(team.scan())


def test_a_log_that_takes_no_decision_fails_no_scan(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    from review_bot.errors import StoreError
    from review_bot.stores.log import Log

    team.judge(team.begin(), b_accepts=False)

    def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(Log, "append", refuse)
    assert len(team.scan()) == 1
    assert team.states() == ["start"]
