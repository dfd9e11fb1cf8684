"""`review-bot doctor`: what is installed, reachable, configured; what is missing and how to get it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from review_bot.values import NamedTuple

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

    from review_bot.config import Loaded
    from review_bot.errors import ReviewBotError
    from review_bot.rules.model import Rule

State = Literal["ok", "missing", "broken"]
OLDEST_GIT = (2, 25)
HOOKS = ("pre-commit", "pre-push", "commit-msg", "post-commit")
_MARKER = b"\n# review-bot hook shim"
OPTIONAL = ("onnxruntime", "onnxruntime-genai", "ollama", "PyGithub")


class Check(NamedTuple):
    """One thing that was looked at."""

    name: str
    state: State
    detail: str
    remedy: str = ""
    """The command or the step that mends it."""
    needed: bool = False
    """True where `scan` can't work here without it."""


class Place(NamedTuple):
    """What the checks share."""

    root: str | None
    """The work tree, or None."""
    loaded: Loaded | None
    """None where the configuration is broken."""
    error: str = ""
    """What is wrong with the configuration."""


class Said(NamedTuple):
    """What git answered."""

    text: str
    error: ReviewBotError | None = None
    """Set where git can't be run or failed."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command."""
    parser = subparsers.add_parser(
        "doctor",
        help="say what is installed, reachable and configured, what is missing and how to get it",
        description="Look at everything that review-bot uses. Exit code 2 where something that `scan` needs in this"
        " place is missing or broken, else 0.",
    )
    parser.add_argument("--config", metavar="FILE", help="read this file instead of .review-bot.toml or pyproject.toml")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="form of the output (default: %(default)s)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Look, print, and give 2 where something needed is not in order."""
    checks = examine(arguments.config)
    print(_as_json(checks) if arguments.format == "json" else _as_text(checks))
    ailing = [check.name for check in checks if _ails(check)]
    if ailing:
        from review_bot.cli.streams import say

        say(f"review-bot: doctor: `scan` can't work here: {', '.join(ailing)}; see what mends it")
    return 2 if ailing else 0


def examine(file: str | None = None) -> list[Check]:
    """All checks, in the order of the output; none raises, whatever is broken."""
    place = _place(file)
    looks: tuple[Callable[[Place], Iterator[Check]], ...] = (
        _python, _package, _git, _repository, _hooks, _configuration, _rules, _ast_grep, _optional, _cache, _terminal,
        _memory, _engines,
    )  # fmt: skip
    return [check for look in looks for check in _guarded(look, place)]


def _guarded(look: Callable[[Place], Iterator[Check]], place: Place) -> list[Check]:
    """A check that fails is itself something to report: the others go on."""
    try:
        return list(look(place))
    except Exception as error:  # noqa: BLE001
        name = look.__name__.strip("_").replace("_", "-")
        return [Check(name, "broken", f"can't be examined: {type(error).__name__}: {error}", needed=True)]


def _place(file: str | None) -> Place:
    from review_bot.cli.config import work_tree
    from review_bot.config import load
    from review_bot.errors import ReviewBotError

    root = work_tree()
    try:
        return Place(root, load(root, file=file))
    except ReviewBotError as error:
        return Place(root, None, str(error))


def _ask_git(*arguments: str) -> Said:
    """Run git in the current folder."""
    import os

    from review_bot.config.load import here
    from review_bot.errors import SourceError
    from review_bot.sources import process

    try:
        done = process.run(arguments, cwd=here())
    except SourceError as error:
        return Said("", error)
    text = os.fsdecode(done.output).removesuffix("\n")
    return Said(text, process.failure(done.errors, status=done.status, cwd=here()) if done.status else None)


def _python(place: Place) -> Iterator[Check]:
    import platform
    import sys

    yield Check("python", "ok", f"{platform.python_version()} ({sys.executable or 'unknown place'})", needed=True)


def _package(place: Place) -> Iterator[Check]:
    import os

    import review_bot

    folder = os.path.dirname(os.path.abspath(review_bot.__file__))
    yield Check("review-bot", "ok", f"{review_bot.__version__} ({folder})", needed=True)


def _git(place: Place) -> Iterator[Check]:
    import re
    import shutil

    said = _ask_git("--version")
    if said.error:
        remedy = "install git and put it on PATH, e.g. `apt install git` or `brew install git`"
        yield Check("git", "missing", said.error.what, remedy, needed=True)
        return
    found = re.search(r"(\d+)\.(\d+)\S*", said.text)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    detail = f"{found[0] if found else said.text} ({shutil.which('git')})"
    oldest = ".".join(map(str, OLDEST_GIT))
    if version < OLDEST_GIT:
        yield Check("git", "broken", f"{detail} is too old", f"install git {oldest} or newer", needed=True)
    else:
        yield Check("git", "ok", detail, needed=True)


