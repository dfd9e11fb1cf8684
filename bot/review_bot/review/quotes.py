"""Where in a window a model's finding stands, by the quote rather than by the number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from review_bot.domain.diff import shown
from review_bot.domain.finding import normalised
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from review_bot.domain.window import Part, Window
    from review_bot.prompts.raw import RawFinding

    LineText = Callable[[str, int], str]
    """Text of a line of the new file as the model may see it, by path and number; empty where it is not at hand."""

How = Literal["exact", "blanks", "moved", "names"]
"""The quote is the line; is it but for blanks; is another line than the one named; is missing, but a name fits."""
_SHOWN = re.compile(r"^(\d{1,7})([+ ]) (.*)$")
_ECHO = re.compile(r"^\s*(?:\d{1,7}[+ ] |[+>] ?|\d{1,7}\s?[|:]\s)")
_SHORTEST = 8
"""Characters without blanks from which a piece of a line is quote enough."""
_NAME = re.compile(r"[A-Za-z_]\w{3,}")
_CUT = "…"


class Place(NamedTuple):
    """The added line that a finding is about."""

    part: Part
    line: int
    text: str
    """As shown to the model, else as in the file."""
    how: How


class Nowhere(NamedTuple):
    """Why a finding stands on no added line."""

    reason: str


def shown_lines(part: Part) -> dict[int, str]:
    """Text of each line of the new file as the part shows it, by number."""
    found = (_SHOWN.match(line) for line in part.text.split("\n"))
    return {int(one[1]): one[3] for one in found if one}


def place_of(raw: RawFinding, window: Window, text_of: LineText) -> Place | Nowhere:
    """The added line of the window that `raw` stands on, or why there is none."""
    parts = _parts_of(raw.path, window)
    if not parts:
        return Nowhere(f"the window shows no file {raw.path[:80]}")
    quote = _first_line(raw.quote)
    if not quote:
        return _named(raw, parts, text_of)
    said = _said(raw, parts, quote, text_of)
    if said is not None:
        return said
    return _elsewhere(raw, window, parts, quote, text_of)


def _parts_of(path: str, window: Window) -> Sequence[Part]:
    """The parts of the file that a model names: rightly, with a prefix of diffs, or by a unique end of its path."""
    name = path.strip().strip("`'\"").replace("\\", "/")
    if not name:
        return window.parts
    prefixed = name[:2] in ("./", "a/", "b/", "i/", "w/", "c/", "o/")
    for candidate in (name, name[2:] if prefixed else name):
        exact = [part for part in window.parts if candidate in (part.path, shown(part.path))]
        if exact:
            return exact
    ends = [part for part in window.parts if part.path.endswith("/" + name) or name.endswith("/" + part.path)]
    return ends if len({part.path for part in ends}) == 1 else ()


def _first_line(quote: str) -> str:
    """The first line of the quote that is not blank, without a number or sign that was shown before it."""
    lines = [line for line in quote.split("\n") if line.strip().strip("`")]
    if not lines or not normalised(lines[0]):
        return ""
    return lines[0].strip("\r").strip("`")


def _said(raw: RawFinding, parts: Sequence[Part], quote: str, text_of: LineText) -> Place | None:
    """The place where the model says it is, if the quote stands there."""
    if raw.line is None:
        return None
    for part in parts:
        if raw.line in part.added_lines:
            for text in _texts(part, raw.line, text_of):
                how = _match(quote, text)
                if how is not None:
                    return Place(part, raw.line, text, how)
    return None


def _texts(part: Part, line: int, text_of: LineText) -> Iterator[str]:
    seen = shown_lines(part).get(line)
    if seen is not None:
        yield seen
    whole = text_of(part.path, line)
    if whole and whole != seen:
        yield whole


def _match(quote: str, text: str) -> How | None:
    """How the quote stands on a line that reads `text`, if it does."""
    if not text.strip():
        return None
    if quote.rstrip() == text.rstrip():
        return "exact"
    for said in (quote, _ECHO.sub("", quote, count=1)):
        wanted, there = normalised(said), normalised(text)
        if wanted and (wanted == there or _piece(wanted, there)):
            return "blanks"
    return None


def _piece(wanted: str, there: str) -> bool:
    """Whether `wanted` is a piece of the line that is long enough, also where a long literal was cut."""
    if wanted in there:
        return len(wanted.replace(" ", "")) >= min(_SHORTEST, len(there.replace(" ", "")) // 2 + 1)
    if _CUT in wanted:
        head, _, tail = wanted.partition(_CUT)
        return len(head) >= _SHORTEST and there.startswith(head) and there.endswith(tail)
    return False


def _elsewhere(
    raw: RawFinding, window: Window, parts: Sequence[Part], quote: str, text_of: LineText
) -> Place | Nowhere:
    """The one added line of the file, else of the window, that reads as the quote does."""
    for some in (parts, window.parts):
        found = list(_matching(some, quote, text_of))
        if len(found) == 1:
            return found[0]
        if found:
            return Nowhere("the quote stands on several lines, and not on the one that is named")
    if _unchanged(parts, quote):
        return Nowhere("it is about a line that the change leaves as it is")
    where = f" on line {raw.line}" if raw.line is not None else ""
    return Nowhere(f"the quote does not stand{where} or anywhere else in the window")


def _matching(parts: Sequence[Part], quote: str, text_of: LineText) -> Iterator[Place]:
    if len(normalised(quote).replace(" ", "")) < 4:
        return
    for part in parts:
        for line in part.added_lines:
            texts = list(_texts(part, line, text_of))
            if any(_match(quote, text) for text in texts):
                yield Place(part, line, texts[0], "moved")


def _unchanged(parts: Sequence[Part], quote: str) -> bool:
    wanted = normalised(quote)
    removed = (normalised(line[3:]) for part in parts for line in part.text.split("\n") if line.startswith("-  "))
    context = (
        normalised(text)
        for part in parts
        for number, text in shown_lines(part).items()
        if number not in part.added_lines
    )
    return wanted in set(removed) or wanted in set(context)


def _named(raw: RawFinding, parts: Sequence[Part], text_of: LineText) -> Place | Nowhere:
    """Without a quote: the named line, if the message speaks of a name that stands on it."""
    if raw.line is None:
        return Nowhere("it names no line and quotes none")
    for part in parts:
        if raw.line in part.added_lines:
            text = next(_texts(part, raw.line, text_of), "")
            if set(_NAME.findall(text)) & set(_NAME.findall(raw.message)):
                return Place(part, raw.line, text, "names")
            return Nowhere("it quotes nothing, and the message names nothing that stands on the line")
    return Nowhere(f"line {raw.line} is not an added line of the window")
