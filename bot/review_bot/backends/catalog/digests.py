"""sha256 of large files, remembered by path, size and time of change."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from review_bot.errors import ModelMissing

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK = 1024 * 1024
_MOST = 1000
"""Digests that are remembered."""


class Digests:
    """Digests of files; what was computed once is kept in the file `memory`, where one is given and can be written."""

    def __init__(self, memory: str | None = None) -> None:
        self._memory = memory
        self._known: dict[str, str] | None = None

    def sha256(self, path: str) -> str:
        """Digest of the file at `path`, in 64 hex digits; raises ModelMissing."""
        try:
            key = _key(path)
            known = self._read()
            if key not in known:
                known[key] = sha256(path)
                self._write()
        except OSError as error:
            raise ModelMissing(f"can't be read: {error.strerror}", where=path) from error
        return known[key]

    def remember(self, path: str, digest: str) -> None:
        """Take note of a digest that was just checked."""
        try:
            self._read()[_key(path)] = digest
        except OSError:
            return
        self._write()

    def _read(self) -> dict[str, str]:
        if self._known is None:
            self._known = _stored(self._memory) if self._memory else {}
        return self._known

    def _write(self) -> None:
        """Best effort: a place that can't be written to only costs time."""
        if self._memory is None or self._known is None:
            return
        draft = f"{self._memory}.{os.urandom(4).hex()}"
        kept = dict(list(self._known.items())[-_MOST:])
        try:
            os.makedirs(os.path.dirname(self._memory), exist_ok=True)
            with open(draft, "w", encoding="utf-8") as file:
                json.dump(kept, file)
            os.replace(draft, self._memory)
        except OSError:
            if os.path.lexists(draft):
                os.unlink(draft)


def _key(path: str) -> str:
    state = os.stat(path)
    return f"{os.path.realpath(path)}|{state.st_size}|{state.st_mtime_ns}|{state.st_ino}"


def _stored(path: str) -> dict[str, str]:
    try:
        with open(path, encoding="utf-8") as file:
            value: Any = json.load(file)
    except (OSError, ValueError, RecursionError):
        return {}
    rows = value.items() if isinstance(value, dict) else ()
    return {key: digest for key, digest in rows if isinstance(digest, str) and len(digest) == 64}


def sha256(path: str, see: Callable[[int], None] = lambda count: None) -> str:
    """Digest of the file at `path`; `see` is told how many bytes were read."""
    state = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            state.update(chunk)
            see(len(chunk))
    return state.hexdigest()
