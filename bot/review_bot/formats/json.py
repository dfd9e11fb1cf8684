"""The whole report as one JSON object."""

from __future__ import annotations

from review_bot.formats.report import as_dict, as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from review_bot.domain.review import Review
    from review_bot.formats import RenderOptions


def render(review: Review, options: RenderOptions) -> str:
    """A line for each key, and for each item of a list; keys in the order of the documentation."""
    return "{\n" + ",\n".join(map(_entry, as_dict(review, options.version).items())) + "\n}\n"


def _entry(item: tuple[str, object]) -> str:
    # Indenting everything would take the slow encoder of the standard library: ten times the time of a large report.
    key, value = item
    if isinstance(value, list) and value:
        return f' "{key}": [\n  ' + ",\n  ".join(map(as_json, value)) + "\n ]"
    return f' "{key}": {as_json(value)}'
