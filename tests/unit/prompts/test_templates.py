from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest

from fakes.prompt_files import specialist
from review_bot import resources
from review_bot.diffing.tokens import estimate
from review_bot.domain.finding import CATEGORIES
from review_bot.domain.language import LANGUAGES
from review_bot.errors import ConfigError
from review_bot.prompts.line_protocol import findings_by_line
from review_bot.prompts.parse import parse
from review_bot.prompts.templates import load

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = load()
NAMES = [one.name for one in SHIPPED.specialists]
OWN = specialist()


def test_the_specialists_of_the_task_are_there() -> None:
    assert set(NAMES) == {
        "general", "python", "javascript", "go", "java", "security", "tests", "config", "sql", "workflow",
    }  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_instructions_are_short(name: str) -> None:
    specialist = SHIPPED.of(name)
    assert estimate(specialist.system) <= 450
    assert estimate(specialist.lines) <= 450
    for name in ("role", "look", "bad", "good", "line", "categories"):
        assert f"{{{name}}}" not in specialist.system + specialist.lines


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_answers_that_we_read(name: str) -> None:
    specialist = SHIPPED.of(name)
    answers = [line for line in specialist.system.split("\n") if line.startswith('{"thought"')]
    bad, good = map(parse, answers)
    assert (bad.form, good.form) == ("well-formed", "well-formed")
    (finding,) = bad.findings
    assert f"{finding.line}+ {finding.quote}" in specialist.system.split("\n")
    assert finding.category in specialist.categories
    assert good.findings == ()
    assert answers[0] == json.dumps(json.loads(answers[0]), separators=(",", ":"), ensure_ascii=False)
    example = specialist.lines.strip().split("\n")[-1]
    assert [one.category for one in findings_by_line(example)] == [finding.category]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_specialist_names_exists(name: str) -> None:
    specialist = SHIPPED.of(name)
    assert set(specialist.categories) <= set(CATEGORIES)
    assert len(set(specialist.categories)) == len(specialist.categories)
    assert specialist.languages <= LANGUAGES
    for category in specialist.categories:
        assert category in specialist.lines


def test_loading_twice_gives_the_same_bytes() -> None:
    assert load() == SHIPPED


def test_a_file_of_ones_own_adds_or_replaces(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "own.toml").write_text(OWN)
    (tmp_path / "python.toml").write_text(OWN.replace('"own"', '"python"'))
    prompts = load([str(tmp_path)])
    assert prompts.specialists[0].name == "own"
    assert prompts.of("python").system.startswith("You look at money.\n")
    assert len(prompts.specialists) == len(SHIPPED.specialists) + 1
    assert prompts.version != SHIPPED.version


def test_a_new_version_or_text_changes_the_key_of_caches(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    versions = set()
    for text in (OWN, OWN.replace('version = "1"', 'version = "2"'), OWN.replace("cents", "dimes")):
        file.write_text(text)
        versions.add(load([str(file)]).version)
    assert len(versions) == 3


def test_the_common_texts_can_be_replaced(tmp_path: Path) -> None:
    with open(os.path.join(resources.folder("prompts"), "common.toml"), encoding="utf-8") as stream:
        text = stream.read()
    (tmp_path / "common.toml").write_text(text.replace("Report only", "Say only"))
    assert "Say only" in load([str(tmp_path)]).of("general").system


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("schema = 1", "schema = 2", "schema is not 1"),
        ('kind = "specialist"', 'kind = "other"', "kind is neither"),
        ('kind = "specialist"', 'kind = ["specialist"]', "kind is neither"),
        ("priority = 99", "prio = 99", "unknown key prio"),
        ("priority = 99", "priority = true", "priority is no whole number"),
        ('name = "own"', 'name = "Own Name"', "name is"),
        ('["correctness"]', '["praise"]', "unknown category praise"),
        ('["correctness"]', "[]", "categories is empty"),
        ('["correctness"]', '["tests"]', "bad or good is no example"),
        ('line = "7+ x"', 'line = "x"', "bad or good is no example"),
        ('fix = ""', "", "bad or good is incomplete"),
        ('look = ["cents"]', 'look = "cents"', "look is no list"),
        ('role = "You look at money."', "role = 3", "role is missing"),
        ("priority = 99", "words = '('", "words is no regular expression"),
        ("priority = 99", "words = 3", "words is no text"),
        ("schema = 1", "schema = ", "can't be read"),
    ],
)
def test_a_mistake_names_the_file(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = tmp_path / "own.toml"
    assert old in OWN
    file.write_text(OWN.replace(old, new))
    with pytest.raises(ConfigError, match=re.escape(said)) as raised:
        load([str(file)])
    assert raised.value.where == str(file)
    assert "\n" not in str(raised.value)


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load([str(tmp_path / "gone")])
