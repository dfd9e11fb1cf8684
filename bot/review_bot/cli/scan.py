"""`review-bot scan`: review changes and print the findings."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from review_bot import bootstrap
from review_bot.bootstrap.last_scan import remember
from review_bot.cli import streams
from review_bot.cli.endings import sigterm_interrupts
from review_bot.errors import OutputError, UsageError, printable
from review_bot.formats import RenderOptions, parse_spec, render

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from review_bot.domain.review import Review, SourceKind

_ROUNDS = 10
"""Of fixing and scanning again; a fix that calls for another one without end stops here."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the sub-command."""
    parser = subparsers.add_parser("scan")
    add_source_options(parser)
    parser.add_argument(
        "--format",
        action="append",
        metavar="FMT[:PATH]",
        help="text, json, jsonl, sarif, rdjson, rdjsonl, github, checkstyle, junit, markdown, html or gitlab, to "
        "standard output or PATH; may be repeated (default: text)",
    )
    parser.add_argument(
        "--fail-on", metavar="SEVERITY", help="none, info, warning or error: exit with 1 from that on (default: error)"
    )
    parser.add_argument("--fix", action="store_true", help="put safe fixes into the work tree")
    add_rule_options(parser)
    add_model_options(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="print findings only")
    parser.add_argument("-v", "--verbose", action="store_true", help="also print what was held back or not looked at")
    parser.set_defaults(run=run)


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Options that name the change."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="narrow the change to these files and folders")
    group = parser.add_argument_group("source (default: the work tree against HEAD, untracked files included)")
    group.add_argument("--staged", "--cached", action="store_true", help="what the next commit would change")
    group.add_argument("--range", metavar="A..B", help="from commit A to B; A...B: from where they parted to B")
    group.add_argument("--diff", metavar="FILE", help="a diff in a file, - for standard input")
    group.add_argument("--all", action="store_true", help="whole files, every line as added")
    parser.add_argument("--config", metavar="FILE", help="read the configuration from FILE")


def add_rule_options(parser: argparse.ArgumentParser) -> None:
    """Options that choose rules and lines."""
    parser.add_argument("--filter", metavar="MODE", help="added, diff_context, file or nofilter (default: added)")
    parser.add_argument(
        "--select", action="append", metavar="ID,…", help="rules to run: ids, prefixes, categories (default: *)"
    )
    parser.add_argument(
        "--ignore", action="append", metavar="ID,…", help="rules not to run, by the same names (default: none)"
    )
    parser.add_argument(
        "--linter", action="append", metavar="FILE", help="take in another tool's SARIF or ruff's JSON; may be repeated"
    )
    parser.add_argument("--generated", action="store_true", help="look at generated and minified files as well")


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Options of the model's review."""
    group = parser.add_argument_group("model")
    group.add_argument(
        "--backend", metavar="NAME", help="auto, none, onnx, ollama, llamacpp, openai or scripted (default: auto)"
    )
    group.add_argument("--model", metavar="NAME", help="name or folder of the model")
    group.add_argument("--window", type=int, metavar="TOKENS", help="size of the context window (default: 4096)")
    group.add_argument(
        "--deadline", type=float, metavar="SECONDS", help="time for the model; the rules always run (default: 300)"
    )
    group.add_argument("--require-model", action="store_true", help="exit with 2 where no model can be used")
    group.add_argument("--offline", action="store_true", help="refuse every connection that is not loopback")
    group.add_argument("--allow-remote", action="store_true", help="let the change leave this machine for a model")
    group.add_argument("--no-cache", action="store_true", help="neither read nor write cached answers")
    group.add_argument("--no-memory", action="store_true", help="leave what people did with findings out")
    group.add_argument("--resume", action="store_true", help="go on where a killed run stopped")
    group.add_argument("--trace", metavar="FILE", help="write every step as JSON lines")


def run(arguments: argparse.Namespace) -> int:
    """Scan, print, and say by the exit code whether the findings reach the bound."""
    specs = _specs(arguments.format)
    progress = _progress()
    request = _with_model(request_of(arguments), arguments)
    with sigterm_interrupts():
        done = bootstrap.scan(request, progress)
    if progress is not None:
        _clear()
    if arguments.fix:
        done = _fixed(done, request, verbose=arguments.verbose, beside=_machine_output(specs))
    options = RenderOptions(
        verbose=arguments.verbose,
        quiet=arguments.quiet,
        width=_width(),
        source=bootstrap.source_lines(done),
        rules=lambda: done.rules,
    )
    write_all(specs, done.review, options)
    remember(done)
    if request.require_model:
        _require_all(done.review)
    _warn(done.review)
    return int(done.review.verdict.failed)


def _require_all(review: Review) -> None:
    """Raise UsageError where a required model did not read everything."""
    missed = [row for row in review.coverage if row.model in ("failed", "skipped")]
    if missed:
        what = f"the model did not review {len(missed)} of {len(review.coverage)} hunks: {missed[0].reason}"
        raise UsageError(what, where="--require-model")


def _with_model(request: bootstrap.Request, arguments: argparse.Namespace) -> bootstrap.Request:
    """The request with a model in it, and what a person sees of it on the way."""
    request = request._replace(with_model=True, say=lambda line: streams.say(printable(line)))
    if not arguments.verbose:
        return request
    return request._replace(live=lambda line: streams.say(printable(line)), hear=streams.stream)


