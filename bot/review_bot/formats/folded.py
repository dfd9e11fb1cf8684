"""Findings that people here keep rejecting: named in a line each, behind the others."""

from __future__ import annotations

from review_bot.formats.plain import in_order, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from review_bot.domain.finding import Finding


def parted(findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Findings to be shown in full, and those that memory folds, both by path and place."""
    ordered = in_order(findings)
    folded = [one for one in ordered if one.memory is not None and one.memory.effect == "fold"]
    if not folded:
        return ordered, []
    return [one for one in ordered if one.memory is None or one.memory.effect != "fold"], folded


def told(finding: Finding) -> str:
    """What memory has to say of a finding that is shown in full: why it was raised or shown again; else nothing."""
    effect = finding.memory
    return one_line(effect.reason) if effect is not None and effect.effect in ("raise", "explore") else ""


def why_folded(finding: Finding) -> str:
    """The reason on one line."""
    return "" if finding.memory is None else one_line(finding.memory.reason)
