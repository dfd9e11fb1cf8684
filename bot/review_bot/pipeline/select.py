"""Which rules run: `select` and `ignore` by id, dotted prefix, category or `*`."""

from __future__ import annotations

from review_bot.domain.finding import CATEGORIES
from review_bot.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from review_bot.rules.ruleset import RuleSet

OTHERS = ("suppression.unused", "suppression.without-id", "suppression.unknown-id")
"""Ids of findings that no rule file holds."""


_WHOLE = 1_000_000
"""The rank of a whole id, above that of any part."""


def selected(rules: RuleSet, select: Iterable[str], ignore: Iterable[str]) -> RuleSet:
    """The rules that `select` names and `ignore` does not; raises UsageError for a name that means no rule."""
    select, ignore = tuple(select), tuple(ignore)
    if select == ("*",) and not ignore:
        return rules
    for name in select:
        _known(name, rules, "select")
    for name in ignore:
        if not _is_of_another_tool(name):
            _known(name, rules, "ignore")
    return rules.where(lambda rule, category: wanted(rule, category, select, ignore))


def wanted(rule: str, category: str, select: Collection[str], ignore: Collection[str]) -> bool:
    """True when `rule` is selected and not ignored; where both name it, the longer name wins, then `ignore`.

    A category that is ignored yields to the whole id of a rule only.
    """
    chosen = max((_rank(name, rule, category) for name in select), default=-1)
    refused = max((_rank(name, rule, category, by_category=_WHOLE - 1) for name in ignore), default=-1)
    return chosen > refused


def _rank(name: str, rule: str, category: str, by_category: int = 1) -> int:
    """How closely `name` means the rule: -1 not at all, 0 for `*`, more for a longer part of the id."""
    if name == "*":
        return 0
    if name == category:
        return by_category
    prefix = name.removesuffix(".*").removesuffix(".")
    if rule == prefix:
        return _WHOLE
    return 2 + len(prefix) if rule.startswith(prefix + ".") else -1


def _known(name: str, rules: RuleSet, where: str) -> None:
    if name == "*" or name in CATEGORIES:
        return
    if any(_rank(name, entry.id, entry.category) > 0 for entry in rules.entries()):
        return
    if any(_rank(name, other, "") > 0 for other in OTHERS) or name.split(".", 1)[0] == "model":
        return
    from difflib import get_close_matches

    known = sorted({entry.id for entry in rules.entries()} | set(CATEGORIES))
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else "`review-bot rules list` shows them all"
    raise UsageError(f"no rule, prefix or category is called {name}", where=where, remedy=hint)


def _is_of_another_tool(name: str) -> bool:
    """True for codes as other tools have them: S602, py/sql-injection."""
    return "/" in name or (name[:1].isupper() and name[-1:].isdigit())
