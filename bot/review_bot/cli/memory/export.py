"""`review-bot memory export`: the events as JSON lines, or judged code as data to train a model with."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from review_bot.cli.memory import action, opened
from review_bot.errors import UsageError, printable

if TYPE_CHECKING:
    import argparse

    from review_bot.bootstrap.memory import Memory
    from review_bot.domain.training import Form


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the action."""
    parser = action(actions, "export", "write the events down")
    parser.add_argument(
        "--format",
        choices=("events", "counts", "patterns", "kto", "dpo", "sft"),
        default="events",
        help="events, or for another repository counts by rule or hashed patterns, on standard output; "
        "or rows to train a model with (default: %(default)s)",
    )
    parser.add_argument("--out", metavar="DIR", help="folder for train.jsonl, test.jsonl and manifest.json")
    parser.add_argument(
        "--pending", action="store_true", help="only events that wait to be sent, as an artifact of a run"
    )
    parser.add_argument("--consent", action="store_true", help="agree that hashed patterns leave this repository")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the events that count to standard output, oldest first."""

    memory = opened(arguments)
    if arguments.format == "counts":
        from review_bot.memory.transfer import counted, written

        print(written(counted(memory.events())), end="")
        return 0
    if arguments.format == "patterns":
        from review_bot.bootstrap.imports import export

        sys.stdout.writelines(export(memory, consent=arguments.consent))
        return 0
    if arguments.format != "events":
        return _rows(memory, arguments.format, arguments.out)
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


def _rows(memory: Memory, form: Form, out: str | None) -> int:
    from review_bot.bootstrap.training import export

    if out is None:
        raise UsageError(f"--format {form} needs a folder", where="memory export", remedy="name one: --out DIR")
    counts = export(memory, form, out)
    print(printable(f"{out}: {counts['train']} rows to train with, {counts['test']} to test with"))
    return 0
