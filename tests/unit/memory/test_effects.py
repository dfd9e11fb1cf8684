from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fakes.log import CODE, RULE, made, person, rejections, signal
from review_bot.domain.finding import Finding
from review_bot.memory.assess import assess
from review_bot.memory.effects import Outcome, Policy, apply
from review_bot.memory.fold import Known, fold
from review_bot.memory.normalise import Shape, shape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from review_bot.domain.event import Event

OTHER = "while queue:\n    send(queue.pop())\n    print(len(queue))"


def finding(code: str = CODE, **fields: Any) -> Finding:
    known: dict[str, Any] = {
        "fingerprint": "0" * 16,
        "rule": RULE,
        "origin": "rule",
        "category": "debug-leftover",
        "severity": "warning",
        "confidence": 0.9,
        "path": "src/a.py",
        "side": "new",
        "start_line": 1,
        "end_line": 1,
        "start_column": 1,
        "end_column": 2,
        "message": "print",
        "quote": code,
    }
    return Finding(**{**known, **fields})


def shaped(one: Finding) -> Shape:
    return shape(one.rule, one.quote, "python")


def outcome(events: Iterable[Event], *findings: Finding, **policy: Any) -> Outcome:
    found = findings or (finding(),)
    return apply(found, shaped, Known(fold(events)), Policy(**{"explore": 0.0, **policy}))


def effect(events: Iterable[Event], one: Finding | None = None, **policy: Any) -> str:
    done = outcome(events, one or finding(), **policy)
    every = [*done.findings, *(held.finding for held in done.suppressed)]
    made_of_it = every[0]
    assert made_of_it.memory is not None
    return made_of_it.memory.effect


def test_nothing_known_changes_nothing() -> None:
    done = outcome([])
    assert done.findings[0].memory is not None
    assert done.findings[0].memory[:5] == ("none", 0.0, 0, 0, 0)
    assert done.suppressed == ()


def test_what_is_rejected_again_and_again_is_hidden_with_its_figures() -> None:
    done = outcome(rejections(6))
    assert done.findings == ()
    (held,) = done.suppressed
    assert held.by == "memory"
    assert held.reason == "rejected 6 times by 3 people in 6 changes"
    assert held.finding.memory is not None
    assert held.finding.memory[2:5] == (6, 3, 6)


def test_the_reason_counts_counted_signals_only() -> None:
    weak = [signal(0, who="person 0", pr="0", eps=0.4, sig="unchanged", ts=1_700_000_000 + n) for n in range(9)]
    (held,) = outcome([*rejections(6), *weak]).suppressed
    assert held.reason == "rejected 6 times by 3 people in 6 changes"


def test_a_bad_rule_folds_code_it_never_flagged() -> None:
    done = outcome(rejections(8), finding(OTHER))
    assert done.findings[0].memory is not None
    assert done.findings[0].memory.effect == "fold"
    assert done.findings[0].memory.reason == f"rule {RULE} rejected 8 times by 3 people in 8 changes"


def test_a_rule_on_probation_hides_code_it_never_flagged() -> None:
    assert effect(rejections(12, people=4), finding(OTHER)) == "hide"


def test_what_is_accepted_is_raised() -> None:
    accepted = [signal(1, who=f"p{n}", pr=str(n)) for n in range(2)]
    assert effect(accepted) == "raise"


def test_another_rule_is_not_concerned() -> None:
    assert effect(rejections(12), finding(rule="py.other")) == "none"


def test_nearly_the_same_code_is_the_same_and_another_rule_on_it_is_not() -> None:
    long = CODE + "\nlog(total)\nsave(total, item.name)\nreturn total"
    near = long.replace("return total", "return None")
    assert shape(RULE, long, "python").key != shape(RULE, near, "python").key
    known = Known(fold(rejections(6, code=long)))
    assert assess(known, RULE, shape(RULE, near, "python")).pattern.signals == 6
    assert assess(known, "py.other", shape("py.other", long, "python"), lambda _: "conventions").pattern.signals == 0


