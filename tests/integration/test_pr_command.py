"""The command `pr publish`: exit codes, what stands in for comments, the two jobs for forks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from fakes.github import Fake, Fault, Pull, serve
from fakes.github.faults import READ_ONLY
from integration.cli_helpers import Done, bot, one_line
from integration.pull_request_helpers import Scene, finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with serve(Fake()) as server:
        scene = Scene(server, tmp_path)
        scene.push(a__py="bad()\nworse()\n")
        yield scene


def run(scene: Scene, report: dict[str, Any] | None, *options: str, **environment: str) -> Done:
    if report is not None:
        (scene.folder / "review-bot.json").write_text(json.dumps(report))
    arguments = ("pr", "publish", *options)
    done = bot(scene.folder, *arguments, stdin=b"", **{**scene.environ, **environment})
    assert scene.fake.violations == []
    return done


def test_the_exit_code_is_the_verdict(scene: Scene) -> None:
    assert run(scene, scene.report(finding()), "--pr", "7").code == 1
    assert run(scene, scene.report(finding(severity="warning")), "--pr", "7").code == 0
    assert run(scene, scene.report(finding(severity="warning")), "--pr", "7", "--fail-on", "warning").code == 1
    assert run(scene, scene.report(finding()), "--pr", "7", "--fail-on", "none").code == 0


def test_what_a_run_leaves_behind(scene: Scene) -> None:
    summary, output = scene.folder / "summary.md", scene.folder / "output"
    places = {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(output), "GITHUB_ACTIONS": "true"}
    done = run(scene, scene.report(finding(), finding(40, "far()")), "--pr", "7", **places)
    assert done.err == ""
    assert "py.bad" in summary.read_text()
    values = dict(line.split("=", 1) for line in output.read_text().splitlines())
    assert set(values) == {"findings", "blocking", "sarif-file", "report-file", "degraded", "review-url"}
    assert (values["findings"], values["blocking"], values["degraded"]) == ("2", "2", "")
    assert values["review-url"].startswith("https://github.com/octo/demo/pull/7")
    annotations = [line for line in done.out.splitlines() if line.startswith("::error")]
    assert len(annotations) == 1
    assert "line=40" in annotations[0]


def test_a_read_only_token_puts_everything_elsewhere(scene: Scene) -> None:
    scene.fake.read_only = True
    summary = scene.folder / "summary.md"
    done = run(scene, scene.report(finding()), "--pr", "7", GITHUB_STEP_SUMMARY=str(summary), GITHUB_ACTIONS="true")
    assert done.code == 1
    assert done.err.startswith("degraded: pull-request: ")
    assert "bad() is bad" in summary.read_text()
    assert "::error file=a.py,line=1" in done.out
    assert json.loads((scene.folder / "review-bot.sarif").read_text())["runs"][0]["results"]


def test_without_a_summary_of_the_step_it_is_printed(scene: Scene) -> None:
    scene.fake.read_only = True
    done = run(scene, scene.report(finding()), "--pr", "7")
    assert "bad() is bad" in done.out
    assert done.code == 1


def test_a_fork_is_noticed_before_anything_is_written(scene: Scene) -> None:
    sides = {
        "base": {"sha": scene.base, "repo": {"full_name": "octo/demo"}},
        "head": {"sha": scene.pull.head, "repo": {"full_name": "eve/demo"}},
    }
    event = scene.folder / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, **sides}}))
    named = {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(event)}
    done = run(scene, scene.report(finding()), **named)
    assert done.code == 1
    assert "fork" in done.err
    assert "bad() is bad" in done.out
    assert scene.fake.writes() == []


def test_no_server_at_all(scene: Scene) -> None:
    environment = {"GITHUB_API_URL": "http://127.0.0.1:9"}
    done = run(scene, scene.report(finding()), "--pr", "7", "--deadline", "1", **environment)
    assert done.code == 1
    assert "degraded: pull-request" in done.err
    assert "bad() is bad" in done.out


def test_offline_asks_nobody_but_this_machine(scene: Scene) -> None:
    done = run(scene, scene.report(finding()), "--pr", "7", "--offline", GITHUB_API_URL="https://api.github.com")
    assert "offline" in done.err
    assert done.code == 1
    assert run(scene, scene.report(finding()), "--pr", "7", "--offline").err == ""


def test_a_merge_group_passes(scene: Scene) -> None:
    event = scene.folder / "event.json"
    event.write_text(json.dumps({"merge_group": {"head_sha": "1" * 40}}))
    done = run(scene, None, GITHUB_EVENT_NAME="merge_group", GITHUB_EVENT_PATH=str(event))
    assert (done.code, done.err) == (0, "review-bot: merge_group: no pull request in this event, nothing to post\n")


@pytest.mark.parametrize(
    ("report", "options"),
    [(None, ()), ({}, ()), ({"schema": "x"}, ()), (None, ("--max-comments", "-1")), (None, ("--pr", "0"))],
)
def test_an_unusable_report_or_option_is_one_line(
    scene: Scene, report: dict[str, Any] | None, options: tuple[str, ...]
) -> None:
    one_line(run(scene, report, "--pr", "7", *options))
    assert scene.fake.writes() == []


def test_a_report_of_another_pull_request_is_one_line(scene: Scene) -> None:
    scene.repo.pulls[8] = Pull(8, scene.base, scene.pull.head)
    assert "pull request 7, not 8" in one_line(run(scene, scene.report(finding()), "--pr", "8"))
    assert scene.fake.writes() == []


def test_a_token_stands_in_no_output(scene: Scene) -> None:
    scene.fake.read_only = True
    done = run(scene, scene.report(finding()), "--pr", "7", GITHUB_TOKEN="ghs_notarealtokenatall")
    assert "ghs_" not in done.out + done.err


def test_a_token_that_may_not_read_files_posts_by_the_defaults(scene: Scene) -> None:
    scene.config("write-interval = 0.0", "max-comments = 1")
    scene.fake.faults.append(Fault("/contents/", status=403, message=READ_ONLY, times=9))
    done = run(scene, scene.report(finding(), finding(2, "worse()")), "--pr", "7", REVIEW_BOT_GITHUB_WRITE_INTERVAL="0")
    assert done.err.startswith("degraded: configuration: ")
    assert len(scene.open()) == 2


def test_a_repository_must_be_named(scene: Scene) -> None:
    del scene.environ["GITHUB_REPOSITORY"]
    assert "GITHUB_REPOSITORY" in one_line(run(scene, scene.report(finding()), "--pr", "7"))


def test_a_bound_of_ones_own_keeps_what_blocks(scene: Scene) -> None:
    report = scene.report(finding(severity="warning", origin="model"))
    assert run(scene, report, "--pr", "7", "--fail-on", "warning").code == 0
    report["verdict"] = {"fail_on": "info", "failed": True, "counts": report["verdict"]["counts"]}
    assert run(scene, report, "--pr", "7", "--fail-on", "warning").code == 1
