"""Examples out of one's own fix commits, with real git."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fakes.log import made
from memory_helpers import bot, log
from review_bot.bootstrap.recall import BUDGET, recall_for
from review_bot.config import load
from review_bot.domain.window import Part
from review_bot.sources.repository import find_root

if TYPE_CHECKING:
    from conftest import Git

RULE = "py.default.mutable"
BAD = "def a(x, y=[]):\n    total = x.total()\n    return total, y\n"
GOOD = BAD.replace("[]", "None")
LINE = f"mended here ({RULE}): def a(x, y=[]): => def a(x, y=None):"


@pytest.fixture
def repo(git: Git) -> Git:
    git.write("README", "x\n")
    git.commit()
    return git


def versions(git: Git, *texts: str, name: str = "a.py") -> list[str]:
    commits = []
    for text in texts:
        git.write(name, text)
        commits.append(git.commit())
    return commits


def imported(git: Git) -> list[dict[str, Any]]:
    """The places that an import records."""
    done = bot(git.root, "memory", "import-history")
    assert done.code == 0, done.err
    events = map(json.loads, bot(git.root, "memory", "export").out.splitlines())
    return [one for one in events if one["kind"] == "prior" and one.get("at")]


def recalled(git: Git, text: str = BAD) -> list[str]:
    """What a prompt about `text` gets."""
    rows = text.splitlines()
    numbers = tuple(range(1, len(rows) + 1))
    shown = "".join(f"{number}+ {row}\n" for number, row in zip(numbers, rows, strict=True))
    find = recall_for(load(str(git.root)), find_root(str(git.root)))(None)
    part = Part("b.py", 1, len(rows), numbers, shown, 0, language="python")
    return [] if find is None else list(find([part]))


def test_a_mended_place_is_an_example_read_from_the_history(repo: Git) -> None:
    before, after = versions(repo, BAD, GOOD)
    (event,) = imported(repo)
    assert (event["rule"], event["at"]) == (RULE, [before, after, "a.py", 1, 1])
    assert not {"before", "after", "note", "finding", "y", "accepted", "rejected"} & set(event)
    assert recalled(repo) == [LINE]
    assert sum(map(len, recalled(repo))) <= BUDGET


def test_the_events_hold_text_only_where_that_is_allowed(repo: Git) -> None:
    versions(repo, BAD, GOOD)
    repo.write(".review-bot.toml", "[memory]\nstore-text = true\n")
    (event,) = imported(repo)
    assert (event["before"], event["after"]) == ("def a(x, y=[]):", "def a(x, y=None):")
    assert recalled(repo) == [LINE]


def test_an_example_is_no_finding_no_judgement_and_not_recorded_twice(repo: Git) -> None:
    versions(repo, BAD, GOOD)
    first = imported(repo)
    again = bot(repo.root, "memory", "import-history")
    assert again.out.endswith("priors of 1 rule, 0 new examples of what was mended\n")
    assert imported(repo) == first
    repo.write("a.py", "x = 1\n")
    assert not [one for one in json.loads(bot(repo.root, "scan", "--format", "json").out)["findings"] if one["memory"]]
    assert "0 accepted, 0 rejected" in bot(repo.root, "memory", "learn").out


def test_counts_that_have_changed_take_the_place_of_the_old_ones(repo: Git) -> None:
    versions(repo, BAD)
    assert f"{RULE}: 0 changed since, 1 still there" in bot(repo.root, "memory", "import-history").out
    versions(repo, GOOD)
    assert f"{RULE}: 1 changed since, 0 still there" in bot(repo.root, "memory", "import-history").out
    events = map(json.loads, bot(repo.root, "memory", "export").out.splitlines())
    counts = [(one["accepted"], one["rejected"]) for one in events if one["kind"] == "prior" and not one.get("at")]
    assert counts == [(1, 0)]


@pytest.mark.parametrize(
    "after",
    [
        BAD.replace("x", "z"),
        "",
        BAD.replace("(x, y=[])", "(x,  y=[])"),
        "".join(f"def a{n}(x, y=None):\n    return {n}, y\n\n\n" for n in range(6)),
        BAD.replace("def a", "def a(x):\n    return x\n\n\ndef a"),
    ],
    ids=["still found", "deleted", "blanks only", "rewritten", "moved"],
)
def test_what_does_not_show_a_mending_is_no_example(repo: Git, after: str) -> None:
    versions(repo, BAD, after)
    assert imported(repo) == []


def test_no_secret_becomes_an_example(repo: Git) -> None:
    versions(repo, 'aws = "AKIA' + 'Z7QK4TJWN2LMB3XY"\n', 'aws = os.environ["AWS"]\n', name="s.py")
    repo.write(".review-bot.toml", "[memory]\nstore-text = true\n")
    assert imported(repo) == []
    assert "AKIA" not in bot(repo.root, "memory", "export").out


def test_a_few_of_each_rule(repo: Git) -> None:
    bad = {f"f{number}.py": f"def a(x, y=[]):\n    return call{number}(x, y)\n" for number in range(7)}
    for text in (bad, {name: text.replace("[]", "None") for name, text in bad.items()}):
        for name, each in text.items():
            repo.write(name, each)
        repo.commit()
    assert len(imported(repo)) == 5


def test_a_place_that_holds_other_code_gives_no_text(repo: Git) -> None:
    """Whoever writes the log can't have any file of the history read into a prompt."""
    before, after = versions(repo, BAD, GOOD)
    (event,) = imported(repo)
    bot(repo.root, "memory", "forget", "--id", event["id"])
    fields = {name: event[name] for name in ("rule", "key", "fp", "lang", "eps")}
    places: list[list[Any]] = [
        ["0" * 40, after, "a.py", 1, 1], [before, after, "README", 1, 1], [after, before, "../a.py", 1, 1],
    ]  # fmt: skip
    log(repo.root).append([made("prior", event["ts"], at=at, **fields) for at in places])
    assert recalled(repo) == []
    log(repo.root).append([made("prior", event["ts"], at=[before, after, "a.py", 1, 1], **fields)])
    assert recalled(repo) == [LINE]


def test_commits_that_are_gone_give_no_text(repo: Git) -> None:
    versions(repo, BAD, GOOD)
    imported(repo)
    repo("checkout", "-q", "--orphan", "other")
    repo.commit("a new beginning")
    repo("branch", "-D", "master" if "master" in repo("branch", "--list") else "main")
    repo("reflog", "expire", "--expire=now", "--all")
    repo("gc", "-q", "--prune=now")
    assert recalled(repo) == []
