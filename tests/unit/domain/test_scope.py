from __future__ import annotations

from typing import Any

import pytest

from review_bot.domain.event import Event, event
from review_bot.domain.scope import covers, undone


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"rule": "r"}, True),
        ({"rule": "r", "key": None, "path": None}, True),
        ({"rule": "other"}, False),
        ({"key": "k"}, True),
        ({"rule": "r", "key": "other"}, False),
        ({"path": "src/**"}, True),
        ({"rule": "r", "path": "lib/**"}, False),
    ],
    ids=str,
)
def test_scope_covers_what_agrees_with_all_it_names(scope: dict[str, Any], *, expected: bool) -> None:
    assert covers(scope, rule="r", key="k", path="src/a.py") == expected


def test_path_is_not_covered_where_it_is_not_known() -> None:
    assert not covers({"rule": "r", "path": "**"}, rule="r", key=None, path=None)


def mute(**scope: str) -> Event:
    return event({"v": 1, "ts": 1, "kind": "mute", "scope": scope})


def signal(**fields: Any) -> Event:
    return event({"v": 1, "ts": 1, "kind": "signal", "sig": "inline", "y": 0, "eps": 0.03, **fields})


@pytest.mark.parametrize(
    ("scope", "seen", "expected"),
    [
        ({"rule": "r"}, mute(rule="r"), True),
        ({"rule": "r"}, mute(rule="r", path="a/**"), True),
        ({"rule": "r"}, mute(rule="r", key="k"), True),
        ({"rule": "r", "path": "a/**"}, mute(rule="r"), False),
        ({"rule": "r", "key": "k"}, mute(rule="r"), False),
        ({"rule": "r"}, mute(rule="q"), False),
        ({"rule": "r"}, signal(rule="r"), True),
        ({"rule": "r", "key": "k"}, signal(rule="r", key="l"), False),
        ({"rule": "r", "path": "a/**"}, signal(rule="r", at=[None, None, "a/b/c.py", 1, 1]), True),
        ({"rule": "r", "path": "a/**"}, signal(rule="r", dir="a/b"), True),
        ({"rule": "r", "path": "a/**"}, signal(rule="r", dir="b"), False),
        ({"rule": "r", "path": "a/**"}, signal(rule="r"), False),
        ({"rule": "r"}, event({"v": 1, "ts": 1, "kind": "shown", "rule": "r"}), False),
    ],
    ids=str,
)
def test_unmute_undoes_what_lies_within_its_scope(scope: dict[str, Any], seen: Event, *, expected: bool) -> None:
    assert undone(scope, seen) == expected
