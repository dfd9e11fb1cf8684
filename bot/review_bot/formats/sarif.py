"""SARIF 2.1.0, for code scanning and everything else that reads it."""

from __future__ import annotations

from review_bot.domain.finding import SECURITY_CATEGORIES, SEVERITIES
from review_bot.formats.plain import clean, one_line, placed_message, shortened
from review_bot.formats.report import as_json
from review_bot.formats.summary import not_looked_at
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from review_bot.domain.finding import Finding, Severity, Suggestion, Suppressed
    from review_bot.domain.review import Review
    from review_bot.formats import RenderOptions
    from review_bot.rules.model import Rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MAX_RESULTS = 25_000
"""GitHub refuses a run with more."""
_KEPT_RESULTS = 5_000
"""Of more GitHub keeps the first of these."""
_MAX_TAGS = 10
_MAX_TEXT = 1_000
_ROOT = "%SRCROOT%"
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
_SECURITY_SEVERITY: dict[Severity, str] = {"error": "8.0", "warning": "5.5", "info": "2.0"}
_PROBLEM: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "recommendation"}


class _Shown(NamedTuple):
    finding: Finding
    held: Suppressed | None = None


def render(review: Review, options: RenderOptions) -> str:
    """One run; what was suppressed is in it, marked."""
    return as_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(review, options)]}, indent=2) + "\n"


