"""Conditions that let through only values that were looked at: allow-lists, full matches, checks of a prefix."""

from __future__ import annotations

from review_bot.patterns import lazy
from review_bot.rules.taint.names import dotted, mentioned
from review_bot.values import NamedTuple

_LONGEST = 400
_HINT = lazy(
    r"\sin\s|[=!]=|=~|!~|\?|has|clud|ontains|atch|test|dexOf|pos\(|find|tarts|HasPrefix|_to\(|[Ll]ocal|common|_var|type_|"
    r"is_?[a-zA-Z]|quals|llow|afe|alid|erif|check|assert|ensure|exists|in_|has_|known"
)
"""What every condition that is understood here holds."""
_SPLIT = lazy(r"\s(?:and|or)\s|&&|\|\|")
_HOST = lazy(r"\.(?:host|hostname|netloc|origin|domain|Host|Hostname\(\)|getHost\(\))\s*(?:===?|!==?)")
_NEGATIVE = lazy(
    r"^[\s(]*(?:!(?!=)|not\b)|\bnot\s+in\b|!==?|==\s*false\b|===\s*false\b|\bis\s+False\b|==\s*False\b|===?\s*-1\b|<\s*0\b|!~|"
    r"==\s*0\b|===\s*0\b|\bis\s+None\b|==\s*(?:null|nil|None)\b"
)
_NOT_MINUS_ONE = lazy(r"!==?\s*-1|!==?\s*(?:false|False|0|null|nil)\b")
_DENIED = lazy(
    r"""["'`][^"'`]*\.\.[^"'`]*["'`]|["'`](?:/?[\\;|&<>]+|//)["'`]|\bisNaN\b|["'`]://["'`]|"""
    r"""(?:includes|contains|Contains|indexOf|IndexOf|strpos|include\?)\(\s*["'`]/["'`]|["'`]/["'`]\s+in\b"""
)
_SCHEME = lazy(r"""["'`]https?:?/{0,2}["'`]""")
_MEMBER = lazy(r"^[\s(!]*(?:not\s+)?(.+?)\s+(?:not\s+)?in\s+\S")
_EQUAL = lazy(r"""^[\s(!]*(.+?)\s*(?:===?|!==?)\s*(?:["'`][^"'`]+["'`]|[A-Z][\w.]*[A-Z_]\w*|\d+)[\s)]*$""")
_CHECK = lazy(
    r"(?:^|[.:>\s(!])(?:includes|contains|Contains|ContainsKey|containsKey|has|include\?|key\?|member\?|in_array|in_list|"
    r"array_key_exists|hasOwnProperty|indexOf|IndexOf|strpos|stripos|match|fullmatch|test|matches|MatchString|Match|IsMatch|"
    r"preg_match|match\?|matcher|find|startswith|startsWith|start_with\?|StartsWith|HasPrefix|str_starts_with|starts_with\?|"
    r"is_relative_to|IsLocal|IsLocalUrl|commonpath|commonprefix|filter_var|ctype_\w+|is_numeric|is_int|isNaN|isInteger|"
    r"isdigit|isalnum|isalpha|isnumeric|isdecimal|isidentifier|isNumeric|isAlphanumeric|IsWellFormedUriString|equals|"
    r"equalsIgnoreCase|Equals|url_has_allowed_host_and_scheme|\w*[aA]llow\w*|\w*[sS]afe\w*|\w*[vV]alid\w*|\w*[vV]erif\w*|"
    r"(?:is|check|assert|ensure|matches)_?\w*(?:url|Url|URL|path|Path|host|Host|domain|Domain|name|Name|redirect|Redirect|"
    r"local|Local|trusted|Trusted|permitted|known|whitelist\w*))\s*\("
)
_QUESTION = lazy(r"\.(?:include|key|member|match|start_with|in|has_key|exclude)\?")
_RUBY_MATCH = lazy(r"=~|!~")
_LOOKUP = lazy(r"[,\s](\w+)\s*:?=\s*[\w.]+\[([\w.]+)\]")


class Verdict(NamedTuple):
    """Names that are harmless when a condition holds, and when it does not."""

    holds: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()

    def inverted(self) -> Verdict:
        """The verdict of the opposite condition."""
        return Verdict(self.fails, self.holds)


NOTHING = Verdict()


def verdict(text: str) -> Verdict:
    """What a condition says of the names in it."""
    if _HINT.search(text) is None:
        return NOTHING
    holds: list[str] = []
    fails: list[str] = []
    for piece in _SPLIT.split(" ".join(text[:_LONGEST].split())):
        names, positive = _judged(piece.strip())
        (holds if positive else fails).extend(names)
    return Verdict(tuple(holds), tuple(fails)) if holds or fails else NOTHING


def _judged(piece: str) -> tuple[list[str], bool]:
    """Names that the piece looks at, and whether they are harmless where it holds."""
    negative = bool(_NEGATIVE.search(piece)) and not _NOT_MINUS_ONE.search(piece)
    negative = negative or (piece.startswith("!") and not piece.startswith("!="))
    denied = bool(_DENIED.search(piece))
    names = _names(piece)
    return names, negative == denied


def _names(piece: str) -> list[str]:
    member = _MEMBER.match(piece)
    if member:
        return _member(member[1], piece)
    equal = _EQUAL.match(piece)
    if equal:
        path = dotted(equal[1].strip())
        return [path] if path else _checked(piece)
    return _checked(piece)


def _member(left: str, piece: str) -> list[str]:
    if left[:1] in "\"'`":
        return mentioned(piece[piece.rfind(" in ") + 4 :])
    path = dotted(left.strip())
    return [path] if path else mentioned(left)


def _checked(piece: str) -> list[str]:
    if _SCHEME.search(piece):
        return []
    if _HOST.search(piece):
        return [name.rpartition(".")[0] for name in mentioned(piece) if "." in name]
    if _CHECK.search(piece) or _QUESTION.search(piece) or _RUBY_MATCH.search(piece):
        return mentioned(piece)
    return []


def lookup(text: str) -> tuple[str, str] | None:
    """`ok` and `name` for `_, ok := allowed[name]`."""
    found = _LOOKUP.search(text[:_LONGEST])
    return (found[1], found[2]) if found else None
