"""Whatever the texts, the rules over both versions end, and end without an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from review_bot.rules.delta.example import Versions, change_of
from review_bot.rules.engine import Engine
from unit.rules.delta.test_cases import CASES, RULES

if TYPE_CHECKING:
    from review_bot.ports import Change

_PIECES = st.sampled_from(
    [
        "if a:", "    return None", "def f(a, b=1):", "}", "{", ")", "(", "with lock:", "    x = 1", "try:",
        "except A:",
        '"""', "'", "`", "# noqa", "// eslint-disable", "await f(", "func F() error {", "\tif err != nil {", "@auth",
        "SELECT * FROM t WHERE a = ?", 'version = "1.2"', "\0", "\ufeff", "é", "\u2028", "password", "log(token)", "",
    ]
)  # fmt: skip
_TEXT = st.lists(_PIECES, max_size=14).map(lambda lines: "\n".join(lines) + "\n")
_PATHS = st.sampled_from(
    ["a.py", "a.js", "a.go", "A.java", "a.rb", "a.sql", "tests/test_a.py", "package.json", "pyproject.toml",
     "db/migrations/0001_a.sql", ".github/workflows/a.yml", "a.txt", "Dockerfile"]
)  # fmt: skip


class _Nothing:
    """Contents of a patch: no whole file is at hand."""

    def new(self, _file: object) -> None:
        return None

    def old(self, _file: object) -> None:
        return None


def _run(change: Change) -> int:
    engine = Engine(RULES.values())
    found = sum(len(outcome.findings) for outcome in engine.run(change))
    assert engine.degraded == []
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(path=_PATHS, before=_TEXT, after=_TEXT)
def test_any_two_texts(path: str, before: str, after: str) -> None:
    _run(change_of(Versions({path: before}, {path: after})))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(path=_PATHS, before=_TEXT, after=_TEXT)
def test_any_two_texts_of_a_patch(path: str, before: str, after: str) -> None:
    change = change_of(Versions({path: before}, {path: after}))
    _run(change._replace(contents=_Nothing(), tree=None))


def test_every_pair_as_a_patch() -> None:
    fires = 0
    for case in CASES:
        change = change_of(case.versions)._replace(contents=_Nothing(), tree=None)
        fires += case.fires and _run(change) > 0
    assert fires > len(CASES) / 3


@pytest.mark.parametrize("text", ["(" * 10_000, "x" * 1_000_000, "if a:\n" * 3000, "{\n" * 5000])
def test_large_and_deep_texts(text: str) -> None:
    _run(change_of(Versions({"a.py": f"x = 1\n{text}\n"}, {"a.py": "x = 2\n"})))
    _run(change_of(Versions({"a.js": "x = 1\n"}, {"a.js": f"x = 2\n{text}\n"})))
