"""Does the memory learn what a team wants? A simulated team, 30 rules, 3,000 findings, several seeds.

Rules differ in how many of their patterns are worth a remark; a pattern is worth it or not. Six people react to what
they are shown in eight ways, each wrong as often as the table in docs/memory.md says, most often with silence; what is
hidden gets no reaction, what is folded half as often. The memory is the real one: signals go into it, and its effects
decide what the team sees next.
"""

from __future__ import annotations

import random
import statistics
import sys

from review_bot.memory.assess import assess
from review_bot.memory.fold import PRIOR_NOISE
from review_bot.memory.growing import Growing
from review_bot.memory.normalise import Shape
from review_bot.memory.score import PRIOR_CAP, Prior, Signal, Tally, Totals, decide

FINDINGS, PEOPLE, IN_A_CHANGE = 3000, 6, 10
RULES = (0.0,) * 11 + (0.1,) * 3 + (0.5,) * 7 + (0.75,) * 5 + (0.95,) * 4
"""Share of each rule's patterns that are worth a remark."""
PATTERNS = 12
"""Of a rule; the n-th most frequent comes up 1/n as often as the first."""
REACTIONS = (
    ("command", 0.03, 0.08), ("reaction", 0.05, 0.06), ("fixed", 0.15, 0.14), ("changed", 0.20, 0.10),
    ("resolved", 0.15, 0.08), ("reply", 0.15, 0.06), ("unchanged", 0.35, 0.12), ("merged", 0.40, 0.36),
)  # fmt: skip
"""Name, noise and how often each one is what a shown finding gets."""
JUDGED, SAID = 0.2, 0.05
"""Noise of what counts as a label, and of what somebody says by command or thumb."""


class Result:
    """What was shown and hidden, of findings worth it and not."""

    def __init__(self) -> None:
        self.rows: list[tuple[bool, str]] = []

    def hidden(self, useful: bool, start: int = 0) -> float:
        """Share of the useful or useless findings from `start` on that were hidden."""
        effects = [effect for worth, effect in self.rows[start:] if worth == useful]
        return effects.count("hide") / max(len(effects), 1)

    def precision(self, start: int, end: int, *, folded: bool = False) -> float:
        """Share of useful ones among those shown in full, or also in the summary."""
        held = ("hide",) if folded else ("hide", "fold")
        shown = [worth for worth, effect in self.rows[start:end] if effect not in held]
        return sum(shown) / max(len(shown), 1)


def run(seed: int, *, memory: bool = True, judged: bool = False, priors: bool = False) -> Result:
    """A run; `judged`: people never just stay silent; `priors`: another repository has told of each rule."""
    draw = random.Random(seed)
    reactions = [one for one in REACTIONS if not judged or one[1] <= JUDGED]
    worth = {(rule, n): draw.random() < share for rule, share in enumerate(RULES) for n in range(PATTERNS)}
    weights = [1 / (n + 1) for n in range(PATTERNS)]
    known, result = Growing(), Result()
    for rule, share in enumerate(RULES if priors else ()):
        accepted = sum(draw.random() < share for _ in range(PRIOR_CAP))
        known.add_prior(Prior(f"prior {rule}", f"rule.{rule}", accepted, PRIOR_CAP - accepted, PRIOR_NOISE))
    for number in range(FINDINGS):
        rule = draw.randrange(len(RULES))
        pattern = draw.choices(range(PATTERNS), weights)[0]
        useful = worth[rule, pattern]
        name, key = f"rule.{rule}", f"rule.{rule}:{pattern}"
        effect = assess(known, name, Shape(key, ())).decision.effect if memory else "none"
        if effect == "hide" and draw.random() < 0.02:
            effect = "explore"
        result.rows.append((useful, effect))
        if effect == "hide" or (effect == "fold" and draw.random() < 0.5):
            continue
        known.add_signal(reaction(draw, reactions, number, name, key, useful))
    return result


