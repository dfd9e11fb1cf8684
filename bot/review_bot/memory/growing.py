"""A memory that takes in one event after the other, to look at what was known at any time of a log."""

from __future__ import annotations

from review_bot.memory.fold import (
    imported_of,
    matching,
    mute_of,
    names_nothing,
    pattern_of,
    prior_of,
    reaches,
    signal_of,
)
from review_bot.memory.score import Tally, Totals, prior_weights

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from review_bot.domain.event import Event
    from review_bot.memory.evidence import Example, Mute, Pattern
    from review_bot.memory.normalise import Shape
    from review_bot.memory.score import Imported, Prior, Signal


class Growing:
    """`memory.evidence.Evidence` of the events so far, which must come by time and live (no `forget`)."""

    def __init__(self) -> None:
        self._reachable: list[Event] = []
        """What an unmute that names nothing may undo."""
        self._signals: dict[str, Signal] = {}
        self._mutes: dict[str, Mute] = {}
        self._priors: dict[str, list[Prior]] = {}
        self._imported: dict[str, Imported] = {}
        self._of_pattern: dict[tuple[str, str], dict[str, Signal]] = {}
        self._of_rule: dict[str, dict[str, Signal]] = {}
        self._tallies: dict[str, Tally] = {}
        self._patterns: dict[tuple[str, str], Pattern] = {}
        self._by_hash: dict[int, list[Pattern]] = {}

    def add(self, event: Event) -> None:
        """Take in one more event."""
        pattern, signal, prior, mute = pattern_of(event), signal_of(event), prior_of(event), mute_of(event)
        if pattern is not None and (pattern.rule, pattern.key) not in self._patterns:
            self._patterns[pattern.rule, pattern.key] = pattern
            for one in pattern.fp:
                self._by_hash.setdefault(one, []).append(pattern)
        if signal is not None:
            self.add_signal(signal)
        if prior is not None:
            self.add_prior(prior)
        imported = imported_of(event)
        if imported is not None:
            self._imported[imported.event] = imported
        if mute is not None:
            self._mutes[mute.event] = mute
        if signal is not None or mute is not None:
            self._reachable.append(event)
        if event.kind == "unmute":
            self._unmute(event)

    def add_signal(self, signal: Signal) -> None:
        """Take in one more signal."""
        self._signals[signal.event] = signal
        self._of_pattern.setdefault((signal.rule, signal.key), {})[signal.event] = signal
        self._of_rule.setdefault(signal.rule, {})[signal.event] = signal
        self._tallies.setdefault(signal.rule, Tally()).add(signal)

    def add_prior(self, prior: Prior) -> None:
        """Take in what another repository tells."""
        self._priors.setdefault(prior.rule, []).append(prior)

    def _unmute(self, event: Event) -> None:
        named = event.get("undoes")
        if names_nothing(event):
            named = [one.id for one in self._reachable if reaches(event, one)]
        for name in named:
            self._take_back(name)

    def _take_back(self, event: str) -> None:
        self._mutes.pop(event, None)
        signal = self._signals.pop(event, None)
        if signal is None:
            return
        del self._of_pattern[signal.rule, signal.key][event]
        del self._of_rule[signal.rule][event]
        tally = self._tallies[signal.rule] = Tally()
        for one in self._of_rule[signal.rule].values():
            tally.add(one)

    def decides(self) -> bool:
        """False where nothing is known."""
        return bool(self._signals or self._mutes or self._priors or self._imported)

    def mutes(self) -> Sequence[Mute]:
        """The mutes in force, by id."""
        return sorted(self._mutes.values())

    def near(self, fp: Sequence[int], least: int = 1, limit: int = 200) -> Sequence[Pattern]:
        """Patterns that share `least` hashes or more, those with the most first."""
        shared: dict[Pattern, int] = {}
        for one in set(fp):
            for pattern in self._by_hash.get(one, ()):
                shared[pattern] = shared.get(pattern, 0) + 1
        found = [pattern for pattern, count in shared.items() if count >= least]
        return sorted(found, key=lambda one: (-shared[one], one.number))[:limit]

    def signals(self, patterns: Iterable[tuple[str, str]]) -> Sequence[Signal]:
        """The signals on these patterns."""
        return [one for name in dict.fromkeys(patterns) for one in self._of_pattern.get(name, {}).values()]

    def signals_of(self, rule: str) -> Sequence[Signal]:
        """The signals on a rule."""
        return list(self._of_rule.get(rule, {}).values())

    def priors_of(self, rule: str) -> Sequence[Prior]:
        """What was imported about a rule."""
        return self._priors.get(rule, [])

    def totals_of(self, rule: str) -> Totals:
        """The figures of a rule."""
        tally = self._tallies.get(rule)
        figures = Totals() if tally is None else tally.totals()
        prior = sum(value for _, value in prior_weights(self.priors_of(rule)))
        return figures._replace(sum=figures.sum + prior)

    def imported(self, shape: Shape, salt: str, least: int) -> Sequence[Imported]:
        """What was imported under this salt about patterns with this key or as many of its hashes, by event."""
        return matching(self._imported.values(), shape, salt, least)

    def findings_of(self, _rule: str, _key: str) -> Sequence[str]:
        """Nobody asks a time gone by for fingerprints."""
        return ()

    def examples_of(self, _rule: str, _key: str) -> Sequence[Example]:
        """Nobody asks a time gone by for examples."""
        return ()
