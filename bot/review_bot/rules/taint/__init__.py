"""Rules that follow a value from where it comes in to where it does harm, within a function and its file."""

from review_bot.rules.taint.report import matches
from review_bot.rules.taint.sinks import check

__all__ = ["check", "matches"]
