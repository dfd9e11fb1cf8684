"""Events that are not in the log yet: files that appear whole or not at all, and go once the log has them."""

from __future__ import annotations

import os
import time
from contextlib import suppress

from review_bot.errors import StoreError
from review_bot.stores.batches import SUFFIX, name_of

_STALE = 3600
"""Seconds after which a draft was left behind by a killed process."""


class Spool:
    """A folder of batches."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Keep a batch durably; its name. Raises StoreError where there is no room or no right to."""
        name = name_of(data).replace("/", "")
        draft = os.path.join(self.folder, f".{name}.{os.getpid()}")
        try:
            os.makedirs(self.folder, exist_ok=True)
            with open(draft, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(draft, os.path.join(self.folder, name))
        except OSError as error:
            with suppress(OSError):
                os.unlink(draft)
            raise StoreError(
                f"can't be written to: {error.strerror}; nothing was recorded",
                where=self.folder,
                remedy="make room or give the right to write, then run it again",
            ) from error
        return name

    def names(self) -> list[str]:
        """The batches that wait, sorted."""
        try:
            found = os.listdir(self.folder)
        except OSError:
            return []
        self._sweep([name for name in found if name.startswith(".")])
        return sorted(name for name in found if name.endswith(SUFFIX) and not name.startswith("."))

    def get(self, name: str) -> bytes | None:
        """The batch; None where another process took it meanwhile."""
        try:
            with open(os.path.join(self.folder, name), "rb") as stream:
                return stream.read()
        except OSError:
            return None

    def drop(self, names: list[str]) -> None:
        """Let go of batches that the log has; one that can't be removed stays, and is recognised the next time."""
        for name in names:
            with suppress(OSError):
                os.unlink(os.path.join(self.folder, name))

    def _sweep(self, drafts: list[str]) -> None:
        for name in drafts:
            path = os.path.join(self.folder, name)
            with suppress(OSError):
                if time.time() - os.stat(path).st_mtime > _STALE:
                    os.unlink(path)
