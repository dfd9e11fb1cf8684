"""What a review finds, and how a finding is recognised again."""

from __future__ import annotations

from review_bot.memo import remembered
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from review_bot.domain.diff import Side

    Severity = Literal["error", "warning", "info"]
    FailOn = Literal["none", "info", "warning", "error"]
    Origin = Literal["rule", "model", "memory", "external"]
    SuppressedBy = Literal["inline", "baseline", "memory", "cap", "gate", "filter"]


SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""Most severe first."""

CATEGORIES = (
    "secrets", "injection-command", "injection-sql", "injection-code", "deserialisation", "xss", "ssrf",
    "path-traversal", "open-redirect", "csrf", "xxe", "tls", "weak-crypto", "access-control", "cookies", "dos",
    "supply-chain", "ci", "iac", "correctness", "error-handling", "resource-leak", "concurrency", "api-misuse",
    "api-contract", "tests", "migration", "performance", "maintainability", "debug-leftover", "conventions",
)  # fmt: skip
"""The closed list of categories."""

SECURITY_CATEGORIES = frozenset(CATEGORIES[: CATEGORIES.index("correctness")])


class Suggestion(NamedTuple):
    """New text for whole lines of the new file."""

    start_line: int
    end_line: int
    replacement: str
    """The text that takes the place of the lines, without the line feed of the last one."""
    verified: tuple[str, ...] = ()
    """What was checked: `applies`, `parses`, `rules`."""


class Effect(NamedTuple):
    """What memory makes of a finding, with the figures behind it."""

    effect: Literal["none", "raise", "fold", "hide", "explore"]
    score: float
    """Log odds: pattern plus rule, after clipping."""
    signals: int
    people: int
    changes: int
    reason: str


class Finding(NamedTuple):
    """One remark, at lines of one side of one file. Lines and columns count from 1, columns count characters."""

    fingerprint: str
    rule: str
    origin: Origin
    category: str
    severity: Severity
    confidence: float
    path: str
    side: Side
    start_line: int
    end_line: int
    start_column: int
    end_column: int
    """The column behind the last flagged character."""
    message: str
    why: str = ""
    cwe: tuple[int, ...] = ()
    url: str | None = None
    quote: str = ""
    suggestion: Suggestion | None = None
    also: tuple[str, ...] = ()
    tool: str | None = None
    memory: Effect | None = None


class Suppressed(NamedTuple):
    """A finding that is not shown, who holds it back and why."""

    finding: Finding
    by: SuppressedBy
    reason: str


def normalised(text: str) -> str:
    """`text` with every run of blanks as one blank and none at the ends: what survives re-indenting."""
    return " ".join(text.split())


def fingerprint(rule: str, path: str, text: str, ordinal: int | str) -> str:
    """16 hex digits that a moved line and a reworded message leave as they are.

    `text` is that of the flagged lines, `ordinal` tells equal ones apart. Of model findings `rule` is the category.
    """
    body = "\0".join((rule, path, normalised(text), str(ordinal)))
    return _sha256(body.encode("utf-8", "surrogateescape"))[:16]


def _sha256(body: bytes) -> str:
    """Hex digest by the interpreter's own SHA-256: hashlib loads OpenSSL, a fifth of a bare interpreter's time."""
    digest: str = _sha256_module().sha256(body).hexdigest()
    return digest


@remembered(maxsize=1)
def _sha256_module() -> Any:
    """Looked for once: an import that fails walks the whole search path each time."""
    for name in ("_sha2", "_sha256", "hashlib"):  # from 3.12, before, and anywhere
        try:
            module = __import__(name)
        except ImportError:
            continue
        return module
    raise AssertionError("every Python has hashlib")


def at_least(severity: Severity, bound: FailOn) -> bool:
    """True when `severity` is as severe as `bound` or more; nothing reaches the bound `none`."""
    return bound != "none" and SEVERITIES.index(severity) <= SEVERITIES.index(bound)
