"""Many rules of which a run needs few: what decides whether a rule is tried is at hand, the rest when it is."""

from __future__ import annotations

import marshal

from review_bot.rules.model import Fix, Rule, Where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    Row = tuple[str, str, str, str, tuple[str, ...], bytes]

EVERY = ""
"""Name of the group that holds each rule once."""
DELTA = "kind:delta"
"""Name of the group of rules that are asked of a whole change."""


class Entry:
    """One rule, of which only the questions asked first are read."""

    __slots__ = ("_cold", "_rule", "category", "id", "keywords", "kind", "scope")

    def __init__(self, row: Row) -> None:
        self.id, self.category, self.kind, self.scope, self.keywords, self._cold = row
        self._rule: Rule | None = None

    @property
    def rule(self) -> Rule:
        """The whole rule."""
        if self._rule is None:
            self._rule = _thawed(self._cold)
        return self._rule


class RuleSet:
    """Rules by language, each group read when it is asked for."""

    def __init__(
        self,
        counts: Mapping[str, int],
        read: Callable[[str], Sequence[Row]],
        keep: Callable[[str, str], bool] | None = None,
    ) -> None:
        """`read` gives the rows of a group; `keep` says by id and category which rules are part of this set."""
        self._counts = counts
        self._read = read
        self._keep = keep
        self._groups: dict[str, list[Entry]] = {}

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> RuleSet:
        """The set of the given rules."""
        groups = grouped(rules)
        return cls({name: len(rows) for name, rows in groups.items()}, groups.__getitem__)

    def where(self, keep: Callable[[str, str], bool]) -> RuleSet:
        """The rules of this set that `keep` wants, by id and category."""
        before = self._keep
        return RuleSet(self._counts, self._read, keep if before is None else lambda i, c: before(i, c) and keep(i, c))

    def joined(self, other: RuleSet) -> RuleSet:
        """The rules of both sets as they were read, in this order."""
        counts = {
            name: self._counts.get(name, 0) + other._counts.get(name, 0) for name in (*self._counts, *other._counts)
        }
        return RuleSet(counts, lambda name: [*self._rows(name), *other._rows(name)])

    def _rows(self, name: str) -> Sequence[Row]:
        return self._read(name) if name in self._counts else ()

    def group(self, name: str) -> list[Entry]:
        """Entries of one group: a language, `*`, `kind:delta`, or every rule."""
        if name not in self._groups:
            entries = [Entry(row) for row in self._rows(name)]
            keep = self._keep
            self._groups[name] = [one for one in entries if keep(one.id, one.category)] if keep else entries
        return self._groups[name]

    def of_language(self, language: str | None) -> Iterator[Entry]:
        """Entries of the rules that look at files in `language`."""
        yield from self.group("*")
        if language is not None:
            yield from self.group(language)

    def entries(self) -> list[Entry]:
        """Every entry once."""
        return self.group(EVERY)

    def __iter__(self) -> Iterator[Rule]:
        return (entry.rule for entry in self.entries())

    def __len__(self) -> int:
        return self._counts.get(EVERY, 0) if self._keep is None else len(self.entries())


def grouped(rules: Iterable[Rule]) -> dict[str, list[Row]]:
    """Rows of every group."""
    groups: dict[str, list[Row]] = {EVERY: []}
    for rule in rules:
        row = (rule.id, rule.category, rule.kind, rule.where.scope, rule.keywords, _frozen(rule))
        groups[EVERY].append(row)
        if rule.kind == "delta":
            groups.setdefault(DELTA, []).append(row)
            continue
        for name in ("*",) if "*" in rule.languages else rule.languages:
            groups.setdefault(name, []).append(row)
    return groups


def _frozen(rule: Rule) -> bytes:
    fix: Any = None if rule.fix is None else tuple(rule.fix)
    where: Any = tuple(rule.where)
    return marshal.dumps(tuple(rule._replace(where=where, fix=fix)))


def _thawed(data: bytes) -> Rule:
    # review-bot: ignore[py.deserialise.marshal] -- made by _frozen, kept behind a digest
    rule = Rule._make(marshal.loads(data))  # noqa: S302 - made by `_frozen`, kept behind a digest
    return rule._replace(where=Where._make(rule.where), fix=None if rule.fix is None else Fix._make(rule.fix))
