"""What a model's message claims of names and of a line, checked against the file."""

from __future__ import annotations

import builtins
import re
from typing import TYPE_CHECKING

from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_IDENTIFIER = re.compile(
    r"`([^`\n]{1,120})`"
    r"|(?<![\w.])([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+)(?![\w.]*\w)"
    r"|(?<![\w.])([A-Za-z_$][\w$]*)(?=\()"
    r"|(?<![\w.])([A-Za-z_]+_\w+|_\w+|[a-z]+[A-Z]\w*|[A-Z][a-z0-9]+[A-Z]\w*)(?!\w)"
    r"|'([a-z]+[A-Z]\w{0,60}|\w{1,40}[_.$]\w{1,40})'"
)
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_LITERAL = re.compile(r"\"[^\"]*\"|'[^']*'")
_RESULT = re.compile(r"\b(?:result|return\svalue|output|value\sof|answer)\b", re.IGNORECASE)
"""What of a name may be unused, though the name is not."""
_BEFORE = re.compile(r"([A-Za-z_$][\w$]*)[`'\")\]]*(?:\(\))?((?:\s(?:is|are|was|were|has|have|been))*)[\s`]*$")
_VERB = re.compile(r"(?:is|are|was|were|has|have|never|isn't|not|without)\b", re.IGNORECASE)
_BEHIND = re.compile(
    r"\W*(?:(?:of|for|the|variable|name|module|function|import|parameter|argument|constant|class)\W+)*([A-Za-z_$][\w$]*)"
)
_WORDS = re.compile(r"\w+")
_PROPOSED = re.compile(
    r"\b(?:uses?|using|add(?:ing|s)?|calls?|calling|missing|lacks?|lacking|without|needs?|requires?|instead\sof|replaced?|with|wrap\w*"
    r"|prefer\w*|via|through|like|e\.g\.|such\sas|should\sbe|must\sbe|await|try|pass(?:ing)?|set(?:ting)?|not|never|no|a|an|to|into|as|by|or"
    r"|rather\sthan|import|expects?|expected|meant|intended|consider|of\stype|raises?|throws?|returns?)\s[^.;]{0,24}$",
    re.IGNORECASE,
)
_IN_PLACE = re.compile(
    r"\b(?:calls?|calling|call\s(?:to|of)|calls\sto|result\sof|value\sof|returned\sby|raised\sby|thrown\sby|passed\s(?:in)?to)"
    r"\s(?:(?:the|a|an)\s)?(?:(?:function|method)\s)?$",
    re.IGNORECASE,
)
"""Words that say of what follows that the code has it."""
_WISHED = re.compile(
    r"\b(?:add\w*|missing|lack\w*|need\w*|requir\w*|instead|replac\w*|us(?:e|es|ing)|should|must|ought|consider|prefer\w*|without|no|not"
    r"|never|forg[eo]t\w*|omit\w*|expect\w*|try|absent|skip\w*|drop\w*|remov\w*|could|please)\b|n't\b",
    re.IGNORECASE,
)
_ABSENT = re.compile(r"\b(?:missing|absent|needed|required|instead|should|expected|forgotten|omitted)\b", re.IGNORECASE)
_COMMON = re.compile(
    r"^(?:None|null|nil|undefined|True|False|true|false|NaN|Infinity|JavaScript"
    r"|TypeScript|GitHub|GitLab|PostgreSQL|MySQL|NoSQL|SQLite|MongoDB|OAuth\d?|OpenSSL|OpenAPI|WebSocket|DateTime|iOS|macOS|JSON"
    r"|HTTPS?|SQL|URL|UTC|UTF|API|CPU|GitOps|DevOps|YAML|HTML|CSS|DNS|TCP|UDP|IPv[46]|len|range|print|str|int|float|bool|list|dict"
    r"|set|tuple|open|sorted|map|filter|sum|min|max|zip|any|all|isinstance|async|await|self|this|super|parseInt|parseFloat"
    r"|Math|Date|Promise|Object|Array|Number|String|console|window|document|fmt|append|make|panic|defer|error|errors|if|else|for|and|or|not|in|is|go|let|const|var|func|def|class"
    r"|while|try|catch|except|finally|return|yield|throw|raise|with|switch|case|break|continue|SELECT|INSERT|UPDATE|DELETE|WHERE"
    r"|FROM|JOIN|GROUP|ORDER|LIMIT|i\.e|e\.g)$"
)
_OUTCOME = re.compile(r"\w*(?:Error|Exception|Warning|Interrupt)$")
"""What is raised in the end, which the file need not speak of."""
_UNDEFINED = re.compile(
    r"\b(?:(?:is|are|was|were)\s(?:never\s|not\s(?:yet\s)?)(?:defined|declared|imported)|(?:has|have)\snot\sbeen\s(?:defined|declared"
    r"|imported)|undeclared|undefined\s(?:variable|name|function|symbol|identifier|reference|method|class|constant)|missing\s(?:an?\s)?"
    r"import|without\s(?:being\s)?(?:import\w*|defin\w+|declar\w+)|no\simport|not\simported|isn't\s(?:defined|declared|imported)|"
    r"never\s(?:imported|declared|defined))\b",
    re.IGNORECASE,
)
_IS_UNDEFINED = re.compile(r"\bis\sundefined\b", re.IGNORECASE)
_UNUSED = re.compile(
    r"\bunused\b|\b(?:is|are|was)\s(?:never|not)\s(?:used|read|called|referenced)\b|\bnever\s(?:used|read|referenced)\b"
    r"|\bisn't\s(?:used|read|called)\b",
    re.IGNORECASE,
)
_SYNTAX = re.compile(
    r"\bsyntax\s?error\b|\b(?:missing|unclosed|unmatched|unbalanced|extra)\s(?:an?\s)?(?:closing\s|opening\s)?(?:paren\w*|bracket|brace"
    r"|curly|colon|semicolon|quote|comma)|\bindentation\s?(?:error|is)\b|\bnot\svalid\s(?:python|javascript|typescript|go|syntax)\b",
    re.IGNORECASE,
)
_SEEN_ON_LINE = tuple(
    (re.compile(claim, re.IGNORECASE), re.compile(seen))
    for claim, seen in (
        (r"\b(?:no|without|missing|lacks?)\s(?:an?\s)?(?:explicit\s)?timeout", r"(?i)timeout"),
        (r"\b(?:not|never|isn't)\s(?:being\s)?awaited|missing\s(?:an?\s)?[`']?await|without\s[`']?await", r"\bawait\b"),
        (
            r"\b(?:not|never|isn't)\s(?:being\s|properly\s)?closed|\bleaks?\b.*\b(?:file|handle|connection)",
            r"^\s*(?:async\s)?with\s|\bdefer\b|\busing\b|\btry\s?\(",
        ),
        (r"\b(?:no|missing|without|lacks?)\s(?:an?\s)?(?:explicit\s)?encoding", r"(?i)encoding|utf-?8"),
        (r"\bmissing\s(?:an?\s|the\s)?[`']?return\b", r"\breturn\b"),
        (r"\b(?:no|missing|without|lacks?)\s(?:an?\s)?(?:where\sclause|`?WHERE)", r"(?i)\bwhere\b"),
    )
)
_DEFINED = (
    r"^[^\n]*\b(?:def|class|func|function|fn|const|let|var|val|type|interface|struct|enum|import|from|use|using|package|module|require"
    r"|trait|define|static|global|nonlocal|lambda|catch|except|foreach|for)\b[^\n]*(?<![\w.]){name}\b"
    r"|(?<![\w.]){name}\b\s*(?::[^=\n]{{1,80}})?(?::=|=(?![=>]))|\bas\s+{name}\b|\([^()\n]*(?<![\w.]){name}\b[^()\n]*\)\s*(?:->|:|\{{|=>)"
    r"|(?<![\w.]){name}\s*=>|^\s*(?:\w[\w<>\[\], *&?]*\s+)[*&]?{name}\s*(?:=|;|\()"
)
_IMPORT_BLOCK = re.compile(
    r"\bimport\s*(?:type\s*)?[({]([^)}]{0,4000})[)}]|\b(?:const|let|var)\s*[{\[]([^}\]]{0,2000})[}\]]\s*="
)
_STAR = re.compile(r"^\s*from\s+\S+\s+import\s+\*|^\s*(?:use|import)\s+\S+\.?\*", re.MULTILINE)
_LARGEST, _LOOKED_AT = 1_000_000, 500
"""Characters of a file, and of each of its lines, that are searched for a definition."""
_PUBLIC = re.compile(r"\b(?:def|class|func|function|fn|export|public|interface|type|trait|struct)\b")


