from __future__ import annotations

import json

from unit.formats.sample import CLEAN, GUARD, SHELL, review, shown


def test_the_whole_output() -> None:
    assert json.loads(shown("gitlab", review(SHELL, GUARD))) == [
        {
            "description": "shell=True runs cmd through a shell",
            "check_name": "py.command.shell-true",
            "fingerprint": "1111111111111111",
            "severity": "critical",
            "location": {"path": "a.py", "lines": {"begin": 2, "end": 2}},
        },
        {
            "description": "removed line 2: a guard is gone",
            "check_name": "diff.guard-removed",
            "fingerprint": "3333333333333333",
            "severity": "minor",
            "location": {"path": "a.py", "lines": {"begin": 2, "end": 2}},
        },
    ]


def test_no_findings_are_an_empty_array() -> None:
    assert json.loads(shown("gitlab", CLEAN)) == []
