"""Which old function and statement became which new one."""

from __future__ import annotations

from review_bot.rules.delta.words import alike, names, squeezed, tokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from review_bot.rules.delta.change import Edit, FileChange
    from review_bot.rules.delta.outline import Function, Outline, Statement

LEAST = 0.6
_MOST = 80
"""Statements of a hunk that are compared each with each."""


class Pairing:
    """Old and new sides of one file, matched."""

    def __init__(self, file: FileChange) -> None:
        self._file = file
        self._functions: dict[int, Function] | None = None
        self._pairs: dict[int, Statement] = {}
        self._fresh: list[Statement] | None = None
        self._gone: list[Statement] = []

    @property
    def pairs(self) -> list[tuple[Statement, Statement]]:
        """Changed statements and what became of them, in the old order."""
        self._match()
        old = self._file.old.statements
        return [(old[index], new) for index, new in sorted(self._pairs.items())]

    @property
    def gone(self) -> list[Statement]:
        """Old statements without a counterpart in their hunk."""
        self._match()
        return self._gone

    @property
    def fresh(self) -> list[Statement]:
        """New statements without a counterpart in their hunk."""
        self._match()
        return self._fresh or []

    def became(self, statement: Statement) -> Statement | None:
        """The new statement of a changed old one."""
        self._match()
        return self._pairs.get(statement.position)

    def function(self, function: Function) -> Function | None:
        """What became of an old function: the same name in the same class, else the most similar one of the file."""
        if self._functions is None:
            self._functions = _functions(self._file.old, self._file.new)
        return self._functions.get(function.header.position)

    def before(self, function: Function) -> Function | None:
        """The old version of a new function."""
        for old in self._file.old.functions:
            new = self.function(old)
            if new is not None and new.header.position == function.header.position:
                return old
        return None

    def _match(self) -> None:
        if self._fresh is not None:
            return
        self._fresh = []
        by_hunk: dict[int, list[Edit]] = {}
        for edit in self._file.edits:
            by_hunk.setdefault(edit.hunk, []).append(edit)
        for edits in by_hunk.values():
            self._match_hunk(edits)

    def _match_rest(self, edit: Edit, olds: Sequence[Statement], news: Sequence[Statement]) -> None:
        """Short statements have few tokens in common: what stands in the place of another of its kind follows it."""
        first = _rest(olds, self._pairs, edit.removed)
        second = _rest(news, {new.position for new in self._pairs.values()}, edit.added)
        if len(first) == len(second):
            self._pairs.update(
                {old.position: new for old, new in zip(first, second, strict=True) if _resembles(old, new)}
            )

    def _match_cut(self, edit: Edit) -> None:
        """A statement that lost its last lines is what stands at its first one."""
        old = self._file.old.at(edit.removed[0][0]) if edit.removed and not edit.added else None
        if old is None or old.start >= edit.removed[0][0] or old.position in self._pairs:
            return
        start = edit.new_at - (edit.old_at - old.start)
        new = self._file.new.at(start)
        if new is not None and new.start == start and start not in self._file.view.added_numbers:
            self._pairs[old.position] = new

    def _match_hunk(self, edits: Sequence[Edit]) -> None:
        olds = _spoken(_touched(self._file.old, [(edit.removed, edit.old_at) for edit in edits]))
        news = _spoken(_touched(self._file.new, [(edit.added, edit.new_at) for edit in edits]))
        for old, new in _paired(olds, news):
            self._pairs[old.position] = new
        for edit in edits:
            self._match_rest(edit, olds, news)
            self._match_cut(edit)
        taken = {new.position for new in self._pairs.values()}
        numbers = self._file.view.removed_numbers
        self._gone += [old for old in olds if old.position not in self._pairs and old.start in numbers]
        self._fresh = [*(self._fresh or ()), *(new for new in news if new.position not in taken)]


def _rest(statements: Sequence[Statement], taken: Collection[int], lines: Sequence[tuple[int, str]]) -> list[Statement]:
    """The statements that begin at one of the lines and are not taken."""
    numbers = {number for number, _ in lines}
    return [one for one in statements if one.position not in taken and one.start in numbers]


def _resembles(old: Statement, new: Statement) -> bool:
    """True for statements of one kind about one thing, though their tokens differ."""
    kinds = tokens(old.code)[:1], tokens(new.code)[:1]
    if old.indent != new.indent or kinds[0] != kinds[1]:
        return False
    return kinds[0][:1] in (["if"], ["elif"], ["while"], ["unless"]) or bool(names(old.code) & names(new.code))


def _spoken(statements: Sequence[Statement]) -> list[Statement]:
    """The statements without those that are only a string: documentation."""
    return [one for one in statements if one.code.strip('"; ')]


