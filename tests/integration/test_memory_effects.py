from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from fakes.log import made, person
from fakes.rule_files import rule
from integration.cli_helpers import Report, found, one_line, use
from integration.in_process import bot, report
from review_bot.memory.normalise import shape
from review_bot.stores.git_process import Git as Process
from review_bot.stores.gitref import GitRef
from review_bot.stores.log import Log

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git
    from review_bot.domain.event import Event

SURE = "[memory]\nexplore = 0"
NAME = "own.oops"
BODY = "def f(order):\n    oops(order.total)\n    return order\n"


@pytest.fixture
def team(git: Git) -> Git:
    """A repository with a rule of its own and one file in which it finds something."""
    git.write("README.md", "read\n")
    git.commit()
    use(git, rule(NAME, category='"conventions"'), config=SURE)
    git.write("a.py", BODY)
    return git


def log(git: Git) -> Log:
    return Log(GitRef(Process(str(git.root)), str(git.root / ".git"), "refs/review-bot/memory"))


def signals(count: int, y: int = 0, *, body: str = BODY, name: str = NAME, people: int = 3, **more: Any) -> list[Event]:
    """What `people` did with `count` findings in code of the shape of `body`."""
    key, fp = shape(name, body.rstrip("\n"), "python")
    known = {"rule": name, "key": key, "fp": list(fp), "sig": "command", "y": y, "eps": 0.03, **more}
    return [made("signal", 1_700_000_000 + n, actor=person(f"p{n % people}"), pr=str(n), **known) for n in range(count)]


def effects(of: Report) -> dict[str, str]:
    """Effect by path, of the findings that are shown."""
    return {one["path"]: one["memory"]["effect"] for one in of["findings"] if one["memory"]}


def hidden(of: Report) -> list[Report]:
    """What memory holds back."""
    return [one for one in of["suppressed"] if one["by"] == "memory"]


def test_without_a_memory_nothing_is_made_or_said(team: Git) -> None:
    (finding,) = report(team.root)["findings"]
    assert finding["memory"] is None
    assert not (team.root / ".git" / "review-bot" / "memory.db").exists()


def test_what_a_team_rejects_is_hidden_with_the_reason_and_comes_back(team: Git) -> None:
    log(team).append(signals(6))
    got = report(team.root)
    assert found(got) == []
    (one,) = hidden(got)
    assert one["reason"] == "rejected 6 times by 3 people in 6 changes"
    assert one["finding"]["memory"]["signals"] == 6
    assert got["verdict"]["failed"] is False
    assert effects(report(team.root, "--no-memory")) == {}
    assert found(report(team.root, "--no-memory")) == [("a.py", 2, NAME)]


def test_the_staged_change_and_the_range_are_treated_alike(team: Git) -> None:
    log(team).append(signals(6))
    team("add", "-A")
    assert [one["by"] for one in report(team.root, "--staged")["suppressed"]] == ["memory"]
    team.commit()
    assert [one["by"] for one in report(team.root, "--range", "HEAD~1..HEAD")["suppressed"]] == ["memory"]


def test_new_code_of_a_rejected_rule_is_folded_and_still_counts(team: Git) -> None:
    log(team).append(signals(6, body="while queue:\n    oops(queue)\n    send(queue.pop())"))
    got = report(team.root)
    assert effects(got) == {"a.py": "fold"}
    assert got["verdict"]["failed"] is True
    text = bot(team.root, "scan", "--format", "text").out
    assert f"(folded: rule {NAME} rejected 6 times by 3 people in 6 changes)" in text
    assert "^" not in text


def test_the_hook_does_what_the_scan_does(team: Git) -> None:
    team("add", "-A")
    assert bot(team.root, "hook", "pre-commit").code == 1
    log(team).append(signals(6))
    done = bot(team.root, "hook", "pre-commit")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_mute_hides_within_its_scope_only(team: Git) -> None:
    team.write("tests/b.py", BODY)
    log(team).append([made("mute", scope={"rule": NAME, "path": "tests/**"}, reason="fixtures", actor=person("ada"))])
    got = report(team.root)
    assert effects(got) == {"a.py": "none"}
    (one,) = hidden(got)
    assert one["reason"] == f"muted in tests/** by {person('ada')}: fixtures"


