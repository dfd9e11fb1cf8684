"""`review-bot memory stance`: what replies say of a finding."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from review_bot.cli.memory import action, opened
from review_bot.errors import UsageError

if TYPE_CHECKING:
    import argparse


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the action."""
    parser = action(actions, "stance", "say what replies mean: accepted, rejected, or neither")
    parser.add_argument("--text", metavar="FILE", required=True, help="replies, one a line; - for standard input")
    parser.add_argument(
        "--sentiment", action="store_true", help="ask the trained classifier where no phrase says anything"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print {"stance","y","eps"} for each line."""
    from review_bot.memory.stance import stance

    if arguments.sentiment:
        return _with_sentiment(arguments)
    for line in _read(arguments.text).splitlines():
        print(json.dumps(stance(line)._asdict()))
    return 0


def _with_sentiment(arguments: argparse.Namespace) -> int:
    """As `run`, with the `sig` that each answer is worth."""
    from review_bot.bootstrap.sentiment import kept
    from review_bot.memory.sentiment import read

    known = kept(opened(arguments))
    for line in _read(arguments.text).splitlines():
        said, sig = read(line, known)
        print(json.dumps({**said._asdict(), "sig": sig}))
    return 0


def _read(name: str) -> str:
    try:
        if name == "-":
            return sys.stdin.buffer.read().decode("utf-8", "replace")
        with open(name, "rb") as stream:
            return stream.read().decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise UsageError(f"can't be read: {reason}", where=name, remedy="name a file of replies, one a line") from error
