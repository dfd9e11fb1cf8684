"""What `config show` and `config schema` print."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

import pytest
import tomli
from jsonschema import Draft202012Validator

from review_bot.cli import config
from review_bot.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git


def call(*words: str) -> int:
    parser = argparse.ArgumentParser()
    config.add(parser.add_subparsers())
    arguments = parser.parse_args(["config", *words])
    code: int = arguments.run(arguments)
    return code


def values(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert call("show", "--format", "json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == "review-bot.config/1"
    found: dict[str, Any] = report["values"]
    return found


@pytest.fixture
def repository(git: Git, monkeypatch: pytest.MonkeyPatch) -> Git:
    (git.root / "deep").mkdir()
    monkeypatch.chdir(git.root / "deep")
    return git


def test_every_value_has_its_origin(
    repository: Git, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.write(".review-bot.toml", 'fail-on = "info"\n')
    monkeypatch.setenv("REVIEW_BOT_MODEL_WINDOW", "2048")

    found = values(capsys)

    assert found["fail-on"] == {"value": "info", "origin": ".review-bot.toml"}
    assert found["model.window"] == {"value": 2048, "origin": "environment REVIEW_BOT_MODEL_WINDOW"}
    assert found["select"] == {"value": ["*"], "origin": "default"}
    assert found["model.ollama.host"] == {"value": "", "origin": "default"}


def test_text_is_toml_with_the_origins_as_comments(repository: Git, capsys: pytest.CaptureFixture[str]) -> None:
    repository.write("pyproject.toml", '[tool.review-bot]\nseverity."py.style" = "info"\n')

    assert call("show") == 0

    output = capsys.readouterr().out
    lines = output.splitlines()
    (severity,) = [line for line in lines if line.startswith("severity")]
    assert severity.split("  ")[0] == 'severity = { "py.style" = "info" }'
    assert severity.endswith("# pyproject.toml")
    assert all("  # " in line for line in lines)
    assert tomli.loads(output)["model"]["window"] == 4096


def test_another_file(repository: Git, capsys: pytest.CaptureFixture[str]) -> None:
    repository.write("deep/ci.toml", 'fail-on = "info"')

    assert call("show", "--config", "ci.toml") == 0

    assert capsys.readouterr().out.startswith('fail-on = "info"')


def test_outside_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert values(capsys)["fail-on"]["origin"] == "default"


def test_a_broken_file_is_an_error(repository: Git) -> None:
    repository.write(".review-bot.toml", "fail_on = 1")

    with pytest.raises(ConfigError, match="did you mean fail-on"):
        call("show")


@pytest.mark.parametrize("form", ["text", "json"])
def test_passwords_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REVIEW_BOT_MEMORY_URL", "postgresql://ada:hunter2@db/x?password=hunter2&a=b")

    call("show", "--format", form)

    output = capsys.readouterr().out
    assert "hunter2" not in output
    assert "postgresql://ada:***@db/x?password=***&a=b" in output


@pytest.mark.parametrize("form", ["text", "json"])
def test_bytes_of_a_variable_that_are_not_utf8(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REVIEW_BOT_BASELINE", "a\udcff\x1b[31m")

    call("show", "--format", form)

    output = capsys.readouterr().out
    assert "\x1b" not in output
    assert "\\ufffd\\u001b[31m" in output


def test_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("schema") == 0

    Draft202012Validator.check_schema(json.loads(capsys.readouterr().out))
