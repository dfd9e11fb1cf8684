"""Running git: no shell, bytes in and out, without the settings that would change what is read or run programs."""

from __future__ import annotations

import os

from review_bot.errors import SourceError
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CONFIG = (
    "core.quotePath=false",
    "core.fsmonitor=false",  # may name a program, and a repository brings its own configuration along
    # git would write the index, which fails on a read-only or a full disk; GIT_OPTIONAL_LOCKS alone does not help.
    "diff.autoRefreshIndex=false",
    "diff.relative=false",
    "diff.suppressBlankEmpty=false",
)
_DIFF = (
    "diff",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--find-renames",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--submodule=short",
    "--ignore-submodules=untracked",  # git's own default; .gitmodules of a pull request could hide a submodule
    "--inter-hunk-context=0",
    "-O/dev/null",  # the documented way to cancel diff.orderFile
    "--raw",
    "-z",
    "--no-abbrev",
    "-p",
)
_DROPPED = frozenset(
    {
        "GIT_DIFF_OPTS",  # overrules -U
        "GIT_EXTERNAL_DIFF",
        "GIT_LITERAL_PATHSPECS",
        "GIT_GLOB_PATHSPECS",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_ICASE_PATHSPECS",
    }
)
CONTEXT = 1_000_000
"""Lines of context that make every hunk hold its whole file; more would overflow where a C long has 32 bits."""
_SIGPIPE = 13  # on every POSIX system; the module signal would cost half a millisecond
_FIXED = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}


class Done(NamedTuple):
    """How a process ended."""

    status: int
    """Exit status, or minus the number of the signal that ended it."""
    output: bytes
    errors: bytes


def git(arguments: Sequence[str], *, cwd: str, stdin: bytes | None = None) -> bytes:
    """Standard output of git run in `cwd`; raises SourceError with git's own reason where it fails."""
    done = run(arguments, cwd=cwd, stdin=stdin)
    if done.status != 0:
        raise failure(done.errors, status=done.status, cwd=cwd)
    return done.output


def diff(arguments: Sequence[str], *, cwd: str) -> bytes:
    """Output of `git diff --raw -z -p` with `arguments`; its counts are those of the user's own `git diff`."""
    done = run([*_DIFF, *arguments], cwd=cwd)
    if done.status != 0:
        # Where git refuses the repository, `git diff` complains of options that it has outside of one only.
        git(["rev-parse", "--git-dir"], cwd=cwd)
        raise failure(done.errors, status=done.status, cwd=cwd)
    return done.output


def staged(cwd: str) -> bytes:
    """The index (GIT_INDEX_FILE) against HEAD, every hunk with its whole file as context."""
    return diff(["--cached", f"-U{CONTEXT}"], cwd=cwd)


def run(arguments: Sequence[str], *, cwd: str, stdin: bytes | None = None) -> Done:
    """Run git in `cwd`, whatever its exit status; raises SourceError only where it can't be started."""
    command = command_line(arguments, cwd=cwd)
    try:
        if stdin is None and hasattr(os, "posix_spawnp"):
            return _spawned(command)
        return _by_subprocess(command, stdin or b"")
    except OSError as error:
        raise not_startable(error) from error


def command_line(arguments: Sequence[str], *, cwd: str) -> list[str]:
    """The whole command for git with `arguments` in `cwd`."""
    settings = [word for setting in _CONFIG for word in ("-c", setting)]
    return ["git", "-C", cwd, *settings, *arguments]


def environment() -> dict[str, str]:
    """Our environment without what changes git's output; messages in English, no writes that could be left out."""
    kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    return {**kept, **_FIXED}


def not_startable(error: OSError) -> SourceError:
    """The error for a git that can't be started."""
    if isinstance(error, FileNotFoundError):
        remedy = "install git, or read a patch with --diff FILE"
        return SourceError("git is not installed, or not on PATH", remedy=remedy)
    return SourceError(f"git can't be started: {error.strerror}")


def failure(errors: bytes, *, status: int, cwd: str) -> SourceError:
    """What git said on standard error as one of our errors."""
    text = errors.decode("utf-8", "surrogateescape")
    if "safe.directory" in text:
        command = next((line.strip() for line in text.split("\n") if line.startswith("\t")), "git help safe.directory")
        return SourceError("git does not trust this repository: somebody else owns it", where=cwd, remedy=command)
    if "not a git repository" in text:
        return no_repository(cwd)
    if "must be run in a work tree" in text:
        return no_work_tree(cwd)
    return SourceError(_reason(text) or f"git ended with status {status}", where="git")


def no_repository(cwd: str) -> SourceError:
    """The error for a folder that no repository contains."""
    return SourceError("not a git repository", where=cwd, remedy="run it in one, or read a patch with --diff FILE")


def no_work_tree(cwd: str) -> SourceError:
    """The error for a bare repository where files are needed."""
    remedy = "name two commits with --range A..B, or run it in a work tree"
    return SourceError("this repository has no work tree", where=cwd, remedy=remedy)


def _reason(text: str) -> str:
    """The line of `text` that says why git stopped, without its prefix."""
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith(("warning: ", "hint: "))]
    for prefix in ("fatal: ", "error: "):
        for line in lines:
            if line.startswith(prefix):
                return line[len(prefix) :].strip()
    return lines[0].strip() if lines else ""


def _spawned(command: list[str]) -> Done:
    """Run `command` by posix_spawn: importing subprocess costs as much as starting an interpreter."""
    output, output_end = os.pipe()
    errors, errors_end = os.pipe()
    if min(output, output_end, errors, errors_end) < 3:
        _close(output, output_end, errors, errors_end)
        return _by_subprocess(command, b"")
    try:
        process = _start(command, output_end, errors_end)
    except OSError:
        _close(output, errors)
        raise
    finally:
        _close(output_end, errors_end)
    return _finished(process, output, errors)


def _start(command: list[str], output: int, errors: int) -> int:
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),  # git must not read what a hook gets on standard input
        (os.POSIX_SPAWN_DUP2, output, 1),
        (os.POSIX_SPAWN_DUP2, errors, 2),
    ]
    # Python ignores SIGPIPE, and a child would inherit that.
    # review-bot: ignore[py.command.exec-dynamic] -- always git
    return os.posix_spawnp(command[0], command, environment(), file_actions=streams, setsigdef=[_SIGPIPE])


def _finished(process: int, output: int, errors: int) -> Done:
    said = _drained(errors)
    try:
        # Unbuffered, `read` grows one bytes object in place: the peak is the size of the output, not twice that.
        with open(output, "rb", buffering=0) as stream:
            data = stream.read()
    finally:
        _, status = os.waitpid(process, 0)
    return Done(os.waitstatus_to_exitcode(status), data, said())


def _drained(descriptor: int) -> Callable[[], bytes]:
    """Read `descriptor` beside the main thread, so that neither pipe can fill up; the result gives all of it."""
    import _thread

    parts: list[bytes] = []
    ended = _thread.allocate_lock()
    ended.acquire()

    def read() -> None:
        try:
            with open(descriptor, "rb", buffering=0) as stream:
                parts.append(stream.read())
        finally:
            ended.release()

    def wait() -> bytes:
        ended.acquire()
        return b"".join(parts)

    _thread.start_new_thread(read, ())
    return wait


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _by_subprocess(command: list[str], stdin: bytes) -> Done:
    import subprocess

    done = subprocess.run(command, input=stdin, capture_output=True, env=environment(), check=False)
    return Done(done.returncode, done.stdout, done.stderr)
