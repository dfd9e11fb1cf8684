"""Locks that cover less than before, and resources that nothing gives back for certain."""

from __future__ import annotations

import re

from review_bot.patterns import lazy
from review_bot.rules.delta.change import trivial
from review_bot.rules.delta.words import squeezed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.delta.outline import Function, Outline, Statement
    from review_bot.rules.match import Match

_LOCK_NAME = (
    r"[\w.$>\-()\[\]\"]*(?:[lL]ock|[mM]utex|\bmu\b|\.mu\b|[sS]emaphore|\bsem\b|LOCK|MUTEX|_cv\b"
    r"|[cC]ondition|mtx|rwm|[mM]onitor|sync)[\w]*(?:\([^()]*\))?"
)
_HOLDS = lazy(
    rf"(?:async )?with (?:.*, ?)?(?P<py>{_LOCK_NAME})(?: as \w+)?(?:, .*)?:$"
    rf"|synchronized ?\((?P<java>.*)\) ?\{{?$|lock ?\((?P<cs>.*)\) ?\{{?$"
    rf"|(?P<rb>{_LOCK_NAME})\.synchronize (?:do|\{{)|(?P<kt>{_LOCK_NAME})\.withLock ?\{{"
)
_ACQUIRES = lazy(
    rf"(?:await )?(?P<name>{_LOCK_NAME})\.(?:Lock|RLock|lock|acquire|Acquire|writeLock\(\)\.lock"
    rf"|readLock\(\)\.lock|EnterWriteLock|Enter)\((?:[^()]*)\);?$"
)
_RELEASES = r"\.(?:Unlock|RUnlock|unlock|release|Release|Exit)\("
_WHOLE = lazy(r"^(?:@\w+ )*(?:(?:public|private|protected|static|final) )*synchronized\b")
_OTHER_LOCK = lazy(
    r"[lL]ock|[mM]utex|\bmu\b|synchronized|atomic|Atomic|Queue|queue|sync\.Map|Concurrent"
    r"|[sS]emaphore|ContextVar|threading\.local|channel|<-|transaction|single_?flight|Once\b"
    r"|immutable|copy\("
)
_QUIET = lazy(
    r"(?:\w+\.)*(?:log(?:ger|ging)?|LOG(?:GER)?|console|slog|metrics?|statsd|print|println"
    r"|fmt\.Print\w*|System\.out)\b|(?:time|Thread)\.sleep|return$|pass$"
)
_STATE = lazy(
    r"\b(?:self|this|cls|@@?\w+)\b[.\[]?|\bglobal\b|\w+\[|\b[a-z_]\w*\.\w+ ?(?:[-+*/|&]?=(?!=)|\+\+|--|\()"
    r"|\b[A-Z_]{3,}\b|\+\+|--|\+=|-="
)


