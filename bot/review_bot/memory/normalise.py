"""The shape of flagged code: what stays the same where names, literals and lay-out differ.

A key is the rule and a hash of the normalised tokens; fingerprints are winnowed hashes of runs of tokens, so that
nearly the same code is found. One small lexer serves all languages: most windows are fragments that no
parser takes.
"""

from __future__ import annotations

import re
from zlib import crc32

from review_bot.domain.language import ALIASES
from review_bot.memory.words import CASELESS, FAMILIES, HASH_COMMENTS, KEYWORDS, SQL_WORDS
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

LEAST_LINES, MOST_LINES = 3, 8
GRAM, WINDOW = 5, 4
"""Tokens in a hashed run, and hashes of which the least is kept: Schleimer, Wilkerson, Aiken: Winnowing, 2003."""
MOST_HASHES = 16
NEAR = 0.7
"""Least similarity of code that is taken for the same."""
_MOST_CHARACTERS = 4_000
_FEW = 3
_FAR = 3
"""Lines that are looked through for a neighbour that isn't blank."""

_STRINGS = (
    r"(?=[\"'`rRbBuUfFL@$])(?:"  # one look spares most names five attempts
    r'[rRbBuUfF]{0,2}"""(?:[^"\\]|\\.|"(?!""))*(?:"""|\Z)'
    r"|[rRbBuUfF]{0,2}'''(?:[^'\\]|\\.|'(?!''))*(?:'''|\Z)"
    r'|[rRbBuUfFLu@$]{0,2}"(?:[^"\\\n]|\\.)*"'
    r"|[rRbBuUfF]{0,2}'(?:[^'\\\n]|\\.)*'"
    r"|`(?:[^`\\]|\\.)*`)"
)
_SLASHES = r"//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)"
_COMMENTS = {
    "hash": r"#[^\n]*",
    "slashes": rf"{_SLASHES}|\#(?![\w\[!])[^\n]*",
    "dashes": rf"--[^\n]*|{_SLASHES}",
    "markup": r"<!--(?:[^-]|-(?!->))*(?:-->|\Z)",
}
_OPENERS = {"hash": ("#",), "slashes": ("//", "/*", "#"), "dashes": ("--", "//", "/*"), "markup": ("<!--",)}
_OPERATORS = r"->|::|\?\.|=>|:=|===?|!==?|<=|>=|&&|\|\||[-+*/%&|^]=|\*\*|[^\s\w]"
_NAMES = {"code": r"[^\W\d][\w$]*|\$\w*", "other": r"--?[^\W\d][\w-]*|\$\{?\w*|[^\W\d][\w-]*"}
_QUOTES = frozenset("\"'`")
_MEMBER = frozenset((".", "->", "::", "?."))
_DEFINES = frozenset(("def", "fn", "fun", "func", "function"))
"""What stands before a name that is given, not called."""
_CLOSERS = frozenset((")", "]", "}"))
_CONTINUED = ("\\", "=", "+", ",", "&&", "||", "(", "[", ".", "?", "|")
_CONTINUING = (".", "?", ":", "&&", "||", "+", "|", ")", "]")


class Shape(NamedTuple):
    """How a piece of flagged code is found again."""

    key: str
    """The rule and 16 hex digits, the same for code that differs in locals, literals, blanks and comments only."""
    fp: tuple[int, ...]
    """At most 16 winnowed hashes below 2^32, in rising order."""


def shape(rule: str, text: str, language: str | None) -> Shape:
    """Key and fingerprints of `text`, the window of a finding of `rule`."""
    found = tokens(text, language)
    return Shape(_key(rule, found), _winnowed(found))


def shape_at(rule: str, lines: Mapping[int, str], start: int, end: int, language: str | None) -> Shape | None:
    """Shape of the window around flagged lines; None where `lines` has nothing there, as of a secret."""
    text = window_text(lines, start, end, language)
    return shape(rule, text, language) if text.strip() else None


