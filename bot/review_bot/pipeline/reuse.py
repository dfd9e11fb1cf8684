"""What a part of a change is recognised by in the cache, and how remarks on an equal part are put at its lines.

Three keys, from the strictest: the text as it stands without its line numbers; the changed lines without their common
indentation and the unchanged lines around them; the same with the names of local variables numbered. What was cached
under the looser ones is taken over only if every quoted line is found again.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from review_bot.prompts.raw import RawFinding
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from review_bot.domain.window import Part

_LINE = re.compile(r"(?:(?P<number>\d+)(?P<kind>[+ ])|(?P<removed>-) ) ?(?P<text>.*)")
_NAME = re.compile(r"(?<![\w.$])[A-Za-z_]\w*")
_BOUND = re.compile(
    r"(?:^|[;({]|\b(?:for|let|const|var|with|as)\b)\s*([A-Za-z_]\w*)\s*(?::[^=;(){}]{1,60})?(?::=|=(?![=>])|\bin\b|\bof\b)"
    r"|\bas\s+([A-Za-z_]\w*)"
)
_CALL = re.compile(r"\s*\(")
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`")
_KEYWORDS = """
and as assert async await break case catch class const continue def del delete do elif else except export extends false
False finally for from func function global go if import in instanceof interface is lambda let match new nil None
nonlocal not null of or package pass raise range return select self static struct super switch this throw true True try
type typeof undefined use var void while with yield
"""
_WORDS = frozenset(_KEYWORDS.split())


class Known(NamedTuple):
    """What the cache says of a part."""

    remarks: tuple[RawFinding, ...]
    how: str
    """`same`, `moved` or `renamed`."""


class Keys(NamedTuple):
    """The names of one part in the cache."""

    same: str
    moved: str
    renamed: str


class _Row(NamedTuple):
    kind: str
    number: int
    text: str


def salt(*parts: object) -> str:
    """What all keys of a run begin with: digest of the model, version of the prompts, sampling, whatever decides."""
    return _digest(json.dumps(parts, sort_keys=True, default=str))


def keys_of(part: Part, salted: str) -> Keys:
    """The names of `part`, whatever its path and line numbers."""
    rows = _rows(part.text)
    core = _core(rows)
    ranked = _ranked(core)
    renamed, _ = _renamed(ranked)
    about = f"{salted}\0{part.language or ''}"
    return Keys(
        _digest(f"same\0{about}\0" + "\n".join(f"{row.kind}{row.text}" for row in rows)),
        _digest(f"moved\0{about}\0" + "\n".join(ranked)),
        _digest(f"renamed\0{about}\0" + "\n".join(renamed)),
    )


def packed(part: Part, remarks: Iterable[RawFinding]) -> str:
    """What is kept of a part: its remarks, each at the ordinal of its added line, and the names of its variables."""
    _, names = _renamed(_ranked(_core(_rows(part.text))))
    numbers = list(_added(part))
    ordinals = {number: ordinal for ordinal, number in enumerate(numbers)}
    rows = [
        [ordinals.get(one.line or 0, -1), one.quote, one.category, one.severity, one.message, one.fix]
        for one in remarks
    ]
    return json.dumps({"remarks": rows, "names": names, "added": len(numbers)}, separators=(",", ":"))


def known(part: Part, keys: Keys, found: Mapping[str, str]) -> Known | None:
    """What `found`, the cache's bodies by key, says of `part`; None where nothing fits."""
    for how, key in zip(Keys._fields, keys, strict=True):
        body = found.get(key)
        remarks = None if body is None else _placed(part, body, how)
        if remarks is not None:
            return Known(remarks, how)
    return None


def _placed(part: Part, body: str, how: str) -> tuple[RawFinding, ...] | None:
    """The remarks of an equal part at the lines of this one; None where one of them does not fit."""
    try:
        data = json.loads(body)
        rows, names, added = data["remarks"], data["names"], data["added"]
        lines = _added(part)
        if added != len(lines):
            return None
        gone = _gone(part, names) if how == "renamed" else frozenset()
        remarks = [_at(part, row, lines, exact=how == "same", gone=gone) for row in rows]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return None
    return None if None in remarks else tuple(one for one in remarks if one is not None)


