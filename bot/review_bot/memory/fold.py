"""From events to what they add up to: a pure function of the set of events, whatever their order and copies."""

from __future__ import annotations

import json
from collections import Counter

from review_bot.domain.forget import live
from review_bot.domain.scope import undone as in_scope
from review_bot.memory.evidence import HISTORY, Example, Mute, Pattern, Shown
from review_bot.memory.score import Imported, Prior, Signal, Totals, prior_weights, totals, weighed
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from review_bot.domain.event import Event
    from review_bot.memory.normalise import Shape

PRIOR_NOISE = 0.2
"""Noise of a prior that says nothing of its own: as of a flagged line that changed to something else."""


class Folded(NamedTuple):
    """The state of a log, each part by ids of events or by names, so that equal sets of events give equal states."""

    signals: Mapping[str, Signal]
    mutes: Mapping[str, Mute]
    priors: Mapping[str, Prior]
    patterns: Mapping[tuple[str, str], Pattern]
    findings: Mapping[tuple[str, str], frozenset[str]]
    examples: Mapping[str, Example]
    imported: Mapping[str, Imported]
    shown: Mapping[str, Shown]
    learned: tuple[Event, ...]
    decisions: tuple[Event, ...]


def fold(events: Iterable[Event]) -> Folded:
    """The state after `events`. Forgotten events are as if they had never been; undone ones no longer count.

    An unmute names the events that it undoes, so that no clock and no order decides what its writer had seen.
    """
    known = sorted(live(events), key=lambda event: event.id)
    gone = undone(known)
    patterns: dict[tuple[str, str], Pattern] = {}
    findings: dict[tuple[str, str], set[str]] = {}
    for event in known:
        found = pattern_of(event)
        if found is not None:
            name = (found.rule, found.key)
            patterns[name] = better(patterns.get(name), found)
            findings.setdefault(name, set()).update(filter(None, (event.get("finding"),)))
    kept = [event for event in known if event.id not in gone]
    return Folded(
        signals={one.event: one for one in map(signal_of, kept) if one is not None},
        mutes={one.event: one for one in map(mute_of, kept) if one is not None},
        priors={one.event: one for one in map(prior_of, kept) if one is not None},
        patterns=patterns,
        findings={name: frozenset(some) for name, some in findings.items()},
        examples={one.event: one for one in map(example_of, kept) if one is not None},
        imported={one.event: one for one in map(imported_of, kept) if one is not None},
        shown={one.event: one for one in map(shown_of, kept) if one is not None},
        learned=tuple(event for event in kept if event.kind == "learned"),
        decisions=tuple(event for event in kept if event.kind == "decision"),
    )


def undone(events: Sequence[Event]) -> frozenset[str]:
    """Ids of the events that unmutes take back: those they name, or all in scope before one without names."""
    named = {one for event in events if event.kind == "unmute" for one in event.get("undoes") or ()}
    for unmute in filter(names_nothing, events):
        named.update(one.id for one in events if reaches(unmute, one))
    return frozenset(named)


def counting(events: Sequence[Event]) -> list[Event]:
    """The signals among the events that no unmute takes back."""
    gone = undone(events)
    return [one for one in events if one.kind == "signal" and one.id not in gone]


def names_nothing(event: Event) -> bool:
    """True for an unmute, written by another program, that does not name what it undoes."""
    return event.kind == "unmute" and event.get("undoes") is None


def reaches(unmute: Event, event: Event) -> bool:
    """Whether an unmute that names nothing undoes an event."""
    return event.ts < unmute.ts and in_scope(unmute.get("scope"), event)


def signal_of(event: Event) -> Signal | None:
    """The signal that an event is; None for other kinds, for what is only logged and for findings without a rule."""
    if event.kind != "signal" or event.get("y") is None or not event.get("rule"):
        return None
    return Signal(
        event=event.id,
        ts=event.ts,
        rule=event.get("rule"),
        key=event.get("key") or "",
        finding=event.get("finding") or "",
        sig=event.get("sig") or "",
        y=event.get("y"),
        eps=float(event.get("eps")),
        actor=event.get("actor") or "",
        change=event.change or event.get("sha") or "",
    )


