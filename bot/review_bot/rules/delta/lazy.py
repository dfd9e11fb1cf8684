"""Short spellings for tables of words."""

from __future__ import annotations

from review_bot.rules.lazy import lazy

__all__ = ["bag", "lazy"]


def bag(text: str) -> frozenset[str]:
    """The words of `text` as a set."""
    return frozenset(text.split())
