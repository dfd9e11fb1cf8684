"""Reports of other tools become findings, whatever is wrong with them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.domain.finding import CATEGORIES
from review_bot.errors import SourceError
from review_bot.linters.categories import category_of
from review_bot.linters.read import findings

ROOT = "/repo"
RUFF = {
    "code": "S602",
    "filename": "/repo/src/a.py",
    "location": {"row": 3, "column": 5},
    "end_location": {"row": 3, "column": 19},
    "message": "`subprocess` call with `shell=True`",
    "url": "https://docs.astral.sh/ruff/rules/subprocess-popen-with-shell-equals-true",
}


def sarif(**result: Any) -> bytes:
    rule = {
        "id": "py/sql-injection",
        "properties": {"tags": ["security", "external/cwe/cwe-089"]},
        "helpUri": "https://example.com/rule",
        "defaultConfiguration": {"level": "error"},
        "fullDescription": {"text": "Values in a query."},
    }
    place = {"artifactLocation": {"uri": "src/a%20b.py"}, "region": {"startLine": 7, "startColumn": 2, "endColumn": 9}}
    whole = {
        "ruleId": "py/sql-injection",
        "message": {"text": "a  query"},
        "locations": [{"physicalLocation": place}],
    }
    run = {"tool": {"driver": {"name": "CodeQL", "rules": [rule]}}, "results": [whole | result]}
    return json.dumps({"version": "2.1.0", "runs": [run]}).encode()


def test_ruff() -> None:
    (found,) = findings(json.dumps([RUFF]).encode(), root=ROOT)
    assert (found.tool, found.rule, found.origin, found.category) == ("ruff", "S602", "external", "injection-command")
    assert (found.path, found.start_line, found.start_column, found.end_column) == ("src/a.py", 3, 5, 19)
    assert found.severity == "warning"


def test_ruff_on_code_that_does_not_parse() -> None:
    (found,) = findings(json.dumps([RUFF | {"code": None}]).encode(), root=ROOT)
    assert (found.rule, found.severity) == ("invalid-syntax", "error")


def test_sarif() -> None:
    (found,) = findings(sarif(), root=ROOT)
    assert (found.tool, found.rule, found.category) == ("CodeQL", "py/sql-injection", "injection-sql")
    assert (found.path, found.start_line, found.start_column, found.end_column) == ("src/a b.py", 7, 2, 9)
    assert (found.severity, found.cwe, found.message, found.url) == (
        "error",
        (89,),
        "a query",
        "https://example.com/rule",
    )


def test_level_of_the_result_wins() -> None:
    (found,) = findings(sarif(level="note"), root=ROOT)
    assert found.severity == "info"


@pytest.mark.parametrize("more", [{"suppressions": [{"kind": "inSource"}]}, {"kind": "pass"}, {"locations": []}])
def test_results_that_are_no_findings(more: dict[str, Any]) -> None:
    assert findings(sarif(**more), root=ROOT) == []


@pytest.mark.parametrize(
    "name",
    ["/elsewhere/a.py", "../a.py", "", "/repo", "/repository/a.py"],
    ids=["absolute", "up", "none", "root", "near"],
)
def test_paths_outside(name: str) -> None:
    assert findings(json.dumps([RUFF | {"filename": name}]).encode(), root=ROOT) == []


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff", b'{"runs": 3}', b"[" * 100_000])
def test_other_input(data: bytes) -> None:
    with pytest.raises(SourceError):
        findings(data, root=ROOT)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["runs", "results", "tool", "driver", "rules", "id", "ruleId", "ruleIndex", "message", "text",
             "locations", "physicalLocation", "artifactLocation", "uri", "region", "startLine", "location", "row",
             "code", "filename"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=25,
)  # fmt: skip


@given(JSON)
def test_any_json(report: Any) -> None:
    try:
        found = findings(json.dumps(report).encode(), root=ROOT)
    except SourceError:
        return
    assert all(one.start_line >= 1 and one.category in CATEGORIES for one in found)


@pytest.mark.parametrize(
    ("code", "category"),
    [("S608", "injection-sql"), ("S501", "tls"), ("F401", "correctness"), ("E722", "error-handling"),
     ("E501", "conventions"), ("T201", "debug-leftover"), ("js/xss", "xss"), ("whatever", "correctness")],
)  # fmt: skip
def test_categories(code: str, category: str) -> None:
    assert category_of(code) == category
