"""Findings that a team has accepted as known: which ones are held back, and what a rewrite of the list keeps."""

from __future__ import annotations

from review_bot.domain.finding import Finding, Suppressed, fingerprint
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from review_bot.domain.review import Review


class Entry(NamedTuple):
    """One known finding, without its text."""

    fingerprint: str
    rule: str
    path: str
    reason: str
    date: str
    """Day of acceptance, YYYY-MM-DD."""
    anchor: str = ""
    """The fingerprint without the path: what is left of the finding when its file is renamed."""


class Outcome(NamedTuple):
    """Findings after the baseline."""

    kept: list[Finding]
    suppressed: list[Suppressed]


def anchor_of(rule: str, text: str, ordinal: int | str) -> str:
    """The fingerprint of a finding of `rule` at lines reading `text`, whatever the path."""
    return fingerprint(rule, "", text, ordinal)


def apply(
    findings: Sequence[Finding],
    entries: Sequence[Entry],
    *,
    anchors: Mapping[str, str],
    exists: Callable[[str], bool],
) -> Outcome:
    """Part findings, merged ones included, into those that are news and those known.

    `anchors` gives `anchor_of` by fingerprint; `exists` says whether a path is still there in the new version.
    """
    matched = match(findings, entries, anchors=anchors, exists=exists)
    kept, suppressed = [], []
    for index, finding in enumerate(findings):
        entry = matched.get(index)
        if entry is None:
            kept.append(finding)
        else:
            suppressed.append(Suppressed(finding, "baseline", entry.reason or f"known since {entry.date}"))
    return Outcome(kept, suppressed)


def match(
    findings: Sequence[Finding],
    entries: Sequence[Entry],
    *,
    anchors: Mapping[str, str],
    exists: Callable[[str], bool],
) -> dict[int, Entry]:
    """The entry of each known finding, by its index: the same fingerprint, else the same anchor in a renamed file.

    An entry whose file is gone stands for one finding elsewhere, never for two.
    """
    exact = {entry.fingerprint: entry for entry in entries}
    matched = {index: exact[one.fingerprint] for index, one in enumerate(findings) if one.fingerprint in exact}
    taken = {entry.fingerprint for entry in matched.values()}
    wandering = _wandering([entry for entry in exact.values() if entry.fingerprint not in taken], exists)
    for index, finding in enumerate(findings):
        waiting = wandering.get((finding.rule, anchors.get(finding.fingerprint, "")))
        if index not in matched and waiting:
            matched[index] = waiting.pop(0)
    return matched


def _wandering(entries: Sequence[Entry], exists: Callable[[str], bool]) -> dict[tuple[str, str], list[Entry]]:
    """Entries whose file is gone, by rule and anchor."""
    found: dict[tuple[str, str], list[Entry]] = {}
    there: dict[str, bool] = {}
    for entry in entries:
        if entry.anchor:
            if entry.path not in there:
                there[entry.path] = exists(entry.path)
            if not there[entry.path]:
                found.setdefault((entry.rule, entry.anchor), []).append(entry)
    return found


def rewrite(
    findings: Sequence[Finding],
    entries: Sequence[Entry],
    *,
    anchors: Mapping[str, str],
    exists: Callable[[str], bool],
    examined: Callable[[Entry], bool],
    reason: str,
    date: str,
) -> list[Entry]:
    """The list that accepts `findings`: known ones keep reason and date, new ones get those given.

    An entry that matched nothing goes only where its file was `examined` as a whole: a narrow scan forgets nothing.
    """
    matched = match(findings, entries, anchors=anchors, exists=exists)
    result = {}
    for index, finding in enumerate(findings):
        old = matched.get(index) or Entry("", "", "", reason, date)
        anchor = anchors.get(finding.fingerprint, old.anchor)
        result[finding.fingerprint] = Entry(
            finding.fingerprint, finding.rule, finding.path, old.reason, old.date, anchor
        )
    gone = {entry.fingerprint for entry in matched.values()} - result.keys()
    for entry in entries:
        if entry.fingerprint not in result and entry.fingerprint not in gone and not examined(entry):
            result[entry.fingerprint] = entry
    return in_order(result.values())


def accept(
    review: Review,
    entries: Sequence[Entry],
    *,
    anchors: Mapping[str, str],
    exists: Callable[[str], bool],
    everything: bool,
    resting: Collection[str],
    reason: str,
    date: str,
) -> list[Entry]:
    """The list that accepts what `review` shows and what it held back as known.

    `everything` says that it went over the whole tree; else only files that it saw as a whole, since the change adds or
    deletes them, lose entries that match nothing. Entries of `resting` rules, which did not run, stay.
    """
    known = [one.finding for one in review.suppressed if one.by == "baseline"]
    seen = {file.path for file in review.files if file.new_file or file.deleted}
    silent = {*(f"rule:{rule}" for rule in resting), *(one.what for one in review.degraded)}

    def examined(entry: Entry) -> bool:
        return (everything or entry.path in seen) and f"rule:{entry.rule}" not in silent

    findings = [*review.findings, *known]
    return rewrite(findings, entries, anchors=anchors, exists=exists, examined=examined, reason=reason, date=date)


def today(environ: Mapping[str, str], now: float) -> str:
    """The day of `now` (seconds since 1970, UTC) as YYYY-MM-DD, or that of SOURCE_DATE_EPOCH for a repeatable file."""
    import time

    given = environ.get("SOURCE_DATE_EPOCH", "")
    try:
        return time.strftime("%Y-%m-%d", time.gmtime(int(given)))
    except (ValueError, OverflowError, OSError):
        return time.strftime("%Y-%m-%d", time.gmtime(now))


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Entries by path, rule and fingerprint, so that a line's place in the file never depends on the scan."""
    return sorted(entries, key=lambda entry: (entry.path, entry.rule, entry.fingerprint))
