"""The outcome of a whole change, kept under everything that decided it, so that nothing is cut or checked twice."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from review_bot.domain.finding import Finding, Suggestion, Suppressed
from review_bot.domain.window import Part, Uncovered
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from review_bot.domain.diff import FileDiff
    from review_bot.rules.engine import FileOutcome


class Kept(NamedTuple):
    """What a model said of a change."""

    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    parts: tuple[Part, ...]
    """Without their texts: which lines were read."""
    uncovered: tuple[Uncovered, ...]


def key_of(looked: Iterable[tuple[FileDiff, FileOutcome]], salted: str) -> str:
    """The name of a change with what the rules say of it."""
    digest = blake2b(salted.encode("utf-8", "surrogatepass"), digest_size=16)
    for file, outcome in looked:
        whole = outcome.view.whole("new") if outcome.view is not None else None
        said = [(one.rule, one.start_line, one.side, one.confidence, one.message) for one in outcome.findings]
        about = (file.path, file.old_path, file.status, outcome.skipped, whole is None, said)
        digest.update(json.dumps(about).encode() + b"\0" + (whole or "").encode("utf-8", "surrogatepass"))
        for hunk in file.hunks:
            digest.update(b"\0%d %d\0" % (hunk.new_start, hunk.old_start) + hunk.data[hunk.start : hunk.end])
    return digest.hexdigest()


def packed(kept: Kept) -> str:
    """`kept` as text."""
    parts = [(one.path, one.start_line, one.end_line, one.added_lines) for one in kept.parts]
    return json.dumps((kept.findings, kept.suppressed, parts, kept.uncovered), separators=(",", ":"))


def unpacked(body: str) -> Kept | None:
    """What was kept; None where the text is not ours."""
    try:
        findings, suppressed, parts, uncovered = json.loads(body)
        return Kept(
            tuple(map(_finding, findings)),
            tuple(Suppressed(_finding(finding), by, reason) for finding, by, reason in suppressed),
            tuple(Part(path, first, last, tuple(lines), "", 0) for path, first, last, lines in parts),
            tuple(Uncovered(path, reason) for path, reason in uncovered),
        )
    except (ValueError, TypeError, RecursionError):
        return None


def _finding(row: Sequence[Any]) -> Finding:
    one = Finding(*row)
    suggestion = one.suggestion and Suggestion(*one.suggestion)
    if suggestion:
        suggestion = suggestion._replace(verified=tuple(suggestion.verified))
    return one._replace(cwe=tuple(one.cwe), also=tuple(one.also), suggestion=suggestion, memory=None)