def _repository(place: Place) -> Iterator[Check]:
    said = _ask_git("rev-parse", "--show-toplevel")
    if said.error is None:
        yield Check("repository", "ok", said.text, needed=True)
    elif place.root is None:
        remedy = said.error.remedy or "go to a work tree, or make one with `git init`"
        yield Check("repository", "missing", said.error.what, remedy)
    else:
        remedy = said.error.remedy or "`git status` says more"
        yield Check("repository", "broken", said.error.what, remedy, needed=True)


def _hooks(place: Place) -> Iterator[Check]:
    import os

    from review_bot.config.load import here

    said = _ask_git("rev-parse", "--git-path", "hooks")
    if place.root is None or said.error:
        yield Check("hooks", "missing", "no work tree to look at")
        return
    folder = os.path.normpath(os.path.join(here(), said.text))
    where = f"{folder}, by core.hooksPath" if _ask_git("config", "--get", "core.hooksPath").text else folder
    absent = [name for name in HOOKS if not _is_ours(os.path.join(folder, name))]
    if absent:
        yield Check("hooks", "missing", f"{', '.join(absent)} (optional; {where})", "`review-bot install`")
    else:
        yield Check("hooks", "ok", f"{', '.join(HOOKS)} ({where})")


def _is_ours(path: str) -> bool:
    """True for our shim, also where the pre-commit framework has moved it aside and still runs it."""
    return any(_MARKER in b"\n" + _beginning(candidate) for candidate in (path, f"{path}.legacy"))


def _beginning(path: str) -> bytes:
    """The first bytes of a file; none where it can't be read."""
    try:
        with open(path, "rb") as stream:
            return stream.read(65536)
    except OSError:
        return b""


def _configuration(place: Place) -> Iterator[Check]:
    if place.loaded is None:
        yield Check("configuration", "broken", place.error, "`review-bot config schema` says what may be", needed=True)
        return
    variables = sorted(set(place.loaded.origins.values()) - {"default", *place.loaded.files})
    sources = ", ".join([*place.loaded.files, *variables])
    yield Check("configuration", "ok", sources or "defaults: no file, no variable", needed=True)
    if _shadowed(place.loaded):
        detail = "[tool.review-bot] in pyproject.toml is not read, as there is a .review-bot.toml"
        yield Check("configuration", "ok", detail, "keep one of the two")


def _shadowed(loaded: Loaded) -> bool:
    """True where both files configure us, so that one of them says nothing."""
    import os

    if loaded.files != (".review-bot.toml",):
        return False
    return b"[tool.review-bot" in _beginning(os.path.join(loaded.root, "pyproject.toml"))


def _rules(place: Place) -> Iterator[Check]:
    from review_bot import resources
    from review_bot.errors import ReviewBotError
    from review_bot.rules.loader import unique

    try:
        shipped = _read_rules(resources.rule_files(), shipped=True)
        own = _read_rules(_toml_files(place.loaded.rule_paths() if place.loaded else ()), shipped=False)
        unique([*shipped, *own])
    except (ReviewBotError, OSError) as error:
        yield Check("rules", "broken", str(error), "mend the file, or take it out of `rule-paths`", needed=True)
        return
    if not shipped:
        remedy = "`pip install --force-reinstall review-bot-local`"
        yield Check("rules", "missing", f"none in {resources.folder('rules')}", remedy, needed=True)
    else:
        yield Check("rules", "ok", f"{len(shipped)} shipped, {len(own)} of your own", needed=True)


def _read_rules(paths: Iterable[str], *, shipped: bool) -> list[Rule]:
    from review_bot.rules.loader import parse_rule_file

    rules: list[Rule] = []
    for path in paths:
        with open(path, "rb") as stream:
            rules += parse_rule_file(path, stream.read(), shipped=shipped).rules
    return rules


def _toml_files(paths: Iterable[str]) -> Iterator[str]:
    """The files among `paths`, and all TOML files below the folders among them."""
    import os

    for path in paths:
        if not os.path.isdir(path):
            yield path
        for folder, _, names in os.walk(path):
            yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(".toml"))


