"""Command-line parsers, one sub-command at a time: building all of them would double the time of each."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, NoReturn

from review_bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from _typeshed import SupportsWrite


class Parser(argparse.ArgumentParser):
    """A parser whose mistakes are our one-line errors."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError instead of printing the usage and a message."""
        raise UsageError(message, remedy=f"see {self.prog} --help")

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Write the help; argparse would keep silent about an output that can't be written."""
        (file or sys.stdout).write(self.format_help())


class Formatter(argparse.HelpFormatter):
    """Help as wide as the docs, whatever the terminal."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=100)


def command_parser(name: str, about: str) -> argparse.ArgumentParser:
    """The parser of `review-bot NAME …`."""
    module = __import__(f"review_bot.cli.{name}", fromlist=["add"])
    parser = Parser(prog="review-bot", formatter_class=Formatter, allow_abbrev=False)
    subparsers = parser.add_subparsers(dest="command", parser_class=_quiet(about))
    module.add(subparsers)
    return parser


def _quiet(about: str) -> type[Parser]:
    class Sub(Parser):
        def __init__(self, **options: object) -> None:
            options.setdefault("formatter_class", Formatter)
            options.setdefault("allow_abbrev", False)
            options.setdefault("description", about)
            super().__init__(**options)  # type: ignore[arg-type]

    return Sub


def help_text(commands: Mapping[str, str]) -> str:
    """What `review-bot --help` prints."""
    width = max(map(len, commands))
    rows = [f"  {name.ljust(width)}  {about}" for name, about in commands.items()]
    return "\n".join(
        [
            "usage: review-bot COMMAND [OPTION...]",
            "",
            "Reviews changes privately, with deterministic rules and small local models.",
            "",
            "commands:",
            *rows,
            "",
            "  -h, --help     show this text; `review-bot COMMAND --help` shows that of a command",
            "  -V, --version  show the version",
            "",
        ]
    )
