"""The summary of a review: verdict, what was looked at and what was not, findings without a comment, cost."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from review_bot.domain.finding import SEVERITIES
from review_bot.domain.markdown import prose, quoted
from review_bot.domain.visible import shortened
from review_bot.pipeline.pull_request import marks
from review_bot.pipeline.pull_request.comments import LONGEST, SHORT
from review_bot.pipeline.pull_request.plan import most_severe_first
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Coverage, Review
    from review_bot.domain.threads import SummaryMark

Where = Literal["comment", "person", "deleted", "folded", "rest"]
_SAID = 300
_NAMED = 200
_UNSEEN = 50
"""Files named that nobody looked at, and parts that did not work."""
_PLACE_FOR_LISTS = LONGEST - 2_000


class Standing(NamedTuple):
    """A finding and where a reader meets it."""

    finding: Finding
    where: Where
    """`comment`: in its thread; `person`: in a thread that somebody closed; `deleted`: somebody deleted the comment."""


def worth_saying(review: Review) -> bool:
    """Whether there is anything to tell where nothing was told before."""
    return bool(review.findings or review.degraded)


def content(review: Review, standings: Sequence[Standing], max_comments: int) -> str:
    """Hash of what a summary is about; time and cost are not part of it."""
    rows = sorted(
        (one.where, one.finding.fingerprint, one.finding.severity, one.finding.path, one.finding.start_line)
        for one in standings
    )
    verdict = (review.verdict.fail_on, review.verdict.failed)
    seen = [(row.path, row.start_line, row.rules, _model_state(row)) for row in review.coverage]
    failed = [part.what for part in review.degraded]
    text = json.dumps([review.source.head, verdict, rows, seen, failed, max_comments])
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def render(review: Review, standings: Sequence[Standing], mark: SummaryMark) -> str:
    """The whole comment, below the forge's limit; `standings` hold texts that are fit to be shown but for markup."""
    end = f"\n{_cost(review)}\n\n{marks.of_summary(mark)}"
    parts = [_head(review, standings), *_degraded(review), *_unseen(review)]
    text = "\n".join(parts)
    groups = (
        ("Without a comment of their own", [one.finding for one in standings if one.where == "rest"]),
        ("Comment deleted by somebody", [one.finding for one in standings if one.where == "deleted"]),
        ("Folded, as people rejected their like", [one.finding for one in standings if one.where == "folded"]),
    )
    for title, findings in groups:
        if findings:
            text += _listed(title, findings, LONGEST - len(text) - len(end))
    return f"{text}\n{end}"


def _head(review: Review, standings: Sequence[Standing]) -> str:
    counts = {severity: sum(one.finding.severity == severity for one in standings) for severity in SEVERITIES}
    found = ", ".join(_plural(count, severity) for severity, count in counts.items() if count) or "no findings"
    bound = review.verdict.fail_on
    failed = f"**Failed**: findings of severity {bound} or above." if review.verdict.failed else "**Passed**."
    files, lines = len(review.files), review.stats.added_lines
    looked = (
        f"Looked at {_plural(files, 'file')} with {_plural(lines, 'added line')}, "
        f"commit {(review.source.head or '')[:SHORT]}, with {_plural(review.stats.rules, 'rule')}{_model(review)}."
    )
    return f"### review-bot: {found}\n\n{failed} {looked}{_people(standings)}\n"


def _people(standings: Sequence[Standing]) -> str:
    closed = sum(one.where == "person" for one in standings)
    return f" People have closed the comments on {_plural(closed, 'finding')} that still stand." if closed else ""


def _model(review: Review) -> str:
    states = [_model_state(row) for row in review.coverage if row.model != "off"]
    counted = ", ".join(f"{states.count(one)} {one}" for one in dict.fromkeys(states))
    return f" and a model (hunks: {counted})" if counted else ", without a model"


def _model_state(row: Coverage) -> str:
    """An answer from the cache is as good as a new one."""
    return "reviewed" if row.model == "cached" else row.model


def _degraded(review: Review) -> list[str]:
    rows = [f"- {quoted(shortened(p.what, _NAMED))}: {prose(shortened(p.reason, _SAID))}" for p in review.degraded]
    return ["#### What did not work\n", *_cut(rows), ""] if rows else []


def _unseen(review: Review) -> list[str]:
    reasons = {row.path: row.reason or "skipped" for row in review.coverage if not row.rules}
    listed = {row.path for row in review.coverage}
    for file in review.files:
        if file.status in ("binary", "submodule") and file.path not in listed:
            reasons[file.path] = file.status
    rows = [f"- {quoted(shortened(p, _NAMED))}: {prose(shortened(why, _SAID))}" for p, why in reasons.items()]
    return ["#### Not looked at\n", *_cut(rows), ""] if rows else []


def _cut(rows: list[str]) -> list[str]:
    more = [f"- and {len(rows) - _UNSEEN} more"] if len(rows) > _UNSEEN else []
    return rows[:_UNSEEN] + more


def _listed(title: str, findings: Iterable[Finding], room: int) -> str:
    """As many findings as there is room for, most severe first, and how many more there are."""
    rows = most_severe_first(findings)
    text = f"\n#### {title}\n\n"
    for at, finding in enumerate(rows):
        row = _row(finding)
        if len(text) + len(row) + 200 > room:
            return f"{text}- and {_plural(len(rows) - at, 'more finding')}\n"
        text += row
    return text


def _row(finding: Finding) -> str:
    place = f"{shortened(finding.path, _NAMED)}:{finding.start_line}"
    message = prose(shortened(finding.message, _SAID))
    rule = quoted(shortened(finding.rule, _NAMED))
    return f"- **{finding.severity}** {quoted(place)} {message} ({rule}){_why_folded(finding)}\n"


def _why_folded(finding: Finding) -> str:
    effect = finding.memory
    return f": {prose(shortened(effect.reason, _SAID))}" if effect is not None and effect.effect == "fold" else ""


def _cost(review: Review) -> str:
    stats = review.stats
    seconds = dict(review.stats.seconds).get("total", 0.0)
    calls = f"{_plural(stats.model_calls, 'model call')}, {_plural(stats.cache_hits, 'answer')} from the cache"
    tokens = f"{stats.prompt_tokens} tokens read ({stats.cached_tokens} cached), {stats.completion_tokens} written"
    return f"Cost: {calls}, {tokens}, {seconds:.1f} s."


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 or word == "info" else f"{count} {word}s"
