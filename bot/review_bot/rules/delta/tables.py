"""Short spelling for tables of words."""

from __future__ import annotations


def bag(text: str) -> frozenset[str]:
    """The words of `text` as a set."""
    return frozenset(text.split())
