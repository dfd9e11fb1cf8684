"""Standard streams as they are met in the wild: closed, full, with a reader that goes away, in ASCII."""

from __future__ import annotations

import os
import sys

_UNUSABLE = (OSError, ValueError, AttributeError)


def prepare() -> None:
    """Make the streams fit for any text, and a missing one fail when it is written to instead of losing the text."""
    if sys.stdin is None:  # a file opened later must not take the number of standard input
        os.open(os.devnull, os.O_WRONLY)
    if sys.stdout is None:
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a terminal that can't show a character gets an escape instead of a traceback
            reconfigure(errors="backslashreplace")


def say(line: str) -> None:
    """One line on standard error; where nobody can read it, nothing."""
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except _UNUSABLE:
        return


def stream(piece: str) -> None:
    """A piece of a model's answer on standard error, on one line whatever it holds; an empty one ends the line."""
    from review_bot.errors import printable

    try:
        sys.stderr.write(printable(piece) or "\n")
        sys.stderr.flush()
    except _UNUSABLE:
        return


def give_up() -> None:
    """Send what standard output did not take nowhere, so that Python does not complain of it at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except _UNUSABLE:
        return
