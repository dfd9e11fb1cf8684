"""A report that is too large loses reasons first, then info findings, and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from review_bot.domain.finding import Finding
from review_bot.domain.review import Review, SourceInfo, Stats
from review_bot.formats import RenderOptions, render
from review_bot.pipeline.fit import CUT, fitted
from review_bot.pipeline.report_file import LIMIT, parse
from review_bot.pipeline.verdict import verdict

if TYPE_CHECKING:
    from review_bot.domain.finding import Severity


def review(**counts: int) -> Review:
    severities: list[tuple[Severity, int]] = [(one, counts.get(one, 0)) for one in ("error", "warning", "info")]
    findings = tuple(
        Finding(
            f"{at:016x}", "py.x", "rule", "correctness", severity, 0.9, f"{severity}.py", "new", at + 1, at + 1, 1, 2,
            "message", why="reason " * 30,
        )
        for severity, count in severities
        for at in range(count)
    )  # fmt: skip
    return Review(SourceInfo("pull-request"), (), findings, (), (), (), Stats(), verdict(findings, "error"))


def size(one: Review) -> int:
    return len(render("json", one, options=RenderOptions()))


def test_what_fits_stays_as_it_is() -> None:
    whole = review(error=3)
    assert fitted(whole, size, size(whole)) is whole


def test_reasons_go_first() -> None:
    whole = review(error=5, info=5)
    small = fitted(whole, size, size(whole) - 1)
    assert len(small.findings) == 10
    assert {one.why for one in small.findings} == {""}
    assert [part.what for part in small.degraded] == ["report"]


@pytest.mark.parametrize("share", [0.3, 0.2])
def test_then_as_few_info_findings_as_needed(share: float) -> None:
    whole = review(error=10, warning=10, info=200)
    limit = int(size(whole) * share)
    small = fitted(whole, size, limit)
    kept = [one.severity for one in small.findings]
    assert size(small) <= limit
    assert (kept.count("error"), kept.count("warning")) == (10, 10)
    assert 0 < kept.count("info") < 200
    assert small.degraded[-1].what == CUT
    assert str(200 - kept.count("info")) in small.degraded[-1].reason
    assert small.verdict == whole.verdict
    more = small._replace(findings=(*small.findings, whole.findings[-1]._replace(why="")))
    assert size(more) > limit


def test_a_report_of_the_largest_kind_can_be_taken_over() -> None:
    small = fitted(review(error=600), size, LIMIT // 10)
    data = render("json", small, options=RenderOptions()).encode()
    assert len(data) <= LIMIT // 10
    assert 0 < len(parse(data, "r.json").findings) < 600
    assert small.verdict.failed