def _touched(side: Outline, changes: Sequence[tuple[Sequence[tuple[int, str]], int]]) -> list[Statement]:
    """The statements that hold a changed line, or from the middle of which the other side lost or gained one."""
    found: dict[int, Statement] = {}
    for lines, at in changes:
        for number, _ in lines:
            statement = side.at(number)
            if statement is not None:
                found[statement.position] = statement
        spanning = side.at(at)
        if spanning is not None and not lines and spanning.start < at:
            found[spanning.position] = spanning
        elif lines:
            _extend(side, lines[0][0], found)
    return [found[index] for index in sorted(found)]


def _extend(side: Outline, line: int, found: dict[int, Statement]) -> None:
    statement = side.at(line)
    if statement is not None and statement.start < line:
        found[statement.position] = statement


def _paired(olds: Sequence[Statement], news: Sequence[Statement]) -> list[tuple[Statement, Statement]]:
    """Greedy matching, best similarity first; ties go to those that stand in the same order."""
    if not olds or not news:
        return []
    scored = _scores(olds, news)
    scored.sort(key=lambda one: (-one[0], one[1]))
    pairs, used_old, used_new = [], set(), set()
    for _, _, old, new in scored:
        if old.position not in used_old and new.position not in used_new:
            used_old.add(old.position)
            used_new.add(new.position)
            pairs.append((old, new))
    return pairs


def _scores(olds: Sequence[Statement], news: Sequence[Statement]) -> list[tuple[float, int, Statement, Statement]]:
    first = [(old, tokens(old.text), squeezed(old.text)) for old in olds]
    second = [(new, tokens(new.text), squeezed(new.text)) for new in news]
    if len(olds) * len(news) > _MOST * _MOST:
        return _same_only(first, second)
    scored = []
    for rank, (old, old_tokens, old_text) in enumerate(first):
        for other, (new, new_tokens, new_text) in enumerate(second):
            distance = abs(rank - other)
            if old_text == new_text:
                scored.append((1.0, distance, old, new))
            else:
                score = alike(old_tokens, new_tokens)
                if score >= LEAST or (score >= 0.35 and _head(old) == _head(new)):
                    scored.append((score, distance, old, new))
    return scored


def _same_only(
    first: Sequence[tuple[Statement, list[str], str]], second: Sequence[tuple[Statement, list[str], str]]
) -> list[tuple[float, int, Statement, Statement]]:
    """Of very many statements only those that read the same, each with the nearest few of its kind."""
    places: dict[str, list[int]] = {}
    for other, (_, _, text) in enumerate(second):
        places.setdefault(text, []).append(other)
    scored = []
    for rank, (old, _, text) in enumerate(first):
        near = sorted(places.get(text, ()), key=lambda other: abs(rank - other))[:_MOST]
        scored += [(1.0, abs(rank - other), old, second[other][0]) for other in near]
    return scored


def _head(statement: Statement) -> tuple[str, int]:
    """What a statement is about at the first glance: the words up to its first bracket, and its depth."""
    return (statement.code.replace("await ", "").partition("(")[0], statement.indent)


def _functions(old: Outline, new: Outline) -> dict[int, Function]:
    """New functions by the index of the old header."""
    left: dict[str, list[Function]] = {}
    for function in new.functions:
        left.setdefault(function.qualname, []).append(function)
    found: dict[int, Function] = {}
    missing = []
    for function in old.functions:
        same = left.get(function.qualname)
        if same:
            found[function.header.position] = best = _closest(function, same)
            same.remove(best)
        else:
            missing.append(function)
    spare = [function for functions in left.values() for function in functions]
    if missing and spare:
        found.update(_renamed(old, new, missing, spare))
    return found


def _closest(function: Function, candidates: Sequence[Function]) -> Function:
    """Of several functions of one name, the one whose header reads most alike."""
    if len(candidates) == 1:
        return candidates[0]
    mine = tokens(function.header.text)
    return max(candidates, key=lambda one: alike(mine, tokens(one.header.text)))


def _renamed(old: Outline, new: Outline, missing: Sequence[Function], spare: list[Function]) -> dict[int, Function]:
    found: dict[int, Function] = {}
    texts = {function.header.position: _tokens(new, function) for function in spare[:_MOST]}
    for function in missing[:_MOST]:
        mine = _tokens(old, function)
        scored = [
            (alike(mine, texts[other.header.position]), -position, other)
            for position, other in enumerate(spare)
            if other.header.position in texts
        ]
        if scored:
            score, _, best = max(scored, key=lambda one: one[:2])
            if score >= LEAST:
                found[function.header.position] = best
                spare.remove(best)
    return found


def _tokens(side: Outline, function: Function) -> list[str]:
    return [token for statement in side.body(function) for token in tokens(statement.text)]
