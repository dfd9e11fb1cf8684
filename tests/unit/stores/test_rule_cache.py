"""Rules kept between runs: the same as read anew, whatever becomes of the files they are kept in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from fakes.caches import own_cache
from fakes.rule_files import rule, rules
from review_bot.errors import RuleError
from review_bot.rules.ruleset import EVERY
from review_bot.stores import rule_cache

if TYPE_CHECKING:
    from pathlib import Path


def own(path: Path, name: str = "own.oops", message: str = "Oops", language: str = "*") -> str:
    """A file with one rule; its path."""
    path.write_text(rules(rule(name, message=f'"{message}"', languages=f'["{language}"]')))
    return str(path)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder with the shipped rules and nothing else."""
    folder = tmp_path / "cache"
    path = own_cache(folder)
    monkeypatch.setenv("REVIEW_BOT_CACHE_DIR", path)
    return folder


def no_parsing() -> None:
    """Instead of reading the shipped files."""
    raise AssertionError("the shipped rules were read anew")


def ids(*paths: str, group: str = EVERY) -> list[str]:
    return [entry.id for entry in rule_cache.load(paths).group(group)]


@pytest.mark.usefixtures("cache")
def test_own_rules_stand_behind_the_shipped_ones(tmp_path: Path) -> None:
    path = own(tmp_path / "own.toml", language="python")
    for _ in range(2):  # read, then from the cache
        assert ids(path) == [*ids(), "own.oops"]
        assert ids(path, group="python") == [*ids(group="python"), "own.oops"]
        assert ids(path, group="go") == ids(group="go")
        assert len(rule_cache.load([path])) == len(rule_cache.load()) + 1


def test_a_language_that_only_own_rules_know(cache: Path, tmp_path: Path) -> None:
    path = own(tmp_path / "own.toml", language="haskell")
    assert {tuple(ids(path, group="haskell")) for _ in range(2)} == {("own.oops",)}
    assert len(list(cache.glob("own-rules-*.bin"))) == 1


@pytest.mark.usefixtures("cache")
def test_a_changed_own_rule_reads_no_shipped_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_cache, "_shipped", no_parsing)
    said = []
    for message in ("Once", "Twice"):
        *_, last = rule_cache.load([own(tmp_path / "own.toml", message=message)])
        said.append(last.message)
    assert said == ["Once", "Twice"]


def test_many_own_files_leave_the_shipped_ones_in_place(cache: Path, tmp_path: Path) -> None:
    before = sorted(cache.glob("rules-*.bin"))
    for number in range(20):
        rule_cache.load([own(tmp_path / "own.toml", message=f"Number {number}")])
    assert sorted(cache.glob("rules-*.bin")) == before
    assert len(list(cache.glob("own-rules-*.bin"))) == 8


@pytest.mark.usefixtures("cache")
def test_the_id_of_a_shipped_rule_is_refused_again_and_again(tmp_path: Path) -> None:
    path = own(tmp_path / "own.toml", name="py.command.shell-true")
    for _ in range(2):
        with pytest.raises(RuleError, match=r"py\.command\.shell-true.*used twice"):
            rule_cache.load([path])


@pytest.mark.parametrize("share", [0, 0.01, 0.2, 0.5, 0.99])
def test_damage_is_noticed(cache: Path, tmp_path: Path, share: float) -> None:
    path = own(tmp_path / "own.toml", language="python")
    sound = [(one.id, one.message) for one in rule_cache.load([path])]
    (kept,) = cache.glob("own-rules-*.bin")
    data = bytearray(kept.read_bytes())
    data[int(share * len(data))] ^= 0x55
    kept.write_bytes(data)
    assert [(one.id, one.message) for one in rule_cache.load([path])] == sound
    kept.write_bytes(data[: int(share * len(data))])
    assert [(one.id, one.message) for one in rule_cache.load([path])] == sound


def test_a_folder_that_cannot_be_written_costs_the_time_only(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    shipped = rule_cache.load()
    monkeypatch.setattr(rule_cache, "_shipped", lambda: tuple(shipped))
    monkeypatch.setenv("REVIEW_BOT_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert ids(own(tmp_path / "own.toml")) == [*(entry.id for entry in shipped.entries()), "own.oops"]
    assert not [name for name in os.listdir(cache) if name.startswith("own-rules-")]