def _ast_grep(place: Place) -> Iterator[Check]:
    try:
        from ast_grep_py import SgRoot

        SgRoot("a = 1", "python").root()
    except Exception as error:  # noqa: BLE001 - a native module can fail in ways of its own
        remedy = "`pip install --force-reinstall ast-grep-py`"
        yield Check("ast-grep-py", "broken", f"can't be loaded: {error}", remedy, needed=True)
    else:
        yield Check("ast-grep-py", "ok", _version("ast-grep-py") or "unknown version", needed=True)


def _optional(place: Place) -> Iterator[Check]:
    for name in OPTIONAL:
        version = _version(name)
        yield Check(name, "ok" if version else "missing", version or "not installed (optional)")


def _version(distribution: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _cache(place: Place) -> Iterator[Check]:
    import os

    remedy = "set REVIEW_BOT_CACHE_DIR to a folder that you may write to"
    folder = cache_folder()
    if folder is None:
        yield Check("cache", "missing", "no home folder: nothing is kept between runs", remedy)
        return
    existing = folder
    while not os.path.lexists(existing) and os.path.dirname(existing) != existing:
        existing = os.path.dirname(existing)
    if os.path.isdir(existing) and os.access(existing, os.W_OK | os.X_OK):
        yield Check("cache", "ok", folder if existing == folder else f"{folder} (made when needed)")
    else:
        yield Check("cache", "broken", f"{folder} can't be written to: nothing is kept between runs", remedy)


def cache_folder() -> str | None:
    """Absolute path of the cache; None where the environment names neither it nor a home folder."""
    import os

    own = os.environ.get("REVIEW_BOT_CACHE_DIR")
    if own:
        return os.path.abspath(own)
    home = os.path.expanduser("~")
    base = os.environ.get("XDG_CACHE_HOME") or (os.path.join(home, ".cache") if os.path.isabs(home) else "")
    return os.path.join(os.path.abspath(base), "review-bot") if base else None


def _terminal(place: Place) -> Iterator[Check]:
    import codecs
    import sys

    name = getattr(sys.stdout, "encoding", None) or "unknown"
    try:
        unicode = codecs.lookup(name).name.startswith("utf")
    except LookupError:
        unicode = False
    if unicode:
        yield Check("terminal", "ok", name)
    else:
        yield Check("terminal", "broken", f"writes {name}: some characters are replaced", "set PYTHONUTF8=1")


def _memory(place: Place) -> Iterator[Check]:
    if place.loaded is None or place.root is None:
        yield Check("memory", "missing", "no work tree or no valid configuration to look at")
        return
    ref = place.loaded.config.memory.ref
    said = _ask_git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    if said.error or ref.startswith("-"):
        yield Check("memory", "missing", f"{ref} holds no events yet (optional)")
    else:
        yield Check("memory", "ok", f"{ref} at {said.text[:12]}")


def _engines(place: Place) -> Iterator[Check]:
    """Which engines a model's review could ask; none is needed."""
    from review_bot.bootstrap import engines
    from review_bot.errors import BackendError, Unreachable, printable

    if place.loaded is None:
        return
    where = engines.place(loaded=place.loaded)
    for name, found in engines.survey(place.loaded.config.model, where):
        if isinstance(found, BackendError):
            absent = isinstance(found, Unreachable) or "missing" in type(found).__name__.lower()
            detail = f"{found.where}: {found.what}" if found.where else found.what
            yield Check(f"model:{name}", "missing" if absent else "broken", printable(detail), printable(found.remedy))
        else:
            context = f", {found.context} tokens" if found.context else ""
            yield Check(f"model:{name}", "ok", printable(f"{found.model} at {found.where}{context}"))


def _ails(check: Check) -> bool:
    return check.needed and check.state != "ok"


def _as_text(checks: list[Check]) -> str:
    """A line for each check, what mends it behind an arrow, and the verdict as the last line where all is well."""
    from review_bot.errors import printable

    width = max(len(check.name) for check in checks)
    lines = [f"{check.name:<{width}}  {check.state:<7}  {printable(_sentence(check))}" for check in checks]
    verdict = [] if any(map(_ails, checks)) else ["everything that `scan` needs is here"]
    return "\n".join([*lines, *verdict])


def _sentence(check: Check) -> str:
    return f"{check.detail} -> {check.remedy}" if check.remedy else check.detail


def _as_json(checks: list[Check]) -> str:
    import json

    from review_bot import __version__
    from review_bot.domain.diff import shown

    rows: list[dict[str, Any]] = [
        {**check._asdict(), "detail": shown(check.detail), "remedy": shown(check.remedy) or None} for check in checks
    ]
    ok = not any(map(_ails, checks))
    return json.dumps({"schema": "review-bot.doctor/1", "version": __version__, "ok": ok, "checks": rows}, indent=2)
