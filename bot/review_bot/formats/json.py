"""The whole report as one JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.formats.report import as_dict, as_json

if TYPE_CHECKING:
    from review_bot.domain.review import Review
    from review_bot.formats import RenderOptions


def render(review: Review, options: RenderOptions) -> str:
    """Indented, keys in the order of the documentation."""
    return as_json(as_dict(review, options.version), indent=2) + "\n"
