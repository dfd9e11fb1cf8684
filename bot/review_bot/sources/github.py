"""The change of a pull request: by git where there is a checkout, else by GitHub's interface within its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.diffing.listed import left_out, listed
from review_bot.diffing.parse import parse
from review_bot.domain.review import Coverage, Degraded, SourceInfo
from review_bot.errors import DiffError, ForgeError, ForgeRejected, SourceError
from review_bot.ports import Change
from review_bot.sources.base_files import ApiFiles
from review_bot.sources.git import RangeSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review_bot.domain.diff import FileDiff
    from review_bot.ports import Api
    from review_bot.sources.event import PullRequest
    from review_bot.sources.fetched import Checkout
    from review_bot.sources.repository import Repository

_DIFF = "application/vnd.github.diff"
_WHOLE_FILES = 100
"""Files that are read whole by the interface; structural rules see the others as fragments."""
_LISTED = 3_000


class PullRequestSource:
    """What a pull request changes, from where it left its base to its head. Nothing of it is checked out or run."""

    def __init__(
        self,
        target: PullRequest,
        api: Api,
        *,
        repository: Repository | None = None,
        checkout: Checkout | None = None,
        paths: Sequence[str] = (),
    ) -> None:
        self._target = target
        self._api = api
        self._repository = repository
        self._checkout = checkout
        self._paths = paths
        self.degraded: list[Degraded] = []
        """What could not be had, after `read`."""
        self.unseen: list[Coverage] = []
        """Files of the change whose content nobody showed us."""

    def read(self) -> Change:
        """Read the change; raises SourceError where neither git nor GitHub can give it."""
        change = self._by_git()
        if change is not None:
            return change
        try:
            return self._by_api()
        except ForgeError as error:
            remedy = "check out with fetch-depth: 0, or give GITHUB_TOKEN"
            raise SourceError(f"the change can't be read: {error}", where="GitHub", remedy=remedy) from error

    def _by_git(self) -> Change | None:
        repository, checkout, target = self._repository, self._checkout, self._target
        if repository is None or checkout is None:
            return None
        refs = () if target.number is None else (f"refs/pull/{target.number}/head",)
        if not checkout.get([target.base, target.head], refs):
            return None
        try:
            base = checkout.merge_base(target.base, target.head, self._told)
        except SourceError:
            return None
        change = RangeSource(repository, f"{base}..{target.head}", self._paths).read()
        # Without a root nobody looks into the work tree: it need not be that of the head, and may be anybody's.
        return change._replace(info=self._info(base), root=None)

    def _info(self, base: str) -> SourceInfo:
        target = self._target
        kind = SourceInfo("range" if target.number is None else "pull-request")
        return kind._replace(base=base, head=target.head, repository=target.repository or None, number=target.number)

    def _told(self) -> str:
        """The merge base as GitHub knows it; empty where it does not answer."""
        ends = f"{self._target.base}...{self._target.head}"
        try:
            answer = self._api.get(f"/repos/{self._target.repository}/compare/{ends}", per_page="1").json()
        except ForgeError:
            return ""
        commit = answer.get("merge_base_commit") if isinstance(answer, dict) else None
        return str(commit.get("sha", "")) if isinstance(commit, dict) else ""

    def _by_api(self) -> Change:
        base = self._told() or self._target.base
        files = self._narrowed(self._whole_diff() or self._list())
        contents = ApiContents(self._api, self._target.repository, base, self._target.head, self.degraded)
        return Change(self._info(base), files, contents)

    def _whole_diff(self) -> tuple[FileDiff, ...]:
        """The files of the diff as git writes it; none where GitHub refuses it for its size."""
        target = self._target
        ends = f"compare/{target.base}...{target.head}" if target.number is None else f"pulls/{target.number}"
        try:
            text = self._api.get(f"/repos/{target.repository}/{ends}", accept=_DIFF).text
        except ForgeRejected as error:
            if error.status != 406 or target.number is None:
                raise
            reason = "GitHub refuses diffs of more than 300 files or 20,000 lines; the list of files was read instead"
            self.degraded.append(Degraded("diff", reason))
            return ()
        try:
            return parse(text.encode("utf-8", "surrogateescape"))
        except DiffError as error:
            raise SourceError(f"GitHub's diff can't be read: {error}", where="GitHub") from error

    def _list(self) -> tuple[FileDiff, ...]:
        """The files as GitHub lists them, with what the list leaves out."""
        target = self._target
        if target.number is None:
            return ()
        files = tuple(map(listed, self._api.pages(f"/repos/{target.repository}/pulls/{target.number}/files")))
        for file in filter(left_out, files):
            reason = "GitHub leaves the patch of this file out"
            self.unseen.append(Coverage(file.path, 1, 1, file.added, rules=False, model="skipped", reason=reason))
        if self.unseen:
            self.degraded.append(Degraded("diff", f"GitHub left out the patches of {len(self.unseen)} files"))
        if len(files) >= _LISTED:
            more = f" of {target.changed_files}" if target.changed_files > len(files) else ""
            self.degraded.append(Degraded("diff", f"GitHub lists {len(files)} files{more}; the others were not seen"))
        return files

    def _narrowed(self, files: tuple[FileDiff, ...]) -> tuple[FileDiff, ...]:
        if not self._paths:
            return files
        import os

        from review_bot.sources.paths import Wanted

        return Wanted(self._paths, cwd=os.getcwd(), root=None).narrow(files)


class ApiContents:
    """Whole files by the interface, one request each, as far as their number is bounded."""

    def __init__(self, api: Api, repository: str, base: str, head: str, degraded: list[Degraded]) -> None:
        self._old = ApiFiles(api, repository, base)
        self._new = ApiFiles(api, repository, head)
        self._degraded = degraded
        self._left = _WHOLE_FILES
        self._known: dict[tuple[str, bool], bytes | None] = {}

    def new(self, file: FileDiff) -> bytes | None:
        """The file as after the change."""
        if file.deleted or file.status in ("submodule", "binary"):
            return None
        return self._read(file.path, old=False)

    def old(self, file: FileDiff) -> bytes | None:
        """The file as before the change."""
        if file.new_file or file.status in ("submodule", "binary"):
            return None
        return self._read(file.before, old=True)

    def _read(self, path: str, *, old: bool) -> bytes | None:
        key = (path, old)
        if key not in self._known:
            self._known[key] = self._asked(path, old=old)
        return self._known[key]

    def _asked(self, path: str, *, old: bool) -> bytes | None:
        if self._left <= 0:
            return None
        self._left -= 1
        if not self._left:
            self._degraded.append(Degraded("contents", f"{_WHOLE_FILES} whole files were read; of others the hunks"))
        try:
            return (self._old if old else self._new).read(path)
        except ForgeError as error:
            self._left = 0
            self._degraded.append(Degraded("contents", f"whole files can't be read: {error}"))
            return None
