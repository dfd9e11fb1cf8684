"""The examples of docs/rules.md are rule files that pass their own tests, and the list of rules is up to date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from review_bot import resources
from review_bot.domain.finding import CATEGORIES
from review_bot.pipeline.examples import failures
from review_bot.pipeline.rules_page import page
from review_bot.rules.loader import parse_rule_file
from review_bot.rules.template import TEMPLATE
from review_bot.stores.rule_cache import read_files

DOCS = Path(__file__).resolve().parents[3] / "docs"
TEXT = (DOCS / "rules.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: re.search(r'id = "(.*?)"', text)[1])  # type: ignore[index]
def test_examples(text: str) -> None:
    file = parse_rule_file("docs/rules.md", text.encode())
    assert [str(failure) for failure in failures(file)] == []


def test_every_kind_has_one() -> None:
    kinds = {rule.kind for text in EXAMPLES for rule in parse_rule_file("docs/rules.md", text.encode()).rules}
    assert kinds == {"pattern", "ast", "regex", "entropy", "taint", "delta"}


def test_the_template() -> None:
    file = parse_rule_file("template", TEMPLATE.encode())
    assert [str(failure) for failure in failures(file)] == []


def test_every_category_is_named() -> None:
    listed = TEXT.partition("Categories: ")[2].partition(".")[0]
    assert tuple(" ".join(listed.split()).split(", ")) == CATEGORIES


def test_the_list_is_up_to_date() -> None:
    rules = [rule for file in read_files(resources.rule_files(), shipped=True) for rule in file.rules]
    shown = (DOCS / "rules-list.md").read_text(encoding="utf-8")
    assert shown == page(rules), "write it anew: review-bot rules list --format markdown > docs/rules-list.md"
