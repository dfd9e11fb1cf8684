"""`review-bot models`: models on this machine, listed, checked, fetched, packed and unpacked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from review_bot.bootstrap import models
from review_bot.errors import ModelMissing, printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

_WIDTH = 24
"""Characters of a progress bar."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the sub-command."""
    parser = subparsers.add_parser("models")
    parts = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def part(name: str, about: str) -> argparse.ArgumentParser:
        return parts.add_parser(name, help=about, description=about)

    listing = part("list", "print the models that are kept on this machine")
    listing.add_argument(
        "--format", choices=("text", "json"), default="text", help="form of the output (default: %(default)s)"
    )
    showing = part("show", "print what is known of one model")
    showing.add_argument("name", metavar="NAME", help="name or folder of a model")
    checking = part("verify", "read every byte of a model and hold it against its manifest")
    checking.add_argument("name", nargs="?", metavar="NAME", help="name or folder of a model (default: all)")
    packing = part("export", "pack a model into one file")
    packing.add_argument("name", metavar="NAME|FOLDER", help="name or folder of a model")
    packing.add_argument("file", metavar="FILE", help="file to write, an uncompressed tar")
    unpacking = part("import", "unpack a model from a file that `export` wrote")
    unpacking.add_argument("file", metavar="FILE", help="file to read")
    unpacking.add_argument("--name", metavar="NAME", help="call the model NAME")
    _add_pull(part("pull", "fetch a model from a hub, or have Ollama fetch one"))
    parser.set_defaults(run=run)


def _add_pull(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        metavar="ORG/NAME[:FOLDER]",
        help="model of the hub at HF_ENDPOINT; ollama:NAME, or a name without a slash, for one of Ollama",
    )
    parser.add_argument("--name", metavar="NAME", help="call the model NAME")
    parser.add_argument("--offline", action="store_true", help="refuse every connection that is not loopback")


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "list": _list, "show": _show, "verify": _verify, "export": _export, "import": _import, "pull": _pull,
    }  # fmt: skip
    return actions[arguments.action](arguments)


def _list(arguments: argparse.Namespace) -> int:
    there = models.kept()
    if arguments.format == "json":
        import json

        rows = [
            {"name": one.name, "folder": one.folder, "size": one.size, "files": one.files, "manifest": one.checked}
            for one in there
        ]
        print(json.dumps(rows, indent=1))
        return 0
    width = max((len(one.name) for one in there), default=0)
    for one in there:
        print(f"{one.name.ljust(width)}  {_size(one.size):>9}  {one.folder}")
    if not there:
        print(f"no models; {models.HOW_TO_GET_ONE}", file=sys.stderr)
    return 0


def _size(count: int) -> str:
    for unit, worth in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if count >= worth:
            return f"{count / worth:.1f} {unit}"
    return f"{count} B"


def _show(arguments: argparse.Namespace) -> int:
    shown = models.look(arguments.name)
    one = shown.kept
    print(f"{one.name}\n  folder   {printable(one.folder)}\n  size     {_size(one.size)}, {one.files} files")
    print(f"  manifest {'yes' if one.checked else 'no: damage of the files would go unnoticed'}")
    if shown.problem:
        print(f"  backend  none: {shown.problem}")
    else:
        print(f"  backend  onnx: {printable(shown.kind)}, context of {shown.context} tokens")
    for member in shown.files:
        print(f"  {_size(member.size):>9}  {member.sha256[:12] or '-' * 12}  {printable(member.path)}")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    names = [arguments.name] if arguments.name else [one.name for one in models.kept()]
    if not names:
        print(f"no models; {models.HOW_TO_GET_ONE}", file=sys.stderr)
    bad = []
    for name in names:
        found = models.verify(name)
        print("\n".join(f"{printable(name)}: {one.path} {one.what}" for one in found) or f"{printable(name)}: ok")
        bad += [f"{name}: {one.path}" for one in found]
    if bad:
        more = f" and {len(bad) - 1} more files are damaged" if len(bad) > 1 else " is damaged"
        raise ModelMissing(bad[0] + more, remedy="get the model again: review-bot models pull or import")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    known = models.export(arguments.name, arguments.file)
    print(f"{printable(arguments.file)}: {known.name}, {len(known.files)} files, {_size(known.size)}")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    with _Progress() as progress:
        one = models.load(arguments.file, arguments.name, progress.see)
    print(f"{one.name}: {one.files} files, {_size(one.size)}, in {printable(one.folder)}")
    return 0


def _pull(arguments: argparse.Namespace) -> int:
    from review_bot import network

    offline = arguments.offline or network.is_asked_for()
    with _Progress() as progress:
        one = models.pull(arguments.source, arguments.name, offline=offline, see=progress.see)
    if one is None:
        print(f"{printable(arguments.source)}: Ollama has it")
    else:
        print(f"{one.name}: {one.files} files, {_size(one.size)}, in {printable(one.folder)}")
    return 0


class _Progress:
    """A bar on standard error, where that is a terminal."""

    def __init__(self) -> None:
        self._shown = ""
        self._live = bool(sys.stderr and sys.stderr.isatty())

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def see(self, what: str, done: int, whole: int) -> None:
        """Show how far it is."""
        if not self._live or not whole:
            return
        share = min(done / whole, 1)
        bar = "#" * int(share * _WIDTH)
        line = f"{bar:-<{_WIDTH}} {share:4.0%} of {_size(whole)}  {printable(what)[:40]}"
        if line != self._shown:
            self._shown = line
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
