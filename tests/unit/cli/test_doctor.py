"""What `doctor` sees, and that nothing broken stops it."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import review_bot
from fakes.ollama_server import OllamaServer, model
from fakes.rule_files import rule, rules
from review_bot import resources
from review_bot.cli import doctor

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

RULE = rules(rule("own.rule"))


@pytest.fixture(autouse=True)
def _no_shared_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REVIEW_BOT_CACHE_DIR")


def call(*words: str) -> int:
    parser = argparse.ArgumentParser()
    doctor.add(parser.add_subparsers())
    arguments = parser.parse_args(["doctor", *words])
    code: int = arguments.run(arguments)
    return code


def check(name: str) -> doctor.Check:
    return next(found for found in doctor.examine() if found.name == name)


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small folder of shipped rules."""
    folder = tmp_path / "shipped"
    (folder / "common").mkdir(parents=True)
    (folder / "common" / "one.toml").write_text(RULE.replace("own.rule", "common.rule"))
    monkeypatch.setattr(resources, "folder", lambda name: str(folder))
    return folder


@pytest.fixture
def repository(git: Git, monkeypatch: pytest.MonkeyPatch, shipped: Path) -> Git:
    monkeypatch.chdir(git.root)
    return git


def test_all_is_well(repository: Git, capsys: pytest.CaptureFixture[str]) -> None:
    assert call() == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "everything that `scan` needs is here"
    assert [line.split()[0] for line in lines[:4]] == ["python", "review-bot", "git", "repository"]


def test_json(repository: Git, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--format", "json") == 0

    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (report["schema"], report["version"], report["ok"]) == ("review-bot.doctor/1", review_bot.__version__, True)
    repository_row = next(row for row in report["checks"] if row["name"] == "repository")
    expected = {"name": "repository", "state": "ok", "detail": str(repository.root), "remedy": None, "needed": True}
    assert repository_row == expected


def test_a_broken_configuration_is_shown(repository: Git, capsys: pytest.CaptureFixture[str]) -> None:
    repository.write(".review-bot.toml", "fail_on = 1")

    assert call() == 2

    output = capsys.readouterr()
    assert ".review-bot.toml: unknown key fail_on; did you mean fail-on?" in output.out
    assert output.err == "review-bot: doctor: `scan` can't work here: configuration; see what mends it\n"


def test_sources_of_the_configuration(repository: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write(".review-bot.toml", "")
    monkeypatch.delenv("REVIEW_BOT_MODEL_BACKEND")
    monkeypatch.delenv("REVIEW_BOT_HOOK_DEADLINE")
    monkeypatch.setenv("REVIEW_BOT_FAIL_ON", "info")

    assert check("configuration").detail == ".review-bot.toml, environment REVIEW_BOT_FAIL_ON"


def test_a_second_configuration_that_is_not_read(repository: Git) -> None:
    repository.write(".review-bot.toml", "")
    repository.write("pyproject.toml", "[tool.review-bot]\n")

    assert any("pyproject.toml is not read" in found.detail for found in doctor.examine())


def test_rules_of_the_user(repository: Git) -> None:
    repository.write(".review-bot.toml", "rule-paths = ['rules']")
    repository.write("rules/deep/own.toml", RULE)

    assert check("rules").detail == "1 shipped, 1 of your own"


@pytest.mark.parametrize(
    ("name", "text"),
    [("own.toml", "schema = 9"), ("own.toml", RULE.replace("own.rule", "common.rule")), ("other.toml", RULE)],
    ids=["schema", "twice", "gone"],
)
def test_a_broken_rule_file_is_named(repository: Git, name: str, text: str) -> None:
    repository.write(".review-bot.toml", "rule-paths = ['own.toml']")
    repository.write(name, text)

    found = check("rules")

    assert (found.state, found.needed) == ("broken", True)
    assert "own.toml" in found.detail


def test_no_shipped_rules(repository: Git, shipped: Path) -> None:
    (shipped / "common" / "one.toml").unlink()

    assert check("rules").remedy == "`pip install --force-reinstall review-bot-local`"


def hook(repository: Git, name: str) -> None:
    repository.write(f".git/hooks/{name}", "#!/bin/sh\n# review-bot hook shim: 1\n")


def test_hooks_that_are_installed(repository: Git) -> None:
    for name in doctor.HOOKS:
        hook(repository, name)

    assert check("hooks").state == "ok"


def test_hooks_that_are_missing(repository: Git) -> None:
    hook(repository, "pre-commit")
    repository.write(".git/hooks/pre-push", "#!/bin/sh\n")

    found = check("hooks")

    assert (found.state, found.needed, found.remedy) == ("missing", False, "`review-bot install`")
    assert found.detail.startswith("pre-push, commit-msg, post-commit (optional; ")


def test_hooks_elsewhere(repository: Git) -> None:
    repository("config", "core.hooksPath", "tools")
    for name in doctor.HOOKS:
        repository.write(f"tools/{name}", "#!/bin/sh\n# review-bot hook shim\n")

    assert check("hooks").state == "ok"
    assert check("hooks").detail.endswith(f"({repository.root / 'tools'}, by core.hooksPath)")


def test_hooks_that_the_pre_commit_framework_moved(repository: Git) -> None:
    for name in doctor.HOOKS:
        hook(repository, f"{name}.legacy")

    assert check("hooks").state == "ok"


def test_the_shipped_shims_carry_the_marker() -> None:
    assert all(doctor._is_ours(os.path.join(resources.folder("hooks"), name)) for name in doctor.HOOKS)


def test_outside_a_repository(tmp_path: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert check("repository").state == "missing"
    assert "--diff" in check("repository").remedy
    assert call() == 0


def test_a_repository_that_git_can_not_read(repository: Git) -> None:
    repository.write(".git/config", "[core\n")

    assert (check("repository").state, check("repository").needed) == ("broken", True)


def test_without_git(repository: Git, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", str(repository.root))

    assert call() == 2
    assert check("git").state == "missing"
    assert "can't be examined" not in capsys.readouterr().out


@pytest.mark.parametrize(("version", "state"), [("2.25.0", "ok"), ("1.8.3.1", "broken"), ("3.0.rc1", "ok")])
def test_old_versions_of_git(repository: Git, monkeypatch: pytest.MonkeyPatch, version: str, state: str) -> None:
    tools = repository.root / "tools"
    repository.write("tools/git", f"#!/bin/sh\necho git version {version}\n").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))

    assert check("git").state == state


def test_a_native_module_that_can_not_be_loaded(repository: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ast_grep_py", None)

    assert (check("ast-grep-py").state, call()) == ("broken", 2)


def test_a_check_that_fails_does_not_stop_the_others(repository: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(place: doctor.Place) -> Any:
        raise RuntimeError("boom")

    broken.__name__ = "_cache"
    monkeypatch.setattr(doctor, "_cache", broken)

    assert check("cache").detail == "can't be examined: RuntimeError: boom"
    assert check("memory").state == "missing"


def test_the_events_of_the_memory(repository: Git) -> None:
    commit = repository.commit()
    repository("update-ref", "refs/review-bot/memory", commit)

    assert check("memory").detail == f"refs/review-bot/memory at {commit[:12]}"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"REVIEW_BOT_CACHE_DIR": "{}/own", "XDG_CACHE_HOME": "{}/x"}, "{}/own"),
        ({"XDG_CACHE_HOME": "{}/x", "HOME": "{}"}, "{}/x/review-bot"),
        ({"HOME": "{}"}, "{}/.cache/review-bot"),
    ],
    ids=["own", "xdg", "home"],
)
def test_the_folder_of_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], expected: str
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    for name, value in environ.items():
        monkeypatch.setenv(name, value.format(tmp_path))

    assert doctor.cache_folder() == expected.format(tmp_path)


