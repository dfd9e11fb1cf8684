"""`review-bot memory import|import-history`: experience from other repositories, and from this one's past."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from review_bot.cli.memory import action, opened, plural
from review_bot.errors import UsageError, printable

if TYPE_CHECKING:
    import argparse

_LARGEST = 4_000_000


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the actions."""
    parser = action(actions, "import", "take in the counts by rule that another repository exported")
    parser.add_argument("file", metavar="FILE", help="written by `memory export --format counts`; - for standard input")
    parser.set_defaults(run=_import)
    parser = action(actions, "import-history", "learn from what became of the lines that rules would have flagged")
    parser.add_argument("--commits", type=int, default=200, metavar="N", help="how far back (default: %(default)s)")
    parser.set_defaults(run=_history)


def _import(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.priors import take_in

    count = take_in(opened(arguments), _read(arguments.file), where=arguments.file)
    print(f"took in priors of {plural(count, 'rule')}; together they count as four signals of a rule at most")
    return 0


def _history(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.priors import from_history

    if arguments.commits < 1:
        raise UsageError("--commits must be 1 or more", where="memory import-history", remedy="leave it away for 200")
    counts = from_history(opened(arguments), arguments.commits)
    for one in counts:
        print(printable(f"{one.rule}: {one.accepted} changed since, {one.rejected} still there"))
    print(f"priors of {plural(len(counts), 'rule')}")
    return 0


def _read(name: str) -> str:
    try:
        if name == "-":
            return sys.stdin.buffer.read(_LARGEST).decode("utf-8", "replace")
        with open(name, "rb") as stream:
            return stream.read(_LARGEST).decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise UsageError(f"can't be read: {reason}", where=name, remedy="name another file") from error