class File(NamedTuple):
    """What the claims are checked against."""

    text: str | None
    """The whole file as after the change; None where only hunks are at hand."""
    line: str
    """The flagged line."""
    knows: Callable[[str], bool]
    """Whether a name stands anywhere in the file or the change."""
    broken: Callable[[], bool | None]
    """Whether the file has syntax errors; None where that can't be told."""


def objection(message: str, fix: str, file: File) -> str | None:
    """The claim of the message that the file shows to be wrong, or that can't be checked, in words."""
    for objects in (_strangers, _undefined, _unused, _syntax, _on_the_line):
        reason = objects(message, fix, file)
        if reason:
            return reason
    return None


def identifiers(message: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """Each piece of code in the message, as the names in it and the place where it begins."""
    for found in _IDENTIFIER.finditer(message):
        text = next(group for group in found.groups() if group is not None)
        names = _NAME.findall(_LITERAL.sub("", text))
        if names:
            # Of `a.b.c` the last name tells; a piece of code in backticks may bring along names of its own.
            yield tuple(names if found[1] else names[-1:]), found.start()


def _strangers(message: str, fix: str, file: File) -> str | None:
    """A name that stands neither in the file nor in the change, unless it is what the message proposes."""
    proposed = set(_WORDS.findall(fix))
    for names, start in identifiers(message):
        known = any(name in proposed or _is_known(name, file) for name in names)
        if not known and not _is_proposed(message, start):
            return f"it speaks of {names[0][:60]}, which stands neither in the file nor in the change"
    return None


def _is_proposed(message: str, start: int) -> bool:
    """Whether the message proposes the name that begins at `start`, rather than speak of what the code does."""
    before = message[max(0, start - 40) : start]
    if _IN_PLACE.search(before) and not _WISHED.search(message[:start]) and not _ABSENT.search(message[start:]):
        return False
    return _PROPOSED.search(before) is not None


def _is_known(name: str, file: File) -> bool:
    # A sentence may begin with the name.
    forms = (name, name[0].lower() + name[1:])
    return bool(_COMMON.match(name) or _OUTCOME.match(name)) or any(map(file.knows, forms))


def _undefined(message: str, _fix: str, file: File) -> str | None:
    said = _UNDEFINED.search(message)
    if said is None and not (_IS_UNDEFINED.search(message) and not re.search(r"\b(?:if|when|or|may|could)\b", message)):
        return None
    if file.text is None:
        return "that a name is not defined can't be checked without the whole file"
    names = _subjects(message, said)
    if not names:
        return "it says that a name is not defined, but not which"
    if _STAR.search(file.text):
        return "that a name is not defined can't be checked: the file imports everything of a module"
    if not all(_is_defined(name, file.text) for name in names):
        return None
    return f"it says that {names[0][:60]} is not defined or imported, but it is"


def _subjects(message: str, said: re.Match[str] | None) -> list[str]:
    """The names that a claim is about: the one beside it, else those that are marked as code."""
    near = _near(message, said)
    marked = [name for names, _ in identifiers(message) for name in names]
    named = [name for name in near if name in marked] or marked or near
    return [name for name in named if not _OUTCOME.match(name)] or named


def _near(message: str, said: re.Match[str] | None) -> list[str]:
    """The word that a claim is about: before a verb (`x is unused`), else behind (`unused variable x`)."""
    if said is None:
        return []
    before = _BEFORE.search(message[: said.start()])
    if before and (before[2] or _VERB.match(said[0])):
        return [before[1]]
    behind = _BEHIND.match(message[said.end() :])
    return [behind[1]] if behind else []


def _is_defined(name: str, text: str) -> bool:
    if _COMMON.match(name) or hasattr(builtins, name):
        return True
    text = "\n".join(line[:_LOOKED_AT] for line in text[:_LARGEST].split("\n"))
    pattern = _DEFINED.replace("{name}", re.escape(name)).replace("{{", "{").replace("}}", "}")
    if re.search(pattern, text, re.MULTILINE):
        return True
    blocks = (found[1] or found[2] or "" for found in _IMPORT_BLOCK.finditer(text))
    return any(name in _WORDS.findall(block) for block in blocks)


def _unused(message: str, _fix: str, file: File) -> str | None:
    for said in _UNUSED.finditer(message):
        if file.text is None:
            return "that a name is not used can't be checked without the whole file"
        for name in _near(message, said):
            times = len(re.findall(rf"(?<!\w){re.escape(name)}(?!\w)", file.text))
            if times > 1 and not _RESULT.search(message[: said.start()]):
                return f"it says that {name[:60]} is not used, but it stands {times} times in the file"
            if times == 1 and _PUBLIC.search(file.line) and "import" not in file.line:
                return f"that {name[:60]} is not used can't be told from this file alone"
    return None


def _syntax(message: str, _fix: str, file: File) -> str | None:
    if not _SYNTAX.search(message):
        return None
    broken = file.broken()
    return None if broken else "it says that the syntax is wrong, but the file parses" if broken is False else (
        "that the syntax is wrong can't be checked here"
    )  # fmt: skip


def _on_the_line(message: str, _fix: str, file: File) -> str | None:
    for claim, seen in _SEEN_ON_LINE:
        found = claim.search(message)
        if found and seen.search(file.line):
            return f"it says “{found[0]}”, but the line has it"
    return None
