"""`review-bot baseline write|show`: accept today's findings as known."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from review_bot.errors import ConfigError, printable

if TYPE_CHECKING:
    import argparse

    from review_bot.bootstrap import Scan
    from review_bot.config import Loaded
    from review_bot.rules.baseline import Entry


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command."""
    from review_bot.cli.scan import add_rule_options, add_source_options

    parser = subparsers.add_parser(
        "baseline",
        help="accept today's findings as known",
        description="Accept findings as known, so that later runs hold them back, or list the known ones.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    write = actions.add_parser(
        "write",
        help="accept what a scan finds",
        description="Accept what a scan finds as known. With --all, entries that match nothing any more go.",
    )
    add_source_options(write)
    add_rule_options(write)
    write.add_argument("--reason", metavar="TEXT", default="", help="why the new ones are accepted")
    show = actions.add_parser("show", help="list the known findings", description="List the known findings.")
    show.add_argument("--config", metavar="FILE", help="read the configuration from FILE")
    show.add_argument(
        "--format", choices=("text", "json"), default="text", help="form of the output (default: %(default)s)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write or list; raises what a scan raises, and StoreError where the file can't be read or written."""
    return _write(arguments) if arguments.action == "write" else _show(arguments)


def _write(arguments: argparse.Namespace) -> int:
    from review_bot import bootstrap
    from review_bot.cli.scan import request_of
    from review_bot.stores.baseline_file import load, save

    request = request_of(arguments)._replace(use_baseline=False)
    done = bootstrap.scan(request)
    place = _place(done.loaded)
    old = load(place, required=False)
    for part in done.review.degraded:
        print(printable(f"degraded: {part.what}: {part.reason}"), file=sys.stderr)
    new = _accepted(done, old, everything=request.kind == "all" and not request.paths, reason=arguments.reason)
    save(place, new)
    print(_told(place, old, new))
    return 0


def _accepted(done: Scan, old: list[Entry], *, everything: bool, reason: str) -> list[Entry]:
    import time

    from review_bot.bootstrap import still_there
    from review_bot.pipeline.select import selected
    from review_bot.rules.baseline import accept, today

    config = done.loaded.config
    ran = {entry.id for entry in selected(done.rules, config.select, config.ignore).entries()}
    return accept(
        done.review,
        old,
        anchors=done.anchors,
        exists=still_there(done.change),
        everything=everything,
        resting={entry.id for entry in done.rules.entries()} - ran,
        reason=reason,
        date=today(os.environ, time.time()),
    )


def _told(place: str, old: list[Entry], new: list[Entry]) -> str:
    """One line: how many are known now, and what that changed."""
    before, after = ({entry.fingerprint for entry in entries} for entries in (old, new))
    noun = "finding" if len(after) == 1 else "findings"
    counts = f"{len(after)} known {noun}, {len(after - before)} new, {len(before - after)} gone"
    return f"{printable(os.path.relpath(place))}: {counts}"


def _show(arguments: argparse.Namespace) -> int:
    from review_bot.cli.config import work_tree
    from review_bot.config import load
    from review_bot.stores import baseline_file

    loaded = load(work_tree(), file=arguments.config)
    place = _place(loaded)
    entries = baseline_file.load(place, required=loaded.origins["baseline"] != "default")
    if arguments.format == "json":
        _machine(baseline_file.render(entries))
    elif entries:
        print("\n".join(map(_line, entries)))
    else:
        print(f"no known findings in {printable(os.path.relpath(place))}", file=sys.stderr)
    return 0


def _place(loaded: Loaded) -> str:
    """Absolute path of the baseline; raises ConfigError where the configuration wants none."""
    place = loaded.baseline()
    if place is None:
        where = loaded.origins["baseline"]
        raise ConfigError("baseline is empty", where=where, remedy="name a file, such as .review-bot-baseline.json")
    return place


def _line(entry: Entry) -> str:
    from review_bot.domain.diff import shown

    reason = f": {entry.reason}" if entry.reason else ""
    return printable(f"{shown(entry.path)}: {entry.rule} {entry.fingerprint} since {entry.date}{reason}")


def _machine(data: bytes) -> None:
    """Bytes to standard output, whatever its encoding."""
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(data.decode())
    else:
        sys.stdout.flush()
        buffer.write(data)
        buffer.flush()
