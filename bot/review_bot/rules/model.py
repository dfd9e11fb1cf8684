"""A rule as a value: plain types only, so that the cache can store it without running code when it is read."""

from __future__ import annotations

from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from review_bot.domain.finding import Severity

    Kind = Literal["pattern", "ast", "regex", "entropy", "delta", "taint"]
    Scope = Literal["added", "removed", "context", "file", "pair"]
    OnTests = Literal["run", "skip", "lower"]
    ConfidenceName = Literal["high", "medium", "low"]


KINDS: tuple[Kind, ...] = ("pattern", "ast", "regex", "entropy", "delta", "taint")
CONFIDENCE: dict[str, float] = {"high": 0.9, "medium": 0.6, "low": 0.3}


class Where(NamedTuple):
    """Which text of which files a rule looks at."""

    scope: Scope = "added"
    paths: tuple[str, ...] = ("**",)
    exclude: tuple[str, ...] = ()
    tests: OnTests = "run"
    once: bool = False
    """One finding a file, at the first place; the message says how many more there are."""


class Fix(NamedTuple):
    """What the flagged text should read instead."""

    template: str
    safety: Literal["safe", "suggest"] = "suggest"


class Example(NamedTuple):
    """A test of a rule: `bad` or `ok` text, or two versions."""

    bad: str | None = None
    ok: str | None = None
    before: str | None = None
    after: str | None = None
    lines: tuple[int, ...] | None = None
    """Lines where the rule must fire; None = anywhere, for `ok` and () = nowhere."""
    path: str | None = None
    """Name of the example's file; None = one that fits the rule's languages and paths."""
    repeat: int = 1
    """How often the text stands one after the other: for rules about size."""


class Rule(NamedTuple):
    """One rule of a rule file; the fields are explained in docs/rules.md."""

    id: str
    category: str
    severity: Severity
    confidence: ConfidenceName
    languages: tuple[str, ...]
    message: str
    why: str
    kind: Kind
    body: Any
    """By kind: pattern tuple[str, ...]; ast, entropy, delta, taint the table as written; regex the text."""
    where: Where = Where()
    keywords: tuple[str, ...] = ()
    """Lower case; any of them must stand in the added text, else the rule is not tried."""
    unless: tuple[str, ...] = ()
    """Regexes: no finding where one of them matches the flagged lines."""
    cwe: tuple[int, ...] = ()
    references: tuple[str, ...] = ()
    fix: Fix | None = None
    file: str = ""
    """Path of the rule file, as opened."""
    shipped: bool = True
    words: tuple[str, ...] = ()
    """Keywords of which every match of the regex holds one, where that is certain (rules.literals)."""


class RuleFile(NamedTuple):
    """A rule file that was read: its rules, and the examples of each by id."""

    path: str
    rules: tuple[Rule, ...]
    examples: dict[str, tuple[Example, ...]]
