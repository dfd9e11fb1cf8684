"""Rules from what a team accepted, out of real history."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from memory_helpers import bot
from review_bot.bootstrap.past import past_of
from review_bot.memory.generalise import Pair, change_of, template_of
from review_bot.memory.promote import Accepted, proposals

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

CALLS = ["fetch(url)", "fetch(self.address)", "fetch(build(1))", 'fetch("https://example.org")', "fetch(a + b)"]
MANY = "".join(f"fetch(page{number})\n" for number in range(30))


def _bot(git: Git, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    done = bot(git.root, *arguments, stdin=stdin.encode())
    return subprocess.CompletedProcess(arguments, done.code, done.out, done.err)


def _record(git: Git, *, people: int = 2, count: int = 5, y: int = 1, after: str = "(x, timeout=10)") -> None:
    git.write(".review-bot.toml", "[memory]\nstore-text = true\n")
    lines = []
    for number, call in enumerate(CALLS[:count]):
        mended = after.replace("x", call[len("fetch(") : -1])
        event: dict[str, Any] = {
            "kind": "signal", "sig": "suggestion", "y": y, "rule": "model.api-misuse", "lang": "python",
            "actor": f"person {number % people}", "pr": str(number), "finding": f"{number:016x}",
            "before": f"page = {call}", "after": f"page = fetch{mended}",
        }  # fmt: skip
        lines.append(json.dumps(event))
    done = _bot(git, "memory", "record", "--events", "-", stdin="\n".join(lines))
    assert json.loads(done.stdout) == {"recorded": count, "refused": 0}, done.stderr


def _promote(git: Git, *arguments: str) -> list[dict[str, Any]]:
    done = _bot(git, "memory", "promote", "--format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["proposals"]
    return found


@pytest.fixture
def repo(git: Git) -> Git:
    """A repository with one commit."""
    git.write("README", "x\n")
    git.commit()
    return git


def test_what_is_accepted_again_and_again_becomes_a_rule_that_works(repo: Git, tmp_path: Path) -> None:
    _record(repo)
    (proposal,) = _promote(repo, "--out", str(tmp_path / "learned"))
    assert proposal["id"].startswith("learned.")
    assert (proposal["accepted"], proposal["people"]) == (5, 2)
    assert _bot(repo, "rules", "test", proposal["file"]).returncode == 0
    repo.write(".review-bot.toml", f'rule-paths = ["{proposal["file"]}"]\n')
    repo.write("new.py", "def load(name):\n    return fetch(name)\n")
    report = json.loads(_bot(repo, "scan", "--format", "json", "--select", "learned").stdout)
    (finding,) = report["findings"]
    assert finding["rule"] == proposal["id"]
    assert finding["suggestion"]["replacement"] == "    return fetch(name, timeout=10)"


def test_a_rule_goes_where_the_configuration_has_its_rules_and_others_hear_of_it(repo: Git, tmp_path: Path) -> None:
    (repo.root / "own").mkdir()
    (tmp_path / "shared").mkdir()
    _record(repo)
    url = f"url = 'file://{tmp_path}/shared'"
    repo.write(".review-bot.toml", f'rule-paths = ["own"]\n[memory]\nstore-text = true\n{url}\n')
    (proposal,) = _promote(repo)
    assert os.path.relpath(proposal["file"], repo.root) == os.path.join("own", f"{proposal['id']}.toml")
    (folder,) = (tmp_path / "shared").iterdir()
    lines = b"".join(path.read_bytes() for path in folder.rglob("*.jsonl"))
    assert b'"kind":"learned"' in lines


def test_nothing_is_proposed_twice(repo: Git, tmp_path: Path) -> None:
    _record(repo)
    assert len(_promote(repo, "--out", str(tmp_path / "a"))) == 1
    assert _promote(repo, "--out", str(tmp_path / "b")) == []


@pytest.mark.parametrize(("people", "count"), [(1, 5), (2, 4)], ids=["one person", "four times"])
def test_too_few_people_or_times(repo: Git, people: int, count: int) -> None:
    _record(repo, people=people, count=count)
    assert _promote(repo) == []


def test_what_is_rejected_as_well_is_no_rule(repo: Git) -> None:
    _record(repo)
    _record(repo, y=0)
    assert _promote(repo) == []


def test_what_is_common_today_is_no_rule(repo: Git) -> None:
    repo.write("old.py", MANY)
    repo.commit()
    _record(repo)
    assert _promote(repo) == []


@pytest.mark.parametrize(
    ("change", "past", "rules"),
    [
        ({"moved.py": None}, (30, 0), 0),
        ({"moved.py": MANY.replace(")", ", timeout=10)"), "notes.txt": MANY}, (30, 30), 1),
    ],
    ids=["left, and gone with its file", "taken out again"],
)
def test_what_the_past_wrote_is_a_rule_where_it_was_taken_out_again(
    repo: Git, change: dict[str, str | None], past: tuple[int, int], rules: int
) -> None:
    repo.write("old.py", MANY)
    repo.commit()
    repo("mv", "old.py", "moved.py")  # not written anew
    repo.commit()
    for name, text in change.items():
        if text is None:
            (repo.root / name).unlink()
        else:
            repo.write(name, text)
    repo.commit()
    assert past_of(str(repo.root), "fetch($A)", "python", "fetch") == past
    _record(repo)
    assert len(_promote(repo)) == rules


def test_a_rule_on_probation_is_proposed_for_removal(repo: Git) -> None:
    events = [
        {
            "kind": "signal", "sig": "command", "y": 0, "rule": "py.default.mutable",
            "key": f"py.default.mutable:{n:016x}",
            "actor": f"person {n % 4}", "pr": str(n), "finding": f"{n:016x}",
        }
        for n in range(16)
    ]  # fmt: skip
    _bot(repo, "memory", "record", "--events", "-", stdin="\n".join(map(json.dumps, events)))
    (removal,) = json.loads(_bot(repo, "memory", "promote", "--format", "json").stdout)["removals"]
    assert removal == {"rule": "py.default.mutable", "accepted": 0, "rejected": 16, "people": 4, "changes": 16}
    assert 'ignore = ["py.default.mutable"]' in _bot(repo, "memory", "promote").stdout


def test_rollback_takes_the_file_back(repo: Git) -> None:
    _record(repo)
    (proposal,) = _promote(repo)
    assert (repo.root / proposal["file"]).exists()
    done = _bot(repo, "memory", "rollback")
    assert done.stdout == f"took back {proposal['id']}\n"
    assert not (repo.root / proposal["file"]).exists()
    assert _bot(repo, "memory", "rollback").returncode == 2


def test_the_code_comes_from_history_where_events_hold_none(repo: Git) -> None:
    for number, command in enumerate(["x", "x.y", "x[0]", "x + y", "get(x)"]):
        name = f"m{number}.py"
        repo.write(
            name, f"import subprocess\n\n\ndef run(x):\n    subprocess.run({command}, shell=True)\n    return x\n"
        )
        before = repo.commit()
        report = json.loads(_bot(repo, "scan", "--range", "HEAD^..HEAD", "--format", "json").stdout)
        finding = next(one for one in report["findings"] if one["rule"] == "py.command.shell-true")
        repo.write(name, f"import subprocess\n\n\ndef run(x):\n    subprocess.run(split({command}))\n    return x\n")
        after = repo.commit()
        event = {
            "kind": "signal", "sig": "fixed", "y": 1, "finding": finding["fingerprint"], "pr": str(number),
            "actor": f"person {number % 2}", "at": [before, after, name, 5, 5],
        }  # fmt: skip
        assert json.loads(_bot(repo, "memory", "record", "--events", "-", stdin=json.dumps(event)).stdout)["recorded"]
    (proposal,) = _promote(repo)
    text = (repo.root / proposal["file"]).read_text()
    assert 'pattern = "subprocess.run($A, shell=True)"' in text
    assert 'template = "subprocess.run(split({A}))"' in text


@pytest.mark.parametrize(
    ("pairs", "language", "template"),
    [
        ([("x == None", "x is None"), ("a.b == None", "a.b is None")], "python", ("$A == None", "$A is None")),
        ([("f(JSON.parse(x));", "f(read(x));"), ("let a = JSON.parse(b.c);", "let a = read(b.c);")], "javascript",
         ("JSON.parse($A)", "read($A)")),
        ([("add(a, b)", "add(b, a)"), ("add(1, c)", "add(c, 1)")], "python", ("add($A, $B)", "add($B, $A)")),
        ([("get(a)", "get(a, x)"), ("get(b)", "get(b, y)")], "python", None),
        ([("a = 1", "b = 2"), ("c = 3", "d = 4")], "python", None),
    ],
    ids=["operator", "javascript", "swapped", "not consistent", "nothing in common"],
)  # fmt: skip
def test_template(pairs: list[tuple[str, str]], language: str, template: tuple[str, str] | None) -> None:
    changes = [change for change in (change_of(Pair(*pair), language) for pair in pairs) if change]
    assert template_of(changes) == template


def test_an_id_that_leads_out_of_the_folder_is_no_rule() -> None:
    some = [
        Accepted("../../x", "k", "python", f"{n % 2}", f"{n}", f"{n}", Pair(f"f(a{n})", f"g(a{n})")) for n in range(6)
    ]
    assert list(proposals(some, [])) == []
