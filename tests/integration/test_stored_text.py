"""What judgements keep of the code where `memory.store-text` is on, and what becomes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fakes.log import made, person
from integration.test_import_history import recalled
from memory_helpers import bot, log

if TYPE_CHECKING:
    from conftest import Git

BODY = "import subprocess\n\n\ndef run(cmd):\n    return subprocess.call({}, shell=True)\n"
CALLS = ("cmd", "self.cmd", "names[0]", "build(cmd)", "build(x)")
RULE = "py.command.shell-true"


@pytest.fixture
def repo(git: Git) -> Git:
    git.write(".review-bot.toml", '[memory]\nstore-text = true\nexplore = 0\nremote = ""\n[hook]\ndeadline = 600\n')
    git.commit()
    return git


def scanned(git: Git, rule: str = RULE) -> str:
    """The fingerprint of the only finding of a rule."""
    findings = json.loads(bot(git.root, "scan", "--format", "json").out)["findings"]
    (found,) = [one["fingerprint"] for one in findings if one["rule"] == rule]
    return str(found)


def signals(git: Git) -> list[dict[str, Any]]:
    events = map(json.loads, bot(git.root, "memory", "export").out.splitlines())
    return [one for one in events if one["kind"] == "signal"]


@pytest.mark.parametrize("store", [True, False])
def test_a_judgement_keeps_the_flagged_lines_where_it_may(repo: Git, store: bool) -> None:
    if not store:
        repo.write(".review-bot.toml", "")
    repo.write("a.py", BODY.format("cmd"))
    finding = scanned(repo)
    bot(repo.root, "memory", "reject", finding)
    bot(repo.root, "memory", "mute", finding, "--reason", "x")
    (event,) = signals(repo)
    assert event.get("before") == ("    return subprocess.call(cmd, shell=True)" if store else None)
    assert event.get("message") == ("shell=True runs cmd through a shell" if store else None)
    assert "subprocess.call(cmd" not in bot(repo.root, "memory", "export").out.replace(str(event.get("before")), "")
    rejected = [f"rejected here ({RULE}): return subprocess.call(cmd, shell=True)"]
    assert recalled(repo, BODY.format("other")) == (rejected if store else [])


def test_no_secret_is_kept_with_it(repo: Git) -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    repo.write("a.py", f'def run(x, token="{token}", y=[]):\n    return x, token, y\n')
    bot(repo.root, "memory", "accept", scanned(repo, "py.default.mutable"))
    (event,) = signals(repo)
    assert (event["rule"], event["y"]) == ("py.default.mutable", 1)
    assert token not in bot(repo.root, "memory", "export").out


def test_what_a_team_mends_becomes_an_example_and_a_rule(repo: Git) -> None:
    """The whole way: the hook sees what was mended, recall shows it, `promote` writes a rule, a scan uses it."""
    for number, call in enumerate(CALLS):
        repo("config", "user.email", f"person{number % 2}@example.com")
        repo.write(f"m{number}.py", BODY.format(call))
        repo("add", "-A")
        scanned(repo)
        repo.write(f"m{number}.py", BODY.format(call).replace(f"{call}, shell=True", f"split({call})"))
        repo.commit()
        assert bot(repo.root, "hook", "post-commit").code == 0
    told = [one for one in signals(repo) if one["rule"] == RULE]
    assert [one["sig"] for one in told] == ["fixed"] * 5
    assert {(one["before"], one["after"]) for one in told} >= {
        ("    return subprocess.call(build(x), shell=True)", "    return subprocess.call(split(build(x)))")
    }
    (first, *_) = recalled(repo, BODY.format("request.args"))
    assert first.startswith(f"accepted here ({RULE}): return subprocess.call(")
    assert first.endswith(")")
    assert " => return subprocess.call(split(" in first
    (proposal,) = json.loads(bot(repo.root, "memory", "promote", "--format", "json").out)["proposals"]
    assert bot(repo.root, "rules", "test", proposal["file"]).code == 0
    text = (repo.root / proposal["file"]).read_text()
    assert 'pattern = "subprocess.call($A, shell=True)"' in text
    repo.write(".review-bot.toml", 'rule-paths = [".review-bot/rules"]\nselect = ["learned"]\n')
    repo.write("new.py", BODY.format("request.args"))
    (finding,) = json.loads(bot(repo.root, "scan", "--format", "json").out)["findings"]
    assert finding["rule"] == proposal["id"]
    assert finding["suggestion"]["replacement"] == "    return subprocess.call(split(request.args))"


def test_inconsistent_replacements_are_no_rule(repo: Git) -> None:
    key = f"{RULE}:{0:016x}"
    fixed: dict[str, Any] = {"sig": "fixed", "y": 1, "eps": 0.15, "rule": RULE, "lang": "python", "key": key}
    afters = ("call(split(x{0}))", "check_call([x{0}])", "run(x{0}.split())", "call(safe(x{0}))", "Popen(x{0})")
    log(repo.root).append([
        made("signal", actor=person(f"p{n % 2}"), pr=str(n), finding=f"{n:016x}",
             before=f"subprocess.call(x{n}, shell=True)", after=f"subprocess.{after.format(n)}", **fixed)
        for n, after in enumerate(afters)
    ])  # fmt: skip
    assert json.loads(bot(repo.root, "memory", "promote", "--format", "json").out)["proposals"] == []


def test_a_rule_that_would_find_what_was_rejected_is_not_proposed(repo: Git) -> None:
    fixed: dict[str, Any] = {"rule": RULE, "lang": "python"}
    mended = [
        made("signal", sig="fixed", y=1, eps=0.15, actor=person(f"p{n % 2}"), pr=str(n), finding=f"{n:016x}",
             key=f"{RULE}:{n:016x}", before=f"subprocess.call(x{n}, shell=True)", after=f"subprocess.call(split(x{n}))",
             **fixed)
        for n in range(5)
    ]  # fmt: skip
    refused = [
        made("signal", sig="command", y=0, eps=0.03, actor=person("eve"), pr="9", finding=f"{n:016x}",
             key=f"{RULE}:{n}", before=f"subprocess.call(known{n}, shell=True)", **fixed)
        for n in range(2)
    ]  # fmt: skip
    log(repo.root).append([*mended, *refused])
    assert json.loads(bot(repo.root, "memory", "promote", "--format", "json").out)["proposals"] == []
    bot(repo.root, "memory", "forget", "--id", refused[0].id)
    assert len(json.loads(bot(repo.root, "memory", "promote", "--format", "json").out)["proposals"]) == 1


def test_examples_of_pull_requests_come_from_the_history(repo: Git) -> None:
    """Their events name both commits; with `store-text` that is enough, without it they are no examples."""
    lines = BODY.format("cmd").rstrip("\n")
    repo.write("a.py", f"{lines}\n")
    before = repo.commit()
    repo.write("a.py", f"{lines}\n".replace("cmd, shell=True", "split(cmd)"))
    after = repo.commit()
    finding = json.loads(bot(repo.root, "scan", "--range", f"{before}^..{before}", "--format", "json").out)["findings"][
        0
    ]
    assert finding["rule"] == RULE
    event = {
        "kind": "signal", "sig": "fixed", "y": 1, "eps": 0.15, "finding": finding["fingerprint"], "pr": 7,
        "at": [before, after, "a.py", 5, 5], "actor": "0" * 16,
    }  # fmt: skip
    repo.write(".review-bot.toml", "")
    assert bot(repo.root, "memory", "record", "--events", "-", stdin=json.dumps(event).encode()).code == 0
    assert "before" not in signals(repo)[0]
    assert recalled(repo, BODY.format("other")) == []
    repo.write(".review-bot.toml", "[memory]\nstore-text = true\n")
    wanted = "return subprocess.call(cmd, shell=True) => return subprocess.call(split(cmd))"
    assert recalled(repo, BODY.format("other")) == [f"accepted here ({RULE}): {wanted}"]
