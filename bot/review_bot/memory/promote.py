"""Rules from what people accepted again and again: which changes suffice, and the rule file that proposes them."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from review_bot.memory.generalise import Change, Pair, Template, change_of, template_of
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LEAST_ACCEPTED = 5
LEAST_PEOPLE = 2
_LEAST_PAIRS = 2
_ID = re.compile(r"[A-Za-z][\w-]*(?:\.[\w-]+)*")
"""Ids come from the log and become names of files."""
_EXAMPLES = 2


class Accepted(NamedTuple):
    """A finding that somebody accepted; `pair` where its code can be read."""

    rule: str
    key: str
    language: str
    actor: str
    change: str
    finding: str
    pair: Pair | None = None


class Proposal(NamedTuple):
    """A rule that people's changes speak for."""

    id: str
    base: str
    """The rule whose findings were accepted."""
    language: str
    template: Template
    pairs: tuple[Pair, ...]
    accepted: int
    people: int


def proposals(accepted: Iterable[Accepted], rejected: Iterable[tuple[str, str]]) -> Iterator[Proposal]:
    """Every rule that is accepted LEAST_ACCEPTED times by LEAST_PEOPLE people with one and the same replacement.

    `rejected` names rule and key of what was rejected: a kind of change with more than one rejection for five
    acceptances is none.
    """
    everything = [one for one in accepted if _ID.fullmatch(one.rule)]
    refused = list(rejected)
    for (rule, language), some in _grouped(everything).items():
        for changes in _kinds(some, language).values():
            made = _proposal(rule, language, some, changes, refused)
            if made is not None:
                yield made


def _grouped(accepted: Iterable[Accepted]) -> dict[tuple[str, str], list[Accepted]]:
    groups: dict[tuple[str, str], list[Accepted]] = {}
    for one in accepted:
        groups.setdefault((one.rule, one.language), []).append(one)
    return groups


def _kinds(some: Iterable[Accepted], language: str) -> dict[str, list[tuple[Accepted, Change]]]:
    """Changes of one rule by what they change."""
    kinds: dict[str, list[tuple[Accepted, Change]]] = {}
    for one in some:
        change = change_of(one.pair, language) if one.pair is not None else None
        if change is not None:
            kinds.setdefault(change.kind, []).append((one, change))
    return kinds


def _proposal(
    rule: str,
    language: str,
    some: Sequence[Accepted],
    changes: Sequence[tuple[Accepted, Change]],
    refused: Sequence[tuple[str, str]],
) -> Proposal | None:
    keys = {one.key for one, _ in changes}
    counted = {(one.actor, one.change, one.finding) for one in some if one.key in keys}
    people = {actor for actor, _, _ in counted}
    against = sum(base == rule and key in keys for base, key in refused)
    if len(counted) < LEAST_ACCEPTED or len(people) < LEAST_PEOPLE or against * 5 > len(counted):
        return None
    pairs = tuple(dict.fromkeys(one.pair for one, _ in changes if one.pair is not None))
    template = template_of([change for _, change in changes]) if len(changes) >= _LEAST_PAIRS else None
    if template is None:
        return None
    return Proposal(_name(rule, template), rule, language, template, pairs, len(counted), len(people))


def _name(rule: str, template: Template) -> str:
    digest = hashlib.blake2b("\0".join(template).encode(), digest_size=3).hexdigest()
    return f"learned.{rule.removeprefix('learned.')}.p{digest}"


def rule_file(proposal: Proposal, *, category: str, severity: str) -> str:
    """The rule as a file to be reviewed, with examples from the code that was changed."""
    pattern, replacement = proposal.template
    people = f"{proposal.accepted} times by {proposal.people} people"
    lines = [
        f"# Proposed by `review-bot memory promote`: findings of {proposal.base}, accepted {people}.",
        "schema = 1",
        "",
        "[[rule]]",
        f"id = {_text(proposal.id)}",
        f"category = {_text(category)}",
        f"severity = {_text(severity)}",
        'confidence = "medium"',
        f"languages = [{_text(proposal.language)}]",
        f"message = {_text(f'`{_braced(pattern)}` is written `{_braced(replacement)}` here')}",
        f"why = {_text(f'Findings of {proposal.base} on such code were accepted {people}, and mended like this.')}",
        f"keywords = [{', '.join(map(_text, keywords(pattern)))}]",
        f"pattern = {_text(pattern)}",
        f'fix = {{ template = {_text(_braced(replacement))}, safety = "suggest" }}',
    ]
    for pair in proposal.pairs[:_EXAMPLES]:
        lines += ["", "[[rule.test]]", f"bad = {_text(pair.before)}", "", "[[rule.test]]", f"ok = {_text(pair.after)}"]
    return "\n".join(lines) + "\n"


def keywords(pattern: str) -> list[str]:
    """The longest word that stands in every match of the pattern."""
    words = re.findall(r"[A-Za-z_][\w.]*", re.sub(r"\$+[A-Z]\w*", " ", pattern))
    return [max(words, key=len).strip(".").lower()] if words else []


def _braced(pattern: str) -> str:
    return re.sub(r"\$([A-Z])\b", r"{\1}", pattern)


def _text(value: str) -> str:
    """A basic string of TOML: JSON's are such, but for the escape of a slash, which it does not write."""
    return json.dumps(value)
