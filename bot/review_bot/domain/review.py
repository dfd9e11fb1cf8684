"""The outcome of a review: findings, what was held back, what was looked at and what was not."""

from __future__ import annotations

from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from review_bot.domain.diff import FileDiff
    from review_bot.domain.finding import FailOn, Finding, Severity, Suppressed

    SourceKind = Literal["worktree", "staged", "range", "diff", "all", "pull-request"]
    ModelState = Literal["reviewed", "cached", "skipped", "failed", "off"]
    FilterMode = Literal["added", "diff_context", "file", "nofilter"]


class SourceInfo(NamedTuple):
    """Where the change came from; `base` and `head` are full commit ids where there are commits."""

    kind: SourceKind
    base: str | None = None
    head: str | None = None
    repository: str | None = None
    number: int | None = None
    """Of a pull request."""


class Coverage(NamedTuple):
    """A hunk with added lines and who looked at it."""

    path: str
    start_line: int
    end_line: int
    added: int
    rules: bool
    model: ModelState = "off"
    reason: str | None = None


class Degraded(NamedTuple):
    """A part of the review that did not work: `rule:ID`, `backend:NAME`, `linter:NAME`."""

    what: str
    reason: str


class Stats(NamedTuple):
    """What the review cost."""

    added_lines: int = 0
    rules: int = 0
    windows: int = 0
    model_calls: int = 0
    cache_hits: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    seconds: tuple[tuple[str, float], ...] = ()
    """Wall seconds by stage, `total` among them."""


class Verdict(NamedTuple):
    """Whether the findings reach the bound."""

    fail_on: FailOn
    failed: bool
    counts: tuple[tuple[Severity, int], ...]


class Review(NamedTuple):
    """One review, as the report shows it."""

    source: SourceInfo
    files: tuple[FileDiff, ...]
    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    coverage: tuple[Coverage, ...]
    degraded: tuple[Degraded, ...]
    stats: Stats
    verdict: Verdict