def tokens(text: str, language: str | None) -> list[str]:
    """The normalised tokens of `text`: callees, attributes, keywords and operators stay, locals are `v`,
    literals `S` and `N`, comments gone. Where hardly anything is left, the words of everything.
    """
    text, language = text[:_MOST_CHARACTERS], ALIASES.get(language or "", language)
    family = FAMILIES.get(language or "", "code")
    if family != "prose":
        found = _READERS[family](_tidy(_lexed(text, language, family)))
        if len(found) >= _FEW:
            return found
    return ["N" if word.isdigit() else word for word in re.findall(r"\w+|[^\s\w]", text.lower())]


def similarity(one: Sequence[int], other: Sequence[int]) -> float:
    """Jaccard similarity of two sets of fingerprints; where one was cut to 16, estimated from the 16 least of both."""
    first, second = set(one), set(other)
    union = first | second
    if not union:
        return 0.0
    if len(first) < MOST_HASHES and len(second) < MOST_HASHES:
        return len(first & second) / len(union)
    least = sorted(union)[:MOST_HASHES]
    return sum(one in first and one in second for one in least) / len(least)


def window(lines: Mapping[int, str], start: int, end: int, language: str | None) -> tuple[int, int]:
    """First and last line of the window of flagged lines: the enclosing statement, 3 to 8 lines of what `lines` has."""
    end = min(end, start + MOST_LINES - 1)
    start, end = _statement(lines, start, end, brackets="([{" if language == "python" else "([")
    while end - start + 1 < LEAST_LINES:
        above, below = _beside(lines, start, end, near=1)
        if above is None and below is None:  # a block of its own: what stands beyond the blank lines
            above, below = _beside(lines, start, end, near=_FAR)
        if above is None and below is None:
            break
        start = start if above is None else above
        end = end if below is None or end + 1 - start >= LEAST_LINES else below
        if end - start >= MOST_LINES:
            break
    return start, min(end, start + MOST_LINES - 1)


def window_text(lines: Mapping[int, str], start: int, end: int, language: str | None) -> str:
    """Text of the window of flagged lines."""
    first, last = window(lines, start, end, language)
    return "\n".join(lines[number] for number in range(first, last + 1) if number in lines)


def _beside(lines: Mapping[int, str], start: int, end: int, near: int) -> tuple[int | None, int | None]:
    return _neighbour(lines, start, -1, near), _neighbour(lines, end, 1, near)


def _neighbour(lines: Mapping[int, str], number: int, step: int, near: int) -> int | None:
    """The nearest line on that side that isn't blank, at most `near` lines away."""
    for distance in range(1, near + 1):
        text = lines.get(number + step * distance)
        if text is None:
            return None
        if text.strip():
            return number + step * distance
    return None


def _statement(lines: Mapping[int, str], start: int, end: int, *, brackets: str) -> tuple[int, int]:
    """The lines of the statement that the flagged lines are part of, by brackets and operators at the ends of lines."""
    balance = _Balance(lines, brackets)
    start = _opened_above(balance, start, end)
    while end - start + 1 < MOST_LINES and start - 1 in lines and _runs_on(lines[start - 1], lines.get(start, "")):
        start -= 1
    depth = sum(balance.of(number) for number in range(start, end + 1))
    while end - start + 1 < MOST_LINES and end + 1 in lines:
        if depth <= 0 and not _runs_on(lines.get(end, ""), lines[end + 1]):
            break
        end += 1
        depth += balance.of(end)
    return start, end


def _opened_above(balance: _Balance, start: int, end: int) -> int:
    """The nearest line above that opens a bracket around `start`, if the window can hold it."""
    depth = 0
    for number in range(start - 1, end - MOST_LINES, -1):
        if number not in balance.lines:
            break
        depth += balance.of(number)
        if depth > 0:
            return number
    return start


def _runs_on(line: str, following: str) -> bool:
    """True where `line` can't be the end of a statement that `following` begins anew."""
    line, following = line.rstrip(), following.lstrip()
    return bool(line and following) and (line.endswith(_CONTINUED) or following.startswith(_CONTINUING))


