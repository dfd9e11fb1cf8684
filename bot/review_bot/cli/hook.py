"""`review-bot hook NAME`: what git runs at a commit and a push.

A failure of ours must not keep people from their work: it is one line and git goes on, unless `--strict`. The command
line is parsed by hand, since argparse alone would double the time of a commit with nothing to look at.
"""

from __future__ import annotations

import os
import sys
from time import monotonic

from review_bot.errors import ReviewBotError, UsageError, printable
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Iterable, Iterator

    from review_bot.bootstrap import Scan
    from review_bot.config import Loaded
    from review_bot.domain.review import SourceKind
    from review_bot.ports import Change, DiffSource
    from review_bot.rules.commit_message import Line
    from review_bot.sources.repository import Repository
else:  # `signal` makes enumerations of its numbers, which takes longer than a hook with nothing to do
    import _signal as signal

_LATER = frozenset(("diff.code-without-test",))
"""Not asked at a commit: the test may come with the next one, and looking for it reads the whole tree."""
CLEAN, FOUND, BROKEN = 0, 1, 2
GRACE = 2.0
"""Seconds after the deadline for what was begun; then we stop wherever we are."""
HELP = """usage: review-bot hook NAME [OPTION...] [ARG...]

entry point of the git hooks; `review-bot install` puts them in place

hooks:
  pre-commit             review what is staged
  pre-push [REMOTE URL]  review what is new to the remote; git names the refs on standard input
  commit-msg FILE        check the message in FILE
  post-commit            tell the memory what became of the findings shown before the commit

options:
  --strict               fail where review-bot itself fails; else that is one line and git goes on
  --config FILE          read the configuration from FILE
  --fail-on SEVERITY     none, info, warning or error: block from that on
  --backend NAME         model to ask as well; none for rules only
  -q, --quiet            print findings only
  -v, --verbose          also print what was held back or not looked at
  -h, --help             show this text
"""
_FLAGS = {"--strict": "strict", "-q": "quiet", "--quiet": "quiet", "-v": "verbose", "--verbose": "verbose"}
_VALUES = {"--config": "config", "--fail-on": "fail_on", "--backend": "backend"}
_MESSAGE_FILE = "COMMIT_EDITMSG"


class Options(NamedTuple):
    """The command line of a hook."""

    name: str
    arguments: tuple[str, ...] = ()
    strict: bool = False
    quiet: bool = False
    verbose: bool = False
    config: str | None = None
    fail_on: str | None = None
    backend: str | None = None


class _Read(NamedTuple):
    """A source that was read already."""

    change: Change

    def read(self) -> Change:
        """What was read."""
        return self.change


class _DeadlinePassed(BaseException):
    """The time is up. Not an Exception, so that nothing on the way takes it for its own."""


def main(argv: list[str]) -> int:
    """Run the hook that `argv` names; its exit code.

    Raises UsageError for a wrong command line, KeyboardInterrupt, and with --strict whatever went wrong.
    """
    if "-h" in argv or "--help" in argv:
        _print(HELP)
        return CLEAN
    options = parse(argv)
    try:
        return _HOOKS[options.name](options)
    except _DeadlinePassed:
        error: Exception = ReviewBotError("the deadline passed", remedy="raise hook.deadline in the configuration")
    except Exception as caught:  # noqa: BLE001 - a bug of ours is no reason to keep somebody from committing
        error = caught
    finally:
        _stop_clock()
    if options.strict:
        raise error
    reason = str(error) if isinstance(error, ReviewBotError) else f"a bug of ours, {error!r}"
    _say(f"review-bot: {options.name}: {reason}; git goes on unchecked")
    return CLEAN


def parse(argv: list[str]) -> Options:
    """`argv` as options; raises UsageError for an unknown hook or option and for arguments that do not fit."""
    values: dict[str, object] = {}
    words: list[str] = []
    rest = iter(argv)
    for word in rest:
        key, equals, value = word.partition("=")
        if word in _FLAGS:
            values[_FLAGS[word]] = True
        elif key in _VALUES:
            values[_VALUES[key]] = value if equals else _value(rest, key)
        elif word == "--":
            words += rest
        elif word.startswith("-"):
            raise _wrong(f"unknown option {key}")
        else:
            words.append(word)
    return Options(_hook_name(words), tuple(words[1:]), **values)  # type: ignore[arg-type]


def _value(rest: Iterator[str], option: str) -> str:
    value = next(rest, None)
    if value is None:
        raise _wrong(f"{option} needs a value")
    return value


