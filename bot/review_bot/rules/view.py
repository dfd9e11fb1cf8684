"""What the rules see of one file of a change, decoded and cut into lines only once and only when asked for."""

from __future__ import annotations

from bisect import bisect_left

from review_bot.domain.finding import normalised
from review_bot.domain.language import grammar_of, language_of
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.domain.diff import FileDiff, Hunk, Side
    from review_bot.ports import Contents

NUL = "\0"
MARKER = b"review-bot:"
"""What every suppression contains."""


class Unit(NamedTuple):
    """A piece of text that is matched as a whole: a file, or the new or old side of one hunk."""

    text: str
    first_line: int = 1
    indent: int = 0
    """Columns taken off the start of every line that is not blank."""


class View:
    """One file, lazily."""

    def __init__(self, file: FileDiff, contents: Contents) -> None:
        self.file = file
        self.path = file.path
        self._contents = contents
        self._cache: dict[str, object] = {}
        self.added, self.removed = _changed_lines(file)
        first = self.added[0][1].encode() if self.added and self.added[0][0] == 1 else b""
        self.language = language_of(file.path, first)
        self.grammar = grammar_of(self.language, file.path) if self.language else None
        self.added_numbers = frozenset(number for number, _ in self.added)
        self.removed_numbers = frozenset(number for number, _ in self.removed)
        self.added_text = "".join(f"{text}\n" for _, text in self.added)
        self.added_lower = self.added_text.lower()

    def marked(self) -> bool:
        """Whether a suppression may stand in the hunks; without one, and without findings, none matters."""
        return any(hunk.data.find(MARKER, hunk.start, hunk.end) >= 0 for hunk in self.file.hunks)

    def rewritten(self, text: str) -> View:
        """The same file as if it read `text` and all of it were added."""
        file = self.file._replace(hunks=())
        view = View(file, _Rewritten(text))
        view.added = list(enumerate(text.removesuffix("\n").split("\n"), 1))
        view.added_numbers = frozenset(range(1, len(view.added) + 1))
        view.added_text = text
        view.added_lower = text.lower()
        view.language, view.grammar = self.language, self.grammar
        return view

    @property
    def removed_lower(self) -> str:
        """The removed lines, in lower case."""
        if "removed" not in self._cache:
            self._cache["removed"] = "\n".join(text for _, text in self.removed).lower()
        return self._cache["removed"]  # type: ignore[return-value]

    def lowered(self, side: Side) -> Sequence[str | None]:
        """The changed lines of one side in lower case; None for one that is not ASCII."""
        key = f"lowered {side}"
        if key not in self._cache:
            lines = self.added if side == "new" else self.removed
            self._cache[key] = [text.lower() if text.isascii() else None for _, text in lines]
        return self._cache[key]  # type: ignore[return-value]

    def whole(self, side: Side) -> str | None:
        """The whole file of one side, or None where it is not to be had."""
        key = f"whole {side}"
        if key not in self._cache:
            self._cache[key] = self._read(side)
        return self._cache[key]  # type: ignore[return-value]

    def _read(self, side: Side) -> str | None:
        if self.file.status == "binary":
            return NUL
        data = self._contents.new(self.file) if side == "new" else self._contents.old(self.file)
        return None if data is None else decode(data)

    def units(self, side: Side) -> tuple[Unit, ...]:
        """The whole file as one unit, else one for each hunk, taken out of its indentation."""
        key = f"units {side}"
        if key not in self._cache:
            whole = self.whole(side)
            self._cache[key] = self.hunk_units(side) if whole is None else (Unit(whole),)
        return self._cache[key]  # type: ignore[return-value]

    def hunk_units(self, side: Side) -> tuple[Unit, ...]:
        """The lines of one side of each hunk."""
        key = f"hunks {side}"
        if key not in self._cache:
            self._cache[key] = tuple(_hunk_units(self.file, side))
        return self._cache[key]  # type: ignore[return-value]

    def lines(self, side: Side) -> dict[int, str]:
        """Every line at hand of one side, by number: of the whole file, else of the hunks."""
        key = f"lines {side}"
        if key not in self._cache:
            self._cache[key] = _numbered(self.units(side))
        return self._cache[key]  # type: ignore[return-value]

    def context_numbers(self) -> frozenset[int]:
        """Numbers of all new lines that stand in a hunk."""
        if "context" not in self._cache:
            numbers = (line.new for hunk in self.file.hunks for line in hunk.lines() if line.kind != "-")
            self._cache["context"] = frozenset(numbers)
        return self._cache["context"]  # type: ignore[return-value]

    def text_of(self, side: Side, start: int, end: int) -> str:
        """The lines from `start` to `end`, both included, as far as they are at hand."""
        lines = self.lines(side)
        return "\n".join(lines[number] for number in range(start, end + 1) if number in lines)

    def ordinal(self, side: Side, start: int, end: int) -> int:
        """How many equal blocks of lines (blanks aside) stand before this one in the file."""
        block = [normalised(self.lines(side).get(number, "")) for number in range(start, end + 1)]
        places = self._places(side).get(block[0], [])
        before = bisect_left(places, start)
        if len(block) == 1:
            return before
        return sum(self._equal(side, number, block) for number in places[:before])

    def _equal(self, side: Side, start: int, block: Sequence[str]) -> bool:
        lines = self.lines(side)
        return all(normalised(lines.get(start + offset, "")) == text for offset, text in enumerate(block))

    def _places(self, side: Side) -> dict[str, list[int]]:
        key = f"places {side}"
        if key not in self._cache:
            places: dict[str, list[int]] = {}
            for number, text in self.lines(side).items():
                places.setdefault(normalised(text), []).append(number)
            self._cache[key] = places
        return self._cache[key]  # type: ignore[return-value]


