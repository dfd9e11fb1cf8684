"""Patterns between repositories: with consent on both sides and one secret, and out again."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from fakes.rule_files import rule
from integration.cli_helpers import one_line, use
from memory_helpers import bot
from review_bot.memory.normalise import shape

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git
    from integration.cli_helpers import Done

SECRET: dict[str, Any] = {"TEAM_SALT": "a secret of more than thirty-two letters"}
CONFIG = "[memory]\nsalt-env = 'TEAM_SALT'\nexplore = 0"
NAME = "own.oops"
BODY = "def f(order):\n    oops(order.total)\n    return order\n"


@pytest.fixture
def ours(git: Git) -> Path:
    """A repository whose people rejected one pattern thirty times."""
    git.commit()
    use(git, rule(NAME, category='"conventions"'), config=CONFIG)
    key, fp = shape(NAME, BODY.rstrip("\n"), "python")
    known = {"kind": "signal", "sig": "command", "y": 0, "rule": NAME, "key": key, "fp": list(fp), "lang": "python"}
    lines = [json.dumps({**known, "finding": f"{n:016x}", "actor": f"p{n % 3}", "pr": n}) for n in range(30)]
    done = bot(git.root, "memory", "record", "--events", "-", stdin="\n".join(lines).encode())
    assert json.loads(done.out) == {"recorded": 30, "refused": 0}
    return git.root


@pytest.fixture
def theirs(git: Git, tmp_path: Path) -> Path:
    """Another repository with the same rule and the same code."""
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", str(other)], check=True)
    subprocess.run(["git", "commit", "-q", "--allow-empty", "-m", "x"], cwd=other, check=True)
    use(type(git)(other), rule(NAME, category='"conventions"'), config=CONFIG)
    (other / "a.py").write_text(BODY)
    return other


def exported(where: Path) -> bytes:
    done = bot(where, "memory", "export", "--format", "patterns", "--consent", **SECRET)
    assert done.code == 0, done.err
    return done.out.encode()


def take_in(where: Path, data: bytes, *more: str, **environment: Any) -> Done:
    return bot(where, "memory", "import", "-", *more, stdin=data, **environment)


def events(where: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in bot(where, "memory", "export").out.splitlines()]


def scanned(where: Path, **environment: Any) -> dict[str, Any]:
    done = bot(where, "scan", "--backend", "none", "--format", "json", **environment)
    (finding,) = json.loads(done.out)["findings"]
    found: dict[str, Any] = finding["memory"] or {"score": 0}
    return found


def test_what_one_repository_rejects_another_hears_of(ours: Path, theirs: Path) -> None:
    data = exported(ours)
    done = take_in(theirs, data, "--consent", "--name", "shop", **SECRET)
    assert (done.code, done.err) == (0, "")
    assert done.out == "took in 1 pattern; `memory import --remove shop` takes them out again\n"
    found = scanned(theirs, **SECRET)
    assert found["effect"] == "none"
    assert found["score"] == pytest.approx(-1.164, abs=0.001)
    assert found["reason"] == "known from other repositories only"
    assert scanned(theirs)["score"] == 0


def test_nothing_that_names_code_rules_or_people_leaves(ours: Path) -> None:
    text = exported(ours).decode()
    secrets = [NAME, "oops", "p0", *{one["key"].partition(":")[2] for one in events(ours)}]
    secrets += [one["actor"] for one in events(ours)]
    assert [one for one in secrets if one in text] == []
    assert [*json.loads(text.splitlines()[1])] == ["key", "fp", "accepted", "rejected"]


@pytest.mark.parametrize("consent", [(), ("--consent",)])
def test_without_consent_or_salt_nothing_leaves(ours: Path, consent: tuple[str, ...]) -> None:
    done = bot(ours, "memory", "export", "--format", "patterns", *consent, **(SECRET if not consent else {}))
    assert (done.code, done.out) == (2, "")
    assert ("TEAM_SALT is not set" if consent else "--consent") in one_line(done)


@pytest.mark.parametrize(
    ("options", "environment", "says"),
    [
        (["--name", "shop"], SECRET, "--consent"),
        (["--consent"], SECRET, "--name"),
        (["--consent", "--name", "shop"], {}, "TEAM_SALT is not set"),
        (["--consent", "--name", "shop"], {"TEAM_SALT": "short"}, "shorter than 32"),
        (["--consent", "--name", "shop"], {"TEAM_SALT": "x" * 40}, "another salt"),
    ],
)
def test_without_consent_a_name_or_the_salt_nothing_comes_in(
    ours: Path, theirs: Path, options: list[str], environment: dict[str, Any], says: str
) -> None:
    done = take_in(theirs, exported(ours), *options, **environment)
    assert done.code == 2
    assert says in one_line(done)
    assert events(theirs) == []


def test_no_salt_is_named(git: Git) -> None:
    git.commit()
    done = bot(git.root, "memory", "export", "--format", "patterns", "--consent", **SECRET)
    assert done.code == 2
    assert "memory.salt-env names no variable" in one_line(done)


def test_what_came_under_a_name_is_replaced_and_taken_out(ours: Path, theirs: Path) -> None:
    data = exported(ours)
    for _ in range(2):
        assert take_in(theirs, data, "--consent", "--name", "shop", **SECRET).code == 0
    assert [one["kind"] for one in events(theirs)].count("prior") == 1
    said = bot(theirs, "memory", "doctor", **SECRET).out
    assert "shop: 1 patterns, compared with findings here" in said
    assert "useless here" in bot(theirs, "memory", "doctor").out
    done = bot(theirs, "memory", "import", "--remove", "shop")
    assert (done.code, done.out) == (0, "took out 1 row of shop; `memory compact` erases them\n")
    assert scanned(theirs, **SECRET)["score"] == 0
    assert take_in(theirs, data, "--consent", "--name", "shop", **SECRET).code == 0
    assert scanned(theirs, **SECRET)["score"] < 0


def test_a_name_that_nothing_came_under(theirs: Path) -> None:
    done = bot(theirs, "memory", "import", "--remove", "shop")
    assert done.code == 2
    assert "nothing was imported under the name shop" in one_line(done)


def test_counts_under_a_name_are_replaced_too(ours: Path, theirs: Path) -> None:
    data = bot(ours, "memory", "export", "--format", "counts").out.encode()
    for _ in range(2):
        assert take_in(theirs, data, "--name", "shop").code == 0
    assert [one["rejected"] for one in events(theirs) if one["kind"] == "prior"] == [30]
    assert bot(theirs, "memory", "import", "--remove", "shop").code == 0
    assert [one for one in events(theirs) if one["kind"] == "prior"] == []


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"patterns/1", b"patterns/9"),
        lambda data: data[:-30],
        lambda data: data + b'{"key":"' + b"0" * 3_000_000,
        lambda data: data + b" " * 4_000_000,
        lambda data: data.replace(b'"rejected":30', b'"rejected":NaN'),
        lambda data: data.replace(b'"fp":[', b'"fp":["x",'),
        lambda data: data.splitlines()[0],
    ],
    ids=["a later version", "cut off", "a line of 3 MB", "too large", "NaN", "a text for a hash", "no rows"],
)
def test_a_hostile_file_is_one_line_and_leaves_nothing(ours: Path, theirs: Path, change: Any) -> None:
    done = take_in(theirs, change(exported(ours)), "--consent", "--name", "shop", **SECRET)
    assert done.code == 2
    one_line(done)
    assert events(theirs) == []


def test_explain_lists_what_was_imported(ours: Path, theirs: Path) -> None:
    take_in(theirs, exported(ours), "--consent", "--name", "shop", **SECRET)
    scanned(theirs, **SECRET)
    report = json.loads(bot(theirs, "scan", "--backend", "none", "--format", "json", **SECRET).out)
    fingerprint = report["findings"][0]["fingerprint"]
    said = json.loads(bot(theirs, "explain", fingerprint, "--format", "json", **SECRET).out)
    (row,) = said["signals"]
    assert (row["term"], row["sig"], row["y"], row["actor"]) == ("pattern", "prior", None, None)
    assert said["score"] == pytest.approx(row["weight"]) == pytest.approx(sum(one["value"] for one in said["terms"]))
    assert "-1.16  imported (prior)" in bot(theirs, "explain", fingerprint, **SECRET).out