def mute_of(event: Event) -> Mute | None:
    """The mute that an event is, else None."""
    if event.kind != "mute":
        return None
    scope = event.get("scope")
    return Mute(
        event.id,
        event.ts,
        event.get("actor") or "",
        scope.get("rule"),
        scope.get("key"),
        scope.get("path"),
        event.get("reason") or "",
    )


def prior_of(event: Event) -> Prior | None:
    """What an event says of a rule elsewhere: counts, or a single outcome; else None."""
    if event.kind != "prior" or not event.get("rule"):
        return None
    accepted, rejected = _count(event.get("accepted")), _count(event.get("rejected"))
    if not accepted and not rejected and event.get("y") is not None:
        accepted, rejected = float(event.get("y") == 1), float(event.get("y") == 0)
    if not accepted and not rejected:
        return None
    noise = event.get("eps")
    return Prior(event.id, event.get("rule"), accepted, rejected, PRIOR_NOISE if noise is None else float(noise))


def imported_of(event: Event) -> Imported | None:
    """What repositories with the same salt made of a pattern; None for anything else."""
    salt, key = event.get("salt"), event.get("key")
    if event.kind != "prior" or event.get("rule") or not isinstance(salt, str) or not key:
        return None
    accepted, rejected = _count(event.get("accepted")), _count(event.get("rejected"))
    if not accepted and not rejected:
        return None
    hashes = tuple(sorted(set(event.get("fp") or ())))
    return Imported(event.id, salt, key, hashes, accepted, rejected, PRIOR_NOISE)


def shown_of(event: Event) -> Shown | None:
    """The finding that was shown to somebody; None for other events."""
    if event.kind != "shown" or not event.get("rule") or not event.get("finding"):
        return None
    return Shown(event.id, event.get("rule"), event.get("finding"))


def _count(value: object) -> float:
    """A count that somebody else wrote; 0 for anything that is none."""
    return float(value) if type(value) in (int, float) and 0 < value < 2**53 else 0.0  # type: ignore[operator,arg-type]


def pattern_of(event: Event) -> Pattern | None:
    """The shape of the code that an event is about, where it says so."""
    if event.kind not in ("signal", "shown", "prior") or not event.get("rule") or not event.get("key"):
        return None
    hashes = tuple(sorted(set(event.get("fp") or ())))
    return Pattern(event.get("rule"), event.get("key"), hashes, event.get("lang") or "")


def better(known: Pattern | None, found: Pattern) -> Pattern:
    """Of two patterns with the same name the one that is kept: with hashes before without, then the lesser."""
    if known is None:
        return found
    return min(known, found, key=lambda one: (not one.fp, one.fp, not one.lang, one.lang))


def example_of(event: Event) -> Example | None:
    """The judged code that an event holds, or the place of mended code; None for any other event."""
    if event.kind == "prior":
        return _mended(event)
    signal = signal_of(event)
    before, at = event.get("before") or "", event.get("at")
    if signal is None or not signal.key or not (before or _is_committed(at)):
        return None
    after, note = event.get("after") or "", event.get("note") or ""
    place = "" if before else json.dumps(at, ensure_ascii=False, separators=(",", ":"))
    return Example(signal.event, signal.ts, signal.rule, signal.key, signal.y, signal.eps, before, after, note, place)


def _is_committed(at: Any) -> bool:
    """Whether the place of an event names a commit and lines."""
    return bool(at) and None not in at[2:] and at[:2] != [None, None]