class _Rewritten:
    """Contents of a file that exists only in a suggestion."""

    def __init__(self, text: str) -> None:
        self._text = text

    def new(self, _file: FileDiff) -> bytes:
        return self._text.encode("utf-8", "replace")

    def old(self, _file: FileDiff) -> None:
        return None


def _changed_lines(file: FileDiff) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Added and removed lines with their numbers; of a binary file one line that says so, but for one that moved."""
    if file.status == "binary":
        return ([(1, NUL)], []) if not (file.deleted or file.old_path) else ([], [])
    added: list[tuple[int, str]] = []
    removed: list[tuple[int, str]] = []
    for hunk in file.hunks:
        if hunk.old_count == 0 and hunk.removed == 0 and hunk.parents == 1 and hunk.added == hunk.new_count:
            added += _only_added(hunk)
            continue
        for line in hunk.lines():
            if line.kind == "+":
                added.append((line.new, decode(line.text)))
            elif line.kind == "-":
                removed.append((line.old, decode(line.text)))
    return added, removed


def _only_added(hunk: Hunk) -> Iterator[tuple[int, str]]:
    """The lines of a hunk that only adds: whole files mostly, so the way with less work for each line."""
    texts = hunk.data[hunk.start : hunk.end].decode("utf-8", "replace").split("\n")
    for number, text in zip(range(hunk.new_start, hunk.new_start + hunk.new_count), texts, strict=False):
        line = text[1:].removesuffix("\r")
        yield number, line.removeprefix("\ufeff") if number == 1 else line


def decode(data: bytes) -> str:
    """Text of a file or line with line feeds alone; what is not UTF-8 becomes U+FFFD, a byte order mark goes."""
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").removesuffix("\r") if "\r" in text else text


def _numbered(units: Sequence[Unit]) -> dict[int, str]:
    numbered = {}
    for unit in units:
        pad = " " * unit.indent
        for offset, text in enumerate(unit.text.split("\n")):
            numbered[unit.first_line + offset] = pad + text if text.strip() else text
        if unit.text.endswith("\n"):
            del numbered[unit.first_line + unit.text.count("\n")]
    return numbered


def _hunk_units(file: FileDiff, side: Side) -> list[Unit]:
    other = "-" if side == "new" else "+"
    units = []
    for hunk in file.hunks:
        lines = [line for line in hunk.lines() if line.kind != other]
        if lines:
            first = lines[0].new if side == "new" else lines[0].old
            texts, indent = _dedented([decode(line.text) for line in lines])
            units.append(Unit("\n".join(texts), first, indent))
    return units


def _dedented(texts: list[str]) -> tuple[list[str], int]:
    """A fragment from the middle of a block parses better when it starts at the first column."""
    indents = [len(text) - len(text.lstrip(" \t")) for text in texts if text.strip()]
    indent = min(indents, default=0)
    return [text[indent:] if text.strip() else text for text in texts], indent
