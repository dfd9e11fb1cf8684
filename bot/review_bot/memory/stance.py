"""What a reply says of a finding: accepted, rejected, or nothing that counts.

Phrases first: a reply that names its stance ("won't fix", "good catch, fixed") is worth more than its tone. Clause by
clause, so that the last word counts ("good point, but by design"); a negation turns a phrase over, a question, a
condition, a doubt or irony takes its weight away.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from review_bot.memory.phrases import ACCEPT, REJECT
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Stance = Literal["accept", "reject", "neutral"]
LONGEST = 4000
"""Characters of a reply that are read."""
BY_PHRASE = 0.15
"""How often a stated stance is wrong (facts of the signals: reply with a stance)."""


class Reading(NamedTuple):
    """The stance of a reply, as a signal: `y` 1 or 0, `eps` the share of such signals that mislead."""

    stance: Stance
    y: int | None
    eps: float | None


NEUTRAL = Reading("neutral", None, None)

_TURNED_ACCEPT = re.compile(
    # What becomes a rejection behind a negation; most accepting phrases become nothing ("not fixed yet").
    r"(?:good|nice|great|helpful|useful|right|correct|valid|legit\w*|real|actual|genuine|agree|make|sense|a bug|true)"
)
_NOT_A = re.compile(
    r"(?:\bnot|n't|\bno|\bnever)\b[\w' ]{0,24}?\b(?:a |an |any |the |really |actual |real )*"
    r"(?:bug|issue|problem|concern|vulnerability|error|defect|risk|leak|secret|danger|applicable|relevant|needed|"
    r"necessary|required|helpful|useful|worth|apply|help|ours|make sense|agree|compile|work|true|right|correct|so)\b|"
    r"(?:doesn't|does not|don't|do not|didn't|won't) (?:really |even |actually )?"
    r"(?:apply|help|matter|make sense|agree|compile|work|exist|need|fit|care|belong)\b"
    r"|nothing to do with|(?:is|are|can be) never (?:none|null|nil|empty|zero|negative)"
)
_NEGATION = re.compile(
    r"(?:\bnot|n't|\bnever|\bno|\bhardly|\bwithout|\bnor|\bwouldn't call (?:it|this))(?: \w+){0,4}?"
    r"(?: (?:a|an|the|that|this|by|as|so|very|really|strictly|is|it|it's))*\s*$"
)
_QUESTION = re.compile(r"\?[\s)\"']*$")
_CONDITION = re.compile(
    r"^(?:and |or |so )?(?:if|unless|in case|assuming|suppose|once|when|as soon as|whether)\b"
    r"|\bif (?:it|this|that|the|we|you|they)\b|\bwhether\b|\bwould be (?:a )?\b"
)
_DOUBT = re.compile(
    r"\bnot (?:so |really |quite |entirely |100% )?(?:sure|certain|convinced)\b|\bunsure\b|\bmaybe\b|\bperhaps\b"
    r"|\bpossibly\b"
    r"|\b(?:might|may|could) (?:be|well be)\b|\bdon'?t know\b(?! how)|\bno idea\b|\bdepends\b|\bfence\b"
    r"|\b(?:has|have)n't (?:\w+ ){0,3}yet\b|\bnot \w+ yet\b"
    r"|\b(?:check|look|discuss|talk)(?:ing)? (?:into|about|at|on|it)\b|\bthink (?:about|it over)\b"
    r"|^let me (?:check|look|think|ask)|\bsecond opinion\b"
)
_IRONY = re.compile(
    r"(?:^|\s)/s\b|🙄|\bsherlock\b|\bgenius\b|\byeah,? right\b|\bfor nothing\b|, not\W*$"
    r"|\boh,? sure\b|\bwow,? so\b|\bjust great\b|…\s*$"
)
_ANOTHER = re.compile(r"^(?:oh |wow |great|sigh|again|yet|ugh|not this)[\w ,]*\b(?:again|another|more)\b|\bagain\b")
_HEARSAY = re.compile(r"\b(?:said|says|asked|wrote|label|title|word|called|titled|named|mentions?)\b")
_QUOTED = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|^\s*>.*$|\bhttps?://\S+|\"[^\"\n]*\"|<!--.*?-->", re.MULTILINE | re.DOTALL
)
_ENDS = re.compile(r"(?<=[.!?…])\s+|\n+|;\s+|\s+[-–—]\s+")
_TURN = re.compile(r",?\s+(?:but|however|yet|though|although|except that|still)\b,?(?! another)\s*")
_COMMA = re.compile(
    r",\s+(?=(?:i|we|it|this|that|the|you|no|not|by|won't"
    r"|fixed|done|false|intentional|thanks|will|changed|let)\b)"
)


def stance(text: str) -> Reading:
    """What the reply `text` says; contradictions count for nothing, and of a "but" the part behind it counts."""
    plain = readable(text)
    if not plain:
        return NEUTRAL
    said: list[int] = []
    for sentence in _ENDS.split(plain):
        said += _sentence(sentence.strip())
    verdicts = set(said)
    if len(verdicts) != 1:
        return NEUTRAL
    return Reading("accept", 1, BY_PHRASE) if verdicts == {1} else Reading("reject", 0, BY_PHRASE)


def is_silent(text: str) -> bool:
    """True for a reply that says something, but nothing that a phrase or a question reads."""
    plain = readable(text)
    phrases = (_REJECTS, _ACCEPTS, _NOT_A, _QUESTION)
    return bool(plain) and not any(one.search(plain) for one in phrases)


def stances(texts: Iterable[str]) -> Iterator[Reading]:
    """The stance of each reply."""
    return map(stance, texts)


def readable(text: str) -> str:
    """Lower case, straight quotes, without code, quotations and addresses."""
    plain = text[:LONGEST].replace("\u2019", "'").replace("\u2018", "'").replace("\u201c", '"').replace("\u201d", '"')
    return _QUOTED.sub(" ", plain).replace("*", "").replace("_", " ").lower().strip()


def _sentence(sentence: str) -> list[int]:
    """The stance of one sentence as 0, 1, or nothing at all."""
    if not sentence or _QUESTION.search(sentence):
        return []
    parts = [part for part in _TURN.split(sentence) if part.strip()]
    said = [verdict for verdict in map(_part, parts) if verdict is not None]
    return said[-1:]


def _part(part: str) -> int | None:
    """The stance between two turns: rejecting clauses outweigh a "yes" or a "good point" that leads them in."""
    if _CONDITION.search(part) or _DOUBT.search(part) or _HEARSAY.search(part):
        return None
    clauses = [one for one in (_clause(clause) for clause in _COMMA.split(part)) if one is not None]
    if not clauses:
        return None
    verdict = clauses[-1] if _polite(part) else min(clauses) if 0 in clauses else 1
    return None if verdict == 1 and _IRONY.search(part) else verdict


def _polite(part: str) -> bool:
    """True where a "no" leads in an agreement: `no, you're right`."""
    return bool(re.match(r"(?:no|not \w+)\b,? ", part))


def _clause(clause: str) -> int | None:
    clause = clause.strip(" .!…,)(")
    if _ANOTHER.search(clause) and _REJECTS.search(clause):
        return 0
    rejected = _REJECTS.search(clause)
    if rejected is not None:
        return 1 if _negated(clause, rejected) else 0
    if _NOT_A.search(clause):
        return 0
    accepted = _ACCEPTS.search(clause)
    if accepted is None:
        return None
    if _negated(clause, accepted):
        return 0 if _TURNED_ACCEPT.search(accepted[0]) else None
    return 1


def _negated(clause: str, found: re.Match[str]) -> bool:
    return _NEGATION.search(clause[: found.start()]) is not None


_ACCEPTS = re.compile("|".join(f"(?:{one})" for one in ACCEPT))
_REJECTS = re.compile("|".join(f"(?:{one})" for one in REJECT))
