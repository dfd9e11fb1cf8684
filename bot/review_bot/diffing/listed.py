"""Files of a change as the lists of a forge's interface give them: a table each, with the hunks as `patch`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.diffing.parse import parse_hunks
from review_bot.domain.diff import FileDiff
from review_bot.errors import DiffError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review_bot.domain.diff import Status

_STATUS: dict[str, Status] = {"added": "added", "removed": "deleted", "renamed": "renamed", "copied": "copied"}


def listed(row: Any) -> FileDiff:
    """A file of GitHub's list of files; without hunks where the list leaves the patch out."""
    table = row if isinstance(row, dict) else {}
    path, before = _text(table, "filename"), _text(table, "previous_filename")
    status: Status = _STATUS.get(_text(table, "status"), "modified")
    old_path = (before or None) if status in ("renamed", "copied") else None
    patch = _text(table, "patch")
    if patch:
        try:
            return parse_hunks(patch.encode("utf-8", "replace") + b"\n", path, status=status, old_path=old_path)
        except DiffError:  # cut off: as good as none
            pass
    counts = _count(table, "additions"), _count(table, "deletions")
    kind: Status = "binary" if not any(counts) and status in ("modified", "added", "deleted") else status
    return FileDiff(path, old_path, kind, (), *counts, new_file=status == "added", deleted=status == "deleted")


def left_out(file: FileDiff) -> bool:
    """Whether a listed file has changes that its list does not show."""
    return not file.hunks and file.added + file.removed > 0


def _count(table: Mapping[str, Any], key: str) -> int:
    value = table.get(key)
    return value if isinstance(value, int) and value >= 0 else 0


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""
