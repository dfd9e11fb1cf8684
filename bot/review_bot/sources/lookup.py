"""Looking things up in the tree around a change: as staged, as on disk, or as in a commit."""

from __future__ import annotations

import os

from review_bot.ports import Hit
from review_bot.sources.process import git, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.sources.blobs import Blobs
    from review_bot.sources.disk import WorkTree

_MOST_HITS = 5000
"""Lines of one search that are looked at: a name that stands in more says nothing."""


class GitTree:
    """One version of a repository; no process runs before the first question."""

    def __init__(
        self, cwd: str, *, root: str | None = None, revision: str | None = None, on_disk: bool = False
    ) -> None:
        """The commit `revision`, else the index; `on_disk` takes the files of the work tree at `root`."""
        self._cwd = cwd
        self._root = root
        self._revision = revision
        self._on_disk = on_disk
        self._ids: dict[str, str] | None = None
        self._blobs: Blobs | None = None
        self._work_tree: WorkTree | None = None
        self._found: dict[tuple[str, ...], list[Hit]] = {}

    def grep(self, names: Sequence[str]) -> list[Hit]:
        """Every line that holds one of the names as a whole word, from one `git grep`; none where git can't look."""
        key = tuple(sorted(set(names)))
        if key and key not in self._found:
            self._found[key] = list(self._search(key))
        return self._found.get(key, [])

    def paths(self) -> list[str]:
        """Every path that git knows; on disk also what it does not ignore."""
        return list(self._listed())

    def read(self, path: str) -> bytes | None:
        """The file at `path`, or None where there is none."""
        if self._on_disk and self._root is not None:
            return self._from_disk(path)
        identity = self._listed().get(path)
        if not identity:
            return None
        if self._blobs is None:
            from review_bot.sources.blobs import Blobs

            self._blobs = Blobs(self._cwd)
        return self._blobs.read(identity)

    def _from_disk(self, path: str) -> bytes | None:
        if self._work_tree is None:
            from review_bot.sources.disk import WorkTree

            self._work_tree = WorkTree(self._root or "")
        entry = self._work_tree.entry(path)
        return entry.content if entry else None

    def _search(self, names: Sequence[str]) -> Iterator[Hit]:
        words = [part for name in names for part in ("-e", name)]
        options = ["grep", "-n", "-w", "-F", "-z", "-I", "--full-name", "--no-color", *words]
        place = ["--untracked"] if self._on_disk else ["--cached"] if self._revision is None else [self._revision]
        done = run([*options, *place, "--", ":/"], cwd=self._cwd)
        prefix = f"{self._revision}:" if self._revision else ""
        for record in done.output.split(b"\n")[:_MOST_HITS] if done.status == 0 else ():
            path, _, rest = record.partition(b"\0")
            number, _, text = rest.partition(b"\0")
            if number.isdigit():
                name = path.decode("utf-8", "surrogateescape").removeprefix(prefix)
                yield Hit(name, int(number), text.decode("utf-8", "replace"))

    def _listed(self) -> dict[str, str]:
        """Object id by path; on disk no ids."""
        if self._ids is None:
            self._ids = dict(self._records())
        return self._ids

    def _records(self) -> Iterator[tuple[str, str]]:
        for record in self._listing().split(b"\0"):
            head, tab, path = record.partition(b"\t")
            words = head.split()
            if self._on_disk and record:
                yield os.fsdecode(record), ""
            elif tab and len(words) == 3 and words[0] != b"160000":
                yield path.decode("utf-8", "surrogateescape"), words[2 if self._revision else 1].decode("ascii")

    def _listing(self) -> bytes:
        cwd, everywhere = self._cwd, ["--", ":/"]
        if self._on_disk:
            return git(
                ["ls-files", "-z", "--full-name", "--cached", "--others", "--exclude-standard", *everywhere], cwd=cwd
            )
        if self._revision is None:
            return git(["ls-files", "-z", "--full-name", "--stage", *everywhere], cwd=cwd)
        return git(["ls-tree", "-r", "-z", "--full-tree", self._revision], cwd=cwd)
