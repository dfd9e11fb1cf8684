"""The entry point: picks the sub-command, and turns errors into exit codes."""

from __future__ import annotations

import gc
import os
import sys

from review_bot import __version__
from review_bot.cli import streams
from review_bot.errors import ReviewBotError, UsageError, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import NoReturn

FINDINGS, USAGE, BUG, INTERRUPTED = 1, 2, 3, 130

COMMANDS = {
    "scan": "review changes and print the findings",
    "windows": "show what a model would be shown: the packed windows and their token counts",
    "triage": "go through the last scan's findings: accept, reject, edit, skip, mute",
    "explain": "say why a finding is shown, folded or hidden",
    "hook": "entry point of the git hooks: pre-commit, pre-push, commit-msg, post-commit",
    "install": "put the native git hooks in place, leaving existing ones chained",
    "uninstall": "take the git hooks out again",
    "rules": "list, show, test and write rules",
    "baseline": "accept today's findings as known",
    "models": "list, check, fetch, pack and unpack the models on this machine",
    "memory": "record, share, show and forget what people said of findings",
    "pr": "a pull request in CI: analyse it, publish the findings",
    "train": "make a LoRA adapter from rows that memory export wrote",
    "bench": "score a backend on seeded bugs and clean changes",
    "config": "show the effective configuration with the origin of every value, or its JSON schema",
    "doctor": "say what is installed and configured, what is missing and how to get it",
}
"""Every sub-command with its help; each is the module of this package with that name."""


def run() -> NoReturn:
    """Console script: run with the process's arguments and exit."""
    leave(main(sys.argv[1:]))


def leave(code: int) -> NoReturn:
    """Exit with `code`; without taking everything apart first, where nobody asked to be told of the end."""
    if "threading" in sys.modules:
        from review_bot.cli.endings import leave as with_threads

        with_threads(code)
    if "atexit" in sys.modules:
        sys.exit(code)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        sys.exit(code)
    os._exit(code)


def main(argv: list[str]) -> int:
    """Run one command line; the exit code."""
    # A short process makes no garbage worth looking for; a long one is looked through now and then.
    gc.set_threshold(200_000, 20, 20)
    try:
        streams.prepare()
        _guard(argv)
        code = _dispatch(argv)
        sys.stdout.flush()
    except ReviewBotError as error:
        return _say(f"review-bot: {error}", USAGE)
    except BrokenPipeError:  # the reader went away (`| head`)
        streams.give_up()
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a bug of ours must not look like a finding
        return _bug(error)
    return code


def _guard(argv: list[str]) -> None:
    """Let nothing leave this machine where that is asked for."""
    if "--offline" in argv or os.environ.get("REVIEW_BOT_OFFLINE"):
        from review_bot import network

        if "--offline" in argv or network.is_asked_for():
            network.go_offline()


def _dispatch(argv: list[str]) -> int:
    first = argv[0] if argv else ""
    if first == "hook":
        from review_bot.cli.hook import main as hook

        return hook(argv[1:])
    if first in COMMANDS:
        return _run(first, argv)
    if first in ("--version", "-V"):
        print(f"review-bot {__version__}")
        return 0
    if first in ("", "-h", "--help", "help"):
        from review_bot.cli.parser import help_text

        print(help_text(COMMANDS), end="")
        if first:
            return 0
        raise UsageError("no command is named", remedy="choose one of those above")
    if first.startswith("-"):
        raise UsageError(f"unknown option {first}", remedy="see review-bot --help")
    raise _unknown(first)


def _run(name: str, argv: list[str]) -> int:
    from review_bot.cli.parser import command_parser

    try:
        arguments: argparse.Namespace = command_parser(name, COMMANDS[name]).parse_args(argv)
    except SystemExit:  # so argparse ends after --help
        return 0
    code: int = arguments.run(arguments)
    return code


def _unknown(name: str) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, 1)
    hint = f"did you mean `review-bot {near[0]}`?" if near else "see review-bot --help"
    return UsageError(f"unknown command {name}", remedy=hint)


def _say(line: str, code: int) -> int:
    streams.say(line)
    return code


def _bug(error: Exception) -> int:
    """Write the traceback to a file, so that the terminal shows one line to paste from."""
    import tempfile
    import traceback

    if isinstance(error, OSError) and _is_output(error):
        streams.give_up()
        return _say(f"review-bot: the output can't be written: {printable(str(error.strerror))}", USAGE)
    text = f"review-bot {__version__}\nPython {sys.version}\n" + "".join(traceback.format_exception(error))
    try:
        descriptor, path = tempfile.mkstemp(prefix="review-bot-", suffix=".log")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as log:
            log.write(text)
    except OSError:
        return _say(f"review-bot: a bug of ours: {printable(repr(error))}; please report it", BUG)
    return _say(f"review-bot: a bug of ours: {printable(repr(error))}; please report it with {path}", BUG)


def _is_output(error: OSError) -> bool:
    """True for a full disk or a closed descriptor behind standard output."""
    import errno

    return error.errno in (errno.ENOSPC, errno.EBADF, errno.EIO) and error.filename is None
