"""What can be told from the words of a model's message alone, and the message made fit to be shown."""

from __future__ import annotations

import re

from review_bot.review.languages import ENGLISH, OTHERS

LONGEST = 400
"""Characters of a message that are shown."""
_FENCE = re.compile(r"```[\w+-]{0,20}")
_HTML = re.compile(r"<(?:/?[a-zA-Z][a-zA-Z0-9-]{0,20}(?:\s[^<>\n]{0,300})?/?|!--[^<>\n]{0,300})>")
_LINK = re.compile(r"!?\[([^\]\n]{0,200})\]\([^)\n]{0,300}\)")
_URL = re.compile(r"\b(?:https?|ftp|file|javascript|data):(?://)?\S{1,300}", re.IGNORECASE)
_LEAD = re.compile(r"^(?:[#>*+\s-]|\d{1,2}[.)]\s){1,12}")
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufffe\uffff]+"
    r"|[\U000e0000-\U000e0fff]+"
)
_LABEL = re.compile(
    r"^(?:(?:error|warning|info|issue|problem|bug|finding|note|message|suggestion)\s?:\s?){1,3}", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_PROBLEM = re.compile(
    r"\b(?:not|n't|no|never|always|without|missing|lacks?|wrong|incorrect\w*|fail\w*|crash\w*|raise\w*|throw\w*|error\w*"
    r"|exception\w*|leak\w*|los[est]\w*|lost|overflow\w*|race\w*|deadlock\w*|block\w*|break\w*|broken|bug\w*|invalid\w*"
    r"|unsafe|insecure|inject\w*|bypass\w*|expos\w+|undefined|null|none|nil|empty|negative|zero|twice|duplicat\w*|stale"
    r"|instead|but|however|although|off by one|unhandled|unchecked|unclosed|unescaped|unvalidated|untested|unused"
    r"|ignor\w*"
    r"|swallow\w*|skip\w*|drop\w*|infinite\w*|forever|too|only|swapped|revers\w+|mismatch\w*|inconsisten\w*|misleading"
    r"|ambiguous|hard-?coded|slow|quadratic|unbounded|truncat\w*|corrupt\w*|overwrit\w*|vulnerab\w*|attacker\w*"
    r"|untrusted|can't|cannot|won't|doesn't|isn't|don't|shouldn't|outside|beyond|before|after|still|unexpected\w*"
    r"|mutat\w*|shadow\w*|silent\w*|forg[eo]t\w*|omit\w*|differ\w*|depend\w*|assum\w*|unreachable|dead|typo|misspel\w*)\b"
    r"|n't\b",
    re.IGNORECASE,
)  # fmt: skip
_PRAISE = re.compile(
    r"\b(?:good|great|nice|nicely|excellent|well[- ](?:done|written|structured|named|handled)|correctly|properly"
    r"|clean(?:er|ly)?"
    r"|looks\s(?:fine|good|ok|okay|correct)|is\s(?:fine|correct|ok|okay|good|appropriate)|lgtm|improve(?:s|d|ment)"
    r"|no\s(?:issues?|problems?|bugs?|errors?|findings?|concerns?|changes?\sneeded)|nothing\swrong|as\sexpected|works\swell)\b",
    re.IGNORECASE,
)  # fmt: skip
_NO_PROBLEM = re.compile(
    r"\b(?:no\s(?:real\s|obvious\s|apparent\s)?(?:issues?|problems?|bugs?|errors?|findings?|concerns?)|nothing\swrong|lgtm"
    r"|(?:is|looks|seems)\s(?:fine|good|correct|ok|okay)\b(?!\s(?:only|unless|until|but)))",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"^(?:(?:you|we|one|it|this|the\s\w+)\s)?(?:(?:might|may|could|should|would)\s)?(?:(?:also|perhaps|maybe|possibly)\s)?"
    r"(?:consider\b|want\sto\b|be\s(?:better|good|nice|worth|helpful|useful)\b|please\b|ensure\b|make\ssure\b"
    r"|double[- ]check\b"
    r"|verify\b|check\s(?:that|if|whether)\b|review\b|think\sabout\b|try\sto\b|be\s(?:reviewed|refactored|improved|simplified)\b)",
    re.IGNORECASE,
)
_RESTATED = re.compile(
    r"^(?:(?:this|the|a|an|here)\s)?(?:new\s)?(?:(?:lines?|change|code|function|method|variable|commit|patch|diff|statement"
    r"|block|class|parameter|condition|it)\s)?(?:now\s|simply\s|just\s)?(?:was\s|is\s|has\sbeen\s|been\s)?"
    r"(?:adds?|added|adding|change[sd]?|changing"
    r"|sets?|setting|calls?|calling|defines?|defined|returns?|returning|renames?|renamed|removes?|removed|introduces?|introduced"
    r"|updates?|updated|replaces?|replaced|creates?|created|imports?|imported|declares?|declared|initiali[sz]es?|assigns?"
    r"|assigned|checks?|uses?|increments?|prints?|logs?|moves?|moved|implements?|modif(?:y|ies|ied)"
    r"|iterates|loops|gets?|fetches|computes?|passes|handles?|reads?|writes?|converts?|loads?|stores?|sends?)\b(?!\sof\b)",
    re.IGNORECASE,
)


def cleaned(message: str) -> str:
    """The message on one line, without markup, links and control characters, at most 400 characters."""
    text = _CONTROL.sub(" ", message.replace("\n", " "))
    text = _LINK.sub(r"\1", _FENCE.sub(" ", text))
    text = _URL.sub("(link)", _HTML.sub(" ", text))
    text = " ".join(text.replace("**", "").split())
    return _shortened(_unquoted(_LABEL.sub("", _LEAD.sub("", text)).strip()))


def _unquoted(text: str) -> str:
    """The text without quotation marks around all of it, or a lone one at an end."""
    for mark in ('"', "'"):
        if text.count(mark) == 1 or (text.count(mark) == 2 and text[0] == text[-1] == mark):
            text = text.strip(mark).strip()
    return text


def _shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    cut = text[: LONGEST - 1]
    sentence = cut.rfind(". ")
    if sentence > LONGEST // 2:
        return cut[: sentence + 1]
    return cut[: cut.rfind(" ")].rstrip(",;:") + "…" if " " in cut else cut + "…"


def objection(message: str, line: str) -> str | None:
    """Why a message (cleaned) about `line` says nothing, or None where it may be worth reading."""
    words = _WORD.findall(message)
    if len(words) < 3 or len(message) < 12:
        return "the message says too little"
    for objects in (_language, _empty, _gibberish):
        reason = objects(message, words)
        if reason:
            return reason
    return "it says what the line says already" if _repeats(words, line) else None


def _language(message: str, words: list[str]) -> str | None:
    letters = [character for character in message if character.isalpha()]
    foreign = sum(ord(letter) > 0x24F for letter in letters)
    if foreign * 5 > len(letters):
        return "it is not in English"
    lower = [word.lower() for word in words]
    english = sum(word in ENGLISH for word in lower)
    other = max(sum(word in stops for word in lower) for stops in OTHERS.values())
    return "it is not in English" if other >= 2 and other > english else None


def _gibberish(message: str, words: list[str]) -> str | None:
    lower = [word.lower() for word in words]
    if len(words) >= 8 and len(set(lower)) * 5 < len(lower) * 2:
        return "it repeats itself"
    if re.search(r"(.{1,12}?)\1{5,}", message):
        return "it repeats itself"
    letters = sum(character.isalpha() or character == " " for character in message)
    odd = sum(len(word) > 24 or (len(word) > 4 and not re.search(r"[aeiouy]", word.lower())) for word in words)
    if letters * 2 < len(message) or odd * 3 > len(words):
        return "it can't be read"
    return None if any(word in ENGLISH for word in lower) or _PROBLEM.search(message) else "it can't be read"


def _empty(message: str, words: list[str]) -> str | None:
    """Why the message has no substance: praise, a question, filler, a description."""
    if message.endswith("?") or re.match(
        r"(?:why|is|are|does|do|should|could|can|what|did)\b[^.!]*\?", message, re.IGNORECASE
    ):
        return "it is a question"
    if _NO_PROBLEM.search(message) and not re.search(
        r"\b(?:but|however|although|except|unless)\b", message, re.IGNORECASE
    ):
        return "it is praise"
    problem = _PROBLEM.search(message)
    if problem is None and _PRAISE.search(message):
        return "it is praise"
    if _FILLER.match(message) and (problem is None or len(words) < 6):
        return "it is advice without a reason"
    return "it describes the change" if problem is None and _RESTATED.match(message) else None


def _repeats(words: list[str], line: str) -> bool:
    """Whether nearly every word of the message stands in the line."""
    content = [word.lower() for word in words if word.lower() not in ENGLISH]
    parts = set(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", line).lower()))
    return bool(content) and sum(word in parts for word in content) * 10 >= len(content) * 9
