"""`review-bot memory forget|doctor`: what is kept of people, and taking it out again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from review_bot.cli.memory import action, form, opened, plural
from review_bot.errors import UsageError, printable

if TYPE_CHECKING:
    import argparse


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the actions."""
    parser = action(actions, "forget", "let an event, a finding or a person no longer count; compact then erases it")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--id", metavar="EVENT", help="id of an event")
    which.add_argument("--finding", metavar="FINGERPRINT", help="all that was said of a finding up to now")
    which.add_argument("--actor", metavar="NAME", help="all that a person did up to now: name, or its hash")
    parser.set_defaults(run=_forget)
    parser = action(actions, "doctor", "say what the memory keeps, and where")
    form(parser)
    parser.set_defaults(run=_doctor)


def _forget(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.judge import forget
    from review_bot.domain.event import is_hash, is_id

    if arguments.id is not None and not is_id(arguments.id):
        raise UsageError("an event's id has 32 hex digits", where="--id", remedy="see memory export --format events")
    if arguments.finding is not None and not is_hash(arguments.finding):
        raise UsageError("a fingerprint has 16 hex digits", where="--finding", remedy="see the report of a scan")
    ids = [arguments.id] if arguments.id else []
    count = forget(opened(arguments), ids=ids, finding=arguments.finding, actor=arguments.actor)
    print(f"{plural(count, 'event')} forgotten; `review-bot memory compact` erases what is stored of it")
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.memory_doctor import places

    found = places(opened(arguments))
    if arguments.format == "json":
        print(
            json.dumps({"schema": "review-bot.memory-doctor/1", "places": [one._asdict() for one in found]}, indent=2)
        )
        return 0
    width = max(len(one.what) for one in found)
    for one in found:
        print(printable(f"{one.what:<{width}}  {one.where}: {one.holds}"))
    return 0
