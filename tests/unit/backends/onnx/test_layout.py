from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numpy")

from review_bot.backends.onnx.layout import read_layout
from review_bot.errors import ModelMissing


@pytest.fixture
def folder(tiny_model: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def test_the_layout_of_a_folder(tiny_model: str) -> None:
    layout = read_layout(tiny_model)
    assert (layout.kind, layout.context, layout.layers) == ("phi3", 4096, 2)
    assert layout.model.endswith("phi3-tiny-cpu-int4-rtn-block-32-acc-level-4.onnx")
    assert layout.bytes_a_token == 2 * 4 * 16 * 2 * 4
    assert len(layout.eos) == 3


def _change(folder: Path, change: Any) -> None:
    path = folder / "genai_config.json"
    value = json.loads(path.read_bytes())
    change(value["model"])
    path.write_text(json.dumps(value))


def test_one_end_token_is_as_good_as_several(folder: Path) -> None:
    _change(folder, lambda model: model.update(eos_token_id=7))
    assert read_layout(str(folder)).eos == (7,)


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.pop("decoder"),
        lambda model: model.update(context_length="many"),
        lambda model: model.update(eos_token_id=None),
        lambda model: model.update(context_length=float("inf")),
        lambda model: model["decoder"].update(filename="../model.onnx"),
        lambda model: model["decoder"].update(filename="/model.onnx"),
        lambda model: model["decoder"].update(inputs=7),
        lambda model: model["decoder"].update(filename="other.onnx"),
        lambda model: model.clear(),
    ],
)
def test_a_description_that_says_nothing_usable_is_refused(folder: Path, change: Any) -> None:
    _change(folder, change)
    with pytest.raises(ModelMissing) as caught:
        read_layout(str(folder))
    assert str(folder) in str(caught.value)
    assert not re.search(r"Error|object|argument", caught.value.what)


@pytest.mark.parametrize("text", ["", "[]", "{", "7", '{"model": 3}', "[" * 100_000])
def test_a_description_that_is_none_is_refused(folder: Path, text: str) -> None:
    (folder / "genai_config.json").write_text(text)
    with pytest.raises(ModelMissing, match="genai_config"):
        read_layout(str(folder))


@pytest.mark.parametrize("name", ["genai_config.json", "tokenizer.json", "*.onnx"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (path,) = folder.glob(name)
    path.unlink()
    with pytest.raises(ModelMissing, match=path.name):
        read_layout(str(folder))


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="nowhere: no such folder"):
        read_layout(str(tmp_path / "nowhere"))
