from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.stores.lock import exclusive

if TYPE_CHECKING:
    from pathlib import Path


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    path = str(tmp_path / "deep" / "lock")
    with exclusive(path, 0) as first, exclusive(path, 0.1) as second:
        assert (first, second) == (True, False)
    with exclusive(path, 0) as again:
        assert again is True


def test_place_without_locks_is_told_apart_from_a_lock_that_is_held(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with exclusive(str(tmp_path / "file" / "lock"), 0) as held:
        assert held is None
