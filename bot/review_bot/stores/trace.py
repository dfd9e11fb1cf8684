"""The trace of a run: every step as one line of JSON, written as it happens."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from review_bot.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Trace:
    """A file of JSON lines; raises OutputError where it can't be written."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._error: OutputError | None = None
        try:
            self._stream = open(path, "w", encoding="utf-8")  # noqa: SIM115 - closed by `close`
        except (OSError, ValueError) as error:
            raise self._failure(error) from error

    def write(self, row: Mapping[str, Any]) -> None:
        """Add one line; what goes wrong is raised by `close`, so that it ends no review in the middle."""
        with self._lock:
            if self._error is not None:
                return
            try:
                self._stream.write(json.dumps(row, separators=(",", ":")) + "\n")
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._error = self._failure(error)

    def close(self) -> None:
        """End the file; raises OutputError where a line is missing."""
        with self._lock:
            try:
                self._stream.close()
            except OSError as error:
                self._error = self._error or self._failure(error)
            if self._error is not None:
                raise self._error

    def _failure(self, error: Exception) -> OutputError:
        reason = getattr(error, "strerror", None) or "not a path"
        return OutputError(f"can't be written: {reason}", where=self._path, remedy="name another file for --trace")
