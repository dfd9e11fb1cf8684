"""`review-bot explain FINGERPRINT`: why a finding is shown, folded or hidden."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from review_bot.errors import UsageError, printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from review_bot.bootstrap.explain import Answer
    from review_bot.memory.explain import Row

SCHEMA = "review-bot.explain/1"
_MOST_ROWS = 30
_HELD = {
    "inline": "a comment in the code holds it back",
    "baseline": "the baseline knows it",
    "memory": "memory hides it",
    "cap": "there were more findings than are shown",
    "gate": "it is not sure enough to be shown alone",
    "filter": "it stands on lines that the change does not touch",
}


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command."""
    about = "Say why a finding of the last scan, or one that memory knows, is shown, folded or hidden."
    parser = subparsers.add_parser("explain", description=about)
    parser.add_argument("--config", metavar="FILE", help="read the configuration from FILE")
    declare(parser)


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare what `explain` and `memory explain` take."""
    from review_bot.cli.memory import form

    parser.add_argument("fingerprint", metavar="FINGERPRINT", help="16 hex digits, as the JSON report has them")
    form(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print rule, gate and memory of one finding."""
    from review_bot.bootstrap.explain import explain
    from review_bot.domain.event import is_hash

    if not is_hash(arguments.fingerprint):
        raise UsageError(f"{arguments.fingerprint} is no fingerprint", where="explain", remedy="give 16 hex digits")
    answer = explain(arguments.fingerprint, arguments.config)
    if arguments.format == "json":
        from review_bot.formats.report import as_json

        sys.stdout.write(as_json(as_dict(answer), indent=2) + "\n")
    else:
        sys.stdout.write("\n".join(map(printable, lines(answer))) + "\n")
    return 0


def as_dict(answer: Answer) -> dict[str, Any]:
    """The answer as `review-bot.explain/1`."""
    from review_bot.formats.plain import clean

    finding, why = answer.finding, answer.explanation
    return {
        "schema": SCHEMA,
        "fingerprint": finding.fingerprint,
        "rule": clean(finding.rule),
        "category": finding.category,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "path": clean(finding.path),
        "start_line": finding.start_line,
        "message": clean(finding.message),
        "held": answer.held or None,
        "effect": why.effect.effect,
        "reason": clean(why.effect.reason),
        "score": why.effect.score,
        "terms": [one._asdict() for one in why.terms],
        "signals": [_without_time(one) for one in why.signals],
    }


def _without_time(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row._asdict().items() if name != "ts"}


def lines(answer: Answer) -> Iterator[str]:
    """The answer for people."""
    finding, why = answer.finding, answer.explanation
    place = f"{finding.path}:{finding.start_line}:{finding.start_column}: " if finding.path else ""
    yield f"{place}{finding.severity} {finding.rule}: {' '.join(finding.message.split())}"
    yield f"  {_state(answer)}"
    reason = answer.rule.why if answer.rule is not None else finding.why
    if reason:
        yield f"  rule: {' '.join(reason.split())}"
    yield f"  confidence: {finding.confidence:g}"
    yield f"  memory: {why.effect.effect}, score {why.effect.score:+.2f}; {' '.join(why.effect.reason.split())}"
    for one in why.terms:
        yield f"    {one.term:7} {one.value:+.2f}  (sum {one.sum:+.2f})"
        yield from _rows([row for row in why.signals if row.term == one.term])
    if why.effect.effect in ("hide", "fold", "explore"):
        yield f"  to see it again: review-bot memory unmute {finding.fingerprint}, or unmute {finding.rule}"


def _state(answer: Answer) -> str:
    if not answer.in_last_scan:
        return "not in the last scan"
    if answer.held:
        return f"held back in the last scan: {_HELD.get(answer.held, answer.held)}"
    effect = answer.finding.memory
    return "folded in the last scan" if effect is not None and effect.effect == "fold" else "shown in the last scan"


def _rows(rows: list[Row]) -> Iterator[str]:
    """What counts first, then what does not; no more than a screen of it."""
    ordered = sorted(rows, key=lambda one: (not one.counted, one.ts or 0, one.event))
    for one in ordered[:_MOST_ROWS]:
        yield f"      {one.weight:+.2f}  {_told(one)}"
    if len(ordered) > _MOST_ROWS:
        yield f"      and {len(ordered) - _MOST_ROWS} more, see --format json"


def _told(row: Row) -> str:
    verdict = {1: "accepted", 0: "rejected", None: "imported"}[row.y]
    who = f" by {row.actor}" if row.actor else ""
    where = f" in {row.change}" if row.change else ""
    rest = "" if row.counted else ", not counted: a stronger signal of the same person, rule and change is"
    return f"{_day(row.ts)}{verdict} ({row.sig}){who}{where}{rest}"


def _day(ts: int | None) -> str:
    """The date in UTC and a blank; empty where there is none or no calendar has it."""
    import datetime

    try:
        moment = None if ts is None else datetime.datetime.fromtimestamp(ts, datetime.timezone.utc)
    except (ValueError, OverflowError, OSError):
        moment = None
    return "" if moment is None else f"{moment:%Y-%m-%d} "
