"""What the last scan of a work tree showed, so that a person can speak of it afterwards.

The file lies beside the repository's own (`review-bot/last-scan` in its git folder) and never leaves the machine. It is
written at every commit, hence marshal behind a digest and not JSON: that module alone costs the hook a fifth of a bare
interpreter.
"""

from __future__ import annotations

import marshal
import os

from review_bot.domain.finding import Effect, Finding, Suggestion
from review_bot.values import NamedTuple

try:
    from _blake2 import blake2b
except ImportError:  # pragma: no cover - an interpreter without the built-in module
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

FOLDER = "review-bot"
_NAME = "last-scan"
_FORMAT = 1
_DIGEST = 16
MOST = 2000
"""Findings that are kept, and as many of earlier scans."""


class Seen(NamedTuple):
    """A finding that was shown or held back, with the text around it."""

    finding: Finding
    language: str
    first: int
    """Number of the first line of `text`, on the finding's side."""
    text: str
    """The flagged lines and some before and after; empty where they hold a secret."""
    held: str = ""
    """Who held it back (domain.finding.SuppressedBy); empty where it was shown."""

    @property
    def flagged(self) -> tuple[str, ...]:
        """The flagged lines; none where they are not known."""
        if not self.text:
            return ()
        lines = self.text.split("\n")
        return tuple(lines[self.finding.start_line - self.first : self.finding.end_line - self.first + 1])


class LastScan(NamedTuple):
    """The findings of the last scan, and those of scans before it since the same commit."""

    kind: str
    """Of the source: worktree, staged, range, …"""
    ts: int
    head: str
    """Commit that HEAD was at; empty before the first one."""
    base: str
    """Commit that the change was compared with; empty where there is none."""
    seen: tuple[Seen, ...]
    earlier: tuple[Seen, ...] = ()
    """Shown by earlier scans since `head`, not found by the last one: what somebody mended before committing."""

    def find(self, fingerprint: str) -> Seen | None:
        """The finding with this fingerprint, of the last scan rather than of an earlier one."""
        return next((one for one in (*self.seen, *self.earlier) if one.finding.fingerprint == fingerprint), None)


def load(git_dir: str) -> LastScan | None:
    """The last scan in the repository at `git_dir`; None where there is none that can be read."""
    try:
        with open(_place(git_dir), "rb") as stream:
            data = stream.read()
    except OSError:
        return None
    if blake2b(data[_DIGEST:], digest_size=_DIGEST).digest() != data[:_DIGEST]:
        return None
    try:
        # review-bot: ignore[py.deserialise.marshal] -- our own file, behind a digest
        number, kind, ts, head, base, seen, earlier = marshal.loads(data[_DIGEST:])  # noqa: S302
    except (ValueError, TypeError, EOFError):  # of another version, of Python or of ours
        return None
    if number != _FORMAT:
        return None
    return LastScan(kind, ts, head, base, tuple(map(_seen, seen)), tuple(map(_seen, earlier)))


def save(git_dir: str, scan: LastScan) -> None:
    """Make `scan` the last one, keeping what earlier ones since the same commit showed; raises OSError.

    Where nothing was found and nothing is there, nothing is written.
    """
    old = load(git_dir)
    if old is None and not scan.seen and not scan.earlier:
        return
    if old is not None and old.head == scan.head:
        now = {one.finding.fingerprint for one in (*scan.seen, *scan.earlier)}
        before = (one for one in (*old.seen, *old.earlier) if not one.held and one.finding.fingerprint not in now)
        scan = scan._replace(earlier=(*scan.earlier, *before))
    _write(git_dir, scan)


def forget_earlier(git_dir: str) -> None:
    """Drop what earlier scans showed, once it was judged; raises OSError."""
    old = load(git_dir)
    if old is not None and old.earlier:
        _write(git_dir, old._replace(earlier=()))


def _write(git_dir: str, scan: LastScan) -> None:
    from review_bot.stores import atomic

    body = marshal.dumps((_FORMAT, *scan[:4], _rows(scan.seen[:MOST]), _rows(scan.earlier[:MOST])))
    os.makedirs(os.path.dirname(_place(git_dir)), exist_ok=True)
    atomic.replace(_place(git_dir), blake2b(body, digest_size=_DIGEST).digest() + body)


def _place(git_dir: str) -> str:
    return os.path.join(git_dir, FOLDER, _NAME)


def _rows(seen: Iterable[Seen]) -> list[Any]:
    return [(_plain(one.finding), *one[1:]) for one in seen]


def _plain(finding: Finding) -> tuple[Any, ...]:
    """The finding as marshal knows it: tuples and nothing derived from them."""
    return tuple(tuple(value) if isinstance(value, tuple) else value for value in finding)


def _seen(row: Any) -> Seen:
    finding = Finding._make(row[0])
    if finding.suggestion is not None:
        finding = finding._replace(suggestion=Suggestion._make(finding.suggestion))
    if finding.memory is not None:
        finding = finding._replace(memory=Effect._make(finding.memory))
    return Seen(finding, *row[1:])
