"""The gate between a model and the report: what it lets through was checked against the change, without any model.

docs/model-review.md lists the checks and the reasons.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from review_bot.domain.finding import (
    SECURITY_CATEGORIES,
    SEVERITIES,
    Finding,
    Suppressed,
    fingerprint,
    normalised,
)
from review_bot.domain.paths import is_test
from review_bot.review import claims, wording
from review_bot.review.fixes import suggestion_of
from review_bot.review.labels import category_of, severity_of
from review_bot.review.quotes import How, Nowhere, Place, place_of
from review_bot.review.redact import Redactor
from review_bot.rules.view import View, decode
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from review_bot.domain.finding import Suggestion
    from review_bot.domain.window import Part, Window
    from review_bot.ports import Change
    from review_bot.prompts.raw import RawFinding
    from review_bot.rules.ruleset import RuleSet

MOST = 6
"""Findings of one window that are shown at most."""
MOST_OF_PART = 3
_EVIDENCE: dict[How, float] = {"exact": 0.1, "blanks": 0.05, "moved": -0.1, "names": -0.1}
_BASE, _HIGHEST = 0.6, 0.85
_WORD = re.compile(r"[a-z]{4,}")
_NAME = re.compile(r"[A-Za-z_$]\w{2,}")
_WIDEST = 5
"""Lines of a rule's finding above which it does not stand for each of them."""
_LONGEST_QUOTE = 500


class Sifted(NamedTuple):
    """The findings of a window that are kept, and the others with the reasons."""

    kept: tuple[Finding, ...]
    dropped: tuple[Suppressed, ...]


class Gate:
    """Checks what a model says of one change."""

    def __init__(
        self,
        change: Change,
        *,
        rules: RuleSet | None = None,
        reported: Iterable[Finding] = (),
        hints: Iterable[Finding] = (),
        redactor: Redactor | None = None,
        most: int = MOST,
    ) -> None:
        """`reported` was said by rules, shown or held back; a model may bear out `hints`, those of low confidence."""
        self._change = change
        self._rules = rules
        self._redactor = redactor or Redactor()
        self._most = most
        self._files = {file.path: file for file in change.files}
        self._views: dict[str, View] = {}
        self._words: dict[str, frozenset[str]] = {}
        self._reported = _by_line(reported)
        self._hints = _by_line(hints)

    def sift(self, window: Window, raw: Sequence[RawFinding]) -> Sifted:
        """The findings among `raw` that hold, most severe first, each at an added line of the window."""
        kept: list[Finding] = []
        dropped: list[Suppressed] = []
        for one in raw:
            checked = self._checked(one, window)
            if isinstance(checked, Suppressed):
                dropped.append(checked)
            elif _same(checked, kept):
                dropped.append(_out(checked, "the model says it twice"))
            else:
                kept.append(checked)
        kept.sort(key=lambda one: (SEVERITIES.index(one.severity), -one.confidence))
        kept, over = _fewest(kept, window, self._most)
        return Sifted(tuple(kept), (*dropped, *over))

    def _checked(self, raw: RawFinding, window: Window) -> Finding | Suppressed:
        """The finding that `raw` makes, or held back with the first thing that is wrong with it."""
        message = wording.cleaned(self._redactor.known(raw.message))
        place = place_of(raw, window, self._line)
        if isinstance(place, Nowhere):
            return self._dropped(raw, message, _nearest(raw, window), place.reason)
        category = category_of(raw.category, message)
        reason = (
            f"{raw.category[:40]!r} is no category"
            if category is None
            else self._objection(raw, message, place, window)
        )
        if reason is None and category is not None:
            reason = self._known(place, category, message)
        if reason is not None or category is None:
            return self._dropped(raw, message, place, reason or "")
        return self._finding(raw, message, category, place)

    def _objection(self, raw: RawFinding, message: str, place: Place, window: Window) -> str | None:
        return wording.objection(message, place.text) or claims.objection(message, raw.fix, self._file(place, window))

    def _finding(self, raw: RawFinding, message: str, category: str, place: Place) -> Finding:
        path, line = place.part.path, place.line
        fix = self._fix(raw.fix, path, line)
        bears_out = any(hint.category == category for hint in self._hints.get((path, line), ()))
        finding = self._at(place, category, message)
        return finding._replace(
            severity=severity_of(raw.severity, category, in_test=is_test(path)),
            confidence=_confidence(place, message, fixed=fix is not None, bears_out=bears_out),
            suggestion=fix,
        )

    def _at(self, place: Place, category: str, message: str) -> Finding:
        """A finding at the place, with the columns of the text that is not indentation."""
        path, line = place.part.path, place.line
        text = self._view(path).lines("new").get(line, place.text) if path in self._files else place.text
        start = len(text) - len(text.lstrip())
        ordinal = self._view(path).ordinal("new", line, line) if path in self._files else 0
        return Finding(
            fingerprint=fingerprint(category, path, text, ordinal),
            rule=f"model.{category}",
            origin="model",
            category=category,
            severity="info",
            confidence=_BASE,
            path=path,
            side="new",
            start_line=line,
            end_line=line,
            start_column=start + 1,
            end_column=max(len(text.rstrip()), start) + 1,
            message=message,
            quote=self._redactor.line(path, "new", line, text.strip())[:_LONGEST_QUOTE],
        )

    def _fix(self, fix: str, path: str, line: int) -> Suggestion | None:
        if not fix.strip() or self._redactor.taints(fix) or path not in self._files:
            return None
        view = self._view(path)
        original = view.lines("new").get(line, "")
        # The model never saw the secret in this line: what it writes in its place is not the file's.
        if self._redactor.line(path, "new", line, original) != original:
            return None
        return suggestion_of(fix, line, view, self._rules)

    def _known(self, place: Place, category: str, message: str) -> str | None:
        """Which rule says so already."""
        words = set(_WORD.findall(message.lower()))
        for one in self._reported.get((place.part.path, place.line), ()):
            both_secure = category in SECURITY_CATEGORIES and one.category in SECURITY_CATEGORIES
            alike = len(words & set(_WORD.findall(f"{one.message} {one.rule}".lower()))) >= 3
            if one.category == category or both_secure or alike:
                return f"{one.rule} says so already"
        return None

    def _dropped(self, raw: RawFinding, message: str, place: Place, reason: str) -> Suppressed:
        category = category_of(raw.category, message) or "correctness"
        finding = self._at(place, category, message or "(no message)")
        severity = severity_of(raw.severity, category, in_test=is_test(place.part.path))
        return _out(finding._replace(severity=severity), reason)

    def _line(self, path: str, line: int) -> str:
        """A line of the new file as a model may see it."""
        if path not in self._files:
            return ""
        return self._redactor.line(path, "new", line, self._view(path).lines("new").get(line, ""))

    def _view(self, path: str) -> View:
        if path not in self._views:
            self._views[path] = View(self._files[path], self._change.contents)
        return self._views[path]

    def _file(self, place: Place, window: Window) -> claims.File:
        """What the claims about a place are checked against."""
        path = place.part.path
        view = self._view(path) if path in self._files else None
        shown = {*_names(window.notes), *(name for part in window.parts for name in _names(part.path + part.text))}

        def knows(name: str) -> bool:
            return name in shown or name in self._names_of(path) or name in self._names_of_change

        def broken() -> bool | None:
            text = view.whole("new") if view else None
            if view is None or text is None or view.grammar is None or len(text) > 1_000_000:
                return None
            from review_bot.rules.fix import parse_errors

            return parse_errors(text, view.grammar) > 0

        return claims.File(view.whole("new") if view else None, place.text, knows, broken)

    def _names_of(self, path: str) -> frozenset[str]:
        if path not in self._words:
            view = self._view(path) if path in self._files else None
            whole = view.whole("new") if view else None
            self._words[path] = frozenset(_names(whole or ""))
        return self._words[path]

    @cached_property
    def _names_of_change(self) -> frozenset[str]:
        names: set[str] = set()
        for file in self._change.files:
            names.update(_names(file.path))
            for hunk in file.hunks:
                names.update(_names(decode(hunk.data[hunk.start : hunk.end])))
        return frozenset(names)


