"""The rules over both versions, each on pairs of what must and what must not be reported.

`tests/data/delta/CHECK.txt` holds the pairs: `== fires PATH: title` or `== quiet PATH: title`, then the file as a diff
without line numbers; `>>> PATH` goes on with another file.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from review_bot import resources
from review_bot.rules.delta import CHECKS
from review_bot.rules.delta.example import Versions, change_of
from review_bot.rules.engine import Engine
from review_bot.rules.loader import parse_rule_file

if TYPE_CHECKING:
    from review_bot.domain.finding import Finding
    from review_bot.rules.model import Rule
    from review_bot.rules.view import View

_FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "..", "data", "delta")
_TITLE = re.compile(r"== (fires|quiet) (\S+): (.+)\n")
_NEAR = 3


class Case(NamedTuple):
    check: str
    fires: bool
    title: str
    versions: Versions


def _cases() -> list[Case]:
    found = []
    for name in sorted(os.listdir(_FOLDER)):
        with open(os.path.join(_FOLDER, name), encoding="utf-8") as stream:
            parts = _TITLE.split(stream.read())
        for kind, path, title, text in zip(parts[1::4], parts[2::4], parts[3::4], parts[4::4], strict=True):
            found.append(Case(name.removesuffix(".txt"), kind == "fires", title, _versions(path, text)))
    return found


def _versions(path: str, text: str) -> Versions:
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith(">>> "):
            path = line[4:]
            continue
        for mark, side in (("-", before), ("+", after)):
            if line[:1] in (mark, " ", ""):
                side.setdefault(path, []).append(line[1:] + "\n")
    return Versions(*({name: "".join(lines) for name, lines in side.items()} for side in (before, after)))


def _rules() -> dict[str, Rule]:
    found = {}
    for path in resources.rule_files():
        if os.path.basename(os.path.dirname(path)) == "diff":
            with open(path, "rb") as stream:
                for rule in parse_rule_file(path, stream.read(), shipped=True).rules:
                    found[rule.body["check"]] = rule
    return found


RULES = _rules()
CASES = _cases()


def _found(case: Case) -> list[tuple[View, Finding]]:
    engine = Engine([RULES[case.check]])
    outcomes = engine.run(change_of(case.versions))
    found = [(one.view, finding) for one in outcomes for finding in one.findings if one.view]
    assert engine.degraded == []
    return found


def _stands_at_the_change(view: View, finding: Finding) -> bool:
    if finding.side == "old":
        return finding.start_line in view.removed_numbers
    return any(abs(finding.start_line - number) <= _NEAR for number in view.added_numbers)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.check}-{case.fires}-{case.title}")
def test_pair(case: Case) -> None:
    found = _found(case)
    assert bool(found) == case.fires, [finding.message for _, finding in found]
    assert all(_stands_at_the_change(view, finding) for view, finding in found)


def test_there_is_a_rule_for_every_check() -> None:
    assert RULES.keys() == CHECKS.keys()
    assert {rule.id for rule in RULES.values()} == {f"diff.{check}" for check in CHECKS}


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_every_check_has_eight_pairs_of_each_kind(check: str) -> None:
    kinds = [case.fires for case in CASES if case.check == check]
    assert kinds.count(True) >= 8
    assert kinds.count(False) >= 8