class _Balance:
    """Brackets that a line opens less those that it closes, outside of strings."""

    _inside = re.compile(r'"(?:[^"\\]|\\.)*"|' + r"'(?:[^'\\]|\\.)*'")
    _closers: Mapping[str, str] = {"(": ")", "[": "]", "{": "}"}

    def __init__(self, lines: Mapping[int, str], brackets: str) -> None:
        self.lines = lines
        self.brackets = brackets

    def of(self, number: int) -> int:
        """Of one line; 0 for a line that isn't there."""
        text = self._inside.sub("", self.lines.get(number, "")[:_MOST_CHARACTERS])
        return sum(text.count(one) - text.count(self._closers[one]) for one in self.brackets)


def _comments_of(language: str | None, family: str) -> str:
    if family in ("markup", "sql"):
        return "markup" if family == "markup" else "dashes"
    if language in HASH_COMMENTS:
        return "hash"
    return "dashes" if language in ("lua", "haskell") else "slashes"


_LEXERS: dict[tuple[str, str], Callable[[str], list[str]]] = {}


def _lexed(text: str, language: str | None, family: str) -> list[str]:
    """Raw tokens without comments."""
    comments = _comments_of(language, family)
    names = "code" if family in ("code", "sql") else "other"
    find = _LEXERS.get((comments, names))
    if find is None:
        parts = (_COMMENTS[comments], _STRINGS, r"\d[\w.]*", _NAMES[names], _OPERATORS)
        find = _LEXERS[comments, names] = re.compile("|".join(parts)).findall
    opener = _OPENERS[comments]
    if comments == "slashes":
        return [one for one in find(text) if one[0] not in "/#" or not _is_comment(one)]
    return [one for one in find(text) if not one.startswith(opener)]


def _tidy(found: list[str]) -> list[str]:
    """The tokens without commas before a closing bracket: only lay-out puts them there."""
    if "," not in found:
        return found
    last = len(found) - 1
    return [one for at, one in enumerate(found) if one != "," or at == last or found[at + 1] not in _CLOSERS]


def _is_comment(token: str) -> bool:
    return token.startswith(("//", "/*")) or (token[0] == "#" and len(token) > 1)


def _code(found: list[str]) -> list[str]:
    """Tokens of a programming language."""
    result = []
    before, depth = "", 0
    words = _WORDS
    for raw, after in zip(found, (*found[1:], ""), strict=False):
        word = words.get(raw)
        if word is None:
            word = _kept(raw)
        if not word:
            word = raw
            if before not in _MEMBER:
                called = after == "(" and before not in _DEFINES
                if not (called or (after == "=" and depth) or (after == ":" and before in "{,")):
                    word = "v"
        elif word == "(":
            depth += 1
        elif word == ")" and depth:
            depth -= 1
        result.append(word)
        before = raw
    return result


_WORDS: dict[str, str] = {}
"""What each token becomes; empty for names, where that depends on their neighbours."""
_MOST_WORDS = 4_096


def _kept(raw: str) -> str:
    """What a token becomes, and stays for the next time."""
    first, word = raw[0], raw
    if first.isalpha() or first in "_$":
        word = "S" if raw[-1] in _QUOTES else raw if raw in KEYWORDS or first.isupper() else ""
    elif first in _QUOTES:
        word = "S" if len(raw) > 1 else raw
    elif first.isdigit():
        word = "N"
    if len(_WORDS) >= _MOST_WORDS:
        _WORDS.clear()
    _WORDS[raw] = word
    return word


def _sql(found: list[str]) -> list[str]:
    """Tokens of SQL: its words in lower case, names of tables and columns as locals."""
    result = []
    for at, token in enumerate(found):
        word = token.lower()
        after = found[at + 1] if at + 1 < len(found) else ""
        if word in SQL_WORDS or (after == "(" and word[0].isalpha()):
            result.append(word)
        else:
            result.append(_literal(token) or ("v" if word[0].isalpha() or word[0] in "_$" else token))
    return result


