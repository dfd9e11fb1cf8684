"""The example of docs/taint.md is a rule file that passes its own tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from review_bot.pipeline.examples import failures
from review_bot.rules.loader import parse_rule_file
from review_bot.rules.taint.sinks import check

TEXT = (Path(__file__).resolve().parents[4] / "docs" / "taint.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(schema.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES)
def test_example(text: str) -> None:
    file = parse_rule_file("docs/taint.md", text.encode())
    for rule in file.rules:
        check(rule)
    assert [str(failure) for failure in failures(file)] == []


def test_there_is_one() -> None:
    assert EXAMPLES
