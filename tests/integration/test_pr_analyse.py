"""`pr analyse`: where base and head come from, with a checkout, in a shallow one, and without any."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from fakes.github import Fake, Fault, GitTrees, Pull, Server, serve
from fakes.log import made
from fakes.prompt_files import specialist
from fakes.rule_files import rule, rules
from integration.cli_helpers import Done, bot, one_line
from memory_helpers import log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Git

NAME = "octo/demo"


class Case:
    """A repository on the fake, a pull request in it, and runs of the command."""

    def __init__(self, git: Git, server: Server, folder: Path) -> None:
        self.git = git
        self.server = server
        self.fake: Fake = server.fake
        self.folder = folder
        git.write("rules.toml", rules(rule()))
        git.write(".review-bot.toml", 'rule-paths = ["rules.toml"]\nselect = ["own"]\n')
        git.write("a.txt", "one\ntwo\n")
        self.base = git.commit()
        git("switch", "-q", "-c", "topic")
        git.write("a.txt", "one\noops\ntwo\n")
        git.write(".review-bot.toml", 'select = ["py"]\n')
        git.write("rules.toml", "broken")
        self.head = git.commit()
        git("update-ref", "refs/pull/7/head", self.head)
        git("switch", "-q", "main")
        self.repo = self.fake.repository(NAME, GitTrees(git.root))
        self.pull = Pull(7, self.base, self.head)
        self.repo.pulls[7] = self.pull

    def event(self, name: str = "pull_request", **event: Any) -> dict[str, str]:
        """The environment of a workflow that `event` started."""
        path = self.folder / "event.json"
        path.write_text(json.dumps({"repository": {"full_name": NAME}, **event}))
        return {
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_EVENT_NAME": name,
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_API_URL": self.server.url,
            "GITHUB_TOKEN": "token",
        }

    def pull_event(self, name: str = "pull_request") -> dict[str, str]:
        """The environment for the pull request."""
        sides = {
            side: {"sha": sha, "ref": ref, "repo": {"full_name": NAME}}
            for side, sha, ref in (("base", self.base, "main"), ("head", self.head, "topic"))
        }
        return self.event(name, pull_request={"number": 7, **sides})

    def clone(self, *options: str) -> Path:
        """A checkout of the head by the options."""
        target = self.folder / "clone"
        command = ["git", "clone", "-q", *options, f"file://{self.git.root}", str(target)]
        subprocess.run(command, check=True, capture_output=True)
        return target

    def analyse(self, where: Path, environment: dict[str, str], *options: str) -> Done:
        """Run the command."""
        arguments = ("pr", "analyse", "--format", f"json:{self.folder}/other.json", *options)
        return bot(where, *arguments, stdin=b"", **environment)


@pytest.fixture
def case(git: Git, tmp_path: Path) -> Iterator[Case]:
    with serve(Fake()) as server:
        yield Case(git, server, tmp_path)


def read(where: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((where / "review-bot.json").read_bytes())
    return found


def found(report: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(one["path"], one["start_line"], one["rule"]) for one in report["findings"]]


OOPS = [("a.txt", 2, "own.oops")]


def check(case: Case, report: dict[str, Any]) -> None:
    """The report is on the pull request, by the rules of its base."""
    source = {"kind": "pull-request", "base": case.base, "head": case.head, "repository": NAME, "number": 7}
    assert report["source"] == source
    assert ("a.txt", 2, "own.oops") in found(report)
    assert case.fake.violations == []


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target"])
def test_with_the_whole_history(case: Case, name: str) -> None:
    where = case.clone()
    done = case.analyse(where, case.pull_event(name))
    assert done.code == 1, done.err
    check(case, read(where))
    assert case.fake.log == []


@pytest.mark.parametrize("branch", ["main", "topic"])
def test_a_shallow_clone_gets_what_it_lacks(case: Case, branch: str) -> None:
    where = case.clone("--depth=1", f"--branch={branch}")
    done = case.analyse(where, case.pull_event())
    assert done.code == 1, done.err
    check(case, read(where))


def test_a_shallow_clone_without_an_interface_is_made_deeper(case: Case) -> None:
    for number in range(5):
        case.git.write("main.txt", f"{number}\n")
        case.base = case.git.commit()
    where = case.clone("--depth=1")
    environment = {**case.pull_event(), "GITHUB_API_URL": "http://127.0.0.1:9"}
    done = case.analyse(where, environment)
    assert done.code == 1, done.err
    assert ("a.txt", 2, "own.oops") in found(read(where))


def test_without_a_checkout(case: Case, tmp_path: Path) -> None:
    where = tmp_path / "empty"
    where.mkdir()
    done = case.analyse(where, case.pull_event())
    assert done.code == 1, done.err
    check(case, read(where))


def test_without_a_checkout_by_number(case: Case, tmp_path: Path) -> None:
    where = tmp_path / "empty"
    where.mkdir()
    environment = {key: value for key, value in case.pull_event().items() if "EVENT" not in key}
    done = case.analyse(where, environment, "--pr", "7")
    assert done.code == 1, done.err
    check(case, read(where))


def test_a_diff_that_is_refused_is_read_from_the_list(case: Case, tmp_path: Path) -> None:
    where = tmp_path / "empty"
    where.mkdir()
    case.fake.faults.append(Fault(r"GET /repos/octo/demo/pulls/7$", status=406))
    done = case.analyse(where, case.pull_event())
    report = read(where)
    check(case, report)
    assert "diff" in [one["what"] for one in report["degraded"]]
    assert "degraded: diff" in done.err


def test_a_patch_that_is_left_out_is_said(case: Case, tmp_path: Path) -> None:
    where = tmp_path / "empty"
    where.mkdir()
    case.fake.faults.append(Fault(r"GET /repos/octo/demo/pulls/7$", status=406))
    case.repo.unpatched.add("a.txt")
    case.analyse(where, case.pull_event())
    row = next(one for one in read(where)["coverage"] if one["path"] == "a.txt")
    assert (row["rules"], row["added"]) == (False, 1)
    assert "patch" in row["reason"]


def test_a_push_is_a_range(case: Case) -> None:
    where = case.clone()
    done = case.analyse(where, case.event("push", before=case.base, after=case.head, ref="refs/heads/topic"))
    assert done.code == 1, done.err
    source = read(where)["source"]
    assert (source["kind"], source["base"], source["head"], source["number"]) == ("range", case.base, case.head, None)


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("merge_group", {"merge_group": {"head_sha": "1" * 40, "base_sha": "2" * 40}}),
        ("push", {"before": "0" * 40, "after": "0" * 40}),
        ("schedule", {}),
    ],
)
def test_an_event_without_a_pull_request_passes_with_a_note(case: Case, name: str, event: dict[str, Any]) -> None:
    done = case.analyse(case.git.root, case.event(name, **event))
    assert done.code == 0
    assert done.err.startswith(f"review-bot: {name}: no pull request")
    assert read(case.git.root)["findings"] == []


def test_a_workflow_run_finds_the_pull_request_of_a_fork(case: Case, tmp_path: Path) -> None:
    where = tmp_path / "empty"
    where.mkdir()
    case.pull.head_repository = "eve/demo"
    run = {"head_sha": case.head, "head_branch": "topic", "head_repository": {"full_name": "eve/demo"}}
    run["head_repository"]["owner"] = {"login": "eve"}  # type: ignore[index]
    done = case.analyse(where, case.event("workflow_run", workflow_run=run))
    assert done.code == 1, done.err
    check(case, read(where))


@pytest.mark.parametrize("inputs", [{"pr": "7"}, None])
def test_a_run_by_hand_names_the_pull_request_or_its_branch(case: Case, inputs: dict[str, str] | None) -> None:
    done = case.analyse(case.git.root, case.event("workflow_dispatch", inputs=inputs, ref="refs/heads/topic"))
    assert done.code == 1, done.err
    check(case, read(case.git.root))


def test_no_event_and_no_number(case: Case) -> None:
    assert "--pr" in one_line(case.analyse(case.git.root, {}))


def test_a_broken_event_is_named(case: Case) -> None:
    environment = case.pull_event()
    (case.folder / "event.json").write_text("{")
    assert "event.json" in one_line(case.analyse(case.git.root, environment))


def test_tools_of_the_configuration_are_not_run(case: Case) -> None:
    marker = case.folder / "ran"
    case.git("switch", "-q", "main")
    case.git.write(".review-bot.toml", f'[[linters]]\nname = "spy"\ncommand = ["touch", "{marker}"]\n')
    case.base = case.git.commit()
    case.analyse(case.git.root, case.pull_event())
    assert not marker.exists()
    assert "linter:spy" in [one["what"] for one in read(case.git.root)["degraded"]]


def test_the_baseline_is_that_of_the_base(case: Case) -> None:
    scanned = bot(case.git.root, "scan", "--range", f"{case.base}..{case.head}", "--format", "jsonl")
    name = next(json.loads(line)["fingerprint"] for line in scanned.out.splitlines() if "own.oops" in line)
    case.git("switch", "-q", "topic")
    row = {"fingerprint": name, "rule": "own.oops", "path": "a.txt", "reason": "mine", "date": "2026-01-01"}
    known = {"schema": "review-bot.baseline/1", "findings": [row]}
    case.git.write(".review-bot-baseline.json", json.dumps(known))
    case.head = case.git.commit()
    case.analyse(case.git.root, case.pull_event())
    assert ("a.txt", 2, "own.oops") in found(read(case.git.root))


def test_what_the_memory_hides_is_held_back_with_its_reason(case: Case) -> None:
    where = case.clone()
    log(where).append([made("mute", scope={"rule": "own.oops"}, reason="a fixture")])
    done = case.analyse(where, case.pull_event())
    (one,) = read(where)["suppressed"]
    assert (done.code, one["finding"]["rule"], one["by"], one["reason"]) == (
        0,
        "own.oops",
        "memory",
        "muted: a fixture",
    )


def test_prompts_are_those_of_the_base(case: Case, tmp_path: Path) -> None:
    case.git.write(".review-bot.toml", 'prompt-paths = ["prompts"]\nexclude = ["prompts"]\n')
    case.git.write("prompts/deep/own.toml", specialist(role="WORDS OF THE BASE"))
    case.base = case.git.commit()
    case.git("switch", "-q", "-c", "other")
    case.git.write("prompts/deep/own.toml", specialist(role="WORDS OF THE HEAD"))
    case.git.write("b.py", "oops = 1\n")
    case.pull.base, case.pull.head = case.base, case.git.commit()
    case.head = case.pull.head
    case.git("switch", "-q", "main")
    said = {
        whose: {"path": "b.py", "line": 1, "quote": "oops = 1", "category": "correctness", "severity": "warning",
                "message": f"`oops` is never read by the {whose}", "fix": ""}
        for whose in ("HEAD", "BASE")
    }  # fmt: skip
    script = tmp_path / "answers.jsonl"
    rows = ({"match": f"WORDS OF THE {name}", "answer": json.dumps({"findings": [one]})} for name, one in said.items())
    script.write_text("".join(json.dumps(row) + "\n" for row in rows))
    where = tmp_path / "empty"
    where.mkdir()
    case.analyse(where, case.pull_event(), "--backend", "scripted", "--model", str(script))
    messages = [one["message"] for one in read(where)["findings"] if one["origin"] == "model"]
    assert messages == [said["BASE"]["message"]]


def test_outputs_of_the_step(case: Case) -> None:
    place = case.folder / "output"
    case.analyse(case.git.root, {**case.pull_event(), "GITHUB_OUTPUT": str(place)})
    values = dict(line.split("=", 1) for line in place.read_text().splitlines())
    assert (values["findings"], values["blocking"], values["report-file"]) == ("1", "1", "review-bot.json")
