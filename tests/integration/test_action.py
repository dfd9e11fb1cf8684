"""The action: what its file promises, and its own steps run in a shell against the fake GitHub."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from fakes.composite import Runner
from fakes.github import Fake, GitTrees, Pull, Server, serve
from fakes.rule_files import rule, rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Git

TOP = Path(__file__).parents[2]
ACTION: dict[str, Any] = YAML(typ="safe").load((TOP / "action.yml").read_text(encoding="utf-8"))
PAGES = [TOP / "README.md", TOP / "docs" / "github.md"]
WORKFLOWS = [text for page in PAGES for text in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL)]
NAME = "octo/demo"


def _schema(kind: str, path: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.github-{kind}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_action_is_one_by_its_schema() -> None:
    _schema("actions", TOP / "action.yml")


def test_the_workflows_of_the_docs_are_some_by_their_schema(tmp_path: Path) -> None:
    workflows = [text for text in WORKFLOWS if re.search(r"^on:", text, re.MULTILINE)]
    assert len(workflows) >= 4
    for number, text in enumerate(workflows):
        path = tmp_path / f"{number}.yml"
        path.write_text(text)
        _schema("workflows", path)


def test_other_actions_are_pinned_to_commits() -> None:
    used = re.findall(r"uses: (\S+)", "\n".join([*WORKFLOWS, (TOP / "action.yml").read_text()]))
    assert len(used) >= 5
    loose = [one for one in used if not re.search(r"@[0-9a-f]{40}$", one)]
    assert {one.partition("@")[0] for one in loose} <= {"OWNER/review-bot"}


def test_no_input_reaches_a_shell_but_through_the_environment() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_no_job_may_write_more_than_comments() -> None:
    granted = [
        YAML(typ="safe").load(text)["permissions"] for text in WORKFLOWS if re.search("^on:", text, re.MULTILINE)
    ]
    rights = {(name, right) for each in granted for name, right in each.items()}
    assert {name for name, right in rights if right != "read"} == {"pull-requests"}
    second = [each for each in granted if "actions" in each]
    assert second
    assert all(each == {"actions": "read", "pull-requests": "write"} for each in second)


@pytest.mark.parametrize(
    ("inputs", "arguments"),
    [
        ({"backend": "none"}, f"{TOP}[github]"),
        ({"backend": "onnx"}, f"{TOP}[github,onnx]"),
        ({"backend": "auto"}, f"{TOP}[github]"),
        ({"backend": "auto", "model": "/m"}, f"{TOP}[github,onnx]"),
        (
            {"backend": "onnx", "wheel-house": "/my wheels"},
            "--no-index --find-links /my wheels review-bot-local[github,onnx]",
        ),
    ],
)
def test_what_is_installed_and_from_where(tmp_path: Path, inputs: dict[str, str], arguments: str) -> None:
    """The interpreter is one that makes an environment whose own only tells what it was asked for."""
    log, python = tmp_path / "log", tmp_path / "python"
    python.write_text(
        f"""#!/bin/sh
mkdir -p "$3/bin"
printf '#!/bin/sh\\necho "$@" >"{log}"\\n' >"$3/bin/python"
chmod +x "$3/bin/python"
"""
    )
    python.chmod(0o755)
    runner = Runner(ACTION, tmp_path, **{"github.action_path": str(TOP)})
    runner.run({**inputs, "python": str(python)}, {}, tmp_path)
    assert runner.ran[0].code == 0, runner.ran
    assert log.read_text() == f"-m pip install --quiet {arguments}\n"


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(Fake()) as running:
        yield running


class Scene:
    """A repository with a pull request, and runs of the action in its checkout."""

    def __init__(self, git: Git, server: Server, folder: Path) -> None:
        self.git, self.server, self.folder = git, server, folder
        git.write("rules.toml", rules(rule()))
        settings = 'rule-paths = ["rules.toml"]\nselect = ["own"]\n[github]\nwrite-interval = 0.0\n'
        git.write(".review-bot.toml", settings)
        git.write("a.txt", "one\ntwo\n")
        self.base = git.commit()
        git("switch", "-q", "-c", "topic")
        git.write("a.txt", "one\noops\ntwo\n")
        self.head = git.commit()
        self.repo = server.fake.repository(NAME, GitTrees(git.root))
        self.pull = Pull(7, self.base, self.head)
        self.repo.pulls[7] = self.pull

    def run(self, name: str = "pull_request", **inputs: str) -> tuple[int, Runner]:
        """Run the action's steps for an event."""
        folder = self.folder / f"run{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        runner = Runner(ACTION, folder, **{"github.token": "token", "github.action_path": str(TOP)})
        _installed(runner.temp)
        sides = {"base": {"sha": self.base}, "head": {"sha": self.head, "repo": {"full_name": NAME}}}
        event = {"repository": {"full_name": NAME}, "pull_request": {"number": 7, **sides}}
        (folder / "event.json").write_text(json.dumps(event if name == "pull_request" else {}))
        environment = {
            "GITHUB_API_URL": self.server.url, "GITHUB_REPOSITORY": NAME, "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(folder / "event.json"), "GITHUB_ACTIONS": "true", "CI": "true",
        }  # fmt: skip
        return runner.run({"backend": "none", **inputs}, environment, self.git.root), runner


