"""The package as it is shipped, and the commands that the README promises."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import review_bot
from review_bot import resources

CHECKOUT = Path(__file__).resolve().parents[2]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def command(name: str) -> str:
    found = re.search(rf"<!-- command: {name} -->\s*```\w*\n(.+?)\n```", README, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.skipif("REVIEW_BOT_TEST_WHEEL" not in os.environ, reason="the tests run on the checkout")
def test_the_wheel_is_what_is_tested() -> None:
    assert not Path(review_bot.__file__).is_relative_to(CHECKOUT / "bot")


def test_rules_and_hooks_are_shipped() -> None:
    rules = {os.path.basename(path) for path in resources.rule_files()}
    assert rules == {path.name for path in (CHECKOUT / "rules").rglob("*.toml")}
    hooks = CHECKOUT / "hooks"
    shipped = Path(resources.folder("hooks"))
    assert {path.name: path.read_bytes() for path in shipped.iterdir()} == {
        path.name: path.read_bytes() for path in hooks.iterdir()
    }


@pytest.mark.parametrize("name", ["use", "develop"])
def test_commands_are_one_line(name: str) -> None:
    assert "\n" not in command(name)


def test_ci_runs_the_development_command() -> None:
    assert command("develop") in (CHECKOUT / ".ci" / "run").read_text(encoding="utf-8")


def test_readme_never_names_the_other_project() -> None:
    assert not re.search(r"pip install (-\w+ )*review-bot(?![\w-])", README)
