"""Keeps secrets out of prompts: what the secret rules find is replaced by a placeholder that names its kind.

A secret is looked for in both versions of every file of the change, and its text is replaced wherever it stands in a
prompt. docs/privacy.md says what that does not cover.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from review_bot.diffing.narrow import whole
from review_bot.domain.review import SourceInfo
from review_bot.ports import Change
from review_bot.review.secret_text import pieces
from review_bot.rules.engine import Engine
from review_bot.rules.view import decode
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from review_bot.domain.diff import FileDiff, Side
    from review_bot.rules.ruleset import RuleSet

PLACEHOLDER = re.compile(r"<secret:[\w-]{1,60}>")
_LARGEST = 2_000_000
"""Characters of a file above which only its hunks are looked at."""
_WORTH = 8
"""Characters from which a text is replaced wherever it stands, whatever it is made of but letters alone."""


class Secret(NamedTuple):
    """A piece of one line that no model may read."""

    text: str
    kind: str
    """Last part of the rule's id: `aws-access-key`."""
    path: str
    side: Side
    line: int

    @property
    def placeholder(self) -> str:
        """What the prompt shows instead."""
        return f"<secret:{self.kind}>"


class Redactor:
    """Replaces known secrets, and with `rules` also those that a free text brings along."""

    def __init__(self, secrets: Iterable[Secret] = (), rules: RuleSet | None = None) -> None:
        self.secrets = tuple(dict.fromkeys(secrets))
        self._rules = rules
        self._everywhere: dict[str, str] = {}
        self._here: dict[tuple[str, Side, int], dict[str, str]] = {}
        self._notes: dict[str, str] = {}
        for secret in self.secrets:
            self._here.setdefault((secret.path, secret.side, secret.line), {})[secret.text] = secret.placeholder
            for text in _forms(secret.text):
                self._everywhere.setdefault(text, text.replace(secret.text, secret.placeholder))
        self._ordered = sorted(self._everywhere.items(), key=lambda pair: -len(pair[0]))

    @classmethod
    def of(cls, change: Change, rules: RuleSet) -> Redactor:
        """The redactor for a change: its secrets are those that `rules` find in either version of its files."""
        own = rules.where(lambda name, category: category == "secrets" and not name.startswith("diff."))
        return cls(secrets_of(change, own), own)

    def line(self, path: str, side: Side, number: int, text: str) -> str:
        """A line of a file, which may have lost blanks at its ends, without secrets."""
        here = self._here.get((path, side, number)) if self._here else None
        for secret in sorted(here, key=len, reverse=True) if here else ():
            text = text.replace(secret, here[secret]) if here else text
        return self.known(text)

    def text(self, text: str) -> str:
        """A text of many lines (notes, a commit message, an example) without known secrets and without its own."""
        text = self.known(text)
        if self._rules is None or not text.strip():
            return text
        if text not in self._notes:
            self._notes[text] = self._scanned(text)
        return self._notes[text]

    def known(self, text: str) -> str:
        """`text`, also an answer, without the secrets of the change."""
        for secret, placeholder in self._ordered:
            if secret in text:
                text = text.replace(secret, placeholder)
        return text

    def taints(self, text: str) -> bool:
        """Whether `text` holds a secret or a placeholder, so that it can't be put into a file."""
        return PLACEHOLDER.search(text) is not None or self.known(text) != text

    def _scanned(self, text: str) -> str:
        lines = text.split("\n")
        # The name decides which rules look: those for every file, and those for assignments in code.
        found = [one for name in ("notes.py", "notes.yaml") for one in _found(name, lines, self._rules)]
        for secret in sorted(found, key=lambda one: -len(one.text)):
            lines[secret.line - 1] = lines[secret.line - 1].replace(secret.text, secret.placeholder)
        return "\n".join(lines)


def secrets_of(change: Change, rules: RuleSet) -> Iterator[Secret]:
    """Every secret in either version of the change's files."""
    for file in change.files:
        if file.status in ("binary", "submodule"):
            continue
        for side, path in (("new", file.path), ("old", file.before)):
            yield from _of_side(file, change, path, "new" if side == "new" else "old", rules)


def _of_side(file: FileDiff, change: Change, path: str, side: Side, rules: RuleSet) -> Iterator[Secret]:
    data = change.contents.new(file) if side == "new" else change.contents.old(file)
    if data is not None and len(data) <= _LARGEST:
        lines, numbers = decode(data).split("\n"), None
    else:
        numbers, lines = _shown(file, side)
    for secret in _found(path, lines, rules):
        number = secret.line if numbers is None else numbers[secret.line - 1]
        yield secret._replace(side=side, line=number)


def _shown(file: FileDiff, side: Side) -> tuple[list[int], list[str]]:
    """Numbers and texts of the lines of one side that the hunks show, an empty line behind each hunk."""
    other = "-" if side == "new" else "+"
    numbers, texts = [], []
    for hunk in file.hunks:
        for line in hunk.lines():
            if line.kind != other:
                numbers.append(line.new if side == "new" else line.old)
                texts.append(decode(line.text))
        numbers.append(0)
        texts.append("")
    return numbers, texts


def _found(path: str, lines: list[str], rules: RuleSet | None) -> Iterator[Secret]:
    """The secrets in the lines of one text."""
    if rules is None or not any(lines):
        return
    text = "\n".join(lines)
    data = text.encode("utf-8", "replace")
    change = Change(SourceInfo("all"), (whole(path, data),), _Text(data))
    by_id = {entry.id: entry for entry in rules.entries()}
    for outcome in Engine(rules, filter_mode="nofilter", machine_made=True).run(change):
        for finding in outcome.findings:
            kind = finding.rule.rpartition(".")[2]
            for number, piece in pieces(by_id[finding.rule].rule, finding, lines):
                yield Secret(piece, kind, path, "new", number)


class _Text:
    """Contents of a text that is looked at as a whole."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def new(self, _file: FileDiff) -> bytes:
        return self._data

    def old(self, _file: FileDiff) -> None:
        return None


def _forms(text: str) -> tuple[str, ...]:
    """The forms in which a secret is replaced everywhere: a short or everyday word only in quotes."""
    if (len(text) >= _WORTH and not text.isalpha()) or len(text) >= 3 * _WORTH:
        return (text,)
    if len(text) >= _WORTH - 2 and not text.isalpha():
        return (text,)
    return tuple(f"{mark}{text}{mark}" for mark in "\"'`")
