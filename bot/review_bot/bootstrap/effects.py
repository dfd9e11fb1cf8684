"""Letting the memory hide, fold and raise what a scan found."""

from __future__ import annotations

from review_bot.bootstrap import evidence
from review_bot.errors import StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from review_bot.bootstrap import Scan
    from review_bot.domain.event import Event
    from review_bot.domain.review import Review
    from review_bot.memory.evidence import Evidence
    from review_bot.rules.ruleset import RuleSet
    from review_bot.sources.repository import Repository


def with_memory(done: Scan, repository: Repository | None) -> Scan:
    """The scan as people here want to see it; a memory that can't be read leaves it as it is, and says so."""
    memory = done.loaded.config.memory
    if not memory.enabled or repository is None or not done.review.findings:
        return done
    if not evidence.is_there(repository, memory):
        return done
    left: list[str] = []
    try:
        with evidence.opened(repository, done.loaded, left.append) as index:
            decisions = index.kept("decision")
            review = _changed(done, index, decisions, repository) if index.decides() else done.review
            if decisions:
                from review_bot.bootstrap import experiment

                experiment.write_down(done.review, decisions, repository, done.loaded)
                experiment.settle_with(index, decisions, repository, done.loaded)
    except StoreError as error:
        review = done.review
        left.append(str(error))
    return done._replace(review=_without(review, left))


def _without(review: Review, reasons: Sequence[str]) -> Review:
    """The review, saying what of the memory could not be read."""
    if not reasons:
        return review
    from review_bot.domain.review import Degraded

    return review._replace(degraded=(*review.degraded, *(Degraded("memory", one) for one in reasons)))


def _changed(done: Scan, index: Evidence, decisions: Sequence[Event], repository: Repository) -> Review:
    from review_bot.bootstrap import source_lines
    from review_bot.memory.effects import Policy, apply
    from review_bot.pipeline.verdict import verdict

    config, review, line = done.loaded.config, done.review, source_lines(done)
    salt = evidence.salt_of(done.loaded)
    policy = Policy(_commit(review, repository), config.memory.explore, category_of(done.rules), hides(decisions), salt)
    outcome = apply(review.findings, lambda one: evidence.shape_of(one, line), index, policy)
    return review._replace(
        findings=outcome.findings,
        suppressed=(*review.suppressed, *outcome.suppressed),
        verdict=verdict(outcome.findings, config.fail_on, model_blocks=config.model.blocking),
    )


def hides(decisions: Sequence[Event]) -> Callable[[str], float] | None:
    """The policy of the log, where it has one: from which score on a finding is hidden, by its fingerprint."""
    if not decisions:
        return None
    from review_bot.bootstrap import experiment

    return experiment.hides(decisions)


def _commit(review: Review, repository: Repository) -> str:
    """The commit that the change ends in, else the one it stands on."""
    from review_bot.sources.repository import head_commit

    return review.source.head or review.source.base or head_commit(repository) or ""


def category_of(rules: RuleSet) -> Callable[[str], str | None]:
    """The category of a rule by its id, looked up only when somebody asks."""
    known: dict[str, str] = {}

    def category(rule: str) -> str | None:
        if not known:
            known.update((entry.id, entry.category) for entry in rules.entries())
        return known.get(rule)

    return category
