"""Where a workflow run shows a review: its summary page, its log, and the outputs of the step."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT = 900 * 1024
"""Bytes of a step's summary; GitHub drops the whole of one above a mebibyte."""
_CUT = "\n\n(cut: a summary holds 900 KiB)\n"


def add_summary(path: str, text: str) -> bool:
    """Append to the summary of the step; False where it can't be written."""
    data = text.encode("utf-8", "replace")
    if len(data) > LIMIT:
        data = data[: LIMIT - len(_CUT)].decode("utf-8", "ignore").encode() + _CUT.encode()
    try:
        with open(path, "ab") as stream:
            stream.write(data)
    except OSError:
        return False
    return True


def add_outputs(path: str, values: Mapping[str, str]) -> bool:
    """Append outputs of the step; False where they can't be written."""
    text = "".join(f"{name}={' '.join(value.split())}\n" for name, value in values.items())
    try:
        with open(path, "a", encoding="utf-8", errors="replace") as stream:
            stream.write(text)
    except OSError:
        return False
    return True


def untrusted(text: str) -> str:
    """`text` for the log of a workflow, where the runner takes nothing in it for a command."""
    token = secrets.token_hex(16)
    return f"::stop-commands::{token}\n{text.rstrip()}\n::{token}::\n"
