"""Reads a report that somebody else may have written: every type, length and name is checked, nothing is guessed.

The job that posts for a fork gets its report from a job that ran with the fork's code beside it, so a report is as
untrusted as the change itself. Keys that are not known are passed over: later versions may add some.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from review_bot.domain.diff import FileDiff
from review_bot.domain.finding import CATEGORIES, SEVERITIES, Effect, Finding, Suggestion, Suppressed
from review_bot.domain.review import Coverage, Degraded, Review, SourceInfo, Stats, Verdict
from review_bot.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from review_bot.domain.diff import Side, Status
    from review_bot.domain.finding import FailOn, Origin, Severity, SuppressedBy
    from review_bot.domain.review import ModelState, SourceKind

SCHEMA = "review-bot.report/1"
LIMIT = 1 << 20
"""Bytes of a report that came from another workflow run."""
_MOST_ROWS = 100_000
_TEXT = 20_000
_REPLACEMENT = 200_000
_NAME = 300
_PATH = 4_096
_LINE = 100_000_000
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_EFFECTS = ("none", "raise", "fold", "hide", "explore")
_KINDS: tuple[SourceKind, ...] = ("worktree", "staged", "range", "diff", "all", "pull-request")
_STATES: tuple[Status, ...] = (
    "added", "modified", "deleted", "renamed", "copied", "mode", "binary", "submodule",
)  # fmt: skip
_SIDES: tuple[Side, ...] = ("new", "old")
_ORIGINS: tuple[Origin, ...] = ("rule", "model", "memory", "external")
_HOLDERS: tuple[SuppressedBy, ...] = ("inline", "baseline", "memory", "cap", "gate", "filter")
_MODEL: tuple[ModelState, ...] = ("reviewed", "cached", "skipped", "failed", "off")
_BOUNDS: tuple[FailOn, ...] = ("none", "info", "warning", "error")
_T = TypeVar("_T")


def parse(data: bytes, where: str) -> Review:
    """The review in a report; raises StoreError that names what is wrong with it.

    Files come without hunks: a report holds none.
    """
    try:
        table = json.loads(data.decode("utf-8"), parse_constant=_no_number)
        return _review(_At(table, where))
    except _WrongError as error:
        raise StoreError(
            f"not a report: {error}", where=where, remedy="write it with `review-bot pr analyse`"
        ) from error
    except (ValueError, RecursionError) as error:
        raise StoreError("not a report: no valid JSON", where=where, remedy="write it again") from error


class _WrongError(Exception):
    """What is wrong, by the name of the value."""


def _no_number(text: str) -> NoReturn:
    raise _WrongError(f"{text} is no number")


class _At:
    """A value of the report and where it stands."""

    def __init__(self, value: Any, name: str) -> None:
        self.value = value
        self.name = name

    def fail(self, what: str) -> NoReturn:
        """Raise for this value."""
        raise _WrongError(f"{self.name} {what}")

    def key(self, name: str) -> _At:
        """The value of a key that has to be there."""
        if not isinstance(self.value, dict):
            self.fail("is not an object")
        if name not in self.value:
            self.fail(f"has no {name}")
        return _At(self.value[name], name)

    def maybe(self, name: str, read: Callable[[_At], _T], default: _T) -> _T:
        """The value of a key that may be missing or null."""
        if not isinstance(self.value, dict):
            self.fail("is not an object")
        found = self.value.get(name)
        return default if found is None else read(_At(found, name))

    def rows(self, name: str, read: Callable[[_At], _T], most: int = _MOST_ROWS) -> tuple[_T, ...]:
        """The items of a list that has to be there."""
        found = self.key(name)
        if not isinstance(found.value, list):
            found.fail("is not a list")
        if len(found.value) > most:
            found.fail(f"has more than {most} items")
        return tuple(read(_At(one, f"{name}[{at}]")) for at, one in enumerate(found.value))

    def text(self, most: int = _TEXT) -> str:
        """A text without lone surrogates."""
        if not isinstance(self.value, str):
            self.fail("is not a text")
        if len(self.value) > most:
            self.fail(f"is longer than {most} characters")
        if any("\ud800" <= char <= "\udfff" for char in self.value) if not self.value.isascii() else False:
            self.fail("is not valid Unicode")
        return self.value

    def matching(self, pattern: re.Pattern[str]) -> str:
        """A text of a certain form."""
        text = self.text(_NAME)
        if not pattern.fullmatch(text):
            self.fail("has the wrong form")
        return text

    def path(self) -> str:
        """A path inside of a repository."""
        text = self.text(_PATH)
        if not text or text.startswith("/") or "\0" in text or any(x in ("", ".", "..") for x in text.split("/")):
            self.fail("is no path in a repository")
        return text

    def integer(self, least: int = 0, most: int = 10**15) -> int:
        """A whole number."""
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not least <= self.value <= most:
            self.fail(f"is not a whole number from {least} to {most}")
        return self.value

    def line(self) -> int:
        """The number of a line or a column."""
        return self.integer(0, _LINE)

    def number(self, least: float = 0.0, most: float = 1e9) -> float:
        """A number."""
        if not isinstance(self.value, int | float) or isinstance(self.value, bool):
            self.fail("is not a number")
        if not (math.isfinite(self.value) and least <= self.value <= most):
            self.fail(f"is not between {least:g} and {most:g}")
        return float(self.value)

    def boolean(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            self.fail("is not true or false")
        return self.value

    def among(self, names: tuple[_T, ...]) -> _T:
        """One of a closed list."""
        found = [one for one in names if isinstance(self.value, str) and one == self.value]
        if not found:
            self.fail("is none of the known values")
        return found[0]


def _short(at: _At) -> str:
    return at.text(_NAME)


def _text(at: _At) -> str:
    return at.text()


def _review(at: _At) -> Review:
    if at.key("schema").value != SCHEMA:
        at.key("schema").fail(f"is not {SCHEMA}")
    return Review(
        source=_source(at.key("source")),
        files=at.rows("files", _file),
        findings=at.rows("findings", _finding),
        suppressed=at.rows("suppressed", _suppressed),
        coverage=at.rows("coverage", _coverage),
        degraded=at.rows("degraded", lambda row: Degraded(row.key("what").text(_NAME), row.key("reason").text())),
        stats=_stats(at.key("stats")),
        verdict=_verdict(at.key("verdict")),
    )


def _source(at: _At) -> SourceInfo:
    return SourceInfo(
        at.key("kind").among(_KINDS),
        at.maybe("base", lambda one: one.matching(_COMMIT), None),
        at.maybe("head", lambda one: one.matching(_COMMIT), None),
        at.maybe("repository", lambda one: one.matching(_REPOSITORY), None),
        at.maybe("number", lambda one: one.integer(1, 10**9), None),
    )


def _file(at: _At) -> FileDiff:
    status: Status = at.key("status").among(_STATES)
    return FileDiff(
        at.key("path").path(),
        at.maybe("old_path", _At.path, None),
        status,
        (),
        at.key("added").integer(),
        at.key("removed").integer(),
        new_file=status == "added",
        deleted=status == "deleted",
    )


def _finding(at: _At) -> Finding:
    origin: Origin = at.key("origin").among(_ORIGINS)
    severity: Severity = at.key("severity").among(SEVERITIES)
    side: Side = at.key("side").among(_SIDES)
    start, end = at.key("start_line").integer(1, _LINE), at.key("end_line").integer(1, _LINE)
    if end < start:
        at.fail("ends before it begins")
    return Finding(
        fingerprint=at.key("fingerprint").matching(_FINGERPRINT),
        rule=at.key("rule").text(_NAME),
        origin=origin,
        category=at.key("category").among(CATEGORIES),
        severity=severity,
        confidence=at.key("confidence").number(0, 1),
        path=at.key("path").path(),
        side=side,
        start_line=start,
        end_line=end,
        start_column=at.key("start_column").line(),
        end_column=at.key("end_column").line(),
        message=at.key("message").text(),
        why=at.maybe("why", _text, ""),
        cwe=at.rows("cwe", lambda one: one.integer(0, 10**6), 100) if "cwe" in at.value else (),
        url=at.maybe("url", lambda one: one.text(2_000), None),
        quote=at.maybe("quote", _text, ""),
        suggestion=at.maybe("suggestion", _suggestion, None),
        also=at.rows("also", _short, 1_000) if "also" in at.value else (),
        tool=at.maybe("tool", _short, None),
        memory=at.maybe("memory", _effect, None),
    )


def _suggestion(at: _At) -> Suggestion:
    start, end = at.key("start_line").integer(1, _LINE), at.key("end_line").integer(1, _LINE)
    if end < start:
        at.fail("ends before it begins")
    return Suggestion(start, end, at.key("replacement").text(_REPLACEMENT), at.rows("verified", _short, 20))


def _effect(at: _At) -> Effect:
    return Effect(
        at.key("effect").among(_EFFECTS),  # type: ignore[arg-type]
        at.key("score").number(-1e6, 1e6),
        at.key("signals").integer(),
        at.key("people").integer(),
        at.key("changes").integer(),
        at.key("reason").text(),
    )


def _suppressed(at: _At) -> Suppressed:
    by: SuppressedBy = at.key("by").among(_HOLDERS)
    return Suppressed(_finding(at.key("finding")), by, at.key("reason").text())


def _coverage(at: _At) -> Coverage:
    model: ModelState = at.key("model").among(_MODEL)
    return Coverage(
        at.key("path").path(),
        at.key("start_line").line(),
        at.key("end_line").line(),
        at.key("added").line(),
        at.key("rules").boolean(),
        model,
        at.maybe("reason", _text, None),
    )


def _stats(at: _At) -> Stats:
    counts = {name: at.maybe(name, _At.integer, 0) for name in Stats._fields if name != "seconds"}
    none: tuple[tuple[str, float], ...] = ()
    seconds = at.maybe("seconds", _seconds, none)
    return Stats(**counts, seconds=seconds)


def _seconds(at: _At) -> tuple[tuple[str, float], ...]:
    if not isinstance(at.value, dict) or len(at.value) > 100:
        at.fail("is not an object of stages")
    return tuple((_At(name, "stage").text(_NAME), _At(value, "seconds").number()) for name, value in at.value.items())


def _verdict(at: _At) -> Verdict:
    fail_on: FailOn = at.key("fail_on").among(_BOUNDS)
    counts = at.key("counts")
    return Verdict(fail_on, at.key("failed").boolean(), tuple((one, counts.key(one).integer()) for one in SEVERITIES))
