"""Why a finding is shown, folded or hidden: what the last scan said of it, its rule, and what the memory knows."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from review_bot.bootstrap import evidence
from review_bot.errors import UsageError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from review_bot.config import Loaded
    from review_bot.domain.finding import Finding
    from review_bot.memory.explain import Explanation
    from review_bot.memory.normalise import Shape
    from review_bot.rules.model import Rule
    from review_bot.rules.ruleset import RuleSet
    from review_bot.sources.repository import Repository
    from review_bot.stores.index import Index
    from review_bot.stores.last_scan import Seen


class Answer(NamedTuple):
    """All that is known of one finding."""

    finding: Finding
    explanation: Explanation
    rule: Rule | None
    """None for findings of models, other tools and rules that are gone."""
    in_last_scan: bool
    held: str
    """Who held it back in the last scan (domain.finding.SuppressedBy), or empty."""


def explain(fingerprint: str, config: str | None = None) -> Answer:
    """What there is to say of the finding with this fingerprint; raises UsageError where nobody knows it."""
    from review_bot.bootstrap import rules_of
    from review_bot.bootstrap.effects import category_of, hides
    from review_bot.bootstrap.last_scan import recall
    from review_bot.memory.effects import Policy
    from review_bot.memory.explain import explain as explained
    from review_bot.memory.fold import Known, fold
    from review_bot.sources.repository import find_root

    loaded, rules = rules_of(config)
    last = recall()
    seen = last.find(fingerprint) if last is not None else None
    with ExitStack() as stack:
        index = _index(find_root(), loaded)
        if index is not None:
            stack.enter_context(index)
        finding, shape = _of_last_scan(seen) if seen is not None else _of_log(fingerprint, index, rules)
        known = index if index is not None else Known(fold(()))
        hide = hides(index.kept("decision")) if index else None
        policy = Policy(category_of=category_of(rules), hides=hide, salt=evidence.salt_of(loaded))
        why = explained(finding, shape, known, policy)
    effect = finding.memory
    if effect is not None and effect.effect == "explore" and why.effect.effect == "hide":
        why = why._replace(effect=effect)
    return Answer(finding, why, _rule(finding.rule, rules), seen is not None, seen.held if seen is not None else "")


def _index(repository: Repository, loaded: Loaded) -> Index | None:
    """What is known here; None where nothing is, or where the memory is off."""
    memory = loaded.config.memory
    if not memory.enabled or not evidence.is_there(repository, memory):
        return None
    return evidence.opened(repository, loaded)


def _of_last_scan(seen: Seen) -> tuple[Finding, Shape | None]:
    from review_bot.memory.normalise import shape_at

    one = seen.finding
    lines = dict(enumerate(seen.text.split("\n"), seen.first))
    return one, shape_at(one.rule, lines, one.start_line, one.end_line, seen.language or None)


def _of_log(fingerprint: str, index: Index | None, rules: RuleSet) -> tuple[Finding, Shape]:
    """A finding that only the log knows: by its rule and the shape of its code."""
    from review_bot.domain.finding import Finding
    from review_bot.memory.normalise import Shape

    patterns = index.patterns_of(fingerprint) if index is not None else ()
    if not patterns:
        remedy = "take one from the report of the last scan (`review-bot scan --format json`)"
        raise UsageError(f"no finding has the fingerprint {fingerprint}", where="explain", remedy=remedy)
    pattern, rule = patterns[0], _rule(patterns[0].rule, rules)
    category = rule.category if rule is not None else pattern.rule.removeprefix("model.")
    severity = rule.severity if rule is not None else "warning"
    message = rule.message if rule is not None else ""
    finding = Finding(
        fingerprint, pattern.rule, "memory", category, severity, 0.0, "", "new", 0, 0, 0, 0, message
    )  # fmt: skip
    return finding, Shape(pattern.key, pattern.fp)


def _rule(name: str, rules: RuleSet) -> Rule | None:
    return next((entry.rule for entry in rules.entries() if entry.id == name), None)
