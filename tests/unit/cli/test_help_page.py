"""docs/help.md is what `--help` prints today."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from review_bot.cli import help_page
from review_bot.cli.main import COMMANDS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "help.md"


def test_the_page_is_up_to_date() -> None:
    # Versions of Python break lines at different places.
    assert PAGE.read_text(encoding="utf-8").split() == help_page.page().split()


def test_every_command_is_a_chapter() -> None:
    titles = re.findall(r"^##+ review-bot ?(.*)$", help_page.page(), re.MULTILINE)
    assert [title for title in titles if " " not in title] == ["", *COMMANDS]
    assert {"rules list", "pr publish", "memory reject", "models pull"} <= set(titles)


@pytest.mark.parametrize("words", [["hook"], ["pr", "publish"]])
def test_a_chapter_is_what_the_command_prints(words: list[str]) -> None:
    command = [sys.executable, "-m", "review_bot", *words, "--help"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"review-bot {' '.join(words)}\n\n```\n{printed.rstrip()}\n```\n" in help_page.page()