def _mended(event: Event) -> Example | None:
    """Code that a commit mended, as `memory import-history` found it: an example, and no signal."""
    rule, key, place = event.get("rule"), event.get("key"), event.get("at")
    if not rule or not key or not place or None in place:
        return None
    noise = float(event.get("eps") or PRIOR_NOISE)
    before, after = event.get("before") or "", event.get("after") or ""
    if not isinstance(before, str) or not isinstance(after, str):
        return None
    at = json.dumps([*place, HISTORY], ensure_ascii=False, separators=(",", ":"))
    return Example(event.id, event.ts, rule, key, 1, noise, before, after, "", at)


def matching(imported: Iterable[Imported], shape: Shape, salt: str, least: int) -> list[Imported]:
    """Those under a salt that have the key of a shape or `least` of its hashes, by event."""
    wanted = set(shape.fp)
    every = (one for one in imported if one.salt == salt)
    return sorted(one for one in every if one.key == shape.key or len(wanted.intersection(one.fp)) >= least)


class Known:
    """A folded log in memory, as `Evidence`."""

    def __init__(self, folded: Folded) -> None:
        self.folded = folded
        self._by_pattern: dict[tuple[str, str], list[Signal]] = {}
        self._by_rule: dict[str, list[Signal]] = {}
        for one in folded.signals.values():
            self._by_pattern.setdefault((one.rule, one.key), []).append(one)
            self._by_rule.setdefault(one.rule, []).append(one)
        self._by_hash: dict[int, list[Pattern]] = {}
        for pattern in folded.patterns.values():
            for one_hash in pattern.fp:
                self._by_hash.setdefault(one_hash, []).append(pattern)

    def decides(self) -> bool:
        """False where nothing is known that could change what is shown."""
        folded = self.folded
        return bool(folded.signals or folded.mutes or folded.priors or folded.imported)

    def mutes(self) -> Sequence[Mute]:
        """The mutes in force, by id."""
        return sorted(self.folded.mutes.values())

    def near(self, fp: Sequence[int], least: int = 1, limit: int = 200) -> Sequence[Pattern]:
        """Patterns that share `least` hashes or more, those with the most first."""
        shared: dict[Pattern, int] = {}
        for one_hash in set(fp):
            for pattern in self._by_hash.get(one_hash, ()):
                shared[pattern] = shared.get(pattern, 0) + 1
        found = [pattern for pattern, count in shared.items() if count >= least]
        return sorted(found, key=lambda one: (-shared[one], one.number))[:limit]

    def signals(self, patterns: Iterable[tuple[str, str]]) -> Sequence[Signal]:
        """The signals on these patterns."""
        return [one for name in dict.fromkeys(patterns) for one in self._by_pattern.get(name, ())]

    def signals_of(self, rule: str) -> Sequence[Signal]:
        """The signals on a rule."""
        return self._by_rule.get(rule, [])

    def priors_of(self, rule: str) -> Sequence[Prior]:
        """What was imported about a rule."""
        return [one for one in self.folded.priors.values() if one.rule == rule]

    def totals_of(self, rule: str) -> Totals:
        """The figures of a rule."""
        return totals(weighed(self.signals_of(rule)), prior_weights(self.priors_of(rule)))

    def imported(self, shape: Shape, salt: str, least: int) -> Sequence[Imported]:
        """What was imported under this salt about patterns with this key or as many of its hashes, by event."""
        return matching(self.folded.imported.values(), shape, salt, least)

    def shown(self) -> dict[str, int]:
        """How many findings of each rule people saw: those that were shown, and those that they judged."""
        pairs = {(one.rule, one.finding) for one in self.folded.shown.values()}
        pairs |= {(one.rule, one.finding) for one in self.folded.signals.values() if one.finding}
        return dict(Counter(rule for rule, _ in pairs))

    def findings_of(self, rule: str, key: str) -> Sequence[str]:
        """Fingerprints of the findings that had this shape."""
        return sorted(self.folded.findings.get((rule, key), ()))

    def examples_of(self, rule: str, key: str) -> Sequence[Example]:
        """Judged code of this shape, the latest first."""
        found = [one for one in self.folded.examples.values() if (one.rule, one.key) == (rule, key)]
        return sorted(found, key=lambda one: (-one.ts, one.event))
