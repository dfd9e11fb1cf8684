"""Calls to GitHub's interface: counted, paced, waited for; writes are never repeated here.

PyGithub's own retries repeat a POST after a 502, which makes two comments of one, so they are switched off.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from review_bot.errors import (
    ForgeBusy,
    ForgeDown,
    ForgeError,
    ForgeMissing,
    ForgeRefused,
    ForgeRejected,
    UsageError,
)
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from github.Requester import Requester

_READS = 3
"""Times that a read is tried."""
_PAUSE = 60.0
"""Seconds to wait for a secondary limit that does not say how long."""
_PER_PAGE = 100


class Limits(NamedTuple):
    """How much one run may ask of GitHub."""

    requests: int = 60
    writes: int = 15
    interval: float = 1.0
    """Seconds between writes."""
    timeout: float = 30.0
    """Seconds for one call."""
    deadline: float = 300.0
    """Seconds for the whole run, waiting included."""


class Reply(NamedTuple):
    """An answer of status 2xx."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        """The body; raises ForgeDown where it is no JSON."""
        try:
            return json.loads(self.text) if self.text else None
        except (ValueError, RecursionError) as error:
            raise ForgeDown("GitHub's answer is not JSON", where="GitHub") from error


class Client:
    """One run's connection; every failure is a subclass of errors.ForgeError."""

    def __init__(
        self,
        url: str,
        token: str,
        limits: Limits | None = None,
        *,
        offline: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url
        self._token = token
        self._offline = offline and not _is_loopback(url)
        self.limits = limits or Limits()
        self.requests = 0
        self.writes = 0
        self._clock = clock
        self._sleep = sleep
        self._until = clock() + self.limits.deadline
        self._last_write: float | None = None
        self._made: Requester | None = None

    @property
    def _requester(self) -> Requester:
        if self._made is None:
            self._made = _requester(self._url, self._token, self.limits.timeout)
        return self._made

    def pace(self, *, interval: float, timeout: float) -> None:
        """Keep to other times from now on."""
        if timeout != self.limits.timeout:
            self.close()
        self.limits = self.limits._replace(interval=interval, timeout=timeout)

    def get(self, path: str, *, accept: str | None = None, **query: str) -> Reply:
        """Read something; tried again where nobody answers."""
        headers = {"Accept": accept} if accept else {}
        return self._read(lambda: self._send("GET", path, query=query, headers=headers))

    def pages(self, path: str, **query: str) -> Iterator[Any]:
        """Every row of a list."""
        number = 1
        while True:
            reply = self.get(path, **query, per_page=str(_PER_PAGE), page=str(number))
            rows = reply.json()
            if not isinstance(rows, list):
                raise ForgeDown("GitHub's answer is no list", where=path)
            yield from rows
            if 'rel="next"' not in reply.headers.get("link", ""):
                return
            number += 1

    def write(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Change something. ForgeDown says that it may have been done all the same."""
        return self._write(lambda: self._send(method, path, body=body)).json()

    def query(self, text: str, variables: Mapping[str, Any]) -> Any:
        """The data of a GraphQL query."""
        return _data(self._read(lambda: self._graphql(text, variables)).json())

    def mutate(self, text: str, variables: Mapping[str, Any]) -> Any:
        """The data of a GraphQL mutation, counted as one write."""
        return _data(self._write(lambda: self._graphql(text, variables)).json())

    def writes_left(self) -> int:
        """Writes that the run may still make."""
        return max(min(self.limits.writes - self.writes, self.limits.requests - self.requests), 0)

    def close(self) -> None:
        """Give the connection back; the next call makes another."""
        made, self._made = self._made, None
        if made is not None:
            made.close()

    def _graphql(self, text: str, variables: Mapping[str, Any]) -> Reply:
        return self._send("POST", self._requester.graphql_url, body={"query": text, "variables": dict(variables)})

    def _read(self, send: Callable[[], Reply]) -> Reply:
        for left in range(_READS - 1, 0, -1):
            try:
                return self._patiently(send)
            except ForgeDown:  # noqa: PERF203 - a try each is the point
                self._wait(float(_READS - left))
        return self._patiently(send)

    def _write(self, send: Callable[[], Reply]) -> Reply:
        if self.writes >= self.limits.writes:
            raise ForgeBusy(f"{self.limits.writes} changes are made, more are left for the next run", where="GitHub")
        return self._patiently(send, writes=True)

    def _patiently(self, send: Callable[[], Reply], *, writes: bool = False) -> Reply:
        """Send, and again after the time that GitHub asks to wait: a refused request has changed nothing."""
        while True:
            if writes:
                self._pace()
            try:
                return send()
            except _Limited as limited:
                self._wait(limited.seconds)

    def _pace(self) -> None:
        """Keep the distance between writes."""
        if self._last_write is not None:
            self._wait(self._last_write + self.limits.interval - self._clock())
        self.writes += 1

    def _wait(self, seconds: float) -> None:
        if seconds <= 0:
            return
        if self._clock() + seconds > self._until:
            raise ForgeBusy(f"GitHub asks to wait {seconds:.0f} s, which is beyond the deadline", where="GitHub")
        self._sleep(seconds)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        if self._offline:
            raise ForgeRefused("offline: GitHub may not be asked", where=self._url)
        if self.requests >= self.limits.requests:
            raise ForgeBusy(f"{self.limits.requests} requests are made, the rest is left", where="GitHub")
        self.requests += 1
        try:
            status, received, text = self._requester.requestJson(
                method, path, dict(query or {}), dict(headers or {}), None if body is None else dict(body)
            )
        except (OSError, RuntimeError, ValueError) as error:  # requests' exceptions are OSErrors
            raise ForgeDown(f"no answer: {_short(error)}", where="GitHub") from error
        finally:
            if method != "GET":
                self._last_write = self._clock()
        reply = Reply(status, received, text)
        if 200 <= status < 300:
            return reply
        raise _failure(reply, path)


class _Limited(Exception):
    """GitHub asks to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


def _requester(url: str, token: str, timeout: float) -> Requester:
    try:
        from github import Auth, Github
    except ImportError as error:
        remedy = "pip install 'review-bot-local[github]'"
        raise UsageError(f"PyGithub can't be loaded: {error}", remedy=remedy) from error
    api = Github(
        base_url=url,
        auth=Auth.Token(token) if token else None,
        timeout=max(1, round(timeout)),
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
        user_agent="review-bot",
    )
    return api.requester


def _is_loopback(url: str) -> bool:
    """Whether an address leads to this machine."""
    from urllib.parse import urlsplit

    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _failure(reply: Reply, path: str) -> Exception:
    """The error for an answer that is not 2xx."""
    status, message = reply.status, _message(reply)
    seconds = _asked_to_wait(reply, message)
    if seconds is not None:
        return _Limited(seconds)
    kind: type[ForgeError] = ForgeError
    if status in (401, 403):
        kind = ForgeRefused
    elif status in (404, 410):
        kind = ForgeMissing
    elif status in (406, 422):
        kind = ForgeRejected
    elif status >= 500:
        kind = ForgeDown
    return kind(f"GitHub answers {status}: {message}", where=path, status=status)


def _asked_to_wait(reply: Reply, message: str) -> float | None:
    """Seconds to wait where a limit is reached; None where it is something else."""
    if reply.status not in (403, 429):
        return None
    after = reply.headers.get("retry-after", "")
    if after.isdigit():
        return float(after)
    if reply.headers.get("x-ratelimit-remaining") == "0" and reply.headers.get("x-ratelimit-reset", "").isdigit():
        return max(float(reply.headers["x-ratelimit-reset"]) - time.time(), 1.0)
    if reply.status == 429 or "secondary rate limit" in message.lower() or "abuse" in message.lower():
        return _PAUSE
    return None


def _message(reply: Reply) -> str:
    try:
        value = json.loads(reply.text).get("message", "")
    except (ValueError, AttributeError, RecursionError):
        value = ""
    return str(value)[:200] or "no reason given"


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}"


def _data(answer: Any) -> Any:
    """What a GraphQL answer holds; raises the error for the first of its errors, whatever else succeeded."""
    if not isinstance(answer, dict):
        raise ForgeDown("GitHub's answer is no object", where="GraphQL")
    errors = answer.get("errors")
    if errors:
        raise _query_error(errors[0] if isinstance(errors, list) else {})
    return answer.get("data")


def _query_error(error: Any) -> ForgeError:
    kind = error.get("type", "") if isinstance(error, dict) else ""
    message = str(error.get("message", ""))[:200] if isinstance(error, dict) else ""
    text = f"GitHub answers {kind or 'an error'}: {message}"
    if kind in ("FORBIDDEN", "INSUFFICIENT_SCOPES"):
        return ForgeRefused(text, where="GraphQL", status=200)
    if kind == "NOT_FOUND":
        return ForgeMissing(text, where="GraphQL", status=200)
    if kind in ("RATE_LIMITED", "MAX_NODE_LIMIT_EXCEEDED"):
        return ForgeBusy(text, where="GraphQL", status=200)
    return ForgeError(text, where="GraphQL", status=200)
