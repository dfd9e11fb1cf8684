"""A pull request on GitHub: reviews and comments by REST, threads by GraphQL, which alone can hide and resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from review_bot.diffing.listed import listed
from review_bot.domain.threads import SummaryComment, Thread, Threads
from review_bot.errors import ForgeBusy, ForgeDown, ForgeError, ForgeMissing, ForgeRefused
from review_bot.pipeline.pull_request import marks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.domain.diff import FileDiff
    from review_bot.domain.threads import Draft
    from review_bot.publishers.client import Client

_THREADS = """
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  viewer { login }
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      state
      headRefOid
      reviewThreads(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id
          isResolved
          resolvedBy { login }
          comments(first: 1) {
            totalCount
            nodes { id databaseId fullDatabaseId body viewerDidAuthor isMinimized url }
          }
        }
      }
    }
  }
}
"""
_MOST_PAGES = 20
_AT_ONCE = 20
"""Mutations of one request."""


class GithubForge:
    """The pull request `number` of `repository` (`owner/name`)."""

    def __init__(self, client: Client, repository: str, number: int) -> None:
        self._client = client
        self._owner, _, self._name = repository.partition("/")
        self._number = number
        self._root = f"/repos/{quote(repository)}"
        self._login = ""

    @property
    def login(self) -> str:
        """Our own login, known once the threads were read."""
        return self._login

    def head(self) -> str:
        """The commit that the pull request ends at now; empty where it is closed."""
        found = _table(self._client.get(f"{self._root}/pulls/{self._number}").json())
        return _text(_table(found.get("head")), "sha") if found.get("state") == "open" else ""

    def threads(self) -> Threads:
        """Our threads and our summary as they are now."""
        head, found = "", []
        for pull in self._pages():
            head = _text(pull, "headRefOid") if pull.get("state") == "OPEN" else ""
            found += [one for row in _rows(pull.get("reviewThreads")) if (one := self._thread(row)) is not None]
        return Threads(head, tuple(found), self._summary())

    def files(self) -> Sequence[FileDiff]:
        """The files of the pull request; GitHub lists 3,000 of them, and leaves large patches out."""
        return tuple(map(listed, self._client.pages(f"{self._root}/pulls/{self._number}/files")))

    def exists(self, path: str, commit: str) -> bool:
        """Whether the file is there in that commit; so it is taken for where the token may not read files."""
        try:
            self._client.get(f"{self._root}/contents/{quote(path)}", ref=commit)
        except ForgeMissing:
            return False
        except ForgeRefused:
            return True
        return True

    def review(self, commit: str, body: str, drafts: Sequence[Draft]) -> str:
        """Post one review with all the comments, or none of it."""
        payload = {"commit_id": commit, "body": body, "event": "COMMENT", "comments": [_payload(one) for one in drafts]}
        made = self._client.write("POST", f"{self._root}/pulls/{self._number}/reviews", payload)
        return _text(_table(made), "html_url")

    def edit(self, comment: int, body: str) -> None:
        """Change a comment in one of our threads."""
        self._client.write("PATCH", f"{self._root}/pulls/comments/{comment}", {"body": body})

    def hide(self, comments: Sequence[str]) -> None:
        """Minimise comments as outdated."""
        self._each("minimizeComment", "subjectId", comments, ", classifier: OUTDATED")

    def show(self, comments: Sequence[str]) -> None:
        """Take that back."""
        self._each("unminimizeComment", "subjectId", comments)

    def resolve(self, threads: Sequence[str]) -> None:
        """Resolve threads; raises ForgeRefused where the token may not, as without `contents: write`."""
        self._each("resolveReviewThread", "threadId", threads)

    def reopen(self, threads: Sequence[str]) -> None:
        """Take that back."""
        self._each("unresolveReviewThread", "threadId", threads)

    def summarise(self, known: SummaryComment | None, body: str) -> str:
        """Make `body` our comment in the conversation, in place of the known one."""
        if known is not None:
            path = f"{self._root}/issues/comments/{known.number}"
            return _text(_table(self._client.write("PATCH", path, {"body": body})), "html_url")
        made = self._client.write("POST", f"{self._root}/issues/{self._number}/comments", {"body": body})
        return _text(_table(made), "html_url")

    def writes_left(self) -> int:
        """How many more changes this run may make."""
        return self._client.writes_left()

    def _pages(self) -> Iterator[dict[str, Any]]:
        """The pull request as often as its threads have pages."""
        after: str | None = None
        for _ in range(_MOST_PAGES):
            variables = {"owner": self._owner, "name": self._name, "number": self._number, "after": after}
            data = _table(self._client.query(_THREADS, variables))
            self._login = _text(_table(data.get("viewer")), "login")
            pull = _table(_table(data.get("repository")).get("pullRequest"))
            yield pull
            info = _table(_table(pull.get("reviewThreads")).get("pageInfo"))
            if not info.get("hasNextPage"):
                return
            after = _text(info, "endCursor")
        raise ForgeBusy(f"more than {_MOST_PAGES * 100} threads", where="GitHub")

    def _thread(self, row: dict[str, Any]) -> Thread | None:
        """A thread that begins with a marked comment of our own; None for any other."""
        comments = _table(row.get("comments"))
        first = next(iter(_rows(comments)), {})
        mark = marks.read_finding(_body(first)) if first.get("viewerDidAuthor") is True else None
        if mark is None:
            return None
        by = _text(_table(row.get("resolvedBy")), "login")
        return Thread(
            id=_text(row, "id"),
            comment=_text(first, "id"),
            number=int(first.get("fullDatabaseId") or first.get("databaseId") or 0),
            body=_body(first),
            mark=mark,
            hidden=first.get("isMinimized") is True,
            resolved=row.get("isResolved") is True,
            resolved_by_us=same_login(by, self._login, bot=True),
            replies=max(int(comments.get("totalCount") or 1) - 1, 0),
            url=_text(first, "url"),
        )

    def _summary(self) -> SummaryComment | None:
        """The first comment of the conversation that is our summary."""
        for row in self._client.pages(f"{self._root}/issues/{self._number}/comments"):
            user = _table(row.get("user"))
            if same_login(_text(user, "login"), self._login, bot=user.get("type") == "Bot"):
                mark = marks.read_summary(_body(row))
                if mark is not None:
                    return SummaryComment(int(row["id"]), _body(row), mark, _text(row, "html_url"))
        return None

    def _each(self, name: str, key: str, ids: Sequence[str], more: str = "") -> None:
        """One mutation for each id, several in one request; each may be done twice without harm."""
        for at in range(0, len(ids), _AT_ONCE):
            part = ids[at : at + _AT_ONCE]
            names = [f"$i{n}: ID!" for n in range(len(part))]
            calls = [f"m{n}: {name}(input: {{{key}: $i{n}{more}}}) {{ clientMutationId }}" for n in range(len(part))]
            text = f"mutation({', '.join(names)}) {{ {' '.join(calls)} }}"
            try:
                self._client.mutate(text, {f"i{n}": one for n, one in enumerate(part)})
            except ForgeMissing:  # deleted meanwhile; the others are done
                continue
            except ForgeError as error:
                if len(part) == 1 or isinstance(error, ForgeRefused | ForgeBusy | ForgeDown):
                    raise
                for one in part:
                    self._each(name, key, (one,), more)


def _payload(draft: Draft) -> dict[str, Any]:
    found: dict[str, Any] = {"path": draft.path, "line": draft.line, "side": draft.side, "body": draft.body}
    if draft.start_line is not None:
        found |= {"start_line": draft.start_line, "start_side": draft.side}
    return found


def same_login(login: str, ours: str, *, bot: bool) -> bool:
    """Whether a login is our own: `github-actions[bot]` of REST is `github-actions` where GraphQL names an author."""
    if not login or not ours:
        return False
    return login == ours or (bot and login.removesuffix("[bot]") == ours.removesuffix("[bot]"))


def _body(row: dict[str, Any]) -> str:
    """The text of a comment; the web page sends other line ends."""
    return _text(row, "body").replace("\r\n", "\n")


def _rows(connection: Any) -> list[dict[str, Any]]:
    return [row for row in _table(connection).get("nodes") or () if isinstance(row, dict)]


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(table: dict[str, Any], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""
