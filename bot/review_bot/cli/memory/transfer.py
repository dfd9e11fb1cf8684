"""`review-bot memory import|import-history`: experience from other repositories, and from this one's past."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from review_bot.cli.memory import action, opened, plural
from review_bot.errors import UsageError, printable

if TYPE_CHECKING:
    import argparse

_LARGEST = 4_000_000


def add(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the actions."""
    parser = action(actions, "import", "take in the counts by rule or the patterns that another repository exported")
    parser.add_argument(
        "file", metavar="FILE", nargs="?",
        help="written by `memory export --format counts` or `--format patterns`; - for standard input",
    )  # fmt: skip
    parser.add_argument("--name", metavar="NAME", help="what to call it; what came under that name before is replaced")
    parser.add_argument("--consent", action="store_true", help="agree that patterns of another repository count here")
    parser.add_argument("--remove", metavar="NAME", help="take out all that was imported under a name")
    parser.set_defaults(run=_import)
    parser = action(
        actions, "import-history", "learn from what became of the lines that rules flag, and from what mended them"
    )
    parser.add_argument("--commits", type=int, default=200, metavar="N", help="how far back (default: %(default)s)")
    parser.set_defaults(run=_history)


def _import(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap import imports, priors
    from review_bot.memory.patterns import is_head

    if arguments.remove is not None:
        return _remove(arguments)
    if arguments.file is None:
        raise UsageError("no file is named", where="memory import", remedy="name one, or - for standard input")
    name, where = arguments.name or "", arguments.file
    lines = _read(where).split(b"\n")
    if is_head(lines[0]):
        count = imports.take_in(opened(arguments), lines, where=where, name=name, consent=arguments.consent)
        print(printable(f"took in {plural(count, 'pattern')}; `memory import --remove {name}` takes them out again"))
        return 0
    text = b"\n".join(lines).decode("utf-8", "replace")
    count = priors.take_in(opened(arguments), text, where=where, name=name)
    print(f"took in priors of {plural(count, 'rule')}; together they count as four signals of a rule at most")
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.imports import remove

    if arguments.file is not None:
        raise UsageError("takes a name, not a file", where="--remove", remedy="leave the file away")
    count = remove(opened(arguments), arguments.remove)
    print(printable(f"took out {plural(count, 'row')} of {arguments.remove}; `memory compact` erases them"))
    return 0


def _history(arguments: argparse.Namespace) -> int:
    from review_bot.bootstrap.priors import from_history

    if arguments.commits < 1:
        raise UsageError("--commits must be 1 or more", where="memory import-history", remedy="leave it away for 200")
    told = from_history(opened(arguments), arguments.commits)
    for one in told.counts:
        print(printable(f"{one.rule}: {one.accepted} changed since, {one.rejected} still there"))
    print(f"priors of {plural(len(told.counts), 'rule')}, {plural(told.examples, 'new example')} of what was mended")
    return 0


def _read(name: str) -> bytes:
    """The file, which nobody has looked at yet; raises UsageError for one that is too large."""
    try:
        with open(name, "rb") if name != "-" else io.BytesIO(sys.stdin.buffer.read(_LARGEST + 1)) as stream:
            data = stream.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise UsageError(f"can't be read: {reason}", where=name, remedy="name another file") from error
    if len(data) > _LARGEST:
        raise UsageError(f"larger than {_LARGEST} bytes", where=name, remedy="name a file that `memory export` wrote")
    return data
