"""Making whole events of what somebody says: who, when, and about which code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.domain.event import VERSION, event
from review_bot.memory.normalise import shape, shape_at
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from review_bot.domain.event import Event
    from review_bot.domain.finding import Finding
    from review_bot.memory.normalise import Shape

TEXTS = ("before", "after", "note", "message")
"""Fields that hold code, what people wrote or what a finding says of code; no event has them without `store-text`."""
NOISE: Mapping[str, float] = {
    "command": 0.03, "inline": 0.03, "suggestion": 0.03, "reaction": 0.05, "deleted": 0.08, "fixed": 0.15,
    "resolved": 0.15, "reply": 0.15, "changed": 0.20, "model-changed": 0.25, "sentiment": 0.25, "dismissed": 0.30,
    "unchanged": 0.35, "merged": 0.40,
}  # fmt: skip
"""How often a signal says the opposite of what its person means, by its `sig`."""


class Context(NamedTuple):
    """What the desk knows beside what is said."""

    now: int
    actor: str
    """Hash of the person's name who is sitting here; empty where nobody's is known."""
    hashed: Callable[[str], str]
    """The hash of a name."""
    about: Callable[[str], Mapping[str, Any] | None]
    """Fields of the finding with a fingerprint (`about`); None for one that nobody knows."""
    store_text: bool = False


def about(finding: Finding, lines: Mapping[int, str], language: str | None) -> dict[str, Any]:
    """What events say of a finding: its rule, and the shape and place of its code, not the code."""
    path = finding.path
    found: dict[str, Any] = {
        "finding": finding.fingerprint,
        "rule": finding.rule,
        "src": finding.origin,
        "sev": finding.severity,
        "lang": language or None,
        "dir": path.rpartition("/")[0],
        "at": [None, None, path, finding.start_line, finding.end_line],
    }
    made = shape_at(finding.rule, lines, finding.start_line, finding.end_line, language)
    return {**found, **_shaped(made)}


def complete(said: Mapping[str, Any], context: Context) -> Event:
    """The event that `said` means, with what it leaves open; raises BadEvent for what no event can be.

    Code in `text` or `before` becomes key and fingerprints. What is said stands, what is only known is filled in.
    """
    fields = {name: value for name, value in said.items() if value is not None or name == "y"}
    known = context.about(fields["finding"]) if isinstance(fields.get("finding"), str) else None
    if fields.get("kind") != "signal":  # code stands in judgements only
        known = {name: value for name, value in (known or {}).items() if name not in TEXTS}
    fields = {**(known or {}), **_by_text(fields, known or {}), **fields}
    fields.setdefault("v", VERSION)
    fields.setdefault("ts", context.now)
    if "actor" in fields or context.actor:
        fields["actor"] = context.hashed(str(fields.get("actor", context.actor)))
    if fields.get("kind") == "signal" and fields.get("y") is not None and "eps" not in fields:
        fields["eps"] = NOISE.get(str(fields.get("sig")))
    return event(_without_text(fields, store_text=context.store_text))


def _by_text(fields: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Key and fingerprints of the code that is given along."""
    text, rule = fields.get("text") or fields.get("before"), fields.get("rule") or known.get("rule")
    if not isinstance(text, str) or not isinstance(rule, str):
        return {}
    language = fields.get("lang") or known.get("lang")
    return _shaped(shape(rule, text, language if isinstance(language, str) else None))


def _without_text(fields: Mapping[str, Any], *, store_text: bool) -> dict[str, Any]:
    kept = {name: value for name, value in fields.items() if name != "text"}
    if not store_text:
        return {name: value for name, value in kept.items() if name not in TEXTS}
    if isinstance(fields.get("text"), str):
        kept.setdefault("before", fields["text"])
    return kept


def _shaped(made: Shape | None) -> dict[str, Any]:
    return {} if made is None else {"key": made.key, "fp": list(made.fp)}
