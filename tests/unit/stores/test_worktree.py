from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from review_bot.errors import StoreError
from review_bot.stores.worktree import write_file

if TYPE_CHECKING:
    from pathlib import Path


def test_the_file_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "sub" / "run.sh"
    target.parent.mkdir()
    target.write_bytes(b"old\r\n")
    target.chmod(0o755)
    write_file(str(tmp_path), "sub/run.sh", b"old\r\n", b"new\r\n")
    assert target.read_bytes() == b"new\r\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o755
    assert os.listdir(target.parent) == ["run.sh"]


def test_a_work_tree_behind_a_link_is_fine(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_file(str(tmp_path / "link"), "a", b"old", b"new")
    assert (tmp_path / "real" / "a").read_bytes() == b"new"


def test_a_file_that_changed_meanwhile_is_left(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"other")
    with pytest.raises(StoreError, match="changed meanwhile"):
        write_file(str(tmp_path), "a", b"old", b"new")
    assert (tmp_path / "a").read_bytes() == b"other"


@pytest.mark.parametrize("path", ["../out", "sub/../../out", "", "./out", "a//b", "nul\0"])
def test_nothing_outside_the_work_tree_is_touched(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "out").write_bytes(b"old")
    with pytest.raises(StoreError):
        write_file(str(root), path, b"old", b"new")
    assert (tmp_path / "out").read_bytes() == b"old"


def test_an_absolute_path_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(StoreError, match="leaves the work tree"):
        write_file(str(tmp_path), str(tmp_path / "a"), b"old", b"new")


@pytest.mark.parametrize("path", ["link", "folder/out", "folder", "missing"])
def test_links_and_folders_are_refused(tmp_path: Path, path: str) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "out").write_bytes(b"old")
    (root / "link").symlink_to("../outside/out")
    (root / "folder").symlink_to("../outside")
    with pytest.raises(StoreError, match="no plain file"):
        write_file(str(root), path, b"old", b"new")
    assert (outside / "out").read_bytes() == b"old"
