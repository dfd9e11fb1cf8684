"""The native git hooks: our shims put in place, what was there chained behind them, and both put back.

Every change is a list of renames within the hooks folder, so that it happens as a whole or not at all.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from review_bot import resources
from review_bot.errors import StoreError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMES = ("pre-commit", "pre-push", "commit-msg", "post-commit")
CHAINED = ".review-bot-chained"
LEGACY = ".legacy"
"""What the pre-commit framework appends to a hook that it finds, and goes on running."""
_MARKER = b"# review-bot hook shim"
_BLANKS = b"python='' entry='' options=''"


class Launch(NamedTuple):
    """How a shim starts review-bot."""

    python: str
    """Absolute path of the interpreter; empty where there is none, then the shim looks on PATH."""
    entry: str
    """Absolute path of the file that the interpreter runs."""
    strict: bool = False


class _Plan:
    """Renames to do, and what a user is told of them."""

    def __init__(self) -> None:
        self.moves: list[tuple[str, str]] = []
        self.rubbish: list[str] = []
        self.said: list[str] = []

    def discard(self, path: str) -> None:
        """Move `path` aside, to be deleted once everything else is done."""
        aside = f"{path}.review-bot-{os.getpid()}-old"
        self.moves.append((path, aside))
        self.rubbish.append(aside)


def install(folder: str, launch: Launch, *, force: bool = False) -> list[str]:
    """Put all four hooks into `folder`, what is there chained; one line a hook says what was done.

    Raises StoreError and changes nothing where a hook can't be written, or a shim was edited and `force` is not given.
    """
    plan = _Plan()
    fresh = {name: render(name, launch) for name in NAMES}
    changed = [name for name in NAMES if _plan_install(plan, folder, name, fresh[name], force=force)]
    try:
        os.makedirs(folder, exist_ok=True)
        for name in changed:
            _write(_temporary(folder, name), fresh[name])
        _move_all(plan.moves)
    except OSError as error:
        raise _failed(folder, error, "nothing was installed") from error
    finally:
        _delete(_temporary(folder, name) for name in changed)
    _delete(plan.rubbish)
    return plan.said


def uninstall(folder: str, *, force: bool = False) -> list[str]:
    """Take our hooks out of `folder` and put back what they chained; one line a hook says what was done.

    Raises StoreError and changes nothing where a shim was edited and `force` is not given.
    """
    plan = _Plan()
    for name in NAMES:
        _plan_uninstall(plan, folder, name, force=force)
    try:
        _move_all(plan.moves)
    except OSError as error:
        raise _failed(folder, error, "nothing was uninstalled") from error
    _delete(plan.rubbish)
    return plan.said


def render(name: str, launch: Launch) -> bytes:
    """The shim `name` for this machine, signed so that a later edit shows."""
    import shlex

    options = "--strict" if launch.strict else ""
    words = [os.fsencode(shlex.quote(word)) for word in (launch.python, launch.entry, options)]
    body = _template(name).replace(_BLANKS, b"python=%s entry=%s options=%s" % tuple(words), 1)
    return body.replace(_MARKER, _MARKER + b" " + _signature(body), 1)


def _template(name: str) -> bytes:
    with open(os.path.join(resources.folder("hooks"), name), "rb") as stream:
        return stream.read().replace(b"\r\n", b"\n")


def _signature(body: bytes) -> bytes:
    import hashlib

    return hashlib.sha256(body).hexdigest()[:16].encode()


def _is_ours(content: bytes) -> bool:
    return any(line.startswith(_MARKER) for line in content.split(b"\n", 4)[:4])


def _is_edited(name: str, content: bytes) -> bool:
    """True where somebody changed the shim after it was written; a copy of the template is not a change."""
    _, _, rest = content.partition(_MARKER + b" ")
    claimed = rest[:16]
    return _signature(content.replace(b" " + claimed, b"", 1)) != claimed and content != _template(name)


def _plan_install(plan: _Plan, folder: str, name: str, fresh: bytes, *, force: bool) -> bool:
    """Add what makes `name` ours; True where a new file must be written."""
    place = _place(folder, name)
    current = _content(place)
    chained = os.path.join(folder, name + CHAINED)
    if current is not None and _is_ours(current):
        _refuse_edited(place, name, current, force=force)
        if current == fresh and os.access(place, os.X_OK):
            plan.said.append(f"{name}: already in place")
            return False
        plan.discard(place)
    elif os.path.lexists(place):
        _refuse_unmovable(place, chained)
        plan.moves.append((place, chained))
    plan.moves.append((_temporary(folder, name), place))
    plan.said.append(f"{name}: installed{_chain_note(place, chained)}")
    return True


def _chain_note(place: str, chained: str) -> str:
    """What is said of the hook that was there; git never ran one that is not executable, and neither does the shim."""
    old = chained if os.path.lexists(chained) else place
    if old == place and not os.path.lexists(place):
        return ""
    if old == place and _is_ours(_content(place) or b""):
        return ""
    kept = os.path.basename(chained)
    if not os.access(old, os.X_OK):
        return f"; the hook that was there is not executable and does not run, kept as {kept}"
    return f"; the hook that was there runs first, kept as {kept}"


def _plan_uninstall(plan: _Plan, folder: str, name: str, *, force: bool) -> None:
    place = _place(folder, name)
    current = _content(place)
    chained = os.path.join(folder, name + CHAINED)
    ours = current is not None and _is_ours(current)
    if current is not None and ours:
        _refuse_edited(place, name, current, force=force)
        plan.discard(place)
    if os.path.lexists(chained) and (ours or not os.path.lexists(place)):
        plan.moves.append((chained, place))
        plan.said.append(f"{name}: the hook from before is back")
    elif ours:
        plan.said.append(f"{name}: removed")
    elif os.path.lexists(chained):
        plan.said.append(f"{name}: not ours, left alone; the hook from before lies in {chained}")


def _place(folder: str, name: str) -> str:
    """Path of the shim: that of the hook, or where the pre-commit framework moved ours and runs it from."""
    path = os.path.join(folder, name)
    for candidate in (path, path + LEGACY):
        content = _content(candidate)
        if content is not None and _is_ours(content):
            return candidate
    return path


def _content(path: str) -> bytes | None:
    """Bytes of the regular file at `path`; None for a link and anything else: those are never ours."""
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return None
        with open(path, "rb") as stream:
            return stream.read()
    except OSError:
        return None


def _refuse_edited(place: str, name: str, current: bytes, *, force: bool) -> None:
    if not force and _is_edited(name, current):
        raise StoreError("this hook of ours was edited", where=place, remedy="save your lines, then use --force")


def _refuse_unmovable(place: str, chained: str) -> None:
    if os.path.isdir(place) and not os.path.islink(place):
        raise StoreError("a folder stands where the hook belongs", where=place, remedy="move it away")
    if os.path.lexists(chained):
        raise StoreError(
            f"{os.path.basename(chained)} is there already, and so is a hook that is not ours",
            where=place,
            remedy="move one of the two away",
        )


def _temporary(folder: str, name: str) -> str:
    return os.path.join(folder, f".{name}.review-bot-{os.getpid()}-new")


def _write(path: str, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o700)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    os.chmod(path, 0o755)  # noqa: S103 - others who share the repository run the hook too


def _move_all(moves: list[tuple[str, str]]) -> None:
    """Do all renames, or undo those that were done."""
    done: list[tuple[str, str]] = []
    try:
        for source, target in moves:
            os.rename(source, target)
            done.append((source, target))
    except OSError:
        for source, target in reversed(done):
            os.rename(target, source)
        raise


def _delete(paths: Iterable[str]) -> None:
    """Remove what is there of `paths`."""
    import contextlib

    for path in paths:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _failed(folder: str, error: OSError, outcome: str) -> StoreError:
    return StoreError(
        f"{error.strerror or error}; {outcome}",
        where=error.filename or folder,
        remedy="make the hooks folder writable, or set core.hooksPath to one that is",
    )
