"""Reading what people did in the threads of a pull request, and answering them."""

from __future__ import annotations

import base64
import calendar
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from review_bot.domain.talk import Conversation, Reaction, Said, Talk
from review_bot.errors import ForgeError, ForgeMissing, ForgeRefused
from review_bot.publishers.github import GithubForge, same_login

if TYPE_CHECKING:
    from review_bot.domain.threads import Thread
    from review_bot.publishers.client import Client

_MAY_WRITE = ("admin", "maintain", "write")


class GithubFeedback:
    """The conversation in the pull request `number` of `repository` (`owner/name`)."""

    def __init__(self, client: Client, repository: str, number: int) -> None:
        self._client = client
        self._forge = GithubForge(client, repository, number)
        self._root = f"/repos/{quote(repository)}"
        self._number = number
        self._rights: dict[str, bool] = {}
        self._files: dict[tuple[str, str], str | None] = {}
        self._commits: dict[str, str] = {}

    def conversation(self) -> Conversation:
        """Our threads with replies and reactions; raises ForgeError."""
        threads = {one.number: one for one in self._forge.threads().threads}
        pull = _table(self._client.get(f"{self._root}/pulls/{self._number}").json())
        rows = [
            row for row in self._client.pages(f"{self._root}/pulls/{self._number}/comments") if isinstance(row, dict)
        ]
        talks = [self._talk(row, threads[row["id"]], rows) for row in rows if row.get("id") in threads]
        merged = pull.get("merged_at")
        return Conversation(
            str(_table(pull.get("head")).get("sha") or ""),
            _seconds(merged) if isinstance(merged, str) else None,
            _seconds(pull.get("updated_at")),
            tuple(talks),
        )

    def may_write(self, login: str) -> bool:
        """Whether a person has permission to write; nobody whose permission can't be read has."""
        if login not in self._rights:
            self._rights[login] = self._permission(login) in _MAY_WRITE
        return self._rights[login]

    def answer(self, root: int, body: str) -> None:
        """Reply in the thread that begins with the comment `root`."""
        path = f"{self._root}/pulls/{self._number}/comments/{root}/replies"
        self._client.write("POST", path, {"body": body})

    def answers_left(self) -> int:
        """How many answers this run may still give."""
        return self._client.writes_left()

    def read(self, path: str, commit: str) -> str | None:
        """A file in a commit; None where there is none, or none that can be read."""
        if (path, commit) not in self._files:
            self._files[path, commit] = self._read(path, commit)
        return self._files[path, commit]

    def _read(self, path: str, commit: str) -> str | None:
        try:
            found = _table(self._client.get(f"{self._root}/contents/{quote(path)}", ref=commit).json())
            return base64.b64decode(str(found.get("content") or "")).decode("utf-8", "replace")
        except (ForgeError, ValueError):
            return None

    def full_commit(self, short: str) -> str:
        """The whole id of a commit by its first digits; empty where it can't be told."""
        if short not in self._commits:
            self._commits[short] = self._full_commit(short) if short.isalnum() else ""
        return self._commits[short]

    def _full_commit(self, short: str) -> str:
        try:
            return str(_table(self._client.get(f"{self._root}/commits/{short}").json()).get("sha") or "")
        except ForgeError:
            return ""

    def first_commit(self, base: str) -> str:
        """The commit that the history of `base` begins with, or empty: it stands for the repository."""
        try:
            reply = self._client.get(f"{self._root}/commits", sha=base, per_page="1")
            last = _last_page(reply.headers.get("link", ""))
            if last:
                reply = self._client.get(f"{self._root}/commits", sha=base, per_page="1", page=last)
            rows = reply.json()
        except ForgeError:
            return ""
        return str(_table(rows[-1]).get("sha") or "") if isinstance(rows, list) and rows else ""

    def _talk(self, row: dict[str, Any], thread: Thread, rows: list[dict[str, Any]]) -> Talk:
        last = row.get("original_line") or row.get("line")
        first = row.get("original_start_line") or row.get("start_line") or last
        replies = [self._said(one) for one in rows if one.get("in_reply_to_id") == thread.number]
        return Talk(
            thread, str(row.get("path") or ""), first, last,
            str(row.get("original_commit_id") or row.get("commit_id") or ""), _seconds(row.get("created_at")),
            tuple(self._reactions(row)), tuple(sorted(replies, key=lambda one: (one.at, one.number))),
        )  # fmt: skip

    def _said(self, row: dict[str, Any]) -> Said:
        user = _table(row.get("user"))
        login = str(user.get("login") or "")
        ours = user.get("type") == "Bot" or same_login(login, self._forge.login, bot=True)
        body = str(row.get("body") or "").replace("\r\n", "\n")
        return Said(int(row["id"]), login, ours, body, _seconds(row.get("created_at")))

    def _reactions(self, row: dict[str, Any]) -> list[Reaction]:
        if _table(row.get("reactions")).get("total_count") == 0:  # who does not count them is asked
            return []
        found = []
        for one in self._client.pages(f"{self._root}/pulls/comments/{row['id']}/reactions"):
            user = _table(one.get("user"))
            if user.get("type") != "Bot" and user.get("login"):
                found.append(Reaction(str(one.get("content")), str(user["login"]), _seconds(one.get("created_at"))))
        return found

    def _permission(self, login: str) -> str:
        try:
            found = _table(self._client.get(f"{self._root}/collaborators/{quote(login, safe='')}/permission").json())
        except (ForgeMissing, ForgeRefused):
            return "none"
        return str(found.get("permission") or "none")


def _last_page(link: str) -> str:
    for part in link.split(","):
        address, _, relation = part.partition(";")
        if 'rel="last"' in relation:
            return (parse_qs(urlsplit(address.strip(" <>")).query).get("page") or [""])[0]
    return ""


def _seconds(stamp: object) -> int:
    """Whole seconds since 1970 of GitHub's time stamps (ISO 8601, UTC)."""
    try:
        return calendar.timegm(time.strptime(str(stamp), "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return 0


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
