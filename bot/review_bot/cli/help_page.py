"""The page docs/help.md: the help of every command. `python -m review_bot.cli.help_page > docs/help.md` writes it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from review_bot.cli import hook
from review_bot.cli.main import COMMANDS
from review_bot.cli.parser import command_parser, help_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """# Every command

What `--help` prints, command by command; `review-bot COMMAND --help` shows the same. This page is generated:
`python -m review_bot.cli.help_page > docs/help.md`.
"""


def page() -> str:
    """The whole page, as Markdown."""
    sections = [_section("review-bot", help_text(COMMANDS))]
    for name, about in COMMANDS.items():
        sections += [_section(title, text) for title, text in helps(name, about)]
    return "\n".join([_HEAD, *sections])


def helps(name: str, about: str) -> Iterator[tuple[str, str]]:
    """A command and its sub-commands, each with its help."""
    if name == "hook":  # parsed by hand
        yield "review-bot hook", hook.HELP
        return
    yield from _walk(_children(command_parser(name, about))[name])


def _walk(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    yield parser.prog, parser.format_help()
    for child in _children(parser).values():
        yield from _walk(child)


def _children(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:  # argparse has no other way
        if isinstance(action, argparse._SubParsersAction):
            found.update(action.choices)
    return found


def _section(title: str, text: str) -> str:
    level = "###" if len(title.split()) > 2 else "##"
    return f"{level} {title}\n\n```\n{text.rstrip()}\n```\n"


if __name__ == "__main__":
    print(page(), end="")
