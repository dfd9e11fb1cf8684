from __future__ import annotations

import os
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from review_bot.stores.atomic import replace

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_file_follows_the_umask(tmp_path: Path) -> None:
    place = tmp_path / "new"
    replace(str(place), b"text")
    umask = os.umask(0)
    os.umask(umask)
    assert (place.read_bytes(), stat.S_IMODE(place.stat().st_mode)) == (b"text", 0o666 & ~umask)


def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "file").chmod(0o640)
    (tmp_path / "link").symlink_to("file")
    replace(str(tmp_path / "link"), b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_what_is_no_plain_file_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    replace(str(pipe), b"x" * 200_000)
    reader.join()
    assert read == [b"x" * 200_000]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_device_stays_a_device() -> None:
    with pytest.raises(OSError, match="No space left"):
        replace("/dev/full", b"text")
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


def test_a_folder_is_refused_and_nothing_is_left_behind(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        replace(str(tmp_path), b"text")
    with pytest.raises(FileNotFoundError):
        replace(str(tmp_path / "no" / "folder"), b"text")
    assert list(tmp_path.iterdir()) == []