def test_a_security_error_stays(git: Git) -> None:
    git.write("README.md", "read\n")
    git.commit()
    use(git, rule(NAME, category='"injection-command"'), config=SURE)
    git.write("a.py", BODY)
    log(git).append([*signals(20, people=5), made("mute", scope={"rule": NAME}, reason="no")])
    assert effects(report(git.root)) == {"a.py": "fold"}


def test_explain_adds_up(team: Git) -> None:
    log(team).append([*signals(6), made("prior", rule=NAME, rejected=9)])
    (one,) = hidden(report(team.root))
    fingerprint = one["finding"]["fingerprint"]
    done = json.loads(bot(team.root, "explain", fingerprint, "--format", "json").out)
    assert done["schema"] == "review-bot.explain/1"
    assert done["effect"] == "hide"
    assert done["score"] == pytest.approx(one["finding"]["memory"]["score"])
    assert done["score"] == pytest.approx(sum(term["value"] for term in done["terms"]))
    for term in done["terms"]:
        rows = [row for row in done["signals"] if row["term"] == term["term"] and row["counted"]]
        assert term["sum"] == pytest.approx(sum(row["weight"] for row in rows))
    assert done["held"] == "memory"


def test_explain_tells_people_rule_reason_and_way_back(team: Git) -> None:
    log(team).append(signals(6))
    (one,) = hidden(report(team.root))
    fingerprint = one["finding"]["fingerprint"]
    text = bot(team.root, "explain", fingerprint).out
    assert text == bot(team.root, "memory", "explain", fingerprint).out
    assert text.startswith("a.py:2:5: error own.oops: found\n  held back in the last scan: memory hides it\n")
    assert "  rule: because\n" in text
    assert text.count("rejected (command)") == 12
    assert f"review-bot memory unmute {fingerprint}" in text


def test_explain_without_memory_and_of_the_unknown(team: Git) -> None:
    (finding,) = report(team.root)["findings"]
    text = bot(team.root, "explain", finding["fingerprint"]).out
    assert "shown in the last scan" in text
    assert "memory: none, score +0.00; nothing is known of it here" in text
    assert "no finding has the fingerprint" in one_line(bot(team.root, "explain", "0" * 16))
    assert "is no fingerprint" in one_line(bot(team.root, "explain", "xyz"))


def test_explain_of_a_finding_that_only_the_log_knows(team: Git) -> None:
    log(team).append(signals(6, finding="0123456789abcdef"))
    text = bot(team.root, "explain", "0123456789abcdef").out
    assert "not in the last scan" in text
    assert "memory: hide" in text


def test_a_damaged_index_changes_nothing(team: Git) -> None:
    log(team).append(signals(6))
    before = report(team.root)["suppressed"]
    place = team.root / ".git" / "review-bot" / "memory.db"
    place.write_bytes(os.urandom(place.stat().st_size))
    assert report(team.root)["suppressed"] == before


def test_a_log_that_cant_be_read_leaves_the_scan_as_it_is(team: Git) -> None:
    blob = team("hash-object", "-w", "README.md")
    (team.root / ".git" / "refs" / "review-bot").mkdir(parents=True)
    (team.root / ".git" / "refs" / "review-bot" / "memory").write_text(blob + "\n")
    got = report(team.root)
    assert found(got) == [("a.py", 2, NAME)]
    assert [one["what"] for one in got["degraded"]] == ["memory"]


def test_a_packed_ref_counts_too(team: Git) -> None:
    log(team).append(signals(6))
    team("pack-refs", "--all", "--prune")
    assert not (team.root / ".git" / "refs" / "review-bot" / "memory").exists()
    assert found(report(team.root)) == []


def test_a_linked_work_tree_shares_the_memory(team: Git, tmp_path: Path) -> None:
    log(team).append(signals(6))
    team("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = type(team)(tmp_path / "linked")
    use(linked, rule(NAME, category='"conventions"'), config=SURE)
    linked.write("a.py", BODY)
    assert [one["by"] for one in report(linked.root)["suppressed"]] == ["memory"]


def test_a_clean_commit_does_not_open_the_memory(team: Git) -> None:
    log(team).append(signals(6))
    team.write("a.py", "fine\n")
    team("add", "-A")
    assert bot(team.root, "hook", "pre-commit").code == 0
    assert not (team.root / ".git" / "review-bot" / "memory.db").exists()
