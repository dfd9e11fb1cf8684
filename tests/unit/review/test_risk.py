from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from review_bot.domain.finding import Finding
from review_bot.domain.window import Part
from review_bot.review.risk import Signs, risk_of, signs_of

if TYPE_CHECKING:
    from review_bot.domain.finding import Severity

CODE = Part("a.py", 10, 12, (11,), "10  a\n11+ b\n12  c\n", 9, language="python")
TESTED = Signs(tested=True)


def finding(severity: Severity, line: int = 11, path: str = "a.py") -> Finding:
    return Finding("f", "py.x", "rule", "tests", severity, 0.9, path, "new", line, line, 1, 2, "m")


@pytest.mark.parametrize(
    ("less", "more"),
    [
        (risk_of(CODE, TESTED, security=False), risk_of(CODE, TESTED, security=True)),
        (risk_of(CODE, TESTED, security=False), risk_of(CODE, Signs(), security=False)),
        (
            risk_of(CODE, Signs([finding("warning")]), security=False),
            risk_of(CODE, Signs([finding("error")]), security=False),
        ),
        (
            risk_of(CODE, Signs([finding("error", 99), finding("error", 11, "b.py")]), security=False),
            risk_of(CODE, Signs([finding("info")]), security=False),
        ),
        (
            risk_of(CODE, TESTED, security=False),
            risk_of(CODE._replace(added_lines=(11, 12, 13)), TESTED, security=False),
        ),
        (
            risk_of(CODE, TESTED, security=False),
            risk_of(CODE._replace(text="10  a\n-  x\n-  y\n11+ b\n"), TESTED, security=False),
        ),
        (risk_of(CODE._replace(path="test_a.py"), TESTED, security=False), risk_of(CODE, TESTED, security=False)),
        (risk_of(CODE._replace(language="markdown"), TESTED, security=False), risk_of(CODE, TESTED, security=False)),
    ],
    ids=["security", "no test", "severity", "hits here only", "size", "churn", "tests", "prose"],
)
def test_what_matters_more_comes_first(less: float, more: float) -> None:
    assert less < more


def test_a_change_with_a_test_is_tested() -> None:
    assert signs_of([], ["a.py", "tests/test_a.py"]).tested
    assert not signs_of([], ["a.py"]).tested
