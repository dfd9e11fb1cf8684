"""Two policies or prompts side by side: who sees which, and when enough is known to decide.

The test is sequential and may be looked at after every judgement. Judgements are taken in pairs, the n-th of arm a with
the n-th of arm b, and each pair multiplies two wagers, one on "b is better" and one on "b is worse", by

    p(y_a | t_a) p(y_b | t_b) / (p(y_a | t) p(y_b | t)),   t = (t_a + t_b) / 2,

where the rates t_a and t_b are estimated from earlier pairs only: the e-variable for two Bernoulli streams of Turner,
Ly and Grünwald, "Generic E-variables for exact sequential k-sample tests that allow for optional stopping"
(Journal of Statistical Planning and Inference 230, 2024; arXiv:2106.02693). With t_b > t_a its expectation is at most
1 for every pair of true rates with p_b <= p_a: it is (1 - x)(1 + y) with x = (p_a - t) d / (t (1 - t)), y alike
with p_b, d = (t_b - t_a) / 2, and x >= y. By Ville's inequality a wager then reaches 1 / alpha with a probability of
alpha at most, however long one looks.
"""

from __future__ import annotations

from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Literal

    from review_bot.domain.event import Event

    Arm = Literal["a", "b"]
    Verdict = Literal["continue", "adopt", "roll back"]
    State = Literal["running", "adopted", "rolled back", "stopped"]

ALPHA = 0.05
"""How often an arm that is not better is adopted, and how often one that is not worse is taken for worse, at most."""
MOST = 2000
"""Pairs after which an arm that was not shown to be better is given up."""
_ENDS: Mapping[str, State] = {"adopt": "adopted", "roll back": "rolled back", "stop": "stopped"}
"""States by what ended the experiment, the strongest last: whatever the order of events, the careful one counts."""


class Experiment(NamedTuple):
    """Something new (arm b) that is tried beside what is in force (arm a)."""

    start: str
    """Id of the event that began it."""
    ts: int
    name: str
    hide: float | None
    """The score from which on arm b hides; None where it is about prompts."""
    prompts: str
    """Folder of the prompts of arm b; empty where it is about a policy."""
    state: State


class Result(NamedTuple):
    """What the judgements so far say."""

    accepted_a: int
    judged_a: int
    accepted_b: int
    judged_b: int
    pairs: int
    """That the test has seen up to its decision."""
    better: float
    """The wager on "b is better"; 1 at the beginning."""
    worse: float
    verdict: Verdict


def arm_of(experiment: str, finding: str = "", change: str = "") -> Arm:
    """The arm of a finding, of a change, or of both: everywhere and always the same."""
    from hashlib import blake2b

    text = f"{experiment}\0{finding}\0{change}".encode("utf-8", "surrogateescape")
    return "b" if blake2b(text, digest_size=1).digest()[0] & 1 else "a"


def judge(outcomes: Iterable[tuple[Arm, int]], alpha: float = ALPHA, most: int = MOST) -> Result:
    """What outcomes (1 accepted, 0 rejected) in the order of time say; nothing after the decision changes it."""
    waiting: dict[Arm, list[int]] = {"a": [], "b": []}
    counts = {"a": [0, 0], "b": [0, 0]}
    test = _Test(alpha, most)
    for arm, y in outcomes:
        counts[arm][y] += 1
        waiting[arm].append(y)
        if waiting["a"] and waiting["b"]:
            test.add(waiting["a"].pop(0), waiting["b"].pop(0))
    (no_a, yes_a), (no_b, yes_b) = counts["a"], counts["b"]
    return Result(yes_a, no_a + yes_a, yes_b, no_b + yes_b, test.pairs, test.better, test.worse, test.verdict)


