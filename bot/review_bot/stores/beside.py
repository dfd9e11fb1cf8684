"""A shared folder as a scan sees it: what others wrote there counts before a `sync` has taken it in.

Asked at every commit, hence one look at one file, and nothing is loaded where that has not changed.
"""

from __future__ import annotations

import os

from review_bot.errors import ConfigError, StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from review_bot.ports import Batch
    from review_bot.stores.folder import Folder

CHANGES = ".changes"
"""File of a repository's folder that every writer appends to: its size and time tell that something is new."""
MOST = 2 << 20
"""Bytes of files that a clone lacks, above which taking them in is left to `sync`: about a second's work."""
_MARK = "beside/"


class Beside:
    """The folder of one repository, read beside the clone's own log."""

    def __init__(self, top: str, repository: str, say: Callable[[str], None]) -> None:
        self.root = os.path.join(top, repository)
        self._top, self._repository, self._say = top, repository, say
        self._usable = True

    def state(self) -> str:
        """What differs whenever something was written; empty where nobody has written yet, or the folder is away."""
        try:
            found = os.stat(os.path.join(self.root, CHANGES))
        except OSError:
            return ""
        return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ino}"

    def names(self, local: Collection[str]) -> frozenset[str]:
        """The names of its batches; none where it can't be read, or holds much that is not `local`."""
        try:
            found = self._folder().names()
            lacking = sum(os.stat(os.path.join(self.root, name)).st_size for name in found.difference(local))
        except (StoreError, OSError) as error:
            return self._left(f"{self.root} can't be read now: {error}")
        if lacking > MOST:
            more = f"{lacking >> 20} MiB of {self.root} are not looked at yet"
            return self._left(f"{more}; `review-bot memory sync` takes them in")
        return frozenset(_MARK + name for name in found)

    def read(self, known: Collection[str], local: Collection[str]) -> Iterator[Batch]:
        """Every batch that is neither known nor `local`; call `names` before."""
        if not self._usable:
            return
        there = {one.removeprefix(_MARK) for one in known if one.startswith(_MARK)}
        try:
            for batch in self._folder().read(there.union(local)):
                yield batch._replace(name=_MARK + batch.name)
        except StoreError as error:
            self._left(str(error))

    def _left(self, why: str) -> frozenset[str]:
        self._usable = False
        self._say(why)
        return frozenset()

    def _folder(self) -> Folder:
        from review_bot.stores.folder import Folder

        return Folder(self._top, self._repository)


def beside(url: str, repository: str, say: Callable[[str], None]) -> Beside | None:
    """The folder that a `file:` URL names for a repository; None for one that names none, which `sync` will say."""
    if url.startswith("file:///") and "%" not in url:
        return Beside(url[len("file://") :], repository, say)
    from review_bot.stores.folder import path_of

    try:
        return Beside(path_of(url), repository, say)
    except ConfigError:
        return None
