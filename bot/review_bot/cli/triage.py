"""`review-bot triage`: go through the last scan's findings by single keys."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from review_bot.errors import UsageError, printable
from review_bot.memory.triage import HELP, KEYS, PROMPT, Session

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from review_bot.bootstrap.memory import Memory
    from review_bot.domain.finding import Finding
    from review_bot.stores.last_scan import Seen

_SAID = {
    "accept": "accepted", "reject": "rejected", "edit": "edited", "skip": "skipped",
    "mute-here": "muted in this file", "mute": "muted everywhere",
}  # fmt: skip
_AROUND = 2
"""Lines shown before and after the flagged ones."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the sub-command."""
    parser = subparsers.add_parser("triage", epilog=f"Keys: {PROMPT}; with or without Enter.")
    parser.add_argument("--config", metavar="FILE", help="read the configuration from FILE")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Ask of each finding, then record what was said and not taken back."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        remedy = "use `review-bot memory accept|reject FINGERPRINT` in scripts"
        raise UsageError("needs a terminal", where="triage", remedy=remedy)
    from review_bot.bootstrap.triage import record, shown

    memory, seen = shown(arguments.config)
    if not seen:
        print("the last scan showed no findings")
        return 0
    walk = _Walk(memory, seen)
    walk.run()
    count = record(memory, walk.session.decisions, walk.took_suggestion)
    print(f"recorded {count} of {len(seen)}")
    return 0


class _Walk:
    """The conversation at the terminal."""

    def __init__(self, memory: Memory, seen: tuple[Seen, ...]) -> None:
        self.session = Session([one.finding for one in seen])
        self.took_suggestion: dict[str, bool] = {}
        self._seen = {one.finding.fingerprint: one for one in seen}
        self._root = memory.repository.root

    def run(self) -> None:
        """Ask until all findings are done or somebody ends it."""
        with _single_keys():
            while self.session.current is not None:
                self._show(self.session.current)
                if not self._ask(self.session.current):
                    return

    def _show(self, finding: Finding) -> None:
        number, total = self.session.position
        print(printable(f"\n({number}/{total}) {finding.path}:{finding.start_line}"))
        print(printable(f"{finding.severity} {finding.rule}: {finding.message}"))
        for text in _lines(self._seen[finding.fingerprint]):
            print(printable(text))
        if finding.why:
            print(printable(f"  why: {finding.why}"))

    def _ask(self, finding: Finding) -> bool:
        """Hear keys until one settles the finding; False to end."""
        while True:
            print(f"{PROMPT} ", end="", flush=True)
            key = _key()
            if key in ("q", ""):
                print("quit")
                return False
            if key == "u":
                print("back" if self.session.back() else "nothing to take back")
                return True
            if key not in KEYS:
                print(HELP if key == "?" else printable(f"{key}: no such key; ? for help"), end="\n")
                continue
            if self._settled(finding, key):
                return True

    def _settled(self, finding: Finding, key: str) -> bool:
        verb = KEYS[key]
        if verb in ("open", "edit") and not self._opened(finding, edit=verb == "edit"):
            return False
        print(_SAID[verb])
        self.session.say(verb)
        return True

    def _opened(self, finding: Finding, *, edit: bool) -> bool:
        """Open the editor at the finding; True where it was to be edited and its lines changed."""
        path = os.path.join(self._root or "", finding.path)
        before = _text(path)
        with _cooked():
            problem = _editor(path, finding.start_line)
        if problem:
            print(printable(problem))
        after = _text(path)
        if not edit:
            print()
            return False
        if before == after:
            print("nothing changed")
            return False
        self.took_suggestion[finding.fingerprint] = _reads_as_suggested(finding, after)
        return True


def _reads_as_suggested(finding: Finding, text: str) -> bool:
    if finding.suggestion is None:
        return False
    wanted = finding.suggestion.replacement.split("\n")
    first = finding.suggestion.start_line - 1
    return text.split("\n")[first : first + len(wanted)] == wanted


def _lines(seen: Seen) -> Iterator[str]:
    """The flagged lines with a few around them, as far as they are known."""
    finding = seen.finding
    for number, text in enumerate(seen.text.split("\n") if seen.text else (), seen.first):
        if finding.start_line - _AROUND <= number <= finding.end_line + _AROUND:
            mark = ">" if finding.start_line <= number <= finding.end_line else " "
            yield f"{mark} {number} | {text}"


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""


def _editor(path: str, line: int) -> str:
    """Run the user's editor at a line; what went wrong, or nothing."""
    import shlex
    import subprocess

    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        words = shlex.split(chosen)
        status = subprocess.run([*words, f"+{line}", path], check=False).returncode
    except (OSError, ValueError) as error:
        return f"the editor {chosen} can't be started: {error}; set EDITOR"
    return f"the editor ended with {status}" if status else ""


def _key() -> str:
    """The next key that is not Enter; empty at the end of the input."""
    while True:
        data = os.read(sys.stdin.fileno(), 1)
        if data in (b"", b"\x04"):
            return ""
        if data not in (b"\r", b"\n", b" "):
            return data.decode("latin-1")


@contextlib.contextmanager
def _single_keys() -> Iterator[None]:
    """Keys without Enter, for the time of the conversation."""
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSADRAIN)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _cooked() -> Iterator[None]:
    """The terminal as an editor expects it."""
    import termios

    descriptor = sys.stdin.fileno()
    now = termios.tcgetattr(descriptor)
    usual = termios.tcgetattr(descriptor)
    usual[3] |= termios.ICANON | termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSADRAIN, usual)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, now)
