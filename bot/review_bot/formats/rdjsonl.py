"""Reviewdog Diagnostic Format: one `Diagnostic` a line."""

from __future__ import annotations

from review_bot.formats.rdjson import diagnostics
from review_bot.formats.report import as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from review_bot.domain.review import Review
    from review_bot.formats import RenderOptions


def render(review: Review, options: RenderOptions) -> str:
    """Findings in report order; empty without any."""
    return "".join(as_json(one) + "\n" for one in diagnostics(review, options))
