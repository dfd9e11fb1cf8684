"""File names in the headers of diffs: quoting, prefixes, dates behind them."""

from __future__ import annotations

from review_bot.patterns import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

NULL = b"/dev/null"
_PREFIX_LETTERS = b"abiwco"
_LONGEST_PREFIX = 40
_SECOND_NAME = rb" (?=[abiwco]/)"
_QUOTED = rb'"([^"\\]*(?:\\.[^"\\]*)*)"'
_ESCAPE = rb'\\([0-7]{1,3}|[abtnvfr"\\])'
_DATE = rb" \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: [+-]\d{4})?$"
_LETTERS = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}


def as_text(name: bytes) -> str:
    """`name` as `os` functions want it."""
    return name.decode("utf-8", "surrogateescape")


def unquoted(name: bytes) -> bytes:
    r"""The name that git or diff wrote, perhaps as `"\303\244.txt"`."""
    found = compiled(_QUOTED).match(name) if name.startswith(b'"') else None
    return _unescaped(found[1]) if found else name


def _unescaped(text: bytes) -> bytes:
    return compiled(_ESCAPE).sub(_escaped, text) if b"\\" in text else text


def _escaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if code.isdigit():
        return bytes((int(code, 8) & 255,))
    return _LETTERS.get(code, code)


def of_header(value: bytes, *, dated: bool = False) -> bytes:
    """The name in what stands behind `--- ` or `+++ `; `dated` when a date may follow without a tab."""
    if value.startswith(b'"'):
        return unquoted(value)
    name, tab, _ = value.partition(b"\t")
    return compiled(_DATE).sub(b"", name) if dated and not tab else name


def of_git_line(rest: bytes) -> bytes | None:
    """The name in what stands behind `diff --git `, where both sides have the same; None where they differ.

    The two differ in their prefixes at most; equal prefixes are none, but a folder (`--no-prefix`).
    """
    for left, right in _splits(rest):
        if left == right:
            return left
        tail = left.partition(b"/")[2]
        if tail and tail == right.partition(b"/")[2]:
            return tail
    return None


def of_git_pair(rest: bytes) -> tuple[bytes, bytes] | None:
    """Both names in what stands behind `diff --git `, where they differ (`--no-index`); None where it can't be told."""
    quoted = _quoted_pair(rest)
    blank = compiled(_SECOND_NAME).search(rest)
    left, right = quoted or ((rest[: blank.start()], rest[blank.end() :]) if blank else (b"", b""))
    return without_prefixes(left, right) if _prefixed(left) and _prefixed(right) else None


def _splits(rest: bytes) -> list[tuple[bytes, bytes]]:
    """The ways to see two names that differ in their prefixes only; the likeliest first."""
    quoted = _quoted_pair(rest)
    if quoted:
        return [quoted]
    half = len(rest) // 2
    if rest[half : half + 1] == b" " and (rest[:half] == rest[half + 1 :] or rest[1:half] == rest[half + 2 :]):
        return [(rest[:half], rest[half + 1 :])]
    nearest = sorted(range(max(half - _LONGEST_PREFIX, 1), half + _LONGEST_PREFIX), key=lambda at: abs(at - half))
    return [(rest[:at], rest[at + 1 :]) for at in nearest if rest[at : at + 1] == b" "]


def _quoted_pair(rest: bytes) -> tuple[bytes, bytes] | None:
    """Two names of which at least one is quoted."""
    first = compiled(_QUOTED).match(rest) if rest.startswith(b'"') else None
    if first:
        return _unescaped(first[1]), unquoted(rest[first.end() + 1 :])
    second = rest.find(b' "')
    return (rest[:second], unquoted(rest[second + 1 :])) if second > 0 and rest.endswith(b'"') else None


def without_prefixes(old: bytes, new: bytes) -> tuple[bytes, bytes]:
    """Both names without `a/`, `b/` and the like; as they are where they seem to have none."""
    if old == NULL or new == NULL:
        return _without_prefix(old), _without_prefix(new)
    if old[:1] == new[:1] or not (_prefixed(old) and _prefixed(new)):
        return (old[2:], new[2:]) if _no_index(old, new) else (old, new)
    return old[2:], new[2:]


def _no_index(old: bytes, new: bytes) -> bool:
    """True for the `1/` and `2/` of `git diff --no-index` with mnemonic prefixes."""
    return old[:2] == b"1/" and new[:2] == b"2/" and len(old) > 2 and old[2:] == new[2:]


def _without_prefix(name: bytes) -> bytes:
    return name[2:] if _prefixed(name) else name


def _prefixed(name: bytes) -> bool:
    return len(name) > 2 and name[1:2] == b"/" and name[0] in _PREFIX_LETTERS
