"""Findings from text that is meant as JSON or YAML but is neither: read key by key.

A known key is looked for, then its value; what stands between tells where a finding ends. Strings end where a quote is
followed by what can follow a value, so that unescaped quotes inside them do no harm. Every character is read once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from review_bot.prompts.shape import ALIASES, finding_of, key_of
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from review_bot.prompts.raw import RawFinding

_NAMES = "|".join(
    sorted((name.replace("_", "[_ -]?") for names in ALIASES.values() for name in names), key=len, reverse=True)
)
_OPEN = "\"'`“”„‘’«"
_CLOSERS = {'"': '"”', "'": "'’", "`": "`", "“": '”“"', "”": '”"', "„": '“”"', "‘": "’‘'", "’": "’'", "«": "»"}
_KEY_BODY = rf"(?:{_NAMES}|thought|findings?|issues|results)"
_QUOTED_KEY = rf"[{_OPEN}]\s?{_KEY_BODY}\s?[{_OPEN}»]\s{{0,20}}(?:[:：=]|=>)"
_BARE_KEY = rf"{_KEY_BODY}\s{{0,20}}(?:[:：]|=>|=(?!=))"
_KEY = re.compile(
    rf"(?P<quoted>{_QUOTED_KEY})|(?:(?<=[{{,(;])|^)"
    rf"(?P<lead>[ \t]{{0,40}}(?:[-*+•][ \t]{{1,4}}|\d{{1,2}}[.)][ \t]{{1,4}})?[*_]{{0,3}})"
    rf"(?P<bare>{_KEY_BODY}[*_]{{0,3}}\s{{0,4}}(?:[:：]|=>|=(?!=))[*_]{{0,3}})",
    re.IGNORECASE | re.MULTILINE,
)
_AFTER = re.compile(
    # The first form is a key that the answer breaks off in.
    rf"\s{{0,40}},\s{{0,40}}[{_OPEN}]\w{{0,20}}[{_OPEN}]?\s{{0,9}}\Z"
    rf"|\s{{0,40}}(?:[,;]\s{{0,40}})?(?:{_QUOTED_KEY}|{_BARE_KEY}|[}}\]]|//|/\*|\#|\Z|[,;]?[ \t]{{0,40}}\n)",
    re.IGNORECASE,
)
_NEXT_KEY = re.compile(_QUOTED_KEY, re.IGNORECASE)
_BARE_END = re.compile(
    rf"[ \t]{{0,20}}(?:,\s{{0,20}}(?={_BARE_KEY})|,?\s{{0,20}}(?={_QUOTED_KEY})"
    r"|[}\]]|\n|\Z|,[ \t]{0,9}\n|//|[ \t]\#)",
    re.IGNORECASE,
)
_BLOCK = re.compile(r"[|>][+-]?[ \t]*\n")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([\s\S]))")
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "b": " ", "f": " "}
_DASH = re.compile(r"(?:\A|\n)[ \t]{0,40}(?:[-*•]|\d{1,2}[.)])[ \t]|\n---|\n#{1,6} ")
_NOTHING = frozenset(("none", "null", "nil", "undefined", "~"))
_MOST = 50
"""Findings of one answer at most."""


class _Value(NamedTuple):
    text: str
    end: int
    """Where to read on."""
    whole: bool
    """False where the answer was cut before the value's end."""


def salvaged(text: str) -> Iterator[RawFinding]:
    """The findings that can be read off `text`, at most 50."""
    count = 0
    group = ""
    for record in _records(text):
        finding = finding_of(record, group)
        if finding is not None:
            count += 1
            yield finding
            if count == _MOST:
                return
        elif set(record) == {"path"}:
            group = record["path"]


