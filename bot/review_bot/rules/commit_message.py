"""What is asked of a commit message; comments and the diff of `git commit -v` are not part of it."""

from __future__ import annotations

import re

from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from review_bot.domain.finding import Severity

_SCISSORS = "------------------------ >8 ------------------------"
_AUTO_COMMENTS = "#;@!$%^&|:"
"""The characters that git chooses from with core.commentChar = auto."""
_LEFTOVER = re.compile(r"(fixup|squash|amend)! |\W*\b(wip)\b", re.IGNORECASE)
_EXEMPT = ("Merge ", 'Revert "', 'Reapply "')
_TYPES = "build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test"
_CONVENTIONAL = re.compile(rf"(?:{_TYPES})(?:\([^()\r\n]+\))?!?: \S", re.IGNORECASE)


class Cleanup(NamedTuple):
    """How git makes a commit's message of the text in the editor."""

    comment: str = "#"
    """What a comment line begins with; `auto` where git chooses it."""
    comments: bool = True
    """Whether comment lines are dropped."""
    scissors: bool = True
    """Whether everything below the scissors line is dropped."""


class Policy(NamedTuple):
    """What a repository asks of its messages."""

    subject_length: int = 72
    conventional: bool = False
    branch: str = ""
    """Name of the protected branch that the commit goes to; empty for any other."""


class Line(NamedTuple):
    """A line of the message with its number in the file."""

    number: int
    text: str


class Problem(NamedTuple):
    """Something wrong with a message; one that is an error keeps the commit from being made."""

    line: int
    column: int
    rule: str
    severity: Severity
    message: str


def cleaned(text: str, cleanup: Cleanup) -> list[Line]:
    """The lines that git keeps, without the blank ones at both ends; an empty list for a message without text."""
    lines = [Line(number, line.rstrip()) for number, line in enumerate(text.split("\n"), 1)]
    comment = _guessed(lines) if cleanup.comment == "auto" else cleanup.comment
    if cleanup.scissors:
        lines = list(_until(lines, f"{comment} {_SCISSORS}"))
    if cleanup.comments:
        lines = [line for line in lines if not line.text.startswith(comment)]
    filled = [index for index, line in enumerate(lines) if line.text]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def check(lines: list[Line], policy: Policy, *, merge: bool = False) -> list[Problem]:
    """The problems of a cleaned message, in the order of its lines; `merge` = git is concluding a merge or revert."""
    if not lines or merge or lines[0].text.startswith(_EXEMPT):
        return []
    leftover = _LEFTOVER.match(lines[0].text)
    problems = [_left(lines[0], leftover, policy.branch)] if leftover and policy.branch else []
    if leftover and leftover[1]:
        return problems  # The rest is what git wrote, and goes when the commit is squashed.
    return [*problems, *_subject(lines[0], policy), *_second(lines)]


def is_leftover(lines: list[Line]) -> bool:
    """Whether a cleaned message is one that must not stay on a protected branch."""
    return bool(lines) and _LEFTOVER.match(lines[0].text) is not None


def _until(lines: list[Line], mark: str) -> Iterator[Line]:
    for line in lines:
        if line.text == mark:
            return
        yield line


def _guessed(lines: list[Line]) -> str:
    """The comment character that git chose: its comments are the last lines, or stand around the scissors."""
    for line in lines:
        if line.text[2:] == _SCISSORS and line.text[0] in _AUTO_COMMENTS:
            return line.text[0]
    last = next((line.text for line in reversed(lines) if line.text), "")
    return last[0] if last and last[0] in _AUTO_COMMENTS else "#"


def _left(line: Line, found: re.Match[str], branch: str) -> Problem:
    word = f"{found[1]}!" if found[1] else found[2]
    column = found.start(1 if found[1] else 2) + 1
    return Problem(line.number, column, "commit.leftover", "error", f"{word} must not stay on {branch}")


def _subject(line: Line, policy: Policy) -> Iterator[Problem]:
    if policy.conventional and not _CONVENTIONAL.match(line.text):
        said = f"the subject must read `type: text`, type one of {_TYPES.replace('|', ', ')}"
        yield Problem(line.number, 1, "commit.conventional", "error", said)
    length, most = len(line.text), policy.subject_length
    if length > most:
        said = f"the subject has {length} characters, more than {most}"
        yield Problem(line.number, most + 1, "commit.subject-length", "warning", said)


def _second(lines: list[Line]) -> Iterator[Problem]:
    if len(lines) > 1 and lines[1].text:
        said = "the line after the subject must be blank"
        yield Problem(lines[1].number, 1, "commit.second-line", "warning", said)