def _at(
    part: Part, row: Sequence[Any], lines: Mapping[int, str], *, exact: bool, gone: frozenset[str]
) -> RawFinding | None:
    ordinal, quote, category, severity, message, fix = row
    if not all(isinstance(one, str) for one in row[1:]) or not isinstance(ordinal, int):
        return None
    line = list(lines)[ordinal] if 0 <= ordinal < len(lines) else 0
    if exact:
        return RawFinding(part.path, line or None, quote, category, severity, message, fix)
    text = lines.get(line, "")
    if not line or quote.strip() != text.strip() or gone & {*_NAME.findall(message), *_NAME.findall(fix)}:
        return None
    return RawFinding(part.path, line, text, category, severity, message, _indented(fix, quote, text))


def _indented(fix: str, quote: str, text: str) -> str:
    """The fix with the indentation of the line that it now replaces."""
    old, new = quote[: len(quote) - len(quote.lstrip())], text[: len(text) - len(text.lstrip())]
    if not fix or not fix.startswith(old):
        return fix
    return "\n".join(new + line[len(old) :] if line.startswith(old) else line for line in fix.split("\n"))


def _gone(part: Part, names: Sequence[str]) -> frozenset[str]:
    """Variables of the part that was cached which this one calls otherwise."""
    _, now = _renamed(_ranked(_core(_rows(part.text))))
    return frozenset(old for old, new in zip(names, now, strict=True) if old != new)


def _added(part: Part) -> dict[int, str]:
    """Text of each added line that is not blank, by number."""
    return {row.number: row.text for row in _rows(part.text) if row.kind == "+" and row.text.strip()}


def _rows(text: str) -> list[_Row]:
    rows = []
    for line in text.removesuffix("\n").split("\n"):
        match = _LINE.fullmatch(line)
        if match is None:
            rows.append(_Row("?", 0, line))
        else:
            kind = "-" if match["removed"] else match["kind"]
            rows.append(_Row(kind, int(match["number"] or 0), match["text"]))
    return rows


def _core(rows: Sequence[_Row]) -> list[_Row]:
    """The rows from the first changed one to the last, without blank ones."""
    full = [row for row in rows if row.text.strip()]
    changed = [index for index, row in enumerate(full) if row.kind in "+-"]
    return full[changed[0] : changed[-1] + 1] if changed else full


def _ranked(rows: Sequence[_Row]) -> list[str]:
    """Each row with the rank of its indentation: what a change of the indentation as a whole leaves as it is."""
    widths = sorted({_width(row.text) for row in rows if row.text.strip()})
    rank = {width: index for index, width in enumerate(widths)}
    return [f"{row.kind}{rank.get(_width(row.text), 0)} {row.text.strip()}" for row in rows]


def _width(text: str) -> int:
    expanded = text.expandtabs(8)
    return len(expanded) - len(expanded.lstrip())


def _renamed(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """The lines with their variables numbered in the order of first use, and the variables in that order.

    A variable is a name that the lines themselves bind and that is never called nor a keyword.
    """
    bare = [_STRING.sub(lambda literal: " " * len(literal[0]), line) for line in lines]
    bound = {name for line in bare for pair in _BOUND.findall(line.partition(" ")[2]) for name in pair if name}
    called = {match[0] for line in bare for match in _NAME.finditer(line) if _CALL.match(line, match.end())}
    variables = bound - called - _WORDS
    order: dict[str, int] = {}

    def numbered(match: re.Match[str]) -> str:
        name = match[0]
        return f"\0{order.setdefault(name, len(order))}" if name in variables else name

    done = []
    for line, blank in zip(lines, bare, strict=True):
        pieces, last = [], 0
        for match in _NAME.finditer(blank):
            pieces += [line[last : match.start()], numbered(match)]
            last = match.end()
        done.append("".join(pieces) + line[last:])
    return done, list(order)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