def _records(text: str) -> Iterator[dict[str, str]]:
    """Keys and values that belong together."""
    record: dict[str, str] = {}
    position = 0
    while True:
        found = _KEY.search(text, position)
        if found is None:
            break
        name = found["quoted"] or found["bare"]
        key = key_of(re.split(r"[:：=]", name, maxsplit=1)[0].strip(" \t\n" + _OPEN + "»*_"))
        between = text[position : found.start()] + (found["lead"] or "")
        if record and (key in record or _ends(between, key, record)):
            yield record
            record = {}
        if key is None:
            position = _behind(text, found.end(), name)
            continue
        value = _value(text, found.end())
        if value.whole or key not in ("message", "fix", "path"):
            record.setdefault(key, value.text)
        position = max(value.end, found.end())
    if record:
        yield record


def _ends(between: str, key: str | None, record: dict[str, str]) -> bool:
    """Whether the text between two values says that a new finding begins with `key`."""
    closed = between.find("}")
    reopened = closed >= 0 and between.find("{", closed) >= 0
    listed = key in ("path", "line") and "message" in record and _DASH.search(between) is not None
    return listed or (reopened and ("message" in record or len(record) > 1))


def _behind(text: str, position: int, name: str) -> int:
    """Where to read on behind a key that holds findings, or behind a thought and its value."""
    if "thought" not in name.lower():
        return position
    value = _value(text, position)
    return max(value.end, position) if value.whole else position


def _value(text: str, position: int) -> _Value:
    """The value that begins behind a colon."""
    start = position
    while start < len(text) and text[start] in " \t\r":
        start += 1
    block = _BLOCK.match(text, start)
    if block:
        return _indented(text, block.end())
    if text.startswith(('"""', "'''", "```"), start):
        return _tripled(text, start)
    quoted = start
    while quoted < len(text) and text[quoted] in " \t\r\n" and quoted - start < 40:
        quoted += 1
    if quoted < len(text) and text[quoted] in _OPEN:
        return _quoted(text, quoted)
    return _bare(text, start)


def _quoted(text: str, start: int) -> _Value:
    """A string: it ends at a closing quote that something stands behind which may follow a value."""
    closers = _CLOSERS[text[start]]
    position = start + 1
    escaped = False
    for position in range(start + 1, len(text)):
        character = text[position]
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character in _OPEN and position > start + 1 and _NEXT_KEY.match(text, position):
            return _Value(_plain(text[start + 1 : position].rstrip(" \t\r\n,")), position, whole=True)
        elif character in closers and _AFTER.match(text, position + 1):
            return _Value(_plain(text[start + 1 : position]), position + 1, whole=True)
    return _Value(_plain(text[start + 1 :]), len(text), whole=False)


def _tripled(text: str, start: int) -> _Value:
    mark = text[start : start + 3]
    end = text.find(mark, start + 3)
    if end < 0:
        return _Value(text[start + 3 :], len(text), whole=False)
    inside = text[start + 3 : end]
    if mark == "```":
        inside = re.sub(r"\A[\w+-]{0,20}\n", "", inside)
    return _Value(inside.strip("\n"), end + 3, whole=True)


def _bare(text: str, start: int) -> _Value:
    """A value without quotes: to the end of its line, of the table, or to the next key."""
    end = _BARE_END.search(text, start)
    if end is None:
        return _Value("", len(text), whole=False)
    value = text[start : end.start()].strip()
    whole = end.end() < len(text) or text[end.start() :].strip() != "" or not value.startswith(tuple("{["))
    stop = end.start() + (1 if text[end.start() : end.start() + 1] == "," else 0)
    value = value.strip("*").strip("[] ")
    return _Value("" if value.lower() in _NOTHING else value, max(stop, start), whole=whole)


def _indented(text: str, start: int) -> _Value:
    """A YAML block: the lines that are indented as its first one, or empty."""
    lines = []
    indent = len(text[start : start + 200]) - len(text[start : start + 200].lstrip(" "))
    position = start
    while position < len(text) and indent:
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end]
        if line.strip() and not line.startswith(" " * indent):
            break
        lines.append(line[indent:])
        position = end + 1
    return _Value("\n".join(lines).strip("\n"), min(position, len(text)), whole=True)


def _plain(text: str) -> str:
    """`text` with its escapes replaced."""
    if "\\" not in text:
        return text

    def one(found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1], 16))
        return _NAMED.get(found[2], found[2])

    return _ESCAPE.sub(one, text)