def test_a_models_finding_is_the_same_as_a_rules_in_its_category() -> None:
    known = Known(fold(rejections(6)))
    asked = "model.debug-leftover"
    category = {RULE: "debug-leftover"}.get
    assert assess(known, asked, shape(asked, CODE, "python"), category).pattern.signals == 6
    other = "model.conventions"
    assert assess(known, other, shape(other, CODE, "python"), category).pattern.signals == 0


SECURITY = {"category": "injection-command", "severity": "error"}


@pytest.mark.parametrize(
    "log",
    [
        pytest.param(rejections(20, people=5), id="score"),
        pytest.param([made("mute", scope={"rule": RULE}, reason="no")], id="mute"),
    ],
)
def test_a_security_error_is_folded_at_most(log: list[Event]) -> None:
    assert effect(log, finding(**SECURITY)) == "fold"
    assert effect(log, finding(**SECURITY)._replace(severity="warning")) == "hide"
    assert effect(log, finding(severity="error")) == "hide"


@pytest.mark.parametrize(
    ("scope", "muted"),
    [
        ({"rule": RULE}, True),
        ({"rule": "py.other"}, False),
        ({"path": "src/**"}, True),
        ({"path": "tests/**"}, False),
        ({"rule": RULE, "path": "tests/**"}, False),
        ({"key": shape(RULE, CODE, "python").key}, True),
        ({"key": shape(RULE, OTHER, "python").key}, False),
    ],
    ids=str,
)
def test_a_mute_reaches_its_scope(scope: dict[str, str], *, muted: bool) -> None:
    mute = made("mute", scope=scope, reason="generated", actor=person("ada"))
    assert effect([mute]) == ("hide" if muted else "none")


def test_a_mute_says_who_and_why_and_an_unmute_ends_it() -> None:
    mute = made("mute", scope={"rule": RULE, "path": "src/**"}, reason="generated", actor=person("ada"))
    (held,) = outcome([mute]).suppressed
    assert held.reason == f"muted in src/** by {person('ada')}: generated"
    assert effect([mute, made("unmute", scope={"rule": RULE}, undoes=[mute.id])]) == "none"


_REJECTED = Known(fold(rejections(6)))


def many(count: int) -> list[Finding]:
    return [finding(fingerprint=f"{n:016x}") for n in range(count)]


def explored(commit: str, share: float, count: int = 50) -> list[Finding]:
    done = apply(many(count), shaped, _REJECTED, Policy(commit, share))
    assert len(done.findings) + len(done.suppressed) == count
    return list(done.findings)


def test_one_hidden_finding_at_most_is_shown_again() -> None:
    (shown,) = explored("c" * 40, 0.5)
    assert shown.memory is not None
    assert shown.memory.effect == "explore"
    assert explored("c" * 40, 0.5) == [shown]
    assert explored("d" * 40, 0.5) != [shown]


def test_exploration_shows_its_share() -> None:
    shown = sum(bool(explored(str(commit), 0.02, count=1)) for commit in range(1000))
    assert 8 <= shown <= 35
    assert not explored("c", 0.0)


def test_what_is_muted_is_not_explored() -> None:
    mute = made("mute", scope={"rule": RULE})
    assert not outcome([mute], *many(50), explore=0.5).findings


def test_sentiment_alone_hides_nothing() -> None:
    felt = rejections(40, people=9, eps=0.25, sig="sentiment")
    assert effect(felt) == "fold"
    assert effect([*felt, signal(0, who="zoe", pr="99")]) == "hide"


def test_the_order_of_the_findings_stays() -> None:
    one, other = finding(fingerprint="a" * 16, rule="py.other"), finding(OTHER, fingerprint="b" * 16, rule="py.third")
    assert [f.fingerprint for f in outcome(rejections(6), one, finding(), other).findings] == ["a" * 16, "b" * 16]
