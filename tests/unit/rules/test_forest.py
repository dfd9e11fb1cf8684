"""Files that are searched together are told what they would be told alone."""

from __future__ import annotations

import pytest

from review_bot import resources
from review_bot.diffing.narrow import whole
from review_bot.domain.review import SourceInfo
from review_bot.pipeline.examples import change_of, sample_path
from review_bot.ports import Change
from review_bot.rules.engine import Engine
from review_bot.rules.forest import MERGEABLE
from review_bot.stores import rule_cache

FILES = list(rule_cache.read_files(resources.rule_files(), shipped=True))
LANGUAGES = sorted(MERGEABLE - {"tsx"})
MOST = 150
"""Files of a language: more of them take minutes, one by one."""


class Texts:
    def __init__(self, texts: dict[str, bytes]) -> None:
        self.texts = texts

    def new(self, file: object) -> bytes:
        return self.texts[file.path]  # type: ignore[attr-defined]

    def old(self, file: object) -> None:
        return None


def _examples(language: str) -> dict[str, bytes]:
    """The examples of every structural rule of a language, a file each."""
    texts = {}
    for file in FILES:
        for rule in file.rules:
            if rule.kind in ("pattern", "ast") and language in rule.languages and rule.where.paths == ("**",):
                for number, example in enumerate(file.examples[rule.id]):
                    if example.path is None and example.before is None:
                        folder, _, name = sample_path(rule).rpartition("/")
                        change = change_of(rule, example)
                        text = change.contents.new(change.files[0]) or b""
                        texts[f"{folder or rule.id}/{number}_{name}"] = text
    return dict(list(texts.items())[:: max(1, len(texts) // MOST)])


def _found(texts: dict[str, bytes], *, together: bool) -> list[tuple[object, ...]]:
    rules = [rule for file in FILES for rule in file.rules if rule.kind in ("pattern", "ast")]
    files = tuple(whole(path, text) for path, text in sorted(texts.items()))
    groups = [files] if together else [(file,) for file in files]
    found = []
    for group in groups:
        change = Change(SourceInfo("all"), group, Texts(texts))
        for outcome in Engine(rules, machine_made=True).run(change):
            found += [(one.path, one.rule, one.start_line, one.start_column, one.message) for one in outcome.findings]
    return sorted(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_together_as_alone(language: str) -> None:
    texts = _examples(language)
    assert _found(texts, together=True) == _found(texts, together=False)
