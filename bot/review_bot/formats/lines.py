"""The source lines that findings point at, with the secrets in them masked."""

from __future__ import annotations

from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from review_bot.domain.diff import FileDiff, Hunk, Side
    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Review

    Place = tuple[str, Side, int]

MAX_LINES = 3
"""Of a longer finding only the first lines are shown."""
_MAX_SUGGESTION = 20


class Excerpt(NamedTuple):
    """A line to show, with the characters flagged in it: `text[start:end]`."""

    number: int
    text: str
    start: int
    end: int


class _Mask(NamedTuple):
    start: int
    end: int
    text: str


class SourceLines:
    """Lines by place: from the hunks, else from `source`, else the finding's own quote.

    A line with a secret is shown with the quote of the finding in its place, so that no format prints what the engine
    has masked.
    """

    def __init__(self, review: Review, source: Callable[[str, Side, int], str | None] | None = None) -> None:
        shown = [*review.findings, *(held.finding for held in review.suppressed)]
        wanted = {place for finding in shown for place in _places(finding)}
        self._lines = dict(_from_hunks(review.files, wanted))
        self._source = source
        self._masks = _masks(shown)

    def raw(self, path: str, side: Side, number: int) -> str | None:
        """The line as it is, secrets too: to measure, not to print."""
        place = (path, side, number)
        if place not in self._lines and self._source is not None:
            found = self._source(path, side, number)
            if found is not None:
                self._lines[place] = found
        return self._lines.get(place)

    def excerpts(self, finding: Finding) -> list[Excerpt]:
        """The first flagged lines."""
        last = min(finding.end_line, finding.start_line + MAX_LINES - 1)
        found = [self._excerpt(finding, number) for number in range(finding.start_line, last + 1)]
        known = [excerpt for excerpt in found if excerpt is not None]
        if len(known) == len(found):
            return known
        return [] if self._in_secret(finding) else _from_quote(finding)

    def replaced(self, finding: Finding) -> list[str]:
        """The lines that the suggestion takes the place of; empty where they hold a secret or are not to be had."""
        fix = finding.suggestion
        if fix is None:
            return []
        places = [(finding.path, "new", number) for number in range(fix.start_line, fix.end_line + 1)]
        texts = [None if place in self._masks else self.raw(finding.path, "new", place[2]) for place in places]
        return [] if None in texts else [text for text in texts if text is not None]

    def _in_secret(self, finding: Finding) -> bool:
        """True for a finding of another kind within a secret of several lines: its quote isn't masked."""
        place = (finding.path, finding.side, finding.start_line)
        return finding.category != "secrets" and any(mask.end < 0 for mask in self._masks.get(place, ()))

    def _excerpt(self, finding: Finding, number: int) -> Excerpt | None:
        text = self.raw(finding.path, finding.side, number)
        masks = self._masks.get((finding.path, finding.side, number), ())
        if text is None or any(mask.end < 0 for mask in masks):
            return None
        start = finding.start_column - 1 if number == finding.start_line else len(text) - len(text.lstrip())
        end = finding.end_column - 1 if number == finding.end_line else len(text)
        return Excerpt(number, _masked(text, masks), _moved(start, masks), _moved(end, masks))


def _places(finding: Finding) -> Iterator[Place]:
    last = min(finding.end_line, finding.start_line + MAX_LINES - 1)
    for number in range(finding.start_line, last + 1):
        yield finding.path, finding.side, number
    if finding.suggestion is not None:
        first, last = finding.suggestion.start_line, finding.suggestion.end_line
        for number in range(first, min(last, first + _MAX_SUGGESTION) + 1):
            yield finding.path, "new", number


def _from_hunks(files: Iterable[FileDiff], wanted: set[Place]) -> Iterator[tuple[Place, str]]:
    """The wanted lines that stand in the diff itself."""
    numbers: dict[tuple[str, Side], set[int]] = {}
    for path, side, number in wanted:
        numbers.setdefault((path, side), set()).add(number)
    for file in files:
        new, old = numbers.get((file.path, "new"), set()), numbers.get((file.before, "old"), set())
        for hunk in file.hunks if new or old else ():
            if _within(new, hunk.new_start, hunk.new_count) or _within(old, hunk.old_start, hunk.old_count):
                yield from _of_hunk(file, hunk, new, old)


def _of_hunk(file: FileDiff, hunk: Hunk, new: set[int], old: set[int]) -> Iterator[tuple[Place, str]]:
    for line in hunk.lines():
        if line.kind != "-" and line.new in new:
            yield (file.path, "new", line.new), _decoded(line.text)
        if line.kind != "+" and line.old in old:
            yield (file.before, "old", line.old), _decoded(line.text)


def _within(numbers: set[int], start: int, count: int) -> bool:
    return any(start <= number < start + count for number in numbers)


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace").removesuffix("\r")


def _masks(findings: Iterable[Finding]) -> dict[Place, tuple[_Mask, ...]]:
    """What stands for the secrets of each line, from left to right; a negative end hides the whole line."""
    found: dict[Place, list[_Mask]] = {}
    for finding in findings:
        if finding.category != "secrets":
            continue
        single = finding.start_line == finding.end_line
        end = finding.end_column - 1 if single else -1
        for number in range(finding.start_line, finding.end_line + 1):
            mask = _Mask(finding.start_column - 1, end, finding.quote)
            found.setdefault((finding.path, finding.side, number), []).append(mask)
    return {place: tuple(_merged(sorted(masks))) for place, masks in found.items()}


def _merged(masks: list[_Mask]) -> list[_Mask]:
    """Overlapping masks as one, with the text of the longer one."""
    merged: list[_Mask] = []
    for mask in masks:
        before = merged[-1] if merged else None
        if before is None or mask.end < 0 or mask.start >= before.end:
            merged.append(mask)
        else:
            longer = max(before, mask, key=lambda one: one.end - one.start)
            merged[-1] = _Mask(before.start, max(before.end, mask.end), longer.text)
    return merged


def _masked(text: str, masks: tuple[_Mask, ...]) -> str:
    for mask in reversed(masks):
        text = text[: mask.start] + mask.text + text[mask.end :]
    return text


def _moved(column: int, masks: tuple[_Mask, ...]) -> int:
    """Where an offset of the line lies once the masks are in place."""
    return column + sum(len(mask.text) - (mask.end - mask.start) for mask in masks if mask.end <= column)


def _from_quote(finding: Finding) -> list[Excerpt]:
    """The quote in place of lines that are not to be had."""
    parts = finding.quote.split("\n")[:MAX_LINES] if finding.quote else []
    found = [Excerpt(finding.start_line + at, part, 0, len(part)) for at, part in enumerate(parts)]
    width = finding.end_column - finding.start_column
    if len(found) == 1 and finding.start_line == finding.end_line and len(parts[0]) >= finding.end_column - 1 > width:
        return [found[0]._replace(start=finding.start_column - 1, end=finding.end_column - 1)]
    return found