def _hook_name(words: list[str]) -> str:
    if not words or words[0] not in _HOOKS:
        raise _wrong(f"unknown hook {words[0]}" if words else "no hook is named")
    if words[0] == "commit-msg" and len(words) != 2:
        raise _wrong("commit-msg takes one file, that of the message")
    return words[0]


def _wrong(what: str) -> UsageError:
    return UsageError(what, where="hook", remedy="see review-bot hook --help")


def _pre_commit(options: Options) -> int:
    from review_bot.sources.repository import find_root

    if os.environ.get("PRE_COMMIT_FROM_REF"):  # pre-commit run --from-ref A --to-ref B, and its pre-push stage
        return _pre_push(options)
    repository = find_root()
    loaded = _load(options, repository.root)
    if loaded.config.memory.enabled and repository.root is not None:
        from review_bot.stores.commit_mark import mark

        mark(repository.git_dir)
    from review_bot.sources.process import staged

    repository.work_tree()
    data = staged(repository.cwd)
    if not data and not options.verbose:
        return CLEAN  # before anything is loaded that would read it
    code = _review(options, repository, [_staged(repository, data)], loaded)
    if code != CLEAN:
        from review_bot.stores.commit_mark import take_mark

        take_mark(repository.git_dir)  # the commit is not made, or made with --no-verify
    return code


def _pre_push(options: Options) -> int:
    from review_bot.sources.repository import find_root

    repository = find_root()
    return _review(options, repository, _pushed(options, repository))


def _staged(repository: Repository, data: bytes | None = None) -> DiffSource:
    from review_bot.sources.git import StagedSource

    return StagedSource(repository, data=data)


