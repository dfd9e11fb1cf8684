"""`review-bot bench`: score a backend on seeded bugs and clean changes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from review_bot.cli import streams
from review_bot.errors import UsageError, printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from review_bot.evaluation.seeded import Case


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the sub-command."""
    parser = subparsers.add_parser("bench")
    parser.add_argument(
        "cases", nargs="*", metavar="CASE", help="ids or beginnings of ids, such as py or go-lock (default: all)"
    )
    parser.add_argument(
        "--backend", metavar="NAME", help="auto, onnx, ollama, llamacpp, openai or scripted (default: auto)"
    )
    parser.add_argument("--model", metavar="NAME", help="name, folder or file of the model")
    parser.add_argument("--window", type=int, metavar="TOKENS", help="size of the context window (default: 4096)")
    parser.add_argument("--offline", action="store_true", help="refuse every connection that is not loopback")
    parser.add_argument("--allow-remote", action="store_true", help="allow a server on another machine")
    parser.add_argument("--config", metavar="FILE", help="read the configuration from FILE")
    parser.add_argument("--no-judge", action="store_true", help="do not ask the model for a second look")
    parser.add_argument(
        "--examples", action="store_true", help="run a second time with examples from the other cases, and compare"
    )
    parser.add_argument("--list", action="store_true", help="print the cases instead")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="form of the output (default: %(default)s)"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the scores."""
    from review_bot.cli.scan import print_out
    from review_bot.evaluation.seeded import cases

    chosen = _chosen(cases(), arguments.cases)
    if arguments.list:
        print_out("".join(map(_row, chosen)), machine=False)
        return 0
    from review_bot.bootstrap.bench import Request, bench
    from review_bot.formats.bench import to_json, to_text

    flags = {
        "model.backend": arguments.backend,
        "model.window": arguments.window,
        "model.allow-remote": arguments.allow_remote or None,
        "model.judge": False if arguments.no_judge else None,
    }
    request = Request(
        tuple(chosen),
        config=arguments.config,
        flags=flags,
        model=arguments.model,
        offline=arguments.offline,
        examples=arguments.examples,
        say=lambda line: streams.say(printable(line)),
    )
    boards = bench(request, None if arguments.quiet else _progress(len(chosen)))
    machine = arguments.format == "json"
    print_out(to_json(boards) if machine else to_text(boards), machine=machine)
    return 0


def _chosen(cases: Sequence[Case], names: Sequence[str]) -> list[Case]:
    """The cases that are named; raises UsageError for a name that fits none."""
    for name in names:
        if not any(case.id.startswith(name) for case in cases):
            raise UsageError("no case begins so", where=name, remedy="see review-bot bench --list")
    return [case for case in cases if not names or case.id.startswith(tuple(names))]


def _row(case: Case) -> str:
    return f"{case.id}\t{','.join(case.categories) or 'clean'}\t{case.about}\n"


def _progress(total: int) -> Callable[[int, Case], None]:
    """A line on a terminal that counts the cases; nothing elsewhere."""

    def tick(number: int, case: Case) -> None:
        if sys.stderr.isatty():
            end = "\n" if number + 1 == total else ""
            print(f"\r{number + 1}/{total} {case.id}\x1b[K", end=end, file=sys.stderr, flush=True)

    return tick
