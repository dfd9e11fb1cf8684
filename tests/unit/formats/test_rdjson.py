from __future__ import annotations

import json
from typing import TYPE_CHECKING

from unit.formats.sample import CLEAN, GUARD, KEY, MODEL, SHELL, review, shown

if TYPE_CHECKING:
    from review_bot.domain.review import Review

_SOURCE = {"name": "review-bot"}


def _location(what: Review) -> dict[str, object]:
    found: dict[str, object] = json.loads(shown("rdjson", what))["diagnostics"][0]["location"]
    return found


def test_the_whole_output() -> None:
    assert json.loads(shown("rdjson", review(SHELL, GUARD))) == {
        "source": _SOURCE,
        "diagnostics": [
            {
                "message": "shell=True runs cmd through a shell",
                "location": {
                    "path": "a.py",
                    "range": {"start": {"line": 2, "column": 2}, "end": {"line": 2, "column": 30}},
                },
                "severity": "ERROR",
                "source": _SOURCE,
                "code": {"value": "py.command.shell-true", "url": "https://example.org/shell"},
                "suggestions": [
                    {"range": {"start": {"line": 2}, "end": {"line": 2}}, "text": "\trun(cmd, x='日')"},
                ],
            },
            {
                "message": "removed line 2: a guard is gone",
                "location": {"path": "a.py"},
                "severity": "WARNING",
                "source": _SOURCE,
                "code": {"value": "diff.guard-removed"},
            },
        ],
    }


def test_columns_count_bytes() -> None:
    finding = SHELL._replace(start_line=70, end_line=70, start_column=2, end_column=4)
    lines = json.loads(shown("rdjson", review(finding), source=lambda *_: "日a\U0001f600"))
    assert lines["diagnostics"][0]["location"]["range"] == {
        "start": {"line": 70, "column": 4},
        "end": {"line": 70, "column": 9},
    }


def test_without_the_line_the_range_is_whole_lines() -> None:
    assert _location(review(MODEL)) == {"path": "b.py", "range": {"start": {"line": 1}, "end": {"line": 4}}}


def test_findings_of_other_tools_name_them() -> None:
    (found,) = json.loads(shown("rdjson", review(KEY._replace(tool="ruff"))))["diagnostics"]
    assert found["source"] == {"name": "ruff"}


def test_no_findings_are_an_empty_list() -> None:
    assert json.loads(shown("rdjson", CLEAN)) == {"source": _SOURCE, "diagnostics": []}


def test_rdjsonl_has_the_same_diagnostics_a_line_each() -> None:
    what = review(SHELL, KEY, GUARD, MODEL)
    lines = [json.loads(line) for line in shown("rdjsonl", what).splitlines()]
    assert lines == json.loads(shown("rdjson", what))["diagnostics"]
