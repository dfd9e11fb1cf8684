"""What a commit says of the findings that were shown before it."""

from __future__ import annotations

from review_bot.domain.finding import normalised
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from review_bot.domain.finding import Finding

SIGNALS = frozenset(
    ("unchanged", "inline", "suggestion", "fixed", "changed", "model-changed", "file-gone", "anchor-lost", "no-verify")
)
"""What a commit may say; a finding is spoken of once."""


class Outcome(NamedTuple):
    """A signal without its noise; `y` None for one that is only logged."""

    sig: str
    y: int | None


class After(NamedTuple):
    """How a finding's file stands after the commit."""

    finding: Finding
    flagged: tuple[str, ...]
    """The flagged lines as they were shown; empty where they are not known."""
    committed: tuple[str, ...] | None
    """Lines of the file in the commit; None where it is gone."""
    work: tuple[str, ...] | None
    """Lines of the file in the work tree; None where it is gone."""
    found: bool = False
    """The finding stands in the review of the commit."""
    ignored: bool = False
    """A comment in the commit holds it back."""
    again: bool = False
    """The rule finds something in the file that it did not find before."""


def outcome(after: After) -> Outcome | None:
    """What the commit says of the finding; None where it says nothing, as where its lines were not committed."""
    if after.found:
        return Outcome("unchanged", 0)
    if after.ignored:
        return Outcome("inline", 0)
    if after.committed is None:
        return Outcome("file-gone", None)
    if after.finding.side == "old":
        return Outcome("fixed", 1)
    if after.flagged and (_stands(after.flagged, after.committed) or _stands(after.flagged, after.work or ())):
        return None
    return _changed(after, after.committed)


def _changed(after: After, committed: Sequence[str]) -> Outcome:
    suggestion = after.finding.suggestion
    if suggestion is not None and _stands(suggestion.replacement.split("\n"), committed):
        return Outcome("suggestion", 1)
    if after.finding.origin == "model":
        return Outcome("model-changed", 1)
    return Outcome("changed" if after.again else "fixed", 1)


def _stands(wanted: Sequence[str], lines: Sequence[str]) -> bool:
    """True where the lines stand one after the other, blanks aside; blank lines alone stand nowhere."""
    block = [normalised(text) for text in wanted]
    if not any(block):
        return False
    texts = [normalised(text) for text in lines]
    return any(texts[at : at + len(block)] == block for at in range(len(texts) - len(block) + 1))