def lock_scope_shrunk(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Statements that ran under a lock, are still there, and run without one."""
    if file.view.file.deleted or not _may_matter(file, names):
        return
    for statement in file.old.statements:
        if not _is_touched(file, statement):
            continue
        covered = _covered(file.old, statement, names)
        if covered:
            yield from _uncovered(file, statement, covered, names)


_WORDS = ("lock", "mutex", "mu.", "synchronized", "semaphore", "monitor")


def _may_matter(file: FileChange, names: Sequence[str]) -> bool:
    """True where the change speaks of a lock, or moves lines in or out of a block of a file that has one."""
    words = (*_WORDS, *(name.lower() for name in names))
    if any(word in file.view.removed_lower or word in file.view.added_lower for word in words):
        return True
    removed = {text.strip(): text for _, text in file.view.removed}
    if not any(removed.get(text.strip(), text) != text for _, text in file.view.added):
        return False
    whole = (file.view.whole("old") or "\n".join(file.view.lines("old").values())).lower()
    return any(word in whole for word in words)


def _is_touched(file: FileChange, statement: Statement) -> bool:
    """Cheap question first: is a line at or near the statement removed?"""
    return any(statement.start <= number <= statement.end + 200 for number in file.view.removed_numbers)


def _covered(side: Outline, statement: Statement, names: Sequence[str]) -> list[Statement]:
    """The statements that run under the lock that `statement` takes."""
    if _HOLDS.match(statement.code) or (
        names and re.match(r"(?:async )?with\b", statement.code) and any(name in statement.code for name in names)
    ):
        return list(side.inside(statement))
    if _WHOLE.match(statement.code) or any(
        one.header.position == statement.position and any("synchronized" in d.code.lower() for d in one.decorators)
        for one in side.functions
    ):
        return list(side.inside(statement))
    taken = _ACQUIRES.match(statement.code)
    if not taken:
        return []
    released = re.compile(rf"(?:defer )?{re.escape(taken['name'])}{_RELEASES}")
    found: list[Statement] = []
    ended = False
    for other in side.statements[statement.position + 1 :]:
        if other.indent < statement.indent:
            break
        if released.match(other.code) and other.indent <= statement.indent and not other.code.startswith("defer"):
            break
        if ended and other.indent <= statement.indent and not other.code.startswith("}"):
            break
        # A lock that `finally` gives back is held up to the end of that block.
        ended = ended or (released.match(other.code) is not None and _in_finally(side, other))
        found.append(other)
    return [
        one
        for one in found
        if not re.search(_RELEASES, one.code) and not re.match(r"(?:\} ?)?(?:try|finally)\b", one.code)
    ]


def _uncovered(file: FileChange, lock: Statement, covered: list[Statement], names: Sequence[str]) -> Iterator[Match]:
    function = file.old.function_at(lock.start)
    after = file.pairing.function(function) if function else None
    if function is not None and after is None:
        return
    body = ([after.header, *file.new.body(after)]) if after else list(file.new.statements)
    safe = _safe(file.new, body, names)
    if any(
        file.is_added(one)
        and not re.search(_RELEASES, one.code)
        and _OTHER_LOCK.search(one.code)
        and one.position not in {o.position for o in body if _covered(file.new, o, names)}
        for one in body
    ) or _decorated(after, function):
        return
    outside: dict[str, Statement] = {}
    for one in body:
        if one.position not in safe:
            outside.setdefault(squeezed(one.text), one)
    inside = {squeezed(one.text) for one in body if one.position in safe}
    for old in covered:
        text = squeezed(old.text)
        new = outside.get(text)
        if new is None or text in inside or trivial(old.code) or _QUIET.match(old.code) or not _shared(old, covered):
            continue
        if function is not None and _on_argument(old, function):
            continue
        if _lock_gone(file, lock):
            return
        yield _at(file, lock, new, old, function)
        return


def _at(file: FileChange, lock: Statement, new: Statement, old: Statement, function: Function | None) -> Match:
    """At the lock where it went, at the statement where that moved, else at what was removed around it."""
    captures = {"A": _lock_name(lock), "B": old.text}
    if file.is_removed(lock):
        return file.match("old", lock, **captures)
    if file.is_added(new):
        return file.match("new", new, **captures)
    first, last = (function.start, function.end) if function else (lock.start, old.end)
    number = next((n for n, _ in file.removed if first <= n <= last), lock.start)
    return file.match_line("old", number, **captures)


def _safe(side: Outline, body: Sequence[Statement], names: Sequence[str]) -> set[int]:
    return {one.position for holder in body for one in _covered(side, holder, names)}


def _decorated(after: Function | None, function: Function | None) -> bool:
    return after is not None and function is not None and len(after.decorators) > len(function.decorators)


def _shared(statement: Statement, covered: Sequence[Statement]) -> bool:
    """True for what touches state that others see: local work may leave a lock."""
    if not _STATE.search(statement.code):
        return False
    local = re.match(r"(?:const |let |var |final |auto |\w+ )?(\w+)(?:, ?\w+)* :?= (.*)$", statement.code)
    if local and not re.search(r"\b(?:self|this|cls)\b|@\w|\[|\b[A-Z_]{3,}\b", local[2]):
        return (
            not re.search(r"\.", local[1])
            and bool(re.search(r"\w+\.\w+", local[2]))
            and _touched_by_others(local[2], statement, covered)
        )
    return True


def _on_argument(statement: Statement, function: Function) -> bool:
    """True for a call on what the caller handed in: it is the caller's."""
    found = re.match(r"(?:if ?\()?(?P<name>[a-z]\w*)\.\w+\(", statement.code)
    if not found or found["name"] in ("self", "this", "cls"):
        return False
    arguments = function.header.code.partition("(")[2]
    rest = statement.code[found.end() :]
    return bool(re.search(rf"\b{found['name']}\b", arguments)) and not re.search(r"\b(?:self|this)\b", rest)


def _touched_by_others(value: str, statement: Statement, covered: Sequence[Statement]) -> bool:
    attributes = set(re.findall(r"\b\w+\.\w+(?!\w*\()", value))
    return any(
        attribute in one.code for attribute in attributes for one in covered if one.position != statement.position
    )


def _lock_name(lock: Statement) -> str:
    found = _HOLDS.match(lock.code) or _ACQUIRES.match(lock.code)
    return next((group for group in found.groups() if group), lock.text) if found else lock.text


def _lock_gone(file: FileChange, lock: Statement) -> bool:
    """True where the lock itself was given up and something that needs none took its place."""
    name = re.split(r"[.>]", _lock_name(lock).split("(")[0])[-1]
    whole = "\n".join(file.view.lines("new").values())
    if not name or re.search(rf"\b{re.escape(name)}\b", whole):
        return False
    return bool(_OTHER_LOCK.search(file.view.added_text))


_OPENED = (
    r"(?:(?<![\w.])open|\.open|urlopen|socket\.socket|socket\.create_connection|sqlite3\.connect"
    r"|\w*[cC]onnect(?:ion)?|NamedTemporaryFile|TemporaryFile|TemporaryDirectory|ZipFile|TarFile"
    r"|tarfile\.open|zipfile\.ZipFile|Popen"
    r"|ThreadPoolExecutor|ProcessPoolExecutor|Session|ClientSession|AsyncClient|Client|\w*Pool"
    r"|gzip\.open|mmap\.mmap|os\.scandir|scandir|fdopen|\w*Stream|\w*Reader|\w*Writer|cursor|begin"
    r"|transaction|atomic)"
)
_WITH = lazy(
    rf"(?:async )?with (?P<what>.*\b{_OPENED}\(.*\)|closing\(.*\)|contextlib\.closing\(.*\)"
    rf"|\w+)(?: as (?P<name>\w+))?:?$"
)
_TRY_WITH = lazy(r"try ?\((?P<what>.*)\) ?\{$|using ?(?:var )?\(?(?P<cs>.*)\)?")
_DEFER = lazy(
    r"defer (?P<what>[\w.]+)\.(?P<how>Close|Stop|Release|Cleanup|Done|Rollback|Flush|Unlock|RUnlock"
    r"|Cancel)\(|defer (?P<fn>cancel|cleanup|stop|teardown|release|os\.Remove\w*|close)\("
)
_CLOSE = lazy(
    r"(?:await )?(?P<what>[\w.$]+)\.(?:close|Close|shutdown|dispose|Dispose|release|disconnect|aclose"
    r"|terminate|cleanup|unref|destroy)\(\)?.*;?$"
)
_ENDS = lazy(
    r"\bwith\b|\bclose\w*\(|Close\(|ExitStack|enter_context|\busing\b|\btry ?\(|read_text|read_bytes"
    r"|write_text|write_bytes|addCleanup|Cleanup\(|atexit|finalize|defer\b|shutdown\(|dispose"
    r"|\.Go\(|release\(|finally|closing|weakref|disconnect|teardown|yield",
    re.IGNORECASE,
)


def resource_guard_removed(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Files, connections and the like that are still opened, without what closed them in every case."""
    if file.view.file.deleted:
        return
    for statement in file.old.statements:
        if statement.start not in file.view.removed_numbers or (
            file.pairing.became(statement) is not None and _still(file, statement)
        ):
            continue
        name = _guards(file, statement, names)
        if (
            name is not None
            and _opened_still(file, statement, name)
            and not file.change.moved(file.view.lines("old")[statement.start])
        ):
            yield file.match("old", statement, A=statement.text.rstrip("{: "))


def _still(file: FileChange, statement: Statement) -> bool:
    new = file.pairing.became(statement)
    return new is not None and bool(_ENDS.search(new.code))


def _guards(file: FileChange, statement: Statement, names: Sequence[str]) -> str | None:
    """The name or text of the resource that a statement gives back for certain; None for other statements."""
    code = statement.code
    found = _WITH.match(code)
    if (
        found
        and "lock" not in code.lower()
        and not re.search(r"suppress|raises|patch|assert|warns|redirect|subTest|timer|tracer|span|scope", code)
    ):
        if re.search(_OPENED + r"\(|closing\(", code):
            return found["name"] or _callee(found["what"])
        return None
    for shape in (_TRY_WITH, _DEFER):
        found = shape.match(code)
        if found:
            text = next((group for group in found.groups() if group), "")
            return _target(text) or text.split(".")[0]
    found = _CLOSE.match(code)
    if found and (
        _in_finally(file.old, statement)
        or (names and any(name in code for name in names))
        or _only_close(file, statement)
    ):
        return found["what"].split(".")[-1] if found["what"].split(".")[-1] not in ("self", "this") else None
    return None


def _target(text: str) -> str:
    found = re.match(r"(?:final |var )*(?:[\w.<>\[\]?]+ )?(\w+) ?=", text)
    return found[1] if found else ""


def _callee(text: str) -> str:
    found = re.search(r"([\w.]+)\(", text)
    return found[1] if found else text


def _in_finally(side: Outline, statement: Statement) -> bool:
    return any(re.match(r"(?:\} ?)?(?:finally|ensure)\b", one.code) for one in side.ancestors(statement))


def _only_close(file: FileChange, statement: Statement) -> bool:
    """True for a close that stands by itself behind what its function opened."""
    found = _CLOSE.match(statement.code)
    function = file.old.function_at(statement.start)
    if not found or function is None:
        return False
    name = re.escape(found["what"])
    opened = re.compile(rf"(?:(?:const|let|var|\w+) )?{name}(?:, ?\w+)? ?:?= ?.*\b{_OPENED}\(")
    return any(opened.match(one.code) for one in file.old.body(function))


def _opened_still(file: FileChange, statement: Statement, name: str) -> bool:
    """True where the resource is opened after the change as well, and nothing new closes it."""
    function = file.old.function_at(statement.start)
    after = file.pairing.function(function) if function else None
    if function is not None and after is None:
        return False
    body = list(file.new.body(after)) if after else list(file.new.statements)
    added = [one for one in body if file.is_added(one)]
    if any(_ENDS.search(one.code) for one in added) or any(re.match(r"return\b.*\bopen", one.code) for one in added):
        return False
    return _is_opened(file, statement, name, body)


def _is_opened(file: FileChange, statement: Statement, name: str, body: Sequence[Statement]) -> bool:
    last = re.escape(name.rsplit(".", maxsplit=1)[-1].rstrip("("))
    if (
        statement.code.startswith("defer")
        and re.match(r"[a-z]+$", name)
        and name in ("cancel", "stop", "cleanup", "release", "teardown", "close")
    ):
        return any(re.search(rf"\b{last}\b", one.code) for one in body)
    made = re.compile(rf"\b{last}\b(?:, ?\w+)? ?:?= ?.*\(|{last}\(")
    if not any(made.search(one.code) for one in body):
        return False
    handed_over = re.compile(rf"return (?:.*[(, ])?{last}(?:$|[;,)])|(?:self|this)\.\w+ = {last}\b|yield {last}\b")
    return not any(handed_over.match(one.code) for one in body if file.is_added(one))
