"""Changes, windows and answers for tests of the review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.domain.review import SourceInfo
from review_bot.domain.window import Part, Window
from review_bot.pipeline.examples import diff_of
from review_bot.ports import Change
from review_bot.prompts.raw import RawFinding

if TYPE_CHECKING:
    from review_bot.domain.diff import FileDiff


class Texts:
    """Both versions of some files."""

    def __init__(self, files: dict[str, tuple[str, str]], *, at_hand: bool = True) -> None:
        self.files = files
        self.at_hand = at_hand

    def new(self, file: FileDiff) -> bytes | None:
        return self.files[file.path][1].encode() if self.at_hand else None

    def old(self, file: FileDiff) -> bytes | None:
        return self.files[file.path][0].encode() if self.at_hand else None


def change_of(files: dict[str, tuple[str, str]], *, at_hand: bool = True) -> Change:
    """The change of some files from one text to another."""
    diffs = tuple(diff_of(path, before, after) for path, (before, after) in files.items())
    return Change(SourceInfo("diff"), diffs, Texts(files, at_hand=at_hand))


def window_of(change: Change, notes: str = "") -> Window:
    """One window that shows every hunk whole."""
    parts = []
    for file in change.files:
        for hunk in file.hunks:
            rows, added, numbers = [], [], []
            for line in hunk.lines():
                text = line.text.decode()
                if line.kind == "-":
                    rows.append(f"-  {text}\n")
                    continue
                rows.append(f"{line.new}{'+' if line.kind == '+' else ' '} {text}\n")
                numbers.append(line.new)
                if line.kind == "+":
                    added.append(line.new)
            if added:
                context = tuple(set(numbers) - set(added))
                parts.append(Part(file.path, numbers[0], numbers[-1], tuple(added), "".join(rows), 9, "1/1", context))
    return Window("0" * 16, "general", tuple(parts), 100, 50, notes)


def raw(line: int | None, quote: str, message: str, **others: str) -> RawFinding:
    """A finding as a model says it."""
    fields = {"path": "shop/cart.py", "category": "correctness", "severity": "error", "fix": "", **others}
    return RawFinding(line=line, quote=quote, message=message, **fields)