def _installed(temp: Path) -> None:
    """The command where the action would install it."""
    place = temp / "review-bot" / "bin" / "review-bot"
    place.parent.mkdir(parents=True)
    place.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m review_bot "$@"\n')
    place.chmod(0o755)


@pytest.fixture
def scene(git: Git, server: Server, tmp_path: Path) -> Scene:
    folder = tmp_path / "runs"
    folder.mkdir()
    return Scene(git, server, folder)


def test_a_pull_request_is_reviewed(scene: Scene) -> None:
    code, runner = scene.run()
    assert code == 1, runner.ran
    assert [one.code for one in runner.ran] == [0, 0, 1]
    assert scene.server.fake.violations == []
    assert [(one.root.path, one.root.line) for one in scene.pull.threads] == [("a.txt", 2)]
    assert (runner.output("findings"), runner.output("blocking")) == ("1", "1")
    assert runner.output("review-url").startswith("http")
    sarif = json.loads((scene.git.root / runner.output("sarif-file")).read_text())
    assert sarif["version"] == "2.1.0"
    assert json.loads((scene.git.root / runner.output("report-file")).read_text())["source"]["number"] == 7
    assert "own" in runner.summary.read_text()


def test_the_two_jobs_of_a_fork(scene: Scene) -> None:
    code, runner = scene.run(mode="analyse")
    assert code == 1
    assert scene.pull.threads == []
    code, runner = scene.run(mode="publish")
    assert code == 1
    assert len(scene.pull.threads) == 1
    assert runner.output("findings") == "1"


def test_inputs_reach_the_command(scene: Scene) -> None:
    code, runner = scene.run(**{"fail-on": "none", "max-comments": "0", "rules": "own"})
    assert code == 0, runner.ran
    assert scene.pull.threads == []
    assert runner.output("blocking") == "0"


def test_a_shell_in_an_input_stays_a_text(scene: Scene) -> None:
    marker = scene.folder / "marker"
    code, _ = scene.run(rules=f'own" ; touch "{marker}" ; "', config=f"$(touch {marker})")
    assert code == 2
    assert not marker.exists()


def test_a_merge_queue_passes(scene: Scene) -> None:
    code, runner = scene.run("merge_group")
    assert code == 0, runner.ran


def test_a_model_file_is_imported_once_and_cached_by_its_digest(scene: Scene, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "genai_config.json").write_text("{}")
    packed = tmp_path / "model.tar"
    command = [sys.executable, "-m", "review_bot", "models", "export", str(model), str(packed)]
    subprocess.run(command, check=True, capture_output=True)
    code, runner = scene.run(model=str(packed))
    assert code in (0, 1), runner.ran
    assert runner.used == ["actions/cache@5a3ec84eff668545956fd18022155c47e93e2684"]
    assert len(runner.outputs["model"]["key"]) == 64
    assert list((runner.temp / "review-bot-models").iterdir())


def test_what_is_no_name_of_a_model_is_refused(scene: Scene) -> None:
    code, runner = scene.run(model="a b; rm -rf x")
    assert code == 2
    assert "::error::review-bot: model is neither" in runner.ran[-1].output
