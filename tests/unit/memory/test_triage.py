"""Walking through findings by keys."""

from __future__ import annotations

from review_bot.domain.finding import Finding
from review_bot.memory.triage import KEYS, Decision, Session


def _finding(number: int, rule: str = "py.a", path: str = "a.py") -> Finding:
    return Finding(
        f"{number:016x}", rule, "rule", "correctness", "warning", 0.9, path, "new", number, number, 1, 2, "m"
    )


def test_each_word_goes_on_to_the_next_finding() -> None:
    one, two = _finding(1), _finding(2)
    session = Session([one, two])
    session.say("accept")
    assert session.current == two
    session.say("reject")
    assert session.current is None
    assert session.decisions == (Decision(one, "accept"), Decision(two, "reject"))


def test_what_is_skipped_says_nothing() -> None:
    session = Session([_finding(1)])
    session.say("skip")
    assert session.decisions == ()


def test_going_back_takes_the_word_back() -> None:
    one, two = _finding(1), _finding(2)
    session = Session([one, two])
    session.say("reject")
    assert session.back()
    assert (session.current, session.decisions) == (one, ())
    assert not session.back()


def test_a_mute_passes_over_what_it_hides() -> None:
    findings = [_finding(1), _finding(2), _finding(3, path="b.py"), _finding(4, rule="py.b")]
    session = Session(findings)
    session.say("mute-here")
    assert session.current == findings[2]
    assert session.back()
    session.say("mute")
    assert session.current == findings[3]


def test_every_letter_has_its_own_meaning() -> None:
    assert len(set(KEYS.values())) == len(KEYS) == 7
