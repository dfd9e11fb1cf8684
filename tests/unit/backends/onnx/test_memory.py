from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from review_bot.backends.onnx import memory
from review_bot.backends.onnx.engine import check_memory
from review_bot.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path


def _info(root: Path, kilobytes: int) -> str:
    (root / "meminfo").write_text(f"MemTotal: 99 kB\nMemAvailable:    {kilobytes} kB\n")
    return str(root / "meminfo")


def _group(root: Path, limit: str, used: int = 1000, files: int = 400) -> str:
    (root / "memory.max").write_text(f"{limit}\n")
    (root / "memory.current").write_text(f"{used}\n")
    (root / "memory.stat").write_text(f"anon 1\ninactive_file {files}\n")
    return str(root)


@pytest.mark.parametrize(("limit", "expected"), [("max", 5 * 1024), ("3000", 2400), ("900", 300), ("99999", 5 * 1024)])
def test_the_smaller_of_machine_and_container_counts(tmp_path: Path, limit: str, expected: int) -> None:
    assert memory.available(_info(tmp_path, 5), _group(tmp_path, limit)) == expected


def test_where_nothing_is_told_nothing_is_known(tmp_path: Path) -> None:
    assert memory.available(str(tmp_path / "nowhere"), str(tmp_path / "nowhere")) is None


def test_a_model_that_does_not_fit_is_told_before_it_is_loaded(
    tiny_model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("numpy")
    from review_bot.backends.onnx.layout import read_layout

    check_memory(read_layout(tiny_model))
    monkeypatch.setattr(memory, "available", lambda: 1000)
    with pytest.raises(Unavailable, match="use a smaller model"):
        check_memory(read_layout(tiny_model))
