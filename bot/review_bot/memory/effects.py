"""What becomes of the findings of a review by what people did before: hidden, folded, raised, shown to learn."""

from __future__ import annotations

from review_bot.domain.finding import SECURITY_CATEGORIES, Effect, Finding, Suppressed
from review_bot.domain.scope import covers
from review_bot.memory.assess import Assessment, assess
from review_bot.memory.normalise import Shape
from review_bot.memory.score import HIDE
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from review_bot.memory.evidence import Evidence, Mute
    from review_bot.memory.salt import Salt
    from review_bot.memory.score import Totals

_SHAPELESS = Shape("", ())
"""Of a finding whose lines nobody has: only its rule is known."""


class Policy(NamedTuple):
    """What a review brings to the decision beside the findings."""

    commit: str = ""
    """Id of the commit that the change ends in, or stands on."""
    explore: float = 0.02
    """Share of the hidden findings that are shown again."""
    category_of: Callable[[str], str | None] | None = None
    hides: Callable[[str], float] | None = None
    """The score from which on a finding is hidden, by its fingerprint; today's where it is None."""
    salt: Salt | None = None
    """What makes imported patterns comparable; None where nobody here has it."""

    def hide(self, finding: Finding) -> float:
        """The score from which on `finding` is hidden."""
        return HIDE if self.hides is None else self.hides(finding.fingerprint)


class Outcome(NamedTuple):
    """Findings that stay, each with what memory thinks of it, and those held back."""

    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]


class _Judged(NamedTuple):
    finding: Finding
    effect: Effect
    muted: bool


def apply(
    findings: Iterable[Finding], shape_of: Callable[[Finding], Shape | None], evidence: Evidence, policy: Policy
) -> Outcome:
    """Part the findings by their effects; their order stays. A finding without a shape is judged by its rule."""
    mutes = evidence.mutes()
    judged = [_judge(one, shape_of(one), evidence, mutes, policy) for one in findings]
    shown = _explored(judged, policy)
    kept, held = [], []
    for one in judged:
        effect = one.effect
        if effect.effect == "hide" and one is shown:
            effect = effect._replace(
                effect="explore", reason=f"shown to learn whether it still is unwanted: {effect.reason}"
            )
        finding = one.finding._replace(memory=effect)
        if effect.effect == "hide":
            held.append(Suppressed(finding, "memory", effect.reason))
        else:
            kept.append(finding)
    return Outcome(tuple(kept), tuple(held))


def judge(
    finding: Finding, shape: Shape | None, evidence: Evidence, policy: Policy
) -> tuple[Effect, Assessment, Mute | None]:
    """What memory makes of one finding, why, and the mute that reaches it; exploration left out."""
    found = _mute_of(finding, shape, evidence.mutes())
    done = _assessed(finding, shape, evidence, policy)
    return _effect(finding, done, found), done, found


def _judge(finding: Finding, shape: Shape | None, evidence: Evidence, mutes: Sequence[Mute], policy: Policy) -> _Judged:
    done = _assessed(finding, shape, evidence, policy)
    mute = _mute_of(finding, shape, mutes)
    return _Judged(finding, _effect(finding, done, mute), mute is not None)


def _assessed(finding: Finding, shape: Shape | None, evidence: Evidence, policy: Policy) -> Assessment:
    hide = policy.hide(finding)
    return assess(evidence, finding.rule, shape or _SHAPELESS, policy.category_of, hide, policy.salt)


def _mute_of(finding: Finding, shape: Shape | None, mutes: Sequence[Mute]) -> Mute | None:
    key = shape.key if shape is not None else None
    for one in mutes:
        scope = {"rule": one.rule, "key": one.key, "path": one.path}
        if covers(scope, rule=finding.rule, key=key, path=finding.path):
            return one
    return None


def protected(finding: Finding) -> bool:
    """True for what no score and no mute hides: security findings of severity error."""
    return finding.severity == "error" and finding.category in SECURITY_CATEGORIES


def _effect(finding: Finding, done: Assessment, mute: Mute | None) -> Effect:
    decision = done.decision
    by_rule = decision.by_rule or not done.pattern.signals
    figures = done.rule if by_rule else done.pattern
    effect = decision.effect if mute is None else "hide"
    if mute is not None:
        reason = mute_reason(mute)
    elif done.imported and not figures.signals:
        reason = "known from other repositories only"
    else:
        reason = _reason(finding, figures, by_rule=by_rule)
    if effect == "hide" and protected(finding):
        effect = "fold"
        reason = f"{reason}; a security error is never hidden"
    return Effect(effect, decision.score, figures.signals, figures.people, figures.changes, reason)


def mute_reason(mute: Mute) -> str:
    """`muted in tests/** by 0123456789abcdef: it is a fixture`."""
    where = f" in {mute.path}" if mute.path is not None else ""
    who = f" by {mute.actor}" if mute.actor else ""
    why = f": {mute.reason}" if mute.reason else ""
    return f"muted{where}{who}{why}"


def _reason(finding: Finding, figures: Totals, *, by_rule: bool) -> str:
    """What was counted: `rejected 6 of 7 times by 3 people in 4 changes`."""
    what = f"rule {finding.rule} " if by_rule else ""
    if not figures.signals:
        return "nothing is known of it here" if not figures.sum else f"{what}is known from other repositories only"
    count = figures.rejected if figures.sum < 0 else figures.accepted
    verb = "rejected" if figures.sum < 0 else "accepted"
    of_all = f"{count} of {figures.signals}" if count != figures.signals else str(count)
    return (
        f"{what}{verb} {_times(of_all, figures.signals)} by {_plural(figures.people, 'person', 'people')} "
        f"in {_plural(figures.changes, 'change', 'changes')}"
    )


def _times(text: str, count: int) -> str:
    return "once" if text == "1" else f"{text} {'time' if count == 1 else 'times'}"


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _explored(judged: Iterable[_Judged], policy: Policy) -> _Judged | None:
    """The one hidden finding that this commit shows again, if its number comes up; what was muted stays hidden."""
    if policy.explore <= 0:
        return None
    drawn = [
        (share, at, one)
        for at, one in enumerate(judged)
        if one.effect.effect == "hide" and not one.muted
        for share in (_share(one.finding.fingerprint, policy.commit),)
        if share < policy.explore
    ]
    return min(drawn)[2] if drawn else None


def _share(fingerprint: str, commit: str) -> float:
    """A number from 0 to 1 that is the same for the same finding at the same commit."""
    from hashlib import blake2b

    digest = blake2b(f"{fingerprint}\0{commit}".encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