def _run(review: Review, options: RenderOptions) -> dict[str, Any]:
    shown = [*map(_Shown, review.findings), *(_Shown(held.finding, held) for held in review.suppressed)]
    if len(shown) > _KEPT_RESULTS:
        shown.sort(key=_rank)
    kept = shown[:MAX_RESULTS]
    rules = _rules(options.rules() if options.rules else (), [one.finding for one in kept])
    index = {rule["id"]: at for at, rule in enumerate(rules)}
    return {
        "tool": {"driver": _driver(options.version, rules)},
        "automationDetails": {"id": "review-bot/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "invocations": [_invocation(review, len(shown) - len(kept))],
        "results": [_result(one, index) for one in kept],
        "properties": {"source": {key: _cleaned(value) for key, value in review.source._asdict().items()}},
    }


def _driver(version: str, rules: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"name": "review-bot", "version": version, "semanticVersion": _semantic(version), "rules": rules}


def _semantic(version: str) -> str:
    """`version` with three numbers and a hyphen before what follows: `1.2.0rc1` is `1.2.0-rc1`."""
    import re

    match = re.match(r"(\d+(?:\.\d+){0,2})[.-]?(.*)", version)
    numbers, rest = (match[1], match[2]) if match else ("0", "")
    padded = numbers + ".0" * (2 - numbers.count("."))
    return f"{padded}-{rest.replace('+', '.')}" if rest else padded


def _rank(one: _Shown) -> tuple[bool, int]:
    return one.held is not None, SEVERITIES.index(one.finding.severity)


def _rules(run: Iterable[Rule], findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Every rule that was run, then those only findings know of: of models and other tools."""
    described = {rule.id: _of_rule(rule) for rule in run}
    for finding in findings:
        rule = clean(finding.rule)
        if rule not in described:
            described[rule] = _of_finding(finding)
    return list(described.values())


def _of_rule(rule: Rule) -> dict[str, Any]:
    url = rule.references[0] if rule.references else None
    properties = {"precision": rule.confidence, **_properties(rule.category, rule.severity, rule.cwe)}
    return _descriptor(rule.id, rule.message, rule.why, url, rule.severity, properties)


def _of_finding(finding: Finding) -> dict[str, Any]:
    properties = _properties(finding.category, finding.severity, finding.cwe)
    text = f"Findings of the category {finding.category}" if finding.origin == "model" else finding.rule
    return _descriptor(finding.rule, text, finding.why, finding.url, finding.severity, properties)


def _descriptor(
    rule: str, text: str, why: str, url: str | None, severity: Severity, properties: dict[str, Any]
) -> dict[str, Any]:
    short = shortened(one_line(text), _MAX_TEXT) or clean(rule)
    found: dict[str, Any] = {
        "id": clean(rule),
        "shortDescription": {"text": short},
        "fullDescription": {"text": shortened(one_line(why), _MAX_TEXT) or short},
        "help": {"text": shortened(one_line(why), _MAX_TEXT) or short},
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": properties,
    }
    if url is not None and _is_uri(url):
        found["helpUri"] = url
    return found


def _is_uri(url: str) -> bool:
    return url.isascii() and url.isprintable() and url.startswith(("https://", "http://")) and " " not in url


def _properties(category: str, severity: Severity, cwe: Iterable[int]) -> dict[str, Any]:
    security = category in SECURITY_CATEGORIES
    tags = [*(["security"] if security else []), category, *(f"external/cwe/cwe-{number:03}" for number in cwe)]
    found: dict[str, Any] = {"tags": tags[:_MAX_TAGS], "problem.severity": _PROBLEM[severity]}
    return {**found, "security-severity": _SECURITY_SEVERITY[severity]} if security else found


def _result(one: _Shown, index: dict[str, int]) -> dict[str, Any]:
    finding = one.finding
    rule = clean(finding.rule)
    found: dict[str, Any] = {
        "ruleId": rule,
        "ruleIndex": index[rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": placed_message(finding) or rule},
        "locations": [{"physicalLocation": _location(finding)}],
        "partialFingerprints": {
            "primaryLocationLineHash": finding.fingerprint,
            "reviewBot/v1": finding.fingerprint,
        },
        "properties": _facts(finding),
    }
    if finding.suggestion is not None:
        found["fixes"] = [_fix(finding, finding.suggestion)]
    if one.held is not None:
        found["suppressions"] = [_suppression(one.held)]
    return found


def _facts(finding: Finding) -> dict[str, Any]:
    """What SARIF has no place for; the line of a finding in the old file among it."""
    found: dict[str, Any] = {
        "origin": finding.origin,
        "category": finding.category,
        "confidence": finding.confidence,
        "side": finding.side,
        "line": finding.start_line,
    }
    if finding.tool is not None:
        found["tool"] = clean(finding.tool)
    return {**found, "also": [clean(rule) for rule in finding.also]} if finding.also else found


def _location(finding: Finding) -> dict[str, Any]:
    """Path and region; a line of the old file has no region, for readers look it up in the new one."""
    artifact = {"artifactLocation": _artifact(finding.path)}
    if finding.side == "old":
        return artifact
    region: dict[str, Any] = {
        "startLine": finding.start_line,
        "startColumn": finding.start_column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }
    if finding.quote:
        region["snippet"] = {"text": clean(finding.quote)}
    return {**artifact, "region": region}


def _artifact(path: str) -> dict[str, str]:
    """The path as a URI, its bytes percent-encoded as they are."""
    from urllib.parse import quote

    try:
        raw = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = clean(path).encode("utf-8")
    return {"uri": quote(raw, safe="/"), "uriBaseId": _ROOT}


def _fix(finding: Finding, fix: Suggestion) -> dict[str, Any]:
    replacement = {
        "deletedRegion": {"startLine": fix.start_line, "endLine": fix.end_line},
        "insertedContent": {"text": clean(fix.replacement)},
    }
    change = {"artifactLocation": _artifact(finding.path), "replacements": [replacement]}
    return {"description": {"text": placed_message(finding) or clean(finding.rule)}, "artifactChanges": [change]}


def _suppression(held: Suppressed) -> dict[str, Any]:
    kind = "inSource" if held.by == "inline" else "external"
    return {"kind": kind, "status": "accepted", "justification": one_line(f"{held.by}: {held.reason}")}


def _invocation(review: Review, cut: int) -> dict[str, Any]:
    """Whether the run went well, with what did not work and what was not looked at."""
    notes = [_note("warning", part.what, f"{part.what}: {part.reason}") for part in review.degraded]
    notes += [_note("note", "not-looked-at", f"{path}: {why}") for path, why in not_looked_at(review)]
    if cut:
        notes.append(_note("warning", "too-many-results", f"{cut} results are left out, the least severe ones"))
    return {
        "executionSuccessful": True,
        "exitCode": int(review.verdict.failed),
        "toolExecutionNotifications": notes,
    }


def _note(level: str, what: str, text: str) -> dict[str, Any]:
    return {"level": level, "descriptor": {"id": clean(what)}, "message": {"text": one_line(text)}}


def _cleaned(value: object) -> object:
    return clean(value) if isinstance(value, str) else value