def request_of(arguments: argparse.Namespace) -> bootstrap.Request:
    """The request that a parsed command line makes; raises UsageError where its sources contradict."""
    kind, argument = _source(arguments)
    if getattr(arguments, "fix", False) and kind not in ("worktree", "all"):
        raise UsageError("--fix changes the work tree only", remedy="leave --staged, --range and --diff away")
    return bootstrap.Request(
        kind=kind,
        argument=argument,
        paths=tuple(arguments.paths),
        config=arguments.config,
        flags=flags_of(arguments),
        machine_made=getattr(arguments, "generated", False),
        model=getattr(arguments, "model", None),
        require_model=getattr(arguments, "require_model", False),
        linters=tuple(getattr(arguments, "linter", None) or ()),
        offline=getattr(arguments, "offline", False),
        use_cache=not getattr(arguments, "no_cache", False),
        resume=getattr(arguments, "resume", False),
        trace=getattr(arguments, "trace", None),
    )


def flags_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """Configuration given by flags, by dotted key."""
    return {
        "fail-on": getattr(arguments, "fail_on", None),
        "filter": getattr(arguments, "filter", None),
        "select": _names(getattr(arguments, "select", None)),
        "ignore": _names(getattr(arguments, "ignore", None)),
        "model.backend": getattr(arguments, "backend", None),
        "model.window": getattr(arguments, "window", None),
        "model.deadline": getattr(arguments, "deadline", None),
        "model.allow-remote": getattr(arguments, "allow_remote", False) or None,
        "memory.enabled": False if getattr(arguments, "no_memory", False) else None,
    }


def _names(values: list[str] | None) -> list[str] | None:
    """Names given by repeated options and by commas."""
    if values is None:
        return None
    return [name.strip() for value in values for name in value.split(",") if name.strip()]


def _source(arguments: argparse.Namespace) -> tuple[SourceKind, str]:
    given: list[tuple[SourceKind, str]] = []
    if arguments.staged:
        given.append(("staged", ""))
    if arguments.range is not None:
        given.append(("range", arguments.range))
    if arguments.diff is not None:
        given.append(("diff", arguments.diff))
    if arguments.all:
        given.append(("all", ""))
    if len(given) > 1:
        names = " and ".join(f"--{kind}" for kind, _ in given)
        raise UsageError(f"{names} are two sources", remedy="give one of them")
    return given[0] if given else ("worktree", "")


def _specs(formats: list[str] | None) -> list[tuple[str, str | None]]:
    specs = [parse_spec(spec) for spec in formats or ["text"]]
    if sum(path is None for _, path in specs) > 1:
        raise UsageError("two formats go to standard output", remedy="give one of them a file: --format json:FILE")
    return specs


def _machine_output(specs: list[tuple[str, str | None]]) -> bool:
    return any(path is None and name != "text" for name, path in specs)


def _fixed(done: bootstrap.Scan, request: bootstrap.Request, *, verbose: bool, beside: bool) -> bootstrap.Scan:
    """Put safe fixes into the work tree: the scan of what is left, which may stand on other lines.

    A line with several takes several rounds.
    """
    count = 0
    for _ in range(_ROUNDS):
        mended, patch = bootstrap.apply_fixes(done)
        if not mended:
            break
        count += len(mended)
        if verbose:
            _show_patch(patch, beside=beside)
        done = bootstrap.scan(request)
    if count:
        streams.say(f"fixed {count} {'finding' if count == 1 else 'findings'}")
    return done


def _show_patch(patch: str, *, beside: bool) -> None:
    """Print it where people look, `beside` the output that a program reads."""
    if beside:
        streams.say(patch.removesuffix("\n"))
    else:
        print_out(patch, machine=False)


def _warn(review: Review) -> None:
    for part in review.degraded:
        streams.say(printable(f"degraded: {part.what}: {part.reason}"))


def write_all(specs: list[tuple[str, str | None]], review: Review, options: RenderOptions) -> None:
    """Write the review in every format asked for; raises OutputError where one can't be, but writes the others."""
    failed: list[OutputError] = []
    for name, path in specs:
        color = path is None and _color()
        text = render(name, review, options=options._replace(color=color))
        try:
            if path is None:
                print_out(text, machine=name != "text")
            else:
                write_file(path, text)
        except OutputError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def print_out(text: str, *, machine: bool) -> None:
    """Machine formats are UTF-8 whatever the locale; text goes the terminal's way.

    A reader that went away (`| head`) has what it wanted: the verdict stands.
    """
    try:
        if machine and hasattr(sys.stdout, "buffer"):
            sys.stdout.flush()
            sys.stdout.buffer.write(text.encode("utf-8", "replace"))
            sys.stdout.buffer.flush()
        else:
            sys.stdout.write(text)
            sys.stdout.flush()
    except BrokenPipeError:
        streams.give_up()
    except (OSError, ValueError, AttributeError) as error:
        streams.give_up()
        reason = getattr(error, "strerror", None) or "it is closed"
        raise OutputError(f"can't be written: {reason}", where="standard output") from error


def write_file(path: str, text: str) -> None:
    """Put `text` into the file at `path`; raises OutputError."""
    from review_bot.stores.atomic import replace

    try:
        replace(path, text.encode("utf-8", "replace"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise OutputError(f"can't be written: {reason}", where=path, remedy="name another file") from error


def _color() -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout is not None and sys.stdout.isatty()


def _width() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError, AttributeError):
        return 100


def _progress() -> Callable[[int, int, str], None] | None:
    """What shows a person that a long scan is alive; nothing within the first second, nothing into a file."""
    import time

    if sys.stderr is None or not sys.stderr.isatty():
        return None
    began = last = time.monotonic()

    def show(number: int, total: int, path: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - began > 1 and now - last > 0.1:
            last = now
            sys.stderr.write(f"\r\x1b[K{number}/{total} {printable(path)[:60]}")
            sys.stderr.flush()

    return show


def _clear() -> None:
    sys.stderr.write("\r\x1b[K")
    sys.stderr.flush()
