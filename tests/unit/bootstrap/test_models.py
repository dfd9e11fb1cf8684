from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from review_bot.bootstrap import models
from review_bot.config import load
from review_bot.domain.model import Completion, Prompt, Sampling
from review_bot.errors import ModelMissing, Unavailable

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "shelf"
    root.mkdir()
    monkeypatch.setenv("REVIEW_BOT_MODEL_DIR", str(root))
    monkeypatch.setenv("REVIEW_BOT_CACHE_DIR", str(tmp_path / "cache"))
    return root


def test_without_any_model_it_is_said_how_to_get_one(shelf: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="models pull"):
        models.onnx_backend(load(str(tmp_path)).model())


@pytest.mark.parametrize("library", ["numpy", "tokenizers"])
def test_without_the_extra_it_is_said_how_to_get_it(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny_model: str, library: str
) -> None:
    config = load(str(tmp_path)).model()
    for name in [name for name in sys.modules if name.startswith("review_bot.backends.onnx")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ModelMissing, match="models pull"):
        models.onnx_backend(config)
    shutil.copytree(tiny_model, shelf / "tiny")
    with pytest.raises(Unavailable, match=r"\[onnx\]"):
        models.onnx_backend(config).describe()


def test_the_only_model_on_the_shelf_is_taken(shelf: Path, tmp_path: Path, tiny_model: str) -> None:
    shutil.copytree(tiny_model, shelf / "tiny")
    (shelf / "no-onnx").mkdir()
    backend = models.onnx_backend(load(str(tmp_path)).model())
    assert backend.folder == str(shelf / "tiny")
    info = backend.describe()
    assert (info.model, info.context, len(info.digest)) == ("tiny", 4096, 64)
    assert backend.complete(Completion(Prompt("a", "b"), Sampling(), 60, probability_of=("yes", "no"))).text
    assert (tmp_path / "cache" / "model-digests.json").is_file()


def test_a_name_wins_over_the_configuration(shelf: Path, tmp_path: Path) -> None:
    (shelf / "named").mkdir()
    (tmp_path / "own").mkdir()
    (tmp_path / ".review-bot.toml").write_text('model.onnx.path = "own"\n')
    config = load(str(tmp_path)).model()
    assert models.model_folder(None, config) == str(tmp_path / "own")
    assert models.model_folder("named", config) == str(shelf / "named")


def test_the_configuration_may_name_a_model_of_the_shelf(shelf: Path, tmp_path: Path) -> None:
    (shelf / "named").mkdir()
    (tmp_path / ".review-bot.toml").write_text('model.onnx.path = "named"\n')
    assert models.model_folder(None, load(str(tmp_path)).model()) == str(shelf / "named")


def test_adapters_are_relative_to_the_file_that_names_them(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / ".review-bot.toml").write_text('[model.onnx]\nadapters = { python = "lora/py.onnx_adapter" }\n')
    assert dict(load(str(tmp_path)).model().onnx.adapters) == {"python": str(tmp_path / "lora" / "py.onnx_adapter")}
