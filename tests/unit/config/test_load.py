"""Precedence, origins and what paths are relative to."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from review_bot.config import Config, Loaded, load

if TYPE_CHECKING:
    from pathlib import Path

FILE = ".review-bot.toml"
WINDOW = {"REVIEW_BOT_MODEL_WINDOW": "3000"}


def test_defaults_without_any_source(tmp_path: Path) -> None:
    loaded = load(str(tmp_path), environ={})

    assert loaded.config == Config()
    assert set(loaded.origins.values()) == {"default"}
    assert loaded.files == ()


def test_the_defaults_of_the_contract() -> None:
    config = Config()

    assert (config.fail_on, config.filter, config.select) == ("error", "added", ("*",))
    assert (config.exclude, config.baseline) == (("vendor/**", "**/*.min.js"), ".review-bot-baseline.json")
    assert (config.hook.backend, config.hook.deadline) == ("none", 10)
    assert (config.model.llamacpp.url, config.model.window) == ("http://127.0.0.1:8080", 4096)
    assert (config.memory.ref, config.memory.explore) == ("refs/review-bot/memory", 0.02)
    assert (config.github.max_comments, config.linters, config.severity) == (10, (), ())


@pytest.mark.parametrize(
    ("text", "environ", "flags", "value", "origin"),
    [
        ("", {}, {}, 4096, "default"),
        ("[model]\nwindow = 2000", {}, {}, 2000, FILE),
        ("[model]\nwindow = 2000", WINDOW, {}, 3000, "environment REVIEW_BOT_MODEL_WINDOW"),
        ("[model]\nwindow = 2000", WINDOW, {"model.window": 4000}, 4000, "--window"),
        ("", {}, {"model.window": "4000"}, 4000, "--window"),
        ("", {}, {"model.window": None}, 4096, "default"),
        ("", {"REVIEW_BOT_MODEL_WINDOW": ""}, {}, 4096, "default"),
    ],
    ids=["default", "file", "environment", "flag", "flag-text", "flag-not-given", "empty-variable"],
)
def test_later_sources_win(
    tmp_path: Path, text: str, environ: dict[str, str], flags: dict[str, object], value: int, origin: str
) -> None:
    (tmp_path / FILE).write_text(text)

    loaded = load(str(tmp_path), flags=flags, environ=environ)

    assert (loaded.config.model.window, loaded.origins["model.window"]) == (value, origin)


def test_flags_that_have_a_name_of_their_own(tmp_path: Path) -> None:
    loaded = load(str(tmp_path), flags={"memory.enabled": False}, environ={})

    assert not loaded.config.memory.enabled
    assert loaded.origins["memory.enabled"] == "--no-memory"


def test_own_file_wins_over_pyproject(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('fail-on = "info"')
    (tmp_path / "pyproject.toml").write_text("[tool.review-bot]\nwrong = 1")

    assert load(str(tmp_path), environ={}).files == (FILE,)


def test_named_file_replaces_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILE).write_text('filter = "file"')
    (tmp_path / "ci.toml").write_text('fail-on = "info"')
    monkeypatch.chdir(tmp_path)

    loaded = load(str(tmp_path), file="ci.toml", environ={})

    assert (loaded.config.filter, loaded.config.fail_on) == ("added", "info")
    assert loaded.origins["fail-on"] == "ci.toml"


def test_without_a_root_the_current_folder_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILE).write_text('fail-on = "info"')
    monkeypatch.chdir(tmp_path)

    assert load(None, environ={}).config.fail_on == "info"


def test_a_current_folder_that_is_gone(tmp_path: Path) -> None:
    code = "import os, sys; os.rmdir(os.getcwd()); from review_bot.config import load; print(load(None).config.fail_on)"
    gone = tmp_path / "gone"
    gone.mkdir()

    done = subprocess.run([sys.executable, "-c", code], cwd=gone, capture_output=True, check=False, text=True)

    assert (done.stdout, done.returncode) == ("error\n", 0), done.stderr


def paths(loaded: Loaded) -> tuple[tuple[str, ...], str | None]:
    return loaded.rule_paths(), loaded.baseline()


def test_paths_are_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    file = tmp_path / "conf" / "bot.toml"
    file.write_text('rule-paths = ["rules", "../more.toml"]\nbaseline = "known.json"')

    expected = (str(tmp_path / "conf/rules"), str(tmp_path / "more.toml")), str(tmp_path / "conf/known.json")
    assert paths(load(str(tmp_path / "elsewhere"), file=str(file), environ={})) == expected


def test_paths_of_variables_and_flags_are_relative_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    loaded = load(str(tmp_path / "root"), flags={"baseline": "b.json"}, environ={"REVIEW_BOT_RULE_PATHS": "r"})

    assert paths(loaded) == ((str(tmp_path / "r"),), str(tmp_path / "b.json"))


def test_the_default_baseline_lies_at_the_root(tmp_path: Path) -> None:
    (tmp_path / "bot.toml").write_text("")

    loaded = load(str(tmp_path / "root"), file=str(tmp_path / "bot.toml"), environ={})

    assert loaded.baseline() == str(tmp_path / "root" / ".review-bot-baseline.json")


def test_an_empty_baseline_is_none(tmp_path: Path) -> None:
    assert load(str(tmp_path), flags={"baseline": ""}, environ={}).baseline() is None


@pytest.mark.parametrize(
    ("files", "unwanted"),
    [
        ({}, ["tomli", "review_bot.config.file", "review_bot.config.check"]),
        ({"pyproject.toml": "[project]\nname = 'x'"}, ["tomli", "review_bot.config.check"]),
        ({FILE: "fail-on = 'info'"}, []),
    ],
    ids=["no-file", "foreign-pyproject", "own-file"],
)
def test_the_commit_hook_imports_no_more_than_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], unwanted: list[str]
) -> None:
    monkeypatch.delenv("REVIEW_BOT_MODEL_BACKEND")
    monkeypatch.delenv("REVIEW_BOT_HOOK_DEADLINE")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    heavy = ["pathlib", "dataclasses", "argparse", "subprocess", "json", "hashlib", "tempfile", "difflib", "inspect"]
    code = (
        "import sys; before = set(sys.modules); from review_bot.config import load; load(sys.argv[1]);"
        "print(*sorted((set(sys.modules) - before) & set(sys.argv[2:])))"
    )

    command = [sys.executable, "-c", code, str(tmp_path), *heavy, *unwanted]
    done = subprocess.run(command, capture_output=True, check=True, text=True)

    assert done.stdout == "\n"
