from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from review_bot.backends.catalog import manifest, shelf
from review_bot.errors import ModelMissing, UsageError

if TYPE_CHECKING:
    from pathlib import Path


def _model(root: Path, name: str) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "weights").write_bytes(b"12345")
    return folder


def test_where_models_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = os.path.expanduser("~")
    assert shelf.shelf({}) == os.path.join(home, ".local", "share", "review-bot", "models")
    assert shelf.shelf({"XDG_DATA_HOME": "/data"}) == "/data/review-bot/models"
    assert shelf.shelf({"XDG_DATA_HOME": "/data", "REVIEW_BOT_MODEL_DIR": str(tmp_path)}) == str(tmp_path)
    monkeypatch.setenv("HOME", "nowhere")
    with pytest.raises(UsageError, match="REVIEW_BOT_MODEL_DIR"):
        shelf.shelf({"XDG_DATA_HOME": ""})


def test_models_are_listed_by_name_with_their_sizes(tmp_path: Path) -> None:
    _model(tmp_path, "b")
    (_model(tmp_path, "a") / manifest.NAME).write_bytes(b"{}")
    _model(tmp_path, ".pull-c")
    (tmp_path / "file").write_bytes(b"")
    assert list(shelf.kept(str(tmp_path))) == [
        shelf.Kept("a", str(tmp_path / "a"), 5, 1, checked=True),
        shelf.Kept("b", str(tmp_path / "b"), 5, 1, checked=False),
    ]
    assert list(shelf.kept(str(tmp_path / "nowhere"))) == []


@pytest.mark.parametrize("name", ["tiny", "org/tiny", "org/tiny:cpu/int4"])
def test_a_model_is_found_by_the_names_it_goes_by(tmp_path: Path, name: str) -> None:
    folder = _model(tmp_path, "tiny")
    assert shelf.find(name, str(tmp_path)) == str(folder)


def test_a_folder_anywhere_is_found_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _model(tmp_path / "elsewhere", "own")
    monkeypatch.chdir(tmp_path)
    assert shelf.find(str(folder), str(tmp_path)) == str(folder)
    assert shelf.find("elsewhere/own", str(tmp_path)) == str(folder)


def test_a_packed_model_must_be_unpacked_first(tmp_path: Path) -> None:
    (tmp_path / "tiny.tar").write_bytes(b"")
    with pytest.raises(ModelMissing, match="models import"):
        shelf.find(str(tmp_path / "tiny.tar"), str(tmp_path / "shelf"))


@pytest.mark.parametrize("name", ["other", "../tiny", "", "/nowhere", "org/"])
def test_a_model_that_is_not_there_is_named_with_those_that_are(tmp_path: Path, name: str) -> None:
    _model(tmp_path / "shelf", "tiny")
    with pytest.raises(ModelMissing, match="there are tiny"):
        shelf.find(name, str(tmp_path / "shelf"))
