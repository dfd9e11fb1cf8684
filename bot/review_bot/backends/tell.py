"""What servers tell in words and numbers, whichever interface they have."""

from __future__ import annotations

import re
import time
from math import exp
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_OVERFLOW = re.compile(
    r"exceed_context_size|context_length_exceeded|maximum context length|context (?:size|length|window)"
    r"|prompt is too long|too many tokens|exceeds? the (?:available )?context|input length exceeds",
    re.IGNORECASE,
)


def overflowed(said: str) -> bool:
    """Whether a server's words say that the prompt does not fit the context."""
    return _OVERFLOW.search(said) is not None


def seconds_asked_for(text: str | None) -> float | None:
    """Seconds in Retry-After: a number or a date; None where it says nothing."""
    text = (text or "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        from email.utils import parsedate_to_datetime

        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
        except (ValueError, TypeError, OverflowError):
            return None


def first_word_shares(logprobs: Any, words: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """How likely each word was to begin the answer, its spellings added up; the first token that is no blank counts."""
    if not words:
        return ()
    for token in _get(logprobs, "content") or ():
        rows = _get(token, "top_logprobs")
        if not isinstance(rows, list) or not str(_get(token, "token") or "").strip(" \n\t\"'*`"):
            continue
        pairs = [(_word(_get(row, "token")), _get(row, "logprob")) for row in rows]
        shares = [(word, exp(log)) for word, log in pairs if isinstance(log, (int, float)) and log <= 0]
        return tuple((word, min(1.0, sum(p for token, p in shares if token == word.lower()))) for word in words)
    return ()


def _word(token: Any) -> str:
    return str(token or "").strip(" \n\t\"'*`.,:▁Ġ").lower()


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
