"""The page that lists every shipped rule: `review-bot rules list --format markdown`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from review_bot.rules.model import Rule


def page(rules: Iterable[Rule]) -> str:
    """All rules as markdown, by pack (the first word of the id) and id."""
    packs: dict[str, list[Rule]] = {}
    for rule in sorted(rules, key=lambda one: one.id):
        packs.setdefault(rule.id.partition(".")[0], []).append(rule)
    total = sum(map(len, packs.values()))
    lines = ["# Every shipped rule", "", f"{total} rules; made by `review-bot rules list --format markdown`.", ""]
    for pack, members in packs.items():
        lines += [f"## {pack} ({len(members)})", "", "| id | severity | confidence | category | what it says |"]
        lines += ["|---|---|---|---|---|", *map(_row, members), ""]
    return "\n".join(lines)


def _row(rule: Rule) -> str:
    message = rule.message.replace("|", "\\|").replace("<", "&lt;").replace("@", "@\u200b")
    return f"| `{rule.id}` | {rule.severity} | {rule.confidence} | {rule.category} | {message} |"
