"""What a workflow of GitHub was started by: the event file, and the pull request it speaks of."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from review_bot.errors import SourceError, UsageError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from review_bot.ports import Api

_LARGEST = 50_000_000
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_NOBODY = "0" * 40


class Event(NamedTuple):
    """One event; what it does not say is empty or None."""

    name: str
    repository: str
    """`owner/name`."""
    number: int | None = None
    base: str = ""
    head: str = ""
    head_owner: str = ""
    head_branch: str = ""
    fork: bool = False
    """Whether the change comes from another repository, so that the token of the run may only read."""

    @property
    def of_a_finished_run(self) -> bool:
        """Whether artifacts come from another run, which anybody's code may have written."""
        return self.name == "workflow_run"


class PullRequest(NamedTuple):
    """A pull request, or for a push just its two commits."""

    repository: str
    number: int | None
    base: str
    head: str
    fork: bool = False
    changed_files: int = 0


def read(environ: Mapping[str, str]) -> Event:
    """The event of this run; without an event file one that says nothing but the repository. Raises SourceError."""
    path = environ.get("GITHUB_EVENT_PATH", "")
    table = _table(_loaded(path)) if path else {}
    name = environ.get("GITHUB_EVENT_NAME") or _guessed(table)
    repository = environ.get("GITHUB_REPOSITORY") or _text(_table(table.get("repository")), "full_name")
    if repository and not _REPOSITORY.fullmatch(repository):
        raise UsageError(f"no repository: {repository!r}", where="GITHUB_REPOSITORY", remedy="write OWNER/NAME")
    return _event(name, repository, table)


def find(event: Event, number: int | None, api: Api) -> PullRequest | None:
    """The pull request that `number` or the event names; None where there is none. Raises ForgeError."""
    wanted = number if number is not None else event.number
    if not event.repository and (wanted is not None or event.head_branch):
        raise UsageError("GITHUB_REPOSITORY is not set", remedy="set it to OWNER/NAME")
    if wanted is None and event.head_branch:
        return _of_branch(event, api)
    if wanted is None:
        return None
    if event.number == wanted and event.base and event.head:
        return PullRequest(event.repository, wanted, event.base, event.head, event.fork)
    return pull_request(_table(api.get(f"/repos/{event.repository}/pulls/{wanted}").json()), event.repository)


def pull_request(table: Mapping[str, Any], repository: str) -> PullRequest:
    """A pull request as GitHub writes it; raises SourceError where it is none."""
    base, head = _table(table.get("base")), _table(table.get("head"))
    number = table.get("number")
    ends = _commit(base, "sha"), _commit(head, "sha")
    if not isinstance(number, int) or not all(ends):
        raise SourceError("not a pull request", where="GitHub", remedy="name one with --pr N")
    changed = table.get("changed_files")
    return PullRequest(
        repository, number, *ends, fork=_fork(base, head), changed_files=changed if isinstance(changed, int) else 0
    )


def _of_branch(event: Event, api: Api) -> PullRequest | None:
    """The open pull request of a branch, which of a fork no event names; its head must be the one that ran."""
    label = f"{event.head_owner}:{event.head_branch}"
    for row in api.pages(f"/repos/{event.repository}/pulls", head=label, state="open"):
        found = pull_request(_table(row), event.repository)
        if not event.head or found.head == event.head:
            return found
    return None


def _event(name: str, repository: str, table: Mapping[str, Any]) -> Event:
    if name == "workflow_run":
        return _of_run(repository, _table(table.get("workflow_run")))
    if name == "push":
        return _of_push(repository, table)
    if name == "merge_group":
        group = _table(table.get("merge_group"))
        return Event(name, repository, base=_commit(group, "base_sha"), head=_commit(group, "head_sha"))
    pull = _table(table.get("pull_request"))
    if pull:
        found = pull_request(pull, repository)
        return Event(name, repository, found.number, found.base, found.head, fork=found.fork)
    issue = _table(table.get("issue"))
    if issue.get("pull_request") and isinstance(issue.get("number"), int):
        return Event(name, repository, issue["number"])
    if name == "workflow_dispatch":
        return _of_dispatch(repository, table)
    return Event(name, repository)


def _of_run(repository: str, run: Mapping[str, Any]) -> Event:
    head = _table(run.get("head_repository"))
    owner = _text(_table(head.get("owner")), "login") or _text(head, "full_name").partition("/")[0]
    fork = _text(head, "full_name").lower() != repository.lower()
    branch = _text(run, "head_branch")
    return Event(
        "workflow_run", repository, head=_commit(run, "head_sha"), head_owner=owner, head_branch=branch, fork=fork
    )


def _of_push(repository: str, table: Mapping[str, Any]) -> Event:
    base, head = _commit(table, "before"), _commit(table, "after")
    return Event("push", repository, base="" if base == _NOBODY else base, head="" if head == _NOBODY else head)


def _of_dispatch(repository: str, table: Mapping[str, Any]) -> Event:
    """By hand: the number in an input called pr, number or pull-request; else the branch's open pull request."""
    inputs = _table(table.get("inputs"))
    for key in ("pr", "number", "pull-request", "pull_request"):
        value = str(inputs.get(key) or "")
        if value.isdigit():
            return Event("workflow_dispatch", repository, int(value))
    branch = _text(table, "ref").removeprefix("refs/heads/")
    return Event("workflow_dispatch", repository, head_owner=repository.partition("/")[0], head_branch=branch)


def _guessed(table: Mapping[str, Any]) -> str:
    """The event's name where only its file is at hand."""
    names = ("workflow_run", "merge_group", "pull_request", "issue", "inputs")
    found = next((one for one in names if one in table), "")
    if found == "inputs":
        return "workflow_dispatch"
    return found or ("push" if "after" in table and "before" in table else "")


def _fork(base: Mapping[str, Any], head: Mapping[str, Any]) -> bool:
    """Whether the two sides are different repositories; a fork that was deleted is null."""
    ours, theirs = (_text(_table(side.get("repo")), "full_name").lower() for side in (base, head))
    return bool(ours) and ours != theirs


def _loaded(path: str) -> Any:
    try:
        with open(path, "rb") as stream:
            return json.loads(stream.read(_LARGEST))
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or "it is not JSON"
        raise SourceError(f"the event can't be read: {reason}", where=path, remedy="see GITHUB_EVENT_PATH") from error


def _commit(table: Mapping[str, Any], key: str) -> str:
    value = _text(table, key)
    return value if _COMMIT.fullmatch(value) else ""


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""
