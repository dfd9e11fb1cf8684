"""`review-bot memory export`: the events, as JSON lines."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from review_bot.cli.memory import action, opened

if TYPE_CHECKING:
    import argparse


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the action."""
    parser = action(actions, "export", "write the events down")
    parser.add_argument(
        "--format", choices=("events",), default="events", help="what is written (default: %(default)s)"
    )
    parser.add_argument(
        "--pending", action="store_true", help="only events that wait to be sent, as an artifact of a run"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the events that count to standard output, oldest first."""

    memory = opened(arguments)
    waiting = memory.log.waiting() if arguments.pending else None
    events = [one for one in memory.events() if waiting is None or one.id in waiting]
    text = "".join(f"{one.line}\n" for one in sorted(events, key=lambda one: (one.ts, one.id)))
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(text)
    else:
        sys.stdout.flush()
        buffer.write(text.encode("utf-8"))
        buffer.flush()
    return 0