def test_no_home_folder(repository: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)

    assert check("cache").state == "missing"
    assert call() == 0


def test_a_cache_that_can_not_be_written(repository: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEW_BOT_CACHE_DIR", str(repository.write("file", "")))

    assert (check("cache").state, check("cache").needed) == ("broken", False)


def test_paths_with_line_feeds_stay_on_one_line(
    repository: Git, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call()
    lines = capsys.readouterr().out.count("\n")
    monkeypatch.setenv("REVIEW_BOT_CACHE_DIR", str(repository.root / "a\nb\x1b[31m"))

    call()

    output = capsys.readouterr().out
    assert output.count("\n") == lines
    assert "\x1b" not in output


def test_with_nothing_left(tmp_path: Path) -> None:
    """No PATH, no home, a terminal of ASCII, a current folder that is gone: still a report and no traceback."""
    gone = tmp_path / "gone"
    gone.mkdir()
    code = (
        "import os, sys; from argparse import Namespace; os.rmdir(os.getcwd());"
        "from review_bot.cli import doctor; sys.exit(doctor.run(Namespace(config=None, format='text')))"
    )
    environ = {
        "PATH": str(tmp_path),
        "PYTHONIOENCODING": "ascii",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=gone, env=environ, capture_output=True, check=False, text=True
    )

    assert (done.returncode, done.stdout.splitlines()[2].split()[:2]) == (2, ["git", "missing"])
    assert done.stderr.startswith("review-bot: doctor: `scan` can't work here: git")
    assert done.stderr.count("\n") == 1


def test_engines_that_answer_and_that_do_not(repository: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    with OllamaServer(model("tiny\x1b[31m:1b", context=2048)) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        assert check("model:ollama") == (
            "model:ollama", "ok", f"tiny\\x1b[31m:1b at {server.url}, 2048 tokens", "", False
        )  # fmt: skip
    gone = check("model:ollama")
    assert (gone.state, gone.detail) == ("missing", f"{server.url}: can't be reached: Connection refused")
    assert gone.remedy == "start Ollama, or name its address in OLLAMA_HOST"
    assert not gone.needed


def test_an_engine_elsewhere_is_not_asked(repository: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "192.0.2.1")
    found = check("model:ollama")
    assert (found.state, "allow-remote" in found.remedy) == ("broken", True)
