"""The second look: a model is asked of each finding left whether it is right, and only a clear yes keeps it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from review_bot.domain.finding import Suppressed
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from review_bot.domain.finding import Finding
    from review_bot.domain.model import Answer
    from review_bot.domain.window import Part

CHOICES = ("yes", "no")
"""For `Completion.probability_of`."""
ANSWER_TOKENS = 4
SURE = 0.5
"""Probability of yes, among yes and no, from which a finding is kept."""
_CONTEXT = 12
"""Lines of the part before and behind the flagged one that the question shows."""
_NUMBER = re.compile(r"^(\d{1,7})[+ ] ")
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


def question(finding: Finding, part: Part) -> str:
    """The part around the flagged line as the model saw it, and the remark, to be answered with yes or no."""
    shown = "\n".join(_around(part.text.rstrip("\n").split("\n"), finding.start_line))
    return (
        f"{part.path}\n{shown}\n\n"
        f"Remark about line {finding.start_line} ({finding.category}): {finding.message}\n"
        "Is the remark right, and a real fault of this line? Answer yes or no."
    )


def _around(lines: list[str], number: int) -> list[str]:
    """The lines near the one with `number`."""
    at = next((index for index, line in enumerate(lines) if _numbered(line) == number), 0)
    return lines[max(0, at - _CONTEXT) : at + _CONTEXT + 1]


def _numbered(line: str) -> int | None:
    found = _NUMBER.match(line)
    return int(found[1]) if found else None


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