def reaction(
    draw: random.Random, reactions: list[tuple[str, float, float]], number: int, rule: str, key: str, useful: bool
) -> Signal:
    sig, noise, _ = draw.choices(reactions, [share for *_, share in reactions])[0]
    y = int(useful != (draw.random() < noise))
    who, change = f"person {draw.randrange(PEOPLE)}", str(number // IN_A_CHANGE)
    return Signal(f"{number:032x}", number, rule, key, f"{number:016x}", sig, y, noise, who, change)


def labels_until(
    effect: str, seed: int, useful: float | None = None, most: int = 200, noisiest: float = JUDGED
) -> int | None:
    """Labels (reactions of a noise up to `noisiest`) until new findings of a rule are hidden or folded; None for never.

    Without `useful` the rule's usefulness is anything up to .2.
    """
    draw = random.Random(seed)
    useful = draw.uniform(0, 0.2) if useful is None else useful
    kinds = [one for one in REACTIONS if one[1] <= noisiest]
    tally = Tally()
    for number in range(most):
        sig, noise, _ = draw.choices(kinds, [share for *_, share in kinds])[0]
        y = int((draw.random() < useful) != (draw.random() < noise))
        who, change = f"person {draw.randrange(PEOPLE)}", str(number // 2)
        tally.add(Signal(f"{number:032x}", number, "r", f"r:{number}", "", sig, y, noise, who, change))
        if decide(Totals(), tally.totals()).effect in (effect, "hide"):
            return number + 1
    return None


def main() -> None:
    seeds = range(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
    late = FINDINGS * 2 // 3
    without = [run(seed, memory=False) for seed in seeds]
    row("precision without a memory", ".38", [one.precision(0, FINDINGS) for one in without], 1)
    for title, more in (
        ("", {}), ("every finding judged: ", {"judged": True}), ("priors of another repository: ", {"priors": True})
    ):  # fmt: skip
        results = [run(seed, **more) for seed in seeds]
        row(f"{title}useful hidden, all 3,000, %", "<= .2", [one.hidden(useful=True) for one in results])
        row(f"{title}useless hidden, last 1,000, %", ">= 65", [one.hidden(False, late) for one in results])
        row(f"{title}useless hidden, all 3,000, %", "", [one.hidden(useful=False) for one in results])
        for folded, what in ((True, "folded ones among the shown"), (False, "shown in full")):
            for name, start, end in (("first 300", 0, 300), ("all 3,000", 0, FINDINGS), ("last 1,000", late, FINDINGS)):
                target = ">= .49" if name == "all 3,000" else ""
                values = [one.precision(start, end, folded=folded) for one in results]
                row(f"{title}precision, {what}, {name}", target, values, 1)
    labels()


def row(what: str, target: str, values: list[float], unit: float = 100) -> None:
    mean, worst = statistics.mean(values) * unit, (min(values) * unit, max(values) * unit)
    print(f"| {what} | {target} | {mean:.2f} ({worst[0]:.2f} to {worst[1]:.2f}) |", flush=True)


def labels() -> None:
    """Print how many labels it takes until a bad rule is folded and muted, and how often a good one is."""
    for useful, noisiest, target in (
        (None, JUDGED, "<= 24"),
        (None, SAID, "<= 24"),
        (0.2, JUDGED, ""),
        (0.2, SAID, "<= 24"),
    ):
        for effect in ("fold", "hide"):
            counts = (labels_until(effect, seed, useful, noisiest=noisiest) or 999 for seed in range(400))
            name = "up to .2" if useful is None else useful
            done = "folded" if effect == "fold" else "muted: all its new findings are hidden"
            kinds = "of all kinds" if noisiest == JUDGED else "by command or thumb"
            median = statistics.median(counts)
            print(f"| labels {kinds} until a rule of usefulness {name} is {done}, median | {target} | {median:.0f} |")
    wrong = sum(labels_until("hide", seed, 0.7) is not None for seed in range(2000)) / 20
    print(f"| rules of usefulness .7 ever muted within 200 labels, % | < .5 | {wrong:.2f} |")


if __name__ == "__main__":
    main()