def _literal(token: str) -> str:
    """`S` or `N` for a literal, else nothing."""
    if token[-1] in _QUOTES and len(token) > 1:
        return "S"
    return "N" if token[0].isdigit() else ""


def _config(found: list[str]) -> list[str]:
    """Tokens of a configuration language: keys stay, also quoted ones, values go."""
    result = []
    for at, token in enumerate(found):
        key = at + 1 < len(found) and found[at + 1] in (":", "=", "{")
        if key and (token[0].isalpha() or token[0] in _QUOTES):
            result.append(token.strip("\"'").lower())
        elif token in KEYWORDS or token in CASELESS:
            result.append(token.lower())
        else:
            result.append(_literal(token) or ("v" if token[0].isalpha() or token[0] == "$" else token))
    return result


def _markup(found: list[str]) -> list[str]:
    """Tokens of markup: tags and attributes stay, text goes."""
    result = []
    before = ""
    for at, token in enumerate(found):
        after = found[at + 1] if at + 1 < len(found) else ""
        named = before in ("<", "/", ".", "@", ":") or after in ("=", "(", ":")
        if token[0].isalpha() and token[-1] not in _QUOTES:
            result.append(token if named or token in KEYWORDS else "v")
        else:
            result.append(_literal(token) or token)
        before = token
    return result


def _shell(found: list[str]) -> list[str]:
    """Tokens of a shell: words and options stay, variables go."""
    result = []
    for at, token in enumerate(found):
        assigned = at + 1 < len(found) and found[at + 1] == "="
        if token[0] == "$" or (assigned and not token.startswith("-")):
            result.append("v")
        else:
            result.append(_literal(token) or token)
    return result


_READERS: dict[str, Callable[[list[str]], list[str]]] = {
    "code": _code,
    "sql": _sql,
    "config": _config,
    "markup": _markup,
    "shell": _shell,
}


def _key(rule: str, found: Iterable[str]) -> str:
    from hashlib import blake2b

    return f"{rule}:{blake2b(' '.join(found).encode('utf-8', 'surrogateescape'), digest_size=8).hexdigest()}"


_MASK = 0xFFFFFFFF
_BASE = 0x01000193
_TOP = pow(_BASE, GRAM, 1 << 32)
_MIX = 0x9E3779B1


def _winnowed(found: Sequence[str]) -> tuple[int, ...]:
    """The 16 least of the winnowed hashes of all runs of five tokens; of a shorter text one hash of all of it."""
    if not found:
        return ()
    known = _CODES
    codes = [known.get(token) or _code_of(token) for token in found]
    if len(codes) < GRAM:
        codes = (codes * GRAM)[:GRAM]
    grams = []
    rolling = 0
    for code in codes[: GRAM - 1]:
        rolling = (rolling * _BASE + code) & _MASK
    for gone, code in zip((0, *codes), codes[GRAM - 1 :], strict=False):
        rolling = (rolling * _BASE + code - gone * _TOP) & _MASK
        grams.append(((rolling ^ (rolling >> 15)) * _MIX) & _MASK)
    if len(grams) <= WINDOW:
        return (min(grams),)
    chosen = set()
    pairs = zip(grams, grams[1:], grams[2:], grams[3:], strict=False)
    for first, second, third, fourth in pairs:  # compared in place: half the time of calling min
        one = first if first < second else second  # noqa: FURB136
        other = third if third < fourth else fourth  # noqa: FURB136
        chosen.add(one if one < other else other)  # noqa: FURB136
    return tuple(sorted(chosen)[:MOST_HASHES])


_CODES: dict[str, int] = {}
"""The number of each token."""


def _code_of(token: str) -> int:
    """The number of a token, which stays for the next time."""
    code = crc32(token.encode("utf-8", "surrogateescape"))
    if len(_CODES) >= _MOST_WORDS:
        _CODES.clear()
    _CODES[token] = code
    return code
