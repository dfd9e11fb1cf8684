"""A model's fix becomes a suggestion only if the file with it was looked at and is no worse."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from review_bot.domain.diff import FileDiff, Hunk
from review_bot.domain.finding import Suggestion, normalised
from review_bot.domain.review import SourceInfo
from review_bot.ports import Change
from review_bot.rules.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review_bot.rules.ruleset import RuleSet
    from review_bot.rules.view import View

_MOST_LINES = 12
_LONGEST = 2000
_LARGEST = 1_000_000
"""Characters of a file above which no fix is checked, and so none is shown."""
_FENCE = re.compile(r"\A\s*```[\w+-]{0,20}\n?(.*?)\n?```\s*\Z", re.DOTALL)
_ECHO = re.compile(r"^(?:\d{1,7}[+ ] |\+ ?)(?=\s*\S)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_PROSE = re.compile(
    r"^\s*(?:use|add|change|replace|consider|remove|wrap|check|make|ensure|call|move|rename|should|you|the|please)\s+\w+\s+\w+",
    re.IGNORECASE,
)
_LITERAL = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`[^`\n]*`")
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"))


def suggestion_of(fix: str, line: int, view: View, rules: RuleSet | None) -> Suggestion | None:
    """The fix as new text of the line, with what was checked; None where a check failed or could not be made."""
    text = view.whole("new")
    old = view.lines("new").get(line, "")
    if text is None or len(text) > _LARGEST or not old.strip():
        return None
    new = _placed(fix, old)
    if new is None or not _plausible(new, old):
        return None
    after = _with(text, line, new)
    if view.grammar is None:
        checked: tuple[str, ...] = ("applies",)
    elif _parses(text, after, view.grammar):
        checked = ("applies", "parses")
    else:
        return None
    if rules is not None:
        if _fires(view.path, after, line, new.count("\n") + 1, rules) - _fires(view.path, text, line, 1, rules):
            return None
        checked += ("rules",)
    return Suggestion(line, line, new, checked)


def _placed(fix: str, old: str) -> str | None:
    """The fix as lines with the indentation of the line that it replaces; None where it is no text for a file."""
    fenced = _FENCE.match(fix)
    lines = [_ECHO.sub("", one) for one in (fenced[1] if fenced else fix).strip("\n").split("\n")]
    lines = [one.rstrip() for one in lines]
    if not any(lines) or len(lines) > _MOST_LINES or len(fix) > _LONGEST or _CONTROL.search(fix) or "…" in fix:
        return None
    given = _indent(next(one for one in lines if one))
    wanted = _indent(old)
    return "\n".join(wanted + _dedented(one, given) if one else "" for one in lines)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _dedented(line: str, indent: str) -> str:
    return line[len(indent) :] if line.startswith(indent) else line.lstrip(" \t")


def _plausible(new: str, old: str) -> bool:
    """Whether the new text is another text than the old one, is code rather than advice, and opens what it closes."""
    if normalised(new) == normalised(old) or (_PROSE.match(new) and not _PROSE.match(old)):
        return False
    return _balance(new) == _balance(old)


def _balance(text: str) -> tuple[int, ...]:
    """Opening less closing brackets of each kind, strings aside."""
    bare = _LITERAL.sub("''", text)
    return tuple(bare.count(opening) - bare.count(closing) for opening, closing in _PAIRS)


def _with(text: str, line: int, new: str) -> str:
    lines = text.split("\n")
    lines[line - 1] = new
    return "\n".join(lines)


def _parses(before: str, after: str, grammar: str) -> bool:
    from review_bot.rules.fix import parse_errors

    return parse_errors(after, grammar) <= parse_errors(before, grammar)


def _fires(path: str, text: str, line: int, count: int, rules: RuleSet) -> Counter[str]:
    """How often each rule fires on some lines of a text, as if these had been added."""
    added = text.split("\n")[line - 1 : line - 1 + count]
    change = Change(SourceInfo("diff"), (_added(path, line, added),), _Text(text))
    outcomes = Engine(rules).run(change)
    return Counter(finding.rule for outcome in outcomes for finding in outcome.findings)


def _added(path: str, line: int, texts: Sequence[str]) -> FileDiff:
    data = "".join(f"\n+{text}" for text in texts).encode("utf-8", "replace") + b"\n"
    hunk = Hunk(line - 1, 0, line, len(texts), len(texts), 0, data, 1, len(data))
    return FileDiff(path, None, "modified", (hunk,), len(texts), 0)


class _Text:
    """Contents of a file with a fix in it; the version before is not at hand, so that no rule compares with it."""

    def __init__(self, text: str) -> None:
        self._data = text.encode("utf-8", "replace")

    def new(self, _file: FileDiff) -> bytes:
        return self._data

    def old(self, _file: FileDiff) -> None:
        return None
