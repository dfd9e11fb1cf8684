"""`review-bot memory …`: what people said of findings, and what is kept of it. One module a group of actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from review_bot.bootstrap.memory import Memory

GROUPS = ("judge", "search", "log", "export", "privacy", "stance", "promote", "transfer", "experiment", "sentiment")
"""Modules of this package; each declares its actions in `add`."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command and all its actions."""
    parser = subparsers.add_parser("memory", description="What people said of findings: record, share, show, forget.")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for group in GROUPS:
        __import__(f"{__name__}.{group}", fromlist=["add"]).add(actions)


def action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, about: str
) -> argparse.ArgumentParser:
    """The parser of an action, with what all of them take."""
    parser = actions.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.")
    parser.add_argument("--config", metavar="FILE", help="read the configuration from FILE")
    return parser


def opened(arguments: argparse.Namespace) -> Memory:
    """The memory that the command line means."""
    from review_bot.bootstrap.memory import open_memory
    from review_bot.cli.streams import say
    from review_bot.errors import printable

    return open_memory(arguments.config, say=lambda line: say(printable(f"review-bot: {line}")))


def form(parser: argparse.ArgumentParser) -> None:
    """Declare `--format text|json`."""
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="form of the output (default: %(default)s)"
    )


def plural(number: int, noun: str) -> str:
    """`1 event`, `2 events`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
