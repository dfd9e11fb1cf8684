"""Which characters of a place that a secret rule flags are the secret itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.domain.finding import Finding
    from review_bot.rules.model import Rule

_NO_VALUE = re.compile(
    r"\.log\.secret$|^sh\.secrets\.trace-on$|^docker\.secret\.copied$|^js\.next\.public-secret$|^diff\."
)
"""Rules that flag names of secrets or of files, not values."""
_WHOLE_FILE = frozenset(("common.key-file", "secrets.putty-key"))
_ASSIGNMENTS = frozenset(("common.env-file", "k8s.secret.plain"))
_SENSITIVE = re.compile(
    r"(?i)^[^=]{0,80}(?:key|secret|token|pass|pwd|dsn|credential|auth|private|salt|signature|cert)[^=]{0,40}="
    r"|://[^\s/:@]{0,100}:[^\s/@]{3,}@"
)
"""Lines of an environment file whose values are worth keeping secret."""
_LITERAL = re.compile(r"\"((?:[^\"\\\n]|\\.){3,4000})\"|'((?:[^'\\\n]|\\.){3,4000})'|`([^`\n]{3,4000})`")
_IN_URL = re.compile(r"://[^\s/:@]{0,100}:([^\s/@]{3,200})@?")
_PASSWORD = re.compile(r"(?i)(?:password|pwd|passwd|passphrase)\"?\s{0,8}(?:[=:]|\s)\s{0,8}[\"']?([^\s\"';&]{3,4000})")
_QUOTES = ("'", '"', "`")
_KEY = re.compile(r"\s{0,4}\]?\s{0,4}(?::(?!:)|=>|=(?!=))")
"""What stands behind a literal that is a key."""
_NAME = re.compile(
    r"(?i)(?:[hrpe]s\d{3}|sha-?\d{1,3}|md5|hmac[\w-]*|aes[\w/-]*|des[\w/-]*|utf-?8|hex|base64|none"
    r"|[a-z]*_?(?:password|secret|token|key|user)(?:_\w{1,20})?)$"
)
"""Names of algorithms, encodings and settings: not secret."""
_LOOKED_AT = 2000
"""Characters of a line that a rule gets to see."""
_VALUE = re.compile(r"[=:]\s{0,8}[\"']?([^\s\"'][^\"'\n]{2,4000}?)[\"',;]?\s*$")
_KEY_LINE = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]{1,40}-----")
_LONGEST_KEY = 400
"""Lines of a private key at most."""
_SHORTEST = 3
_TOKEN = re.compile(r"[^\s\"'`,;)(<>\]}]*")


def pieces(rule: Rule, finding: Finding, lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Number of the line, from 1, and text of each piece of the secret; none where the rule flags no value."""
    if _NO_VALUE.search(rule.id):
        return
    if rule.id in _WHOLE_FILE:
        yield from _stripped(enumerate(lines, 1))
    elif rule.id in _ASSIGNMENTS:
        env = rule.id == "common.env-file"
        yield from _assigned(lines, 1 if env else finding.start_line, _SENSITIVE if env else None)
    else:
        if "PRIVATE KEY" in lines[finding.start_line - 1] or rule.id == "secrets.private-key":
            yield from _key(lines, finding.start_line)
        yield from _flagged(rule, finding, lines)


def _flagged(rule: Rule, finding: Finding, lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The secrets of the flagged text, those of several lines by line."""
    for number in range(finding.start_line, min(finding.end_line, len(lines)) + 1):
        line = lines[number - 1]
        start = finding.start_column - 1 if number == finding.start_line else 0
        end = finding.end_column - 1 if number == finding.end_line else len(line)
        for text in _values(rule, line, start, end):
            if len(text) >= _SHORTEST:
                yield number, text


def _values(rule: Rule, line: str, start: int, end: int) -> list[str]:
    """The secrets among the characters `start` to `end`: what the rule measures, else literals, else the value."""
    if rule.kind == "entropy":
        measured = [found[1] for found in re.finditer(rule.body["regex"], line[:_LOOKED_AT]) if found[1]]
        if measured:
            return measured
    tail = _TOKEN.match(line, end)
    flagged = line[start:end] if line[end - 1 : end] in _QUOTES or tail is None else line[start : tail.end()]
    in_url = [found[1] for found in _IN_URL.finditer(flagged)]
    return in_url or _literals(line, start, end) or _values_of(flagged)


def _literals(line: str, start: int, end: int) -> list[str]:
    """Texts of the string literals that the flagged characters touch, but for keys and names of algorithms."""
    texts = []
    for found in _LITERAL.finditer(line):
        text = next(group for group in found.groups() if group is not None)
        if found.end() > start and found.start() < end and not _KEY.match(line, found.end()) and not _NAME.match(text):
            inside = _PASSWORD.search(text)
            texts.append(inside[1] if inside else text)
    return texts


def _values_of(flagged: str) -> list[str]:
    """What is assigned, where something is, else all of it."""
    for pattern in (_PASSWORD, _VALUE):
        found = pattern.search(flagged)
        if found:
            return [found[1]]
    return [flagged.strip()]


def _key(lines: Sequence[str], start: int) -> Iterator[tuple[int, str]]:
    """The body of a private key, line by line, to its end mark."""
    for number in range(start, min(len(lines), start + _LONGEST_KEY) + 1):
        line = lines[number - 1]
        for found in _KEY_LINE.finditer(line):
            yield number, found[0]
        if _KEY_END.search(line):
            tail = re.match(r"\s*[\"']?([A-Za-z0-9+/]{3,}={0,2})-----END", line)
            if tail:
                yield number, tail[1]
            return
        if number > start and not _KEY_LINE.search(line) and line.strip():
            short = re.fullmatch(r"\s*[\"']?([A-Za-z0-9+/]{3,}={0,2})(?:\\n)?[\"']?\s*[+,;)\\]?\s*", line)
            if short:
                yield number, short[1]


def _assigned(lines: Sequence[str], start: int, named: re.Pattern[str] | None = None) -> Iterator[tuple[int, str]]:
    """The values of assignments from line `start` to the end of the document: all, or those whose names match."""
    for number in range(start, len(lines) + 1):
        line = lines[number - 1]
        if number > start and line[:3] == "---":
            return
        found = _VALUE.search(line)
        if found is None or line.lstrip().startswith("#") or len(found[1]) <= _SHORTEST:
            continue
        if named is None or named.search(line):
            yield number, found[1]


def _stripped(rows: enumerate[str]) -> Iterator[tuple[int, str]]:
    for number, line in rows:
        if len(line.strip()) > _SHORTEST:
            yield number, line.strip()
