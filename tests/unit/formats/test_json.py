from __future__ import annotations

import json

from review_bot.domain.diff import FileDiff, Hunk
from review_bot.domain.review import SourceInfo
from review_bot.formats.report import as_dict
from unit.formats.sample import EMPTY, FULL, GUARD, SHELL, hostile, review, shown


def test_the_whole_report() -> None:
    what = review(SHELL)._replace(files=FULL.files[:2], degraded=FULL.degraded)
    assert list(as_dict(what, "1.2.3").items()) == [
        ("schema", "review-bot.report/1"),
        ("version", "1.2.3"),
        ("source", {"kind": "worktree", "base": None, "head": None, "repository": None, "number": None}),
        (
            "files",
            [
                {
                    "path": "a.py",
                    "old_path": None,
                    "status": "modified",
                    "language": "python",
                    "added": 2,
                    "removed": 1,
                    "hunks": 1,
                },
                {
                    "path": "b.py",
                    "old_path": "old b.py",
                    "status": "renamed",
                    "language": "python",
                    "added": 0,
                    "removed": 0,
                    "hunks": 0,
                },
            ],
        ),
        (
            "findings",
            [
                {
                    "fingerprint": "1111111111111111",
                    "rule": "py.command.shell-true",
                    "origin": "rule",
                    "tool": None,
                    "category": "injection-command",
                    "severity": "error",
                    "confidence": 0.9,
                    "path": "a.py",
                    "side": "new",
                    "start_line": 2,
                    "end_line": 2,
                    "start_column": 2,
                    "end_column": 28,
                    "message": "shell=True runs cmd through a shell",
                    "why": "Whoever controls a part of the command controls the machine.",
                    "cwe": [78],
                    "url": "https://example.org/shell",
                    "quote": "run(cmd, shell=True, x='日')",
                    "suggestion": {
                        "start_line": 2,
                        "end_line": 2,
                        "replacement": "\trun(cmd, x='日')",
                        "verified": ["applies", "parses"],
                    },
                    "also": ["py.other"],
                    "memory": None,
                }
            ],
        ),
        ("suppressed", []),
        (
            "coverage",
            [
                {
                    "path": "a.py",
                    "start_line": 2,
                    "end_line": 3,
                    "added": 2,
                    "rules": True,
                    "model": "off",
                    "reason": None,
                },
                {
                    "path": "vendor/x.js",
                    "start_line": 1,
                    "end_line": 3,
                    "added": 3,
                    "rules": False,
                    "model": "off",
                    "reason": "excluded",
                },
            ],
        ),
        ("degraded", [{"what": "rule:slow", "reason": "stopped after 2 s"}]),
        (
            "stats",
            {
                "added_lines": 5,
                "rules": 118,
                "windows": 0,
                "model_calls": 0,
                "cache_hits": 0,
                "prompt_tokens": 0,
                "cached_tokens": 0,
                "completion_tokens": 0,
                "seconds": {"total": 0.25},
            },
        ),
        (
            "verdict",
            {"fail_on": "error", "failed": True, "counts": {"error": 2, "warning": 1, "info": 0}},
        ),
    ]


def test_json_is_the_report() -> None:
    assert json.loads(shown("json", FULL)) == as_dict(FULL, "1.2.3")


def test_a_finding_without_suggestion_says_so() -> None:
    assert as_dict(review(GUARD), "1")["findings"][0]["suggestion"] is None


def test_suppressed_findings_carry_who_and_why() -> None:
    (held,) = as_dict(FULL, "1")["suppressed"]
    assert (held["by"], held["reason"], held["finding"]["start_line"]) == ("baseline", "known", 9)


def test_an_empty_review_has_every_count() -> None:
    report = as_dict(EMPTY, "1")
    assert report["verdict"]["counts"] == {"error": 0, "warning": 0, "info": 0}
    assert report["stats"]["seconds"] == {"total": 0.0}


def test_the_number_of_a_pull_request_is_in_the_source() -> None:
    what = EMPTY._replace(source=SourceInfo("pull-request", "b", "h", "o/r", 7))
    assert as_dict(what, "1")["source"] == {
        "kind": "pull-request",
        "base": "b",
        "head": "h",
        "repository": "o/r",
        "number": 7,
    }


def test_paths_that_are_not_utf8_get_the_replacement_character() -> None:
    what = EMPTY._replace(files=(FileDiff("a\udcff.py", "b\udcff.py", "renamed"),))
    file = as_dict(what, "1")["files"][0]
    assert (file["path"], file["old_path"]) == ("a\ufffd.py", "b\ufffd.py")


def test_the_first_line_settles_the_language_of_a_script() -> None:
    body = b"+#!/usr/bin/env python3\n+pass\n"
    file = FileDiff("tool", None, "added", (Hunk(0, 0, 1, 2, 2, 0, body, 0, len(body)),), 2, 0)
    assert as_dict(EMPTY._replace(files=(file,)), "1")["files"][0]["language"] == "python"


def test_a_removed_first_line_settles_nothing() -> None:
    body = b"-#!/usr/bin/env python3\n+text\n"
    file = FileDiff("tool", None, "modified", (Hunk(1, 1, 1, 1, 1, 1, body, 0, len(body)),), 1, 1)
    assert as_dict(EMPTY._replace(files=(file,)), "1")["files"][0]["language"] is None


def test_jsonl_is_a_finding_a_line() -> None:
    lines = shown("jsonl", review(SHELL, hostile())).splitlines()
    assert [json.loads(line) for line in lines] == as_dict(review(SHELL, hostile()), "1")["findings"]
