from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from review_bot.domain.diff import FileDiff
from review_bot.domain.finding import Finding, Suppressed, fingerprint
from review_bot.domain.review import Degraded, Review, SourceInfo, Stats, Verdict
from review_bot.rules.baseline import Entry, accept, anchor_of, apply, rewrite, today

RULE = "a.rule"


class Found(NamedTuple):
    findings: list[Finding]
    anchors: dict[str, str]


def scan(files: dict[str, str]) -> Found:
    """A finding of `RULE` for each line with the word bad, ordinals counted as the engine does."""
    findings, anchors = [], {}
    for path, text in files.items():
        seen: dict[str, int] = {}
        for number, line in enumerate(text.split("\n"), 1):
            if "bad" in line:
                ordinal = seen[" ".join(line.split())] = seen.get(" ".join(line.split()), -1) + 1
                key = fingerprint(RULE, path, line, ordinal)
                findings.append(
                    Finding(key, RULE, "rule", "tests", "error", 0.9, path, "new", number, number, 1, 2, "m")
                )
                anchors[key] = anchor_of(RULE, line, ordinal)
    return Found(findings, anchors)


def accepted(
    files: dict[str, str],
    entries: list[Entry] | None = None,
    *,
    examined: bool = True,
    reason: str = "legacy",
    date: str = "2025-01-01",
) -> list[Entry]:
    found = scan(files)
    return rewrite(
        found.findings,
        entries or [],
        anchors=found.anchors,
        exists=files.__contains__,
        examined=lambda _: examined,
        reason=reason,
        date=date,
    )


def news(files: dict[str, str], entries: list[Entry]) -> list[tuple[str, int]]:
    found = scan(files)
    kept = apply(found.findings, entries, anchors=found.anchors, exists=files.__contains__).kept
    return [(one.path, one.start_line) for one in kept]


def test_what_was_accepted_is_held_back_with_its_reason() -> None:
    files = {"a.py": "ok\nbad\nbad"}
    found = scan(files)
    outcome = apply(found.findings, accepted(files), anchors=found.anchors, exists=files.__contains__)
    assert outcome.kept == []
    assert [(one.by, one.reason) for one in outcome.suppressed] == [("baseline", "legacy")] * 2


def test_without_a_reason_the_day_is_given() -> None:
    files = {"a.py": "bad"}
    found = scan(files)
    outcome = apply(found.findings, accepted(files, reason=""), anchors={}, exists=files.__contains__)
    assert outcome.suppressed[0].reason == "known since 2025-01-01"


def test_one_more_of_the_same_is_news() -> None:
    assert news({"a.py": "bad\nok\nbad"}, accepted({"a.py": "bad"})) == [("a.py", 3)]


def test_a_renamed_file_keeps_its_entries() -> None:
    entries = accepted({"a.py": "bad 1\nbad 2\nbad 1"})
    assert news({"b.py": "bad 2\nbad 1\nbad 1"}, entries) == []


def test_a_copy_does_not() -> None:
    assert news({"a.py": "bad", "b.py": "bad"}, accepted({"a.py": "bad"})) == [("b.py", 1)]


def test_the_same_line_elsewhere_is_news_while_the_file_is_there() -> None:
    assert news({"a.py": "ok", "b.py": "bad"}, accepted({"a.py": "bad"})) == [("b.py", 1)]


def test_an_entry_of_a_file_that_is_gone_stands_for_one_finding() -> None:
    assert news({"b.py": "bad", "c.py": "bad"}, accepted({"a.py": "bad"})) == [("c.py", 1)]


def test_two_renamed_files_with_the_same_line() -> None:
    assert news({"c.py": "bad", "d.py": "bad"}, accepted({"a.py": "bad", "b.py": "bad"})) == []


def test_an_entry_of_another_rule_does_not_match() -> None:
    entries = [one._replace(rule="other") for one in accepted({"a.py": "bad"})]
    assert news({"b.py": "bad"}, entries) == [("b.py", 1)]


def test_a_rewrite_keeps_reasons_and_dates() -> None:
    first = accepted({"a.py": "bad 1"})
    second = accepted({"a.py": "bad 1\nbad 2"}, first, reason="new", date="2025-02-02")
    assert [(one.reason, one.date) for one in second if one in first] == [("legacy", "2025-01-01")]
    assert [(one.reason, one.date) for one in second if one not in first] == [("new", "2025-02-02")]


def test_a_rewrite_after_a_rename_moves_the_entry() -> None:
    (one,) = accepted({"b.py": "bad"}, accepted({"a.py": "bad"}), examined=False, reason="new", date="2025-02-02")
    assert (one.path, one.reason, one.date) == ("b.py", "legacy", "2025-01-01")


def test_a_narrow_scan_forgets_nothing() -> None:
    entries = accepted({"a.py": "bad", "b.py": "bad"})
    assert accepted({"a.py": "ok"}, entries, examined=False) == entries
    assert accepted({"a.py": "ok"}, entries, examined=True) == []


def review_of(found: Found, files: tuple[FileDiff, ...] = (), *, known: bool = False, stopped: str = "") -> Review:
    held = tuple(Suppressed(one, "baseline", "legacy") for one in found.findings) if known else ()
    shown = () if known else tuple(found.findings)
    degraded = (Degraded(f"rule:{stopped}", "too slow"),) if stopped else ()
    return Review(SourceInfo("worktree"), files, shown, held, (), degraded, Stats(), Verdict("error", False, ()))


def after(review: Review, entries: list[Entry], *, everything: bool = False, resting: str = "") -> list[Entry]:
    return accept(
        review,
        entries,
        anchors=scan({"a.py": "bad"}).anchors,
        exists=lambda _: True,
        everything=everything,
        resting={resting},
        reason="",
        date="2030-01-01",
    )


def test_what_is_known_stays_known() -> None:
    entries = accepted({"a.py": "bad"})
    assert after(review_of(scan({"a.py": "bad"}), known=True), entries, everything=True) == entries


def test_only_what_was_seen_as_a_whole_loses_entries() -> None:
    entries, nothing = accepted({"a.py": "bad"}), Found([], {})
    changed, made = FileDiff("a.py", None, "modified"), FileDiff("a.py", None, "added", new_file=True)
    assert after(review_of(nothing, (changed,)), entries) == entries
    assert after(review_of(nothing, (made,)), entries) == []
    assert after(review_of(nothing), entries, everything=True) == []


def test_a_rule_that_was_stopped_or_not_selected_loses_no_entries() -> None:
    entries = accepted({"a.py": "bad"})
    assert after(review_of(Found([], {})), entries, everything=True, resting=RULE) == entries
    assert after(review_of(Found([], {}), stopped=RULE), entries, everything=True) == entries


@pytest.mark.parametrize(
    ("given", "day"),
    [("", "2001-09-09"), ("0", "1970-01-01"), ("soon", "2001-09-09"), ("9" * 30, "2001-09-09")],
)
def test_the_day(given: str, day: str) -> None:
    assert today({"SOURCE_DATE_EPOCH": given}, 1e9) == day


@for_all(st.lists(st.sampled_from(["ok", "bad", "bad x", "fine"])), st.lists(st.integers(0, 20), max_size=5))
def test_lines_that_move_stay_known(lines: list[str], gaps: list[int]) -> None:
    entries = accepted({"a.py": "\n".join(lines)})
    for gap in gaps:
        lines.insert(gap, "\t")
    moved = "\n".join(f"    {line}" for line in lines)
    assert news({"a.py": moved}, entries) == []
    assert accepted({"a.py": moved}, entries, date="2030-01-01") == entries
    assert news({"sub/b.py": moved}, entries) == []