def _pushed(options: Options, repository: Repository) -> list[DiffSource]:
    """What the push brings: as git says on standard input, else as the pre-commit framework says in variables."""
    from review_bot.sources import pushed
    from review_bot.sources.git import RangeSource
    from review_bot.sources.repository import empty_tree

    remote = options.arguments[0] if options.arguments else os.environ.get("PRE_COMMIT_REMOTE_NAME", "")
    refs = _standard_input() if options.name == "pre-push" else ""
    if refs:
        changes = pushed.changes(pushed.updates(refs), remote)
    elif os.environ.get("PRE_COMMIT_FROM_REF"):
        return [RangeSource(repository, "{PRE_COMMIT_FROM_REF}...{PRE_COMMIT_TO_REF}".format_map(os.environ))]
    elif os.environ.get("PRE_COMMIT_REMOTE_NAME"):  # a first push of everything
        first = pushed.first_push(os.environ.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD", remote)
        changes = [first] if first else []
    else:
        return [_staged(repository)] if os.environ.get("PRE_COMMIT") else []
    return [RangeSource(repository, f"{base or empty_tree(repository)}..{head}") for base, head in changes]


def _standard_input() -> str:
    """What git wrote; empty at a terminal, where nobody would write."""
    if sys.stdin is None or sys.stdin.isatty():
        return ""
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape")


def _commit_msg(options: Options) -> int:
    """Check the message: that no secret stands in it, and its form."""
    from review_bot.rules.commit_message import cleaned
    from review_bot.sources import commit

    message = commit.read(options.arguments[0])
    lines = cleaned(message.text, message.cleanup)
    if not lines:
        return CLEAN  # git itself refuses an empty message
    loaded = _load(options, _root(), select=["secrets"])
    form = _form(lines, loaded, merge=message.merge)
    source = commit.MessageSource(_MESSAGE_FILE, commit.kept_text(lines))
    return max(form, _scan(options, loaded, "diff", source, loaded.config.hook.deadline))


def _root() -> str | None:
    """Top of the work tree; None outside of one: a message can be checked anywhere."""
    from review_bot.errors import SourceError
    from review_bot.sources.repository import find_root

    try:
        return find_root().root
    except SourceError:
        return None


def _form(lines: list[Line], loaded: Loaded, *, merge: bool) -> int:
    """Print what is wrong with the form of the message; FOUND where it blocks."""
    from review_bot.domain.finding import at_least
    from review_bot.rules.commit_message import Policy, check, is_leftover

    hook = loaded.config.hook
    branch = _protected_branch(hook.protected) if is_leftover(lines) else ""
    problems = check(lines, Policy(hook.subject_length, hook.conventional, branch), merge=merge)
    _print("".join(f"{_MESSAGE_FILE}:{p.line}:{p.column}: {p.severity} {p.rule}: {p.message}\n" for p in problems))
    return FOUND if any(at_least(p.severity, loaded.config.fail_on) for p in problems) else CLEAN


def _protected_branch(patterns: Iterable[str]) -> str:
    """Name of the branch that the commit goes to, where one of `patterns` means it; else nothing."""
    from fnmatch import fnmatchcase

    from review_bot.sources import commit

    branch = commit.branch()
    return branch if any(fnmatchcase(branch, pattern) for pattern in patterns) else ""


def _post_commit(options: Options) -> int:
    """Tell the memory what became of the findings that were shown before the commit."""
    from review_bot.sources.repository import find_root

    repository = find_root()
    loaded = _load(options, repository.root)
    if loaded.config.memory.enabled and repository.root is not None:
        from review_bot.bootstrap.aftermath import record

        record(repository, loaded)
    return CLEAN


_HOOKS = {"pre-commit": _pre_commit, "pre-push": _pre_push, "commit-msg": _commit_msg, "post-commit": _post_commit}


def _review(options: Options, repository: Repository, sources: list[DiffSource], loaded: Loaded | None = None) -> int:
    """Review each source; FOUND where one of them has findings that block."""
    if not sources:
        return CLEAN
    from review_bot.stores import pattern_cache

    loaded = loaded or _load(options, repository.root)
    until = monotonic() + loaded.config.hook.deadline
    known = pattern_cache.load()
    code = max(_scan(options, loaded, "range", source, until - monotonic()) for source in sources)
    pattern_cache.save(known)
    return code


def _load(options: Options, root: str | None, **flags: object) -> Loaded:
    """The configuration, as the options change it; from here on the deadline counts."""
    from review_bot.config import load

    flags = {**flags, "fail-on": options.fail_on, "hook.backend": options.backend}
    loaded = load(root, file=options.config, flags=flags)
    _start_clock(loaded.config.hook.deadline + GRACE)
    return loaded


def _scan(options: Options, loaded: Loaded, kind: SourceKind, source: DiffSource, deadline: float) -> int:
    """Review `source` within `deadline` seconds and print what is found; FOUND where it blocks."""
    if kind == "range":
        source = _Read(source.read())
        if not source.change.files and not options.verbose:
            return CLEAN  # before anything is loaded that would look at it
    from review_bot import bootstrap

    asked = kind != "diff" and loaded.config.hook.backend != "none"
    request = bootstrap.Request(
        kind,
        source=source,
        loaded=_with_backend(loaded) if asked else loaded,
        with_model=asked,
        say=_say,
        deadline=deadline,
        use_baseline=kind != "diff",
        resting=_LATER if options.name == "pre-commit" else frozenset(),
    )
    done = bootstrap.scan(request)
    for part in done.review.degraded:
        _say(f"degraded: {part.what}: {part.reason}")
    if done.review.findings or options.verbose:
        _print(_rendered(options, done))
    if kind != "diff":
        from review_bot.bootstrap.last_scan import remember

        remember(done)
    if done.review.verdict.failed:
        return FOUND
    unfinished = any(part.what == "rules" for part in done.review.degraded)
    return BROKEN if options.strict and unfinished else CLEAN


def _with_backend(loaded: Loaded) -> Loaded:
    """The configuration with the model that the hook asks for; `auto` leaves the choice to the table `model`."""
    config = loaded.config
    name, usual = config.hook.backend, config.model.backend
    if name == "auto" and usual != "none":
        return loaded
    return loaded._replace(config=config._replace(model=config.model._replace(backend=name)))


def _rendered(options: Options, done: Scan) -> str:
    from review_bot import bootstrap
    from review_bot.formats import RenderOptions, render

    looks = RenderOptions(
        color=_color(),
        quiet=options.quiet,
        verbose=options.verbose,
        source=bootstrap.source_lines(done),
        rules=lambda: done.rules,
    )
    return render("text", done.review, options=looks)


def _color() -> bool:
    dull = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
    return not dull and sys.stdout is not None and sys.stdout.isatty()


def _print(text: str) -> None:
    """Write to standard output. Where nobody can read it the verdict stands all the same, with a line that says so."""
    if not text:
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        _say("review-bot: the findings can't be shown, standard output is closed; run `review-bot scan --staged`")
        _swallow_the_rest()


def _swallow_the_rest() -> None:
    """Keep Python from complaining at exit about what standard output did not take."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return


def _say(line: str) -> None:
    """One line on standard error, if there is one."""
    try:
        sys.stderr.write(printable(line) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        return


def _start_clock(seconds: float) -> None:
    """Stop with _DeadlinePassed after `seconds`, where the system can tell us."""
    if not hasattr(signal, "SIGALRM"):
        return

    def stop(_number: int, _frame: object) -> None:
        raise _DeadlinePassed

    try:
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds)
    except ValueError:  # not in the main thread
        return


def _stop_clock() -> None:
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)
