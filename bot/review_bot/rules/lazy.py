"""Regular expressions that are compiled when they are first used: a commit needs few of all that there are."""

from __future__ import annotations

from review_bot.patterns import lazy

__all__ = ["lazy"]