def _names(text: str) -> list[str]:
    return re.findall(r"[A-Za-z_$][\w$]*", text)


def _by_line(findings: Iterable[Finding]) -> dict[tuple[str, int], list[Finding]]:
    """Findings of the new side by path and line, each at all of its lines if they are few."""
    places: dict[tuple[str, int], list[Finding]] = {}
    for one in findings:
        if one.side == "new" and one.origin != "model":
            last = one.end_line if one.end_line - one.start_line < _WIDEST else one.start_line
            for line in range(one.start_line, last + 1):
                places.setdefault((one.path, line), []).append(one)
    return places


def _confidence(place: Place, message: str, *, fixed: bool, bears_out: bool) -> float:
    """0.6, and more or less by evidence: docs/model-review.md has the table."""
    named = set(_NAME.findall(message)) & set(_NAME.findall(place.text))
    points = _BASE + _EVIDENCE[place.how] + 0.05 * bool(named) + 0.05 * fixed + 0.1 * bears_out
    return round(min(points, _HIGHEST), 2)


def _nearest(raw: RawFinding, window: Window) -> Place:
    """The added line that a dropped finding is reported at: the one nearest to what the model named."""
    parts = [part for part in window.parts if part.path == raw.path and part.added_lines]
    parts = parts or [part for part in window.parts if part.added_lines] or list(window.parts)
    part = min(parts, key=lambda one: min((abs((raw.line or 0) - line) for line in one.added_lines), default=0))
    line = min(part.added_lines, key=lambda one: abs((raw.line or 0) - one), default=part.start_line)
    return Place(part, line, "", "names")


def _out(finding: Finding, reason: str) -> Suppressed:
    return Suppressed(finding, "gate", reason)


def _same(finding: Finding, others: Sequence[Finding]) -> bool:
    return any(
        one.path == finding.path
        and (
            (one.start_line == finding.start_line and one.category == finding.category)
            or (abs(one.start_line - finding.start_line) <= 1 and _alike(one.message, finding.message))
        )
        for one in others
    ) or any(one.path == finding.path and normalised(one.message) == normalised(finding.message) for one in others)


def _alike(one: str, other: str) -> bool:
    first, second = (set(_WORD.findall(text.lower())) for text in (one, other))
    return bool(first and second) and len(first & second) * 10 >= len(first | second) * 6


def _fewest(findings: Sequence[Finding], window: Window, most: int) -> tuple[list[Finding], list[Suppressed]]:
    """The first findings of each part and of the window, and the others."""
    kept: list[Finding] = []
    over: list[Suppressed] = []
    taken: dict[Part, int] = {}
    for one in findings:
        part = next(part for part in window.parts if part.path == one.path and one.start_line in part.added_lines)
        if len(kept) >= most or taken.get(part, 0) >= MOST_OF_PART:
            over.append(_out(one, f"more than {MOST_OF_PART} findings of a part or {most} of a window"))
        else:
            taken[part] = taken.get(part, 0) + 1
            kept.append(one)
    return kept, over
