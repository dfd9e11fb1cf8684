"""Reads the answer of a model, also one that is not what was asked for; whatever it is handed, it raises nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from review_bot.prompts.line_protocol import findings_by_line, says_none
from review_bot.prompts.raw import Parsed, RawFinding
from review_bot.prompts.salvage import salvaged
from review_bot.prompts.shape import findings_in

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 200_000
"""Characters of an answer that are read."""
_TRIES = 64
"""Places at most where a JSON value is tried that turns out to be none."""
_MOST = 50
_FIELDS = {"path": str, "line": int, "quote": str, "category": str, "severity": str, "message": str, "fix": str}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_TEMPLATE = re.compile(
    r"<\|[\w ]{1,30}\|>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<｜[^｜\n]{1,40}｜>", re.IGNORECASE
)
_TAG = re.compile(r"<(/?)(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_ECHO = re.compile(r"^[ \t]{0,8}(?:\d{1,7}(?:\+ |  ).*|@@ .*|(?:\+\+\+|---) [ab]/.*)$\n?", re.MULTILINE)
_ESCAPED = re.compile(r"\{\s{0,20}\\\"\w")
_EMPTY_LIST = re.compile(
    r"[\"'“”]?(?:findings?|issues|results)[\"'“”]?\s{0,9}[:：=]\s{0,9}(?:\[\s*\]|null|None|none)|\A\W{0,9}\[\s*\]\W{0,9}\Z"
)
_WANTED = 'one JSON object {"thought":"…","findings":[…]} and nothing else'


def parse(answer: str) -> Parsed:
    """What `answer` says; a long one is cut at 200,000 characters."""
    text = _cleaned(answer[:LONGEST])
    exact = _exact(text)
    if exact is not None:
        return exact
    text = _ECHO.sub("", _spoken(text))
    if not text.strip():
        return Parsed("empty", problem=f"the answer was empty; wanted is {_WANTED}")
    findings = _salvage(text)
    if findings:
        return Parsed("salvaged", tuple(findings), problem=f"the answer was not {_WANTED}")
    if _EMPTY_LIST.search(text) or says_none(text):
        return Parsed("salvaged", problem=f"the answer was not {_WANTED}")
    return Parsed("hopeless", problem=f"no findings could be read in the answer; wanted is {_WANTED}")


def _cleaned(text: str) -> str:
    """`text` without control and formatting characters, lone surrogates and tokens of a chat template."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    return _TEMPLATE.sub("", _SURROGATE.sub("\ufffd", _CONTROL.sub("", text)))


def _exact(text: str) -> Parsed | None:
    """The answer where it is exactly what was asked for."""
    value = _loaded(text)
    if not isinstance(value, dict) or not isinstance(value.get("thought"), str):
        return None
    findings = value.get("findings")
    if not isinstance(findings, list) or not all(map(_is_exact, findings)):
        return None
    raw = tuple(RawFinding(**{name: one[name] for name in _FIELDS}) for one in findings[:_MOST])
    return Parsed("well-formed", raw, value["thought"])


def _is_exact(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and set(one) == set(_FIELDS)
        and all(type(one[name]) is kind for name, kind in _FIELDS.items())
        and bool(one["message"].strip())
    )


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _spoken(text: str) -> str:
    """The answer without what the model thought aloud; a thought that never ends may hold the answer."""
    kept: list[str] = []
    opened = position = 0
    inside = False
    for tag in _TAG.finditer(text):
        if not tag[1] and not inside:
            kept.append(text[position : tag.start()])
            opened, inside = tag.end(), True
        elif tag[1]:
            # Without an opening tag all that stands before was thought.
            kept, inside = (kept if inside else []), False
            position = tag.end()
    kept.append(text[opened if inside else position :])
    return "\n".join(kept)


def _salvage(text: str) -> list[RawFinding]:
    """Findings of the JSON values in `text`, of what lies between them, and else of its lines."""
    if _ESCAPED.search(text):
        text = text.replace('\\"', '"').replace("\\\\", "\\")
    findings: list[RawFinding] = []
    for piece in _pieces(text):
        findings += salvaged(piece) if isinstance(piece, str) else findings_in(piece)
    return list(dict.fromkeys(findings or findings_by_line(text)))[:_MOST]


def _pieces(text: str) -> Iterator[Any]:
    """The JSON values with findings in `text`, and the texts between them, in order."""
    decoder = json.JSONDecoder(strict=False)
    position = kept = tries = 0
    while tries < _TRIES:
        start = _opening(text, position)
        if start < 0:
            break
        try:
            value, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            position, tries = start + 1, tries + 1
            continue
        if any(True for _ in findings_in(value)):
            yield text[kept:start]
            yield value
            kept = position
    yield text[kept:]


def _opening(text: str, position: int) -> int:
    """Where the next table or list begins, or -1."""
    places = [place for place in (text.find("{", position), text.find("[", position)) if place >= 0]
    return min(places, default=-1)
