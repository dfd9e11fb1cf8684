"""The second look: what the answer to `prompts.prompt.judge_prompt` means; only a clear yes keeps a finding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from review_bot.domain.finding import Suppressed
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from review_bot.domain.finding import Finding
    from review_bot.domain.model import Answer

CHOICES = ("yes", "no")
"""For `Completion.probability_of`."""
ANSWER_TOKENS = 4
SURE = 0.5
"""Probability of yes, among yes and no, from which a finding is kept."""
_YES = re.compile(r"\W{0,20}(?:answer\W{1,4})?(yes|true|correct|right)\b", re.IGNORECASE)
_NO = re.compile(r"\W{0,20}(?:answer\W{1,4})?(no|false|incorrect|wrong|not)\b", re.IGNORECASE)
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.IGNORECASE | re.DOTALL)
_BEHIND = re.compile(r"</think(?:ing)?>", re.IGNORECASE)


class Verdict(NamedTuple):
    """What the judge says of one finding."""

    keep: bool
    probability: float | None
    """Of yes, among yes and no; None where the engine does not tell."""
    reason: str
    """Why it is not kept; empty where it is."""


def verdict(answer: Answer) -> Verdict:
    """What the answer says: by probabilities where the engine gives them, else by its first word."""
    chances = dict(answer.probabilities)
    yes, no = (max(0.0, chances.get(choice, 0.0)) for choice in CHOICES)
    if yes + no > 0.01:
        share = yes / (yes + no)
        keep = share >= SURE
        return Verdict(keep, round(share, 4), "" if keep else f"the judge says no ({share:.0%} yes)")
    word = _spoken(answer.text)
    if word == "yes":
        return Verdict(keep=True, probability=None, reason="")
    return Verdict(
        keep=False, probability=None, reason="the judge says no" if word == "no" else "the judge gave no clear answer"
    )


def _spoken(text: str) -> str | None:
    """`yes`, `no`, or None; what stands in a thought does not count."""
    text = text[:4000]
    behind = [found.end() for found in _BEHIND.finditer(text)]
    text = text[behind[-1] :] if behind else _THOUGHT.sub("", text)
    text = text.strip().lstrip('{"').strip()
    if _YES.match(text):
        return "yes"
    return "no" if _NO.match(text) else None


def judged(finding: Finding, said: Verdict) -> Finding | Suppressed:
    """The finding with what the judge makes of its confidence, or held back by the gate with the judge's reason."""
    if not said.keep:
        return Suppressed(finding, "gate", said.reason)
    if said.probability is None:
        return finding
    weighed = finding.confidence * (0.6 + 0.4 * said.probability) + 0.1 * (said.probability - SURE)
    return finding._replace(confidence=round(min(max(weighed, 0.5), 0.9), 2))


def unjudged(finding: Finding, why: str) -> Suppressed:
    """The finding held back since the judge could not be asked: only yes keeps it."""
    return Suppressed(finding, "gate", f"the judge could not be asked: {why}")
