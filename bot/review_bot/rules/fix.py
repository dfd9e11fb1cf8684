"""Suggestions from the `fix` of a rule, and the safe ones put into files.

A suggestion changes whole lines that the change added, and is only shown once its result was looked at.
"""

from __future__ import annotations

import re
from functools import lru_cache

from review_bot.domain.diff import shown
from review_bot.domain.finding import Finding, Suggestion
from review_bot.domain.language import grammar_of, language_of
from review_bot.errors import printable
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from review_bot.rules.model import Rule

    Fires = Callable[[str, range], int]
    """How often the rule fires in a text at any of these lines."""

_VARIABLE = re.compile(r"\{(\w+)\}|\$\$\$([A-Z_][A-Z0-9_]*)|\$([A-Z_][A-Z0-9_]*)")
_BOM = b"\xef\xbb\xbf"
_PIECE = re.compile(rb"[^\n]*\n|[^\n]+")
_EOL = re.compile(rb"(?:\r?\n|\r)\Z")


class Plan(NamedTuple):
    """What `--fix` does: new content by path, and which findings that mends."""

    files: dict[str, bytes]
    fixed: tuple[Finding, ...]
    left: tuple[Finding, ...]
    """With a safe fix that does not go together with another one: a matter for the next run."""


def expand(template: str, captures: Mapping[str, str], indent: str = "") -> str:
    """`template` with `{X}`, `$X` and `$$$X` replaced by what was captured, other names as they stand.

    Lines after the first get `indent`, those within a captured text keep their own.
    """

    def value(match: re.Match[str]) -> str:
        return captures.get(match[match.lastindex or 0], match[0])

    return _VARIABLE.sub(value, template.replace("\n", "\n" + indent))


def suggestion_for(
    text: str,
    start: int,
    end: int,
    template: str,
    captures: Mapping[str, str],
    *,
    expected: str,
    added: Collection[int],
    grammar: str | None = None,
    fires: Fires | None = None,
) -> Suggestion | None:
    """The lines of `text` where the characters `start` to `end`, reading `expected`, are replaced by the template.

    None where the lines are not all `added`, nothing would change, the text would parse worse in `grammar`, or the rule
    `fires` there as often as before. An empty replacement takes the lines out.
    """
    if text[start:end] != expected:
        return None
    lines = _Lines.around(text, start, end)
    if not all(number in added for number in range(lines.first, lines.last + 1)):
        return None
    replacement = lines.replaced(start, end, expand(template, captures, lines.indent()))
    if replacement == _unix(text[lines.start : lines.end]):
        return None
    verified = _verified(text, lines, replacement, grammar, fires)
    return Suggestion(lines.first, lines.last, replacement, verified) if verified else None


class _Lines(NamedTuple):
    """The whole lines around a range: characters without the last line feed, and numbers."""

    text: str
    start: int
    end: int
    first: int
    last: int

    @classmethod
    def around(cls, text: str, start: int, end: int) -> _Lines:
        line_start = text.rfind("\n", 0, start) + 1
        # A range that ends behind a line feed does not speak of the next line.
        inside = end - 1 if end > start and text[end - 1] == "\n" else end
        line_end = text.find("\n", inside)
        line_end = len(text) if line_end < 0 else line_end
        first = text.count("\n", 0, start) + 1
        return cls(text, line_start, line_end, first, first + text.count("\n", start, inside))

    def indent(self) -> str:
        line = self.text[self.start : self.end]
        return line[: len(line) - len(line.lstrip(" \t"))]

    def replaced(self, start: int, end: int, new: str) -> str:
        """The lines with `new` in place of the range; empty where nothing but blanks is left."""
        behind = self.text[end : max(end, self.end)]
        result = _unix(self.text[self.start : start] + new + behind)
        result = result if behind.strip() else result.rstrip(" \t\n")
        return result if result.strip("\ufeff \t\n") else ""

    def whole(self, replacement: str) -> str:
        """The whole text with `replacement` for the lines."""
        eol = "\r\n" if self.text[self.start : self.end + 1].endswith("\r\n") else "\n"
        ended = self.text[self.end : self.end + 1]
        middle = replacement.replace("\n", eol) + (eol if ended else "") if replacement else ""
        return self.text[: self.start] + middle + self.text[self.end + 1 :]


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").removesuffix("\r")


def _verified(
    text: str, lines: _Lines, replacement: str, grammar: str | None, fires: Fires | None
) -> tuple[str, ...] | None:
    """What was checked of a replacement, or None where a check failed."""
    done = ["applies"]
    result = lines.whole(replacement)
    if grammar is not None:
        if parse_errors(result, grammar) > parse_errors(text, grammar):
            return None
        done.append("parses")
    if fires is not None:
        count = replacement.count("\n") + 1 if replacement else 0
        left = fires(result, range(lines.first, lines.first + count)) if count else 0
        # Another place in the same line, with a finding of its own, may be left.
        if left and left >= fires(text, range(lines.first, lines.last + 1)):
            return None
        done.append("rules")
    return tuple(done)


