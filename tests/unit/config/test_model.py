"""What the declarations promise of themselves."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from review_bot.config import Config, severity_of
from review_bot.config.check import checked
from review_bot.config.describe import plain
from review_bot.config.model import Breaker, Hook, Key, build, leaves

if TYPE_CHECKING:
    from review_bot.config.model import Severity

LEAVES = list(leaves())


def test_build_without_values_is_the_default() -> None:
    assert build({}) == Config()


def test_sections_are_frozen() -> None:
    with pytest.raises(AttributeError, match="frozen"):
        Config().hook.deadline = 3  # type: ignore[misc]


def test_sections_are_equal_by_value() -> None:
    changed = Config()._replace(hook=Hook(deadline=3))

    assert changed == Config(hook=Hook(deadline=3))
    assert hash(changed) == hash(Config(hook=Hook(deadline=3)))
    assert changed != Config()
    assert Config().hook.deadline == 10


def test_sections_show_their_values() -> None:
    assert repr(Breaker(pause=1)) == "Breaker(failures=3, pause=1)"


def test_a_field_that_is_not_declared() -> None:
    with pytest.raises(TypeError, match="no field wrong"):
        Hook(wrong=3)  # type: ignore[call-arg]


def test_sections_can_be_sent_to_another_process() -> None:
    config = Config(fail_on="info", hook=Hook(deadline=3))

    assert pickle.loads(pickle.dumps(config)) == config


@pytest.mark.parametrize(("dotted", "key"), LEAVES, ids=[dotted for dotted, _ in LEAVES])
def test_every_default_keeps_its_own_bounds(dotted: str, key: Key) -> None:
    assert checked(dotted, key, plain(key, key.default), "here") == key.default


@pytest.mark.parametrize(("dotted", "key"), LEAVES, ids=[dotted for dotted, _ in LEAVES])
def test_every_key_is_explained(dotted: str, key: Key) -> None:
    assert key.about
    assert dotted == dotted.lower()
    assert "_" not in dotted


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("py.style.long-line", "info"),
        ("py.style", "info"),
        ("py.styles.x", "warning"),
        ("py.style.quotes", "error"),
        ("js.eval", "warning"),
        ("a.b-c.d", "info"),
    ],
)
def test_the_longest_matching_override_wins(rule: str, expected: Severity) -> None:
    overrides: tuple[tuple[str, Severity], ...] = (
        ("py.style", "info"),
        ("py.style.quotes", "error"),
        ("py_sty", "error"),
        ("a_b_c", "info"),
    )

    assert severity_of(overrides, rule, "warning") == expected


def test_without_overrides_the_severity_stays() -> None:
    assert severity_of((), "py.style", "warning") == "warning"
