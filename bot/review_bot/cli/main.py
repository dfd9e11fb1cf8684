"""The entry point: picks the sub-command, and turns errors into exit codes."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, NoReturn

from review_bot import __version__
from review_bot.errors import ReviewBotError, UsageError, printable

if TYPE_CHECKING:
    import argparse

FINDINGS, USAGE, BUG, INTERRUPTED = 1, 2, 3, 130

COMMANDS = {
    "scan": "review changes and print the findings",
    "hook": "entry point of the git hooks: pre-commit, pre-push, commit-msg, post-commit",
    "install": "put the native git hooks in place, leaving existing ones chained",
    "uninstall": "take the git hooks out again",
    "rules": "list, show, test and write rules",
    "baseline": "accept today's findings as known",
    "config": "show the effective configuration with the origin of every value, or its JSON schema",
    "doctor": "say what is installed and configured, what is missing and how to get it",
}
"""Every sub-command with its help; each is the module of this package with that name."""


def run() -> NoReturn:
    """Console script: run with the process's arguments and exit."""
    sys.exit(main(sys.argv[1:]))


def main(argv: list[str]) -> int:
    """Run one command line; the exit code."""
    # A short process makes no garbage worth looking for; a long one is looked through now and then.
    gc.set_threshold(200_000, 20, 20)
    try:
        _plain_output()
        if argv[:1] == ["hook"]:
            from review_bot.cli.hook import main as hook

            return hook(argv[1:])
        return _dispatch(argv)
    except ReviewBotError as error:
        return _say(f"review-bot: {error}", USAGE)
    except BrokenPipeError:
        return _closed_pipe()
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a bug of ours must not look like a finding
        return _bug(error)


def _dispatch(argv: list[str]) -> int:
    from review_bot.cli.parser import command_parser, help_text

    name = next((word for word in argv if not word.startswith("-")), None)
    if argv[:1] and argv[0] in ("--version", "-V"):
        print(f"review-bot {__version__}")
        return 0
    if name is None or argv[0] in ("-h", "--help"):
        if argv and argv[0] not in ("-h", "--help"):
            raise UsageError(f"unknown option {argv[0]}", remedy="see review-bot --help")
        print(help_text(COMMANDS), end="")
        return 0 if argv else USAGE
    if name == "help":
        print(help_text(COMMANDS), end="")
        return 0
    if name not in COMMANDS or argv[0] != name:
        raise _unknown(argv[0])
    arguments: argparse.Namespace = command_parser(name, COMMANDS[name]).parse_args(argv)
    code: int = arguments.run(arguments)
    sys.stdout.flush()
    return code


def _unknown(name: str) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, 1)
    hint = f"did you mean `review-bot {near[0]}`?" if near else "see review-bot --help"
    return UsageError(f"unknown command {name}", remedy=hint)


def _plain_output() -> None:
    """A terminal that can't show a character gets an escape instead of a traceback."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _say(line: str, code: int) -> int:
    from contextlib import suppress

    with suppress(OSError, ValueError, AttributeError):
        print(line, file=sys.stderr)
    return code


def _closed_pipe() -> int:
    """The reader went away (`| head`): say nothing, and keep Python from saying it at exit."""
    import os
    from contextlib import suppress

    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _bug(error: Exception) -> int:
    """Write the traceback to a file, so that the terminal shows one line to paste from."""
    import os
    import tempfile
    import traceback

    if isinstance(error, OSError) and _is_output(error):
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
