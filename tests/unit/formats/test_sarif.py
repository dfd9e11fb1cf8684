from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from review_bot.domain.finding import Suppressed
from review_bot.formats import sarif
from review_bot.rules.model import Rule
from unit.formats.sample import CLEAN, EMPTY, FULL, GUARD, KEY, MODEL, SHELL, hostile, review, shown

if TYPE_CHECKING:
    from review_bot.domain.review import Review

_DATA = Path(__file__).parents[2] / "data"
_SCHEMA = Draft4Validator(json.loads((_DATA / "sarif-2.1.0.json").read_bytes()))


def _run(what: Review, **options: Any) -> dict[str, Any]:
    """The only run of the log, once the log has been validated."""
    log = json.loads(shown("sarif", what, **options))
    assert [error.message for error in _SCHEMA.iter_errors(log)] == []
    assert all({"startLine"} <= set(region) for region in _regions(log))
    (run,) = log["runs"]
    found: dict[str, Any] = run
    return found


def _regions(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [region for one in value for region in _regions(one)]
    if not isinstance(value, dict):
        return []
    own = [value[key] for key in ("region", "deletedRegion") if key in value]
    return own + [region for one in value.values() for region in _regions(one)]


@pytest.mark.parametrize("what", [EMPTY, CLEAN, FULL, review(hostile())], ids=["empty", "clean", "full", "hostile"])
def test_the_log_is_valid(what: Review) -> None:
    assert _run(what)["tool"]["driver"]["name"] == "review-bot"


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet=st.characters(codec=None)))
def test_the_log_is_valid_whatever_the_text(text: str) -> None:
    finding = SHELL._replace(rule=text, message=text, why=text, url=text, path=text, quote=text, tool=text)
    uri = _run(review(finding))["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"(?:[\w.~/-]|%[0-9A-F]{2})*", uri, re.ASCII)


def test_a_whole_result() -> None:
    assert _run(FULL)["results"][0] == {
        "ruleId": "py.command.shell-true",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "shell=True runs cmd through a shell"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "a.py", "uriBaseId": "%SRCROOT%"},
                    "region": {
                        "startLine": 2,
                        "startColumn": 2,
                        "endLine": 2,
                        "endColumn": 28,
                        "snippet": {"text": "run(cmd, shell=True, x='日')"},
                    },
                }
            }
        ],
        "partialFingerprints": {
            "primaryLocationLineHash": "1111111111111111",
            "reviewBot/v1": "1111111111111111",
        },
        "properties": {
            "origin": "rule",
            "category": "injection-command",
            "confidence": 0.9,
            "side": "new",
            "line": 2,
            "also": ["py.other"],
        },
        "fixes": [
            {
                "description": {"text": "shell=True runs cmd through a shell"},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": "a.py", "uriBaseId": "%SRCROOT%"},
                        "replacements": [
                            {
                                "deletedRegion": {"startLine": 2, "endLine": 2},
                                "insertedContent": {"text": "\trun(cmd, x='日')"},
                            }
                        ],
                    }
                ],
            }
        ],
    }


def test_rules_of_findings_are_described() -> None:
    rules = _run(FULL)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [
        "py.command.shell-true",
        "secrets.aws",
        "diff.guard-removed",
        "model.correctness",
    ]
    assert rules[0] == {
        "id": "py.command.shell-true",
        "shortDescription": {"text": "py.command.shell-true"},
        "fullDescription": {"text": "Whoever controls a part of the command controls the machine."},
        "help": {"text": "Whoever controls a part of the command controls the machine."},
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "tags": ["security", "injection-command", "external/cwe/cwe-078"],
            "problem.severity": "error",
            "security-severity": "8.0",
        },
        "helpUri": "https://example.org/shell",
    }


def test_every_rule_that_was_run_is_described() -> None:
    rule = Rule(
        id="common.todo",
        category="conventions",
        severity="info",
        confidence="medium",
        languages=("*",),
        message="a note for later",
        why="It stays.",
        kind="regex",
        body="TODO",
        cwe=tuple(range(1, 20)),
        references=("https://example.org/todo",),
    )
    rules = _run(review(GUARD), rules=lambda: [rule])["tool"]["driver"]["rules"]
    assert [one["id"] for one in rules] == ["common.todo", "diff.guard-removed"]
    assert rules[0]["properties"]["precision"] == "medium"
    assert len(rules[0]["properties"]["tags"]) == 10


def test_every_result_points_at_its_rule() -> None:
    run = _run(FULL)
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(ids[result["ruleIndex"]] == result["ruleId"] for result in run["results"])


def test_columns_are_characters() -> None:
    assert _run(CLEAN)["columnKind"] == "unicodeCodePoints"


def test_a_removed_line_has_no_region() -> None:
    (result,) = _run(review(GUARD))["results"]
    assert list(result["locations"][0]["physicalLocation"]) == ["artifactLocation"]
    assert result["message"] == {"text": "removed line 2: a guard is gone"}
    assert (result["properties"]["side"], result["properties"]["line"]) == ("old", 2)


def test_the_bytes_of_a_path_are_percent_encoded() -> None:
    (result,) = _run(review(GUARD._replace(path="a b/日\udcff:#%.py")))["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == "a%20b/%E6%97%A5%FF%3A%23%25.py"


@pytest.mark.parametrize(("by", "kind"), [("inline", "inSource"), ("baseline", "external"), ("filter", "external")])
def test_suppressed_findings_are_marked(by: Any, kind: str) -> None:
    (result,) = _run(review(suppressed=(Suppressed(GUARD, by, "known"),)))["results"]
    assert result["suppressions"] == [{"kind": kind, "status": "accepted", "justification": f"{by}: known"}]


def test_what_did_not_work_and_what_was_not_seen_is_told() -> None:
    (invocation,) = _run(FULL)["invocations"]
    assert invocation["toolExecutionNotifications"] == [
        {
            "level": "warning",
            "descriptor": {"id": "rule:slow"},
            "message": {"text": "rule:slow: stopped after 2 s"},
        },
        {"level": "note", "descriptor": {"id": "not-looked-at"}, "message": {"text": "logo.png: binary"}},
        {"level": "note", "descriptor": {"id": "not-looked-at"}, "message": {"text": "vendor/x.js: excluded"}},
    ]


def test_an_address_that_is_none_is_left_out() -> None:
    rules = _run(review(GUARD._replace(url="javascript:alert(1)")))["tool"]["driver"]["rules"]
    assert "helpUri" not in rules[0]


def test_of_too_many_results_the_least_severe_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MAX_RESULTS", 2)
    monkeypatch.setattr(sarif, "_KEPT_RESULTS", 2)
    run = _run(review(MODEL, GUARD, KEY, suppressed=(Suppressed(SHELL, "inline", "ok"),)))
    assert [result["ruleId"] for result in run["results"]] == ["secrets.aws", "diff.guard-removed"]
    last = run["invocations"][0]["toolExecutionNotifications"][-1]
    assert last["message"]["text"] == "2 results are left out, the least severe ones"


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.2.3", "1.2.3"), ("0.1", "0.1.0"), ("1.2.0rc1", "1.2.0-rc1"), ("1.0.0.dev3+g1", "1.0.0-dev3.g1")],
)
def test_the_version_is_semantic(version: str, expected: str) -> None:
    assert _run(CLEAN, version=version)["tool"]["driver"]["semanticVersion"] == expected
