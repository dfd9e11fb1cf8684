"""`review-bot memory status|sync|record|compact`: the log itself."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from review_bot.cli.memory import action, form, opened, plural
from review_bot.cli.streams import say
from review_bot.errors import UsageError, printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import Any

    from review_bot.bootstrap.consolidate import Consolidated


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the actions."""
    parser = action(actions, "status", "count events, lines that are none, and events that wait to be sent")
    form(parser)
    parser.set_defaults(run=_status)
    parser = action(actions, "sync", "exchange events with the remote, or with the store that the configuration names")
    form(parser)
    parser.set_defaults(run=_sync)
    parser = action(actions, "record", "take in events that another program or run wrote down")
    parser.add_argument("--events", metavar="FILE", required=True, help="JSON lines, - for standard input")
    parser.set_defaults(run=_record)
    parser = action(actions, "compact", "rewrite the log as few files, prune it, and look at what was learned")
    form(parser)
    parser.set_defaults(run=_compact)


def _status(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.memory import status

    counted = status(opened(arguments))
    if arguments.format == "json":
        print(json.dumps(counted._asdict()))
    else:
        skipped = f"{plural(counted.skipped, 'line')} skipped"
        print(f"{plural(counted.events, 'event')}, {skipped}, {counted.pending} waiting to be sent")
    return 0


def _sync(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.experiment import settle

    memory = opened(arguments)
    done = memory.log.sync()
    if settle(memory):  # the others are to know it as well
        again = memory.log.sync()
        done = again._replace(sent=done.sent + again.sent, received=done.received + again.received)
    if done.note:
        say(f"review-bot: {done.note}")
    if arguments.format == "json":
        print(json.dumps({"sent": done.sent, "received": done.received, "pending": done.pending}))
    elif memory.log.exchange is None:
        print("nobody shares this log: it stays here")
    else:
        print(f"{plural(done.sent, 'event')} sent, {done.received} received")
    return 0


def _record(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.record import record

    done = record(opened(arguments), _lines(arguments.events))
    for reason in done.reasons:
        say(printable(f"refused: {reason}"))
    print(json.dumps({"recorded": done.recorded, "refused": done.refused}))
    return 0


def _lines(path: str) -> Iterator[bytes]:
    from review_bot.stores.batches import lines_of

    if path == "-":
        yield from lines_of(sys.stdin.buffer)
        return
    try:
        with open(path, "rb") as stream:
            yield from lines_of(stream)
    except OSError as error:
        raise UsageError(f"can't be read: {error.strerror}", where=path, remedy="name a file of JSON lines") from error


def _compact(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.consolidate import consolidate

    done = consolidate(opened(arguments), arguments.config)
    if arguments.format == "json":
        print(json.dumps(_row(done)))
        return 0
    print(f"{plural(done.events, 'event')} in {plural(done.files, 'file')}")
    for line in _told(done):
        print(printable(line))
    return 0


def _row(done: Consolidated) -> dict[str, Any]:
    return {
        **{name: getattr(done, name) for name in ("events", "files", "pruned")},
        "proposals": [{"id": one.id, "accepted": one.accepted, "people": one.people} for one in done.proposals],
        "removals": [one.rule for one in done.unwanted],
        "stale": [one._asdict() for one in done.stale],
    }


def _told(done: Consolidated) -> Iterator[str]:
    """What is worth a line, and what to do about it."""
    if done.pruned:
        yield f"pruned {plural(done.pruned, 'event')} that decided nothing any more"
    for one in done.proposals:
        yield f"{one.id}: accepted {one.accepted} times by {one.people} people; `review-bot memory promote` writes it"
    for rule in done.unwanted:
        yield f'{rule.rule} is on probation; take it out with ignore = ["{rule.rule}"]'
    for stale in done.stale:
        why = f"fails {plural(stale.lost, 'example')} of its own" if stale.lost else "finds what was rejected since"
        yield f"{stale.rule} {why}; `review-bot memory rollback {stale.rule}` takes it back"