@lru_cache(maxsize=2)
def parse_errors(text: str, grammar: str) -> int:
    """How many places of `text` the grammar can't make sense of; the grammar must be one of ast-grep's."""
    from review_bot.rules.binding import root_of

    root = root_of(text.encode("utf-8", "replace").decode(), grammar)
    # A node without text is one that the parser put in to go on, or a block that lost all its statements.
    return len(root.find_all(kind="ERROR")) + len(root.find_all({"rule": {"regex": "^$"}}))


def plan(
    findings: Iterable[Finding],
    texts: Mapping[str, bytes],
    *,
    rules: Mapping[str, Rule],
    added: Mapping[str, Collection[int]],
) -> Plan:
    """Put the safe fixes among `findings` into `texts`; only `added` lines change, and no text parses worse after it.

    Where two fixes overlap the first one wins.
    """
    files: dict[str, bytes] = {}
    fixed: list[Finding] = []
    left: list[Finding] = []
    for path, group in _by_path(findings, rules).items():
        if path in texts:
            allowed = [one for one in group if _within(one.suggestion, added.get(path, ()))]
            chosen = _apart(allowed)
            done, content = _together(path, texts[path], chosen)
            fixed += [one.finding for one in done]
            left += [one.finding for one in allowed if one not in done]
            if content != texts[path]:
                files[path] = content
    return Plan(files, tuple(fixed), tuple(left))


class _Mend(NamedTuple):
    finding: Finding
    suggestion: Suggestion


def _by_path(findings: Iterable[Finding], rules: Mapping[str, Rule]) -> dict[str, list[_Mend]]:
    groups: dict[str, list[_Mend]] = {}
    for finding in findings:
        rule = rules.get(finding.rule)
        safe = rule is not None and rule.fix is not None and rule.fix.safety == "safe"
        if safe and finding.suggestion is not None and finding.side == "new":
            groups.setdefault(finding.path, []).append(_Mend(finding, finding.suggestion))
    return groups


def _within(suggestion: Suggestion, added: Collection[int]) -> bool:
    return all(line in added for line in range(suggestion.start_line, suggestion.end_line + 1))


def _apart(mends: Iterable[_Mend]) -> list[_Mend]:
    """Those that share no line with an earlier one, in the order of their lines."""
    chosen: list[_Mend] = []
    reached = 0
    for mend in sorted(mends, key=lambda one: one.suggestion.start_line):
        if mend.suggestion.start_line > reached:
            chosen.append(mend)
            reached = mend.suggestion.end_line
    return chosen


def _together(path: str, old: bytes, mends: Sequence[_Mend]) -> tuple[list[_Mend], bytes]:
    """The fixes made and the new content: all of them, else as many as leave a text that parses as before."""
    content = _content(old, mends)
    if content is not None and not _worse(path, old, content):
        return list(mends), content
    done: list[_Mend] = []
    content = old
    for mend in mends:
        longer = _content(old, [*done, mend])
        if longer is not None and not _worse(path, old, longer):
            done.append(mend)
            content = longer
    return done, content


def _worse(path: str, old: bytes, new: bytes) -> bool:
    language = language_of(path, old[:200].partition(b"\n")[0])
    grammar = grammar_of(language, path) if language else None
    if grammar is None:
        return False
    before, after = (text.decode("utf-8", "replace") for text in (old, new))
    return parse_errors(after, grammar) > parse_errors(before, grammar)


def _content(old: bytes, mends: Sequence[_Mend]) -> bytes | None:
    """`old` with the suggestions, which share no line, in place; None where one does not fit."""
    pieces: list[bytes] = _PIECE.findall(old)
    for _, suggestion in reversed(mends):
        new = _pieces(pieces, suggestion)
        if new is None:
            return None
        pieces[suggestion.start_line - 1 : suggestion.end_line] = new
    return b"".join(pieces)


def _pieces(pieces: Sequence[bytes], suggestion: Suggestion) -> list[bytes] | None:
    """The lines that take the place of those of `suggestion`, with their line ends; None where it does not fit.

    What is not UTF-8 was seen as U+FFFD and can't be written back.
    """
    old = pieces[suggestion.start_line - 1 : suggestion.end_line]
    if not old or len(old) != suggestion.end_line - suggestion.start_line + 1 or not _is_utf8(b"".join(old)):
        return None
    mark = _BOM if suggestion.start_line == 1 and old[0].startswith(_BOM) else b""
    text = suggestion.replacement.removeprefix("\ufeff").encode("utf-8", "replace")
    if not text:
        return [mark]
    between = _eol(old[0]) or _eol(pieces[0]) or b"\n"
    return [mark + text.replace(b"\n", between) + _eol(old[-1])]


def _eol(piece: bytes) -> bytes:
    match = _EOL.search(piece)
    return match[0] if match else b""


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def patch_of(path: str, old: bytes, new: bytes) -> str:
    """What changed as a unified diff to read: control characters are made visible."""
    import difflib

    name = printable(shown(path))
    rows = difflib.unified_diff(_rows(old), _rows(new), f"a/{name}", f"b/{name}", lineterm="")
    return "".join(f"{row}\n" for row in rows)


def _rows(data: bytes) -> list[str]:
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = [_visible(line) for line in text.split("\n")]
    if not lines[-1]:
        return lines[:-1]
    return [*lines[:-1], f"{lines[-1]}\n\\ No newline at end of file"]


def _visible(line: str) -> str:
    return "\t".join(printable(part) for part in line.removesuffix("\r").split("\t"))
