"""The shipped cases are whole, are code that parses, and are as many as promised."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from review_bot.domain.language import grammar_of, language_of
from review_bot.evaluation.seeded import Case, OneCase, cases, parsed
from review_bot.rules.fix import parse_errors

CASES = cases()
CODE = [case for case in CASES if case.language in ("py", "js", "ts", "go", "wf")]


def test_there_are_enough_of_each() -> None:
    kinds = Counter(bool(case.categories) for case in CASES)
    assert kinds[True] >= 120
    assert kinds[False] >= 60
    languages = Counter(case.language for case in CASES)
    assert set(languages) == {"py", "js", "ts", "go", "sql", "wf"}
    assert min(languages.values()) >= 15


def test_no_id_and_no_bug_stands_twice() -> None:
    assert max(Counter(case.id for case in CASES).values()) == 1
    assert max(Counter(case.about for case in CASES).values()) == 1
    assert max(Counter((case.before, case.after) for case in CASES).values()) == 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_diff_leads_from_one_version_to_the_other(case: Case) -> None:
    change = OneCase(case).read()
    (file,) = change.files
    assert change.contents.new(file) == case.after.encode()
    assert change.contents.old(file) == case.before.encode()
    assert case.before != case.after
    lines = case.after.split("\n")
    added = {number: text.decode() for hunk in file.hunks for number, text in hunk.added_lines()}
    assert all(lines[number - 1] == text for number, text in added.items())
    assert set(case.lines) <= set(added)
    assert (file.added, file.removed) == (sum(h.added for h in file.hunks), sum(h.removed for h in file.hunks))


@pytest.mark.parametrize("case", CODE, ids=lambda case: case.id)
def test_both_versions_parse(case: Case) -> None:
    language = language_of(case.path)
    assert language is not None
    grammar = grammar_of(language, case.path)
    assert grammar is not None
    for text in (case.before, case.after):
        assert parse_errors(text, grammar) == 0
        if language == "python":
            ast.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "== a | a.py | correctness | x\n+a\n",
        "== a | a.py | clean | x\n*a\n",
        "== a | a.py | nonsense | x\n*a\n",
        "== a | a.py | clean | x\n?a\n",
    ],
)
def test_a_broken_case_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a: "):
        list(parsed(text))
