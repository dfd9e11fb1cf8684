"""What every match of a regular expression must hold: with it, most lines need not be searched."""

from __future__ import annotations

from review_bot.rules.keywords import GAP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from review_bot.rules.model import Rule


def with_words(rule: Rule) -> Rule:
    """The rule with `words`: those of its keywords of which each match holds one, where that is certain."""
    if rule.kind not in ("regex", "entropy") or rule.where.scope not in ("added", "removed"):
        return rule
    words = tuple(word for word in rule.keywords if word.isascii() and GAP not in word)
    regex = rule.body if rule.kind == "regex" else rule.body["regex"]
    return rule._replace(words=words) if words and holds_one(regex, words) else rule


def holds_one(regex: str, words: Sequence[str]) -> bool:
    """True where each match of `regex` holds one of `words` (lower case), its letters in either case.

    What looks ahead or behind counts as part of the match. False also where that is not certain.
    """
    try:
        from re import _parser as parser  # type: ignore[attr-defined]
    except ImportError:  # Python 3.10
        import sre_parse as parser
    return _sequence(parser.parse(regex), words)


def _sequence(tree: Iterable[tuple[Any, Any]], words: Sequence[str]) -> bool:
    """Whether one part of a sequence is certain to hold a word, or letters that follow one another are one."""
    run = ""
    for operator, value in tree:
        letter = _letter(str(operator), value)
        run = run + letter if letter else ""
        if any(word in run for word in words) or _part(str(operator), value, words):
            return True
    return False


def _letter(operator: str, value: Any) -> str:
    """The one letter, in lower case, that a part matches; empty where there are others."""
    if operator == "LITERAL":
        return chr(value).lower()
    if operator != "IN":
        return ""
    letters = {chr(member).lower() if str(kind) == "LITERAL" else "" for kind, member in value}
    return letters.pop() if len(letters) == 1 else ""


def _part(operator: str, value: Any, words: Sequence[str]) -> bool:
    if operator == "SUBPATTERN":
        return _sequence(value[3], words)
    if operator == "BRANCH":
        return all(_sequence(branch, words) for branch in value[1])
    if operator in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return value[0] > 0 and _sequence(value[2], words)
    if operator == "ASSERT":
        return _sequence(value[1], words)
    return operator == "ATOMIC_GROUP" and _sequence(value, words)
