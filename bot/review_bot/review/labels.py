"""Category and severity of a model's finding: mapped to ours, and no more severe than a model may say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from review_bot.domain.finding import CATEGORIES, SECURITY_CATEGORIES, SEVERITIES

if TYPE_CHECKING:
    from review_bot.domain.finding import Severity

_OTHER_NAMES = {
    "bug": "correctness", "bugs": "correctness", "logic": "correctness", "logic-error": "correctness",
    "functional": "correctness", "off-by-one": "correctness", "null-pointer": "correctness",
    "validation": "correctness",
    "type": "correctness", "typing": "correctness", "edge-case": "correctness", "regression": "correctness",
    "error": "correctness", "correctness-bug": "correctness", "data-loss": "correctness", "math": "correctness",
    "exception": "error-handling", "exceptions": "error-handling", "errors": "error-handling",
    "exception-handling": "error-handling", "robustness": "error-handling", "reliability": "error-handling",
    "leak": "resource-leak", "memory-leak": "resource-leak", "resource": "resource-leak", "resources": "resource-leak",
    "memory": "resource-leak", "race": "concurrency", "race-condition": "concurrency", "threading": "concurrency",
    "deadlock": "concurrency", "async": "concurrency", "thread-safety": "concurrency",
    "api": "api-misuse", "misuse": "api-misuse", "usage": "api-misuse", "compatibility": "api-contract",
    "breaking-change": "api-contract", "contract": "api-contract", "interface": "api-contract",
    "test": "tests", "testing": "tests", "test-coverage": "tests", "coverage": "tests", "missing-tests": "tests",
    "perf": "performance", "efficiency": "performance", "optimization": "performance", "optimisation": "performance",
    "readability": "maintainability", "complexity": "maintainability", "duplication": "maintainability",
    "refactoring": "maintainability", "naming": "conventions", "style": "conventions", "formatting": "conventions",
    "convention": "conventions", "documentation": "conventions", "docs": "conventions", "comment": "conventions",
    "debug": "debug-leftover", "logging": "debug-leftover", "leftover": "debug-leftover",
    "secret": "secrets", "credentials": "secrets", "hardcoded-secret": "secrets", "sql-injection": "injection-sql",
    "sqli": "injection-sql", "sql": "injection-sql", "command-injection": "injection-command",
    "shell-injection": "injection-command", "code-injection": "injection-code", "injection": "injection-code",
    "deserialization": "deserialisation", "cross-site-scripting": "xss", "crypto": "weak-crypto",
    "cryptography": "weak-crypto", "auth": "access-control", "authentication": "access-control",
    "authorization": "access-control", "authorisation": "access-control", "permissions": "access-control",
    "privacy": "access-control", "permission": "access-control", "dependency": "supply-chain",
    "dependencies": "supply-chain", "workflow": "ci", "infrastructure": "iac", "denial-of-service": "dos",
    "schema": "migration", "database": "migration", "config": "maintainability", "configuration": "maintainability",
    "ssl": "tls", "certificate": "tls", "redirect": "open-redirect", "traversal": "path-traversal",
}  # fmt: skip
_GUESSES = tuple(
    (re.compile(pattern, re.IGNORECASE), category)
    for pattern, category in (
        (r"\bsql\b|\bquer(?:y|ies)\b.*\bconcat", "injection-sql"),
        (r"\bshell\b|\bcommand\b.*\binject", "injection-command"),
        (r"\bpath traversal\b|\.\./", "path-traversal"),
        (r"\bxss\b|\bescap\w+.*\bhtml\b|\bhtml\b.*\bescap", "xss"),
        (r"\bssrf\b", "ssrf"),
        (r"\bpassword\b|\bsecret\b|\bcredential", "secrets"),
        (r"\bpermission|\bauthori[sz]|\baccess\b|\bauthenticat", "access-control"),
        (r"\bcertificate\b|\btls\b|\bverify=", "tls"),
    )
)
_SEVERITY = {
    "error": "error", "critical": "error", "high": "error", "blocker": "error", "fatal": "error", "severe": "error",
    "warning": "warning", "warn": "warning", "medium": "warning", "major": "warning", "moderate": "warning",
    "info": "info", "low": "info", "minor": "info", "note": "info", "hint": "info", "nit": "info", "trivial": "info",
    "suggestion": "info", "style": "info", "information": "info", "informational": "info",
}  # fmt: skip
_UP_TO_INFO = frozenset(("conventions", "maintainability"))
_UP_TO_WARNING = frozenset(("tests", "performance", "debug-leftover", "api-contract"))


def category_of(said: str, message: str) -> str | None:
    """Our category for what the model said, by its words for `security` alone; None for one that is not known."""
    name = re.sub(r"[\s_/]+", "-", said.strip().strip("*`\"'[]()").lower())
    if name in CATEGORIES:
        return name
    if name in _OTHER_NAMES:
        return _OTHER_NAMES[name]
    if name in ("security", "vulnerability", "security-issue"):
        return next((category for pattern, category in _GUESSES if pattern.search(message)), "access-control")
    parts = [part for part in re.split(r"[-,|:.]+", name) if part in CATEGORIES or part in _OTHER_NAMES]
    if parts:
        return _OTHER_NAMES.get(parts[0], parts[0])
    return None if name else "correctness"


def severity_of(said: str, category: str, *, in_test: bool = False) -> Severity:
    """Our severity for what the model said, `info` for a word that is not known; capped by category and in tests."""
    severity = cast("Severity", _SEVERITY.get(said.strip().strip("*`\"'[]()").lower(), "info"))
    return _least(severity, _highest(category, in_test=in_test))


def _highest(category: str, *, in_test: bool) -> Severity:
    if category in _UP_TO_INFO:
        return "info"
    if category in _UP_TO_WARNING or (in_test and category not in SECURITY_CATEGORIES):
        return "warning"
    return "error"


def _least(one: Severity, other: Severity) -> Severity:
    return SEVERITIES[max(SEVERITIES.index(one), SEVERITIES.index(other))]