class _Test:
    """The two wagers."""

    def __init__(self, alpha: float, most: int) -> None:
        self._bound, self._most = 1 / alpha, most
        self._accepted = [0, 0]
        self.pairs = 0
        self.better = self.worse = 1.0
        self.verdict: Verdict = "continue"

    def add(self, a: int, b: int) -> None:
        """Take in a pair, unless all is decided."""
        if self.verdict != "continue":
            return
        rate_a, rate_b = ((accepted + 1) / (self.pairs + 2) for accepted in self._accepted)
        middle = (rate_a + rate_b) / 2
        ratio = _odds(a, rate_a, middle) * _odds(b, rate_b, middle)
        if rate_b > rate_a:
            self.better *= ratio
        elif rate_b < rate_a:
            self.worse *= ratio
        self.pairs += 1
        self._accepted = [self._accepted[0] + a, self._accepted[1] + b]
        self.verdict = self._decided()

    def _decided(self) -> Verdict:
        if self.worse >= self._bound:
            return "roll back"
        if self.better >= self._bound:
            return "adopt"
        return "roll back" if self.pairs >= self._most else "continue"


def _odds(y: int, rate: float, middle: float) -> float:
    return rate / middle if y else (1 - rate) / (1 - middle)


def experiments(decisions: Iterable[Event]) -> list[Experiment]:
    """All experiments that `decision` events tell of, by time; what is no experiment is left out."""
    ends: dict[str, list[str]] = {}
    starts: list[Event] = []
    for event in {one.id: one for one in decisions}.values():
        if event.get("state") == "start":
            starts.append(event)
        elif str(event.get("state")) in _ENDS:
            ends.setdefault(str(event.get("of")), []).append(str(event.get("state")))
    made = (_experiment(one, ends.get(one.id, [])) for one in starts)
    return sorted((one for one in made if one is not None), key=lambda one: (one.ts, one.start))


def _experiment(start: Event, ends: list[str]) -> Experiment | None:
    name, hide, prompts = start.get("experiment"), start.get("hide"), start.get("prompts") or ""
    if not isinstance(name, str) or not isinstance(prompts, str) or (hide is None) == (not prompts):
        return None
    if hide is not None and not is_threshold(hide):
        return None
    order = list(_ENDS)
    state = _ENDS[max(ends, key=order.index)] if ends else "running"
    return Experiment(start.id, start.ts, name, None if hide is None else float(hide), prompts, state)


def is_threshold(value: object) -> bool:
    """True for a score that a policy may hide at: as far as patterns and rules go, and never above the summary's."""
    return type(value) in (int, float) and -8.5 <= value <= -2.5  # type: ignore[operator]


def running(known: Iterable[Experiment]) -> Experiment | None:
    """The experiment that runs; of several the one that began last."""
    return _last(one for one in known if one.state == "running")


def in_force(known: Iterable[Experiment]) -> Experiment | None:
    """The policy that was adopted last."""
    return _last(one for one in known if one.state == "adopted" and one.hide is not None)


def adopted_prompts(known: Iterable[Experiment]) -> list[Experiment]:
    """Every experiment whose prompts were adopted, by time: later ones stand in the place of earlier ones."""
    found = [one for one in known if one.state == "adopted" and one.prompts]
    return sorted(found, key=lambda one: (one.ts, one.start))


def last_adopted(known: Iterable[Experiment]) -> Experiment | None:
    """What was adopted last, a policy or prompts."""
    return _last(one for one in known if one.state == "adopted")


def ended(experiment: Experiment, verdict: str) -> Experiment:
    """The experiment after `verdict`."""
    return experiment._replace(state=_ENDS[verdict])


def _last(known: Iterable[Experiment]) -> Experiment | None:
    return max(known, key=lambda one: (one.ts, one.start), default=None)


def shown_in(decisions: Iterable[Event], experiment: Experiment) -> dict[str, Arm]:
    """The arm by fingerprint, as reviews with prompts wrote it down; what both arms found is in neither."""
    arms: dict[str, set[Arm]] = {}
    for event in decisions:
        arm, shown = event.get("arm"), event.get("shown")
        if event.get("of") == experiment.start and arm in ("a", "b") and isinstance(shown, list):
            for one in shown:
                arms.setdefault(str(one), set()).add(arm)
    return {one: next(iter(found)) for one, found in arms.items() if len(found) == 1}
