"""One finding a line, for tools that read streams."""

from __future__ import annotations

from review_bot.formats.report import as_json, finding_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from review_bot.domain.review import Review
    from review_bot.formats import RenderOptions


def render(review: Review, _options: RenderOptions) -> str:
    """Findings in report order; empty without any."""
    return "".join(as_json(finding_dict(finding)) + "\n" for finding in review.findings)
