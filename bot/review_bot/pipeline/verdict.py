"""Whether the findings reach the bound that was set."""

from __future__ import annotations

from review_bot.domain.finding import SEVERITIES, at_least
from review_bot.domain.review import Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from review_bot.domain.finding import FailOn, Finding
    from review_bot.domain.review import Review


def verdict(findings: Sequence[Finding], fail_on: FailOn, *, model_blocks: bool = False) -> Verdict:
    """Counts by severity, and whether any finding is as severe as `fail_on`; model findings count only if they may."""
    counts = tuple((severity, sum(one.severity == severity for one in findings)) for severity in SEVERITIES)
    blocking = (one for one in findings if one.origin != "model" or model_blocks)
    return Verdict(fail_on, any(at_least(one.severity, fail_on) for one in blocking), counts)


def blocking(review: Review) -> int:
    """How many findings reach the bound; those of a model count only where the verdict could not stand without them."""
    reaching = [one for one in review.findings if at_least(one.severity, review.verdict.fail_on)]
    certain = sum(one.origin != "model" for one in reaching)
    return certain or (len(reaching) if review.verdict.failed else 0)
