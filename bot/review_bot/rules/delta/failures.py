"""Failures that nobody notices any longer: wider handlers, dropped checks, promises that nobody waits for."""

from __future__ import annotations

import re

from review_bot.domain.paths import is_test
from review_bot.patterns import lazy
from review_bot.rules.delta.masking import without_comments
from review_bot.rules.delta.words import squeezed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.delta.outline import Function, Outline, Statement
    from review_bot.rules.match import Match
    from review_bot.rules.view import View

_HANDLER = lazy(
    r"(?:\} ?)?(?:except\b(?P<py>[^:]*):|catch ?\((?P<c>[^)]*)\)|rescue\b(?P<rb>.*)"
    r"|(?:with )?(?:contextlib\.)?suppress\((?P<su>[^)]*)\))"
)
_WIDTH = {
    **dict.fromkeys(("BaseException", "Throwable", "", "\\Throwable", "..."), 3),
    **dict.fromkeys(("Exception", "StandardError", "System.Exception", "\\Exception"), 2),
    **dict.fromkeys(("RuntimeException", "OSError", "IOError", "Error", "std::exception"), 1),
}
"""How much an exception stands for: 3 for everything, 0 for one kind of error."""


def exception_widened(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Handlers that catch everything where they caught one kind of error."""
    if file.view.file.deleted:
        return
    for old, new in _handlers(file):
        first, second = _caught(old), _caught(new)
        if first is None or second is None or file.language in ("javascript", "typescript"):
            continue
        before, now = max(map(_width, first)), max(map(_width, second))
        if now > before and now >= 2 and not _passes_on(file.new, new):
            yield file.match("new", new, A=_shown(first), B=_shown(second))


def _handlers(file: FileChange) -> Iterator[tuple[Statement, Statement]]:
    """Old and new handlers of the same block: paired by their text, else the only ones of an edit."""
    seen = set()
    for old, new in file.pairing.pairs:
        if _HANDLER.match(old.code) and _HANDLER.match(new.code):
            seen.add(old.position)
            yield old, new
    before = {one.start: one for one in file.old.statements if _HANDLER.match(one.code) and one.position not in seen}
    now = {one.start: one for one in file.new.statements if _HANDLER.match(one.code)}
    for edit in file.edits if before and now else ():
        olds = [before[number] for number, _ in edit.removed if number in before]
        news = [now[number] for number, _ in edit.added if number in now]
        if len(news) == 1 and olds and news[0].indent == olds[0].indent:
            yield olds[0], news[0]


def _caught(statement: Statement) -> list[str] | None:
    found = _HANDLER.match(statement.code)
    if not found:
        return None
    text = next((group for group in found.groups() if group is not None), "")
    text = re.sub(r"\bas\b.*|=>.*", "", text).strip()
    text = re.sub(r"^(?:final )?([\w.\\:| ]+?)\s+[&$]?\$?\w+$", r"\1", text) if found["c"] is not None else text
    return [one.strip(" ()") for one in re.split(r"[,|]", text.strip("() ,"))] or [""]


def _width(name: str) -> int:
    return _WIDTH.get(name, _WIDTH.get(name.rsplit(".", maxsplit=1)[-1], 0))


def _shown(names: Sequence[str]) -> str:
    return ", ".join(one or "everything" for one in names)


def _passes_on(side: Outline, handler: Statement) -> bool:
    """True where the wider handler hands every error on: it cleans up or translates, and swallows nothing."""
    block = side.block(handler)
    last = block[-1].code if block else ""
    return bool(re.match(r"(?:raise|throw)\b|(?:six\.)?(?:raise_from|reraise)\(", last)) or (
        not block and bool(re.search(r"\b(?:raise|throw)\b", handler.code))
    )


_GO_CHECK = lazy(r"if (?:.*; )?\w*[eE]rr\w* != nil\b|if !?\w*ok\w* \{")
_CHECKS = lazy(
    r"\.raise_for_status\(|\bcheck\s*=\s*True\b|\bcheck_call\(|\bcheck_output\(|\bcheck_returncode\("
    r"|(?<![\w-])set\s+-[a-z]*e[a-z]*\b|set -o (?:pipefail|errexit)|\|\|\s*(?:exit|return|die)\b"
    r"|\.error_for_status\(|EnsureSuccessStatusCode\("
    r"|\.catch\(|\.on\(\s*[\"']error[\"']|--fail\b|\bcurl\b.*\s-\w*f\w*\s|ON_ERROR_STOP"
    r"|assert\s+\w*(?:rc|returncode|status|ret)\w*\s*==\s*0|raise_on_error\s*=\s*True"
    r"|raise_errors\s*=\s*True|raise_exceptions\s*=\s*True|raise_exception\s*=\s*True|strict_errors"
    r"|\.orThrow|orElseThrow\(|\.unwrap_or_else\("
)
_STATUS = lazy(
    r"if\b.*(?:\.ok\b|status_code|\.status\b|returncode|StatusCode|exitCode|exit_code|\brc\b|\berr\b"
    r"|error|errno|\$\?|response\.code)"
)
_STILL_CHECKS = lazy(
    r"raise_for_status|check\s*=\s*True|check_call|check_output|check_returncode|\.ok\b|status_code"
    r"|\.status\b|statusCode|StatusCode|returncode|is_success|is_error|set -|errexit|pipefail"
    r"|\|\|\s*(?:exit|die|return|\{|fail)|\.catch\b|try\b|catch\b|except\b|\.then\(.*,"
    r"|error_for_status|EnsureSuccess|\bif !|expect\(|\?;|[eE]rr\b|rescue|onerror|handleError"
    r"|event_hooks|raise_exception|on\w*[eE]rror|\bproc\.wait|allSettled|await\b|--fail|\s-\w*f"
)


def error_check_dropped(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Checks of errors and statuses that are gone while the call they watched is still made."""
    if file.view.file.deleted:
        return
    seen: set[int] = set()
    for old, new in file.pairing.pairs:
        found = None if file.language == "go" else _check(file, old, names)
        text = without_comments(new.text, file.language)
        if found and found not in text and not _watched(text, found) and not _elsewhere(file, old, found):
            seen.add(old.position)
            yield file.match("old", old, found.strip("( "), A=found.strip("( .|"))
        elif _error_ignored(file, old, new):
            yield file.match("new", new, A="the error")
    for statement in file.pairing.gone:
        found = _check(file, statement, names)
        if (
            found
            and statement.position not in seen
            and _call_stays(file, statement, found)
            and not _elsewhere(file, statement, found)
        ):
            yield file.match("old", statement, found.strip("( "), A=found.strip("( .|"))


def _check(file: FileChange, statement: Statement, names: Sequence[str]) -> str | None:
    text = without_comments(statement.text, file.language)
    if re.match(r"(?:async )?(?:def|function|func)\b|import\b|from\b", text):
        return None
    if file.language == "go":
        found = _GO_CHECK.match(statement.code)
        return found[0] if found else None
    found = _CHECKS.search(text)
    if found and not (found[0].startswith(".on(") and file.language not in ("javascript", "typescript")):
        return found[0]
    named = next((name for name in names if re.search(rf"(?<!\w){re.escape(name)}\s*\(", text)), None)
    if named:
        return named
    status = _STATUS.match(statement.code)
    exits = [
        one
        for one in file.old.inside(statement)
        if re.match(r"(?:raise|throw|return|exit|sys\.exit|die|process\.exit|panic)\b", one.code)
    ]
    return (
        status[0]
        if status
        and (exits or re.search(r"\b(?:throw|raise|exit)\b", text))
        and "status" in f"{status[0]} status"
        and re.search(r"\.ok\b|status|returncode|exit|\$\?|\brc\b", status[0])
        else None
    )


def _watched(text: str, found: str) -> bool:
    """True where the new statement still looks at the outcome in another way."""
    if "check_" in found:
        return bool(re.search(r"check\s*=\s*True|check_", text))
    if found.startswith(("if", "assert")):
        return bool(_STILL_CHECKS.search(text))
    if "set" in found and re.search(r"set\s+-\w*e|errexit|pipefail", text):
        return "pipefail" not in found or "pipefail" in text
    if "||" in found:
        return "||" in text or bool(re.match(r"if\b", text))
    if "catch(" in found or ".on(" in found:
        return bool(re.search(r"^return\b|\.catch|await|onError|handle|pipeline\(", text))
    if "curl" in found or "--fail" in found:
        return bool(re.search(r"--fail|\s-\w*f", text)) or "curl" not in text
    if "check" in found:
        return bool(re.search(r"check\s*=|check_", text)) or ("run(" not in text and "subprocess" not in text)
    return False


def _elsewhere(file: FileChange, statement: Statement, found: str) -> bool:
    """True where the function gained another check, or lost what was checked."""
    if (
        file.change.moved(file.view.lines("old").get(statement.start, ""))
        and statement.start == statement.end
        and not found.startswith("if")
    ):
        return True
    function = file.old.function_at(statement.start)
    after = file.pairing.function(function) if function else None
    if function is not None and after is None:
        return True
    body = file.new.body(after) if after else file.new.statements
    added = [one for one in body if file.is_added(one) and one.position != _index(file, statement)]
    helpers = file.change.functions_added()
    asked = re.match(r"if ?\(?!?(?:not )?([a-zA-Z_]\w*)", statement.code)
    if asked and any(re.match(rf"if\b.*\b{asked[1]}\b", one.code) for one in added):
        return True
    if not found.startswith("if") and any(found in without_comments(one.text, file.language) for one in added):
        return True
    for one in added:
        if (
            file.language == "go"
            and re.search(r"[eE]rr\w*\b", one.code)
            and re.search(r"!= nil|return|errors|fatal|Fatal|must|check|NoError|panic|log", one.code)
        ):
            return True
        if file.language != "go" and _STILL_CHECKS.search(without_comments(one.text, file.language)):
            return True
        if any(
            name in helpers or re.search(r"check|ensure|raise|verify|handle|must|expect|validate", name, re.IGNORECASE)
            for name in re.findall(r"([A-Za-z_]\w*)\s*\(", one.code)
        ):
            return True
    return False


def _index(file: FileChange, statement: Statement) -> int:
    new = file.pairing.became(statement)
    return new.position if new else -1


_BY_ARGUMENT = ("check", "||", "curl", "--fail", "fail", "raise_")


def _call_stays(file: FileChange, statement: Statement, found: str) -> bool:
    """True where what was checked is still done: the same object is used, or the statement before is still there."""
    function = file.old.function_at(statement.start)
    after = file.pairing.function(function) if function else None
    if function is not None and after is None:
        return False
    body = file.new.body(after) if after else file.new.statements
    if file.language == "go":
        return _go_call_stays(file, statement, body)
    if re.match(r"set\b", statement.text):
        following = file.old.after(statement)
        return following is not None and following.start not in file.view.removed_numbers
    if found.startswith(_BY_ARGUMENT):
        return False
    if found.startswith(".catch") and re.match(r"(?:return|await)\b", statement.code):
        # Whoever called gets to know.
        return False
    if found.startswith(".catch"):
        made = statement.code.partition(".catch")[0].strip()
        return re.search(r"\.catch\(\s*(?:async\b|\w+\s*[,)]|\w+ =>|\()", statement.code) is not None and any(
            made in one.code for one in body
        )
    subject = re.sub(r"^(?:if|assert)\b[ (]*(?:not\b)?", "", statement.code).strip(" (!")
    receiver = re.match(r"(?:self\.|this\.|await )?([A-Za-z_$][\w$]*)", subject)
    text = " ".join(one.code for one in body)
    return receiver is not None and re.search(rf"(?<!\w){re.escape(receiver[1])}(?!\w)", text) is not None


def _go_call_stays(file: FileChange, statement: Statement, body: Sequence[Statement]) -> bool:
    """True where a call is made as before and its error has a name that nobody asks for."""
    own = re.search(r"if (?:\w+ :?= )?(?P<call>[\w.()]+?)\(.*?; ", statement.code)
    if own:
        return any(re.match(rf"(?:_ :?= )?{re.escape(own['call'])}\(", one.code) for one in body)
    before = file.old.statements[statement.position - 1] if statement.position else None
    named = re.search(r"(\w*[eE]rr\w*|ok) :?= ", before.code) if before else None
    if before is None or named is None or before.start in file.view.removed_numbers:
        return False
    same = [index for index, one in enumerate(body) if one.code == before.code]
    return bool(same) and not _looked_at(named[1], body[same[0] + 1 :])


def _looked_at(name: str, following: Sequence[Statement]) -> bool:
    """True where a variable is used before it gets another value in any case."""
    depth = following[0].indent if following else 0
    for one in following:
        if one.indent <= depth and re.search(rf"\b{name}\b :?= |, {name} :?= ", one.code):
            return False
        if re.search(rf"\b{name}\b", one.code):
            return True
    return False


_BLANK = lazy(r"(?:^|, ?)_ ?:?= ?(?P<call>[\w.]+)\(")


_BARE = lazy(r"(?P<call>[\w.]+)\(")


def _gives_no_error(file: FileChange, call: str) -> bool:
    """True where the change writes a function of that name without an error among its results."""
    found = file.change.functions_added().get(call.rsplit(".", 1)[-1], [])
    return any("error" not in function.header.text for _, function in found)


def _error_ignored(file: FileChange, old: Statement, new: Statement) -> bool:
    """True where an error that had a name in Go is thrown away."""
    if file.language != "go":
        return False
    own = re.match(r"if \w+ :?= (?P<call>[\w.()]+?)\(.*; \w*[eE]rr\w* != nil", old.code)
    if own:
        return bool(re.match(rf"(?:_ :?= )?{re.escape(own['call'])}\(", new.code))
    bare = _BARE.match(new.code)
    if bare:
        same = re.match(rf"(?:_, )*\w*[eE]rr\w* :?= {re.escape(bare['call'])}\(", old.code)
        return same is not None and not _gives_no_error(file, bare["call"])
    second = _BLANK.search(new.code)
    if not second or not re.search(r"\berr\w* ?:?=", old.code) or _BLANK.search(old.code):
        return False
    return f"{second['call']}(" in old.code and not re.search(r"\berr\b", new.code)


_AWAIT = lazy(r"\bawait\s+(?P<call>[\w$.]+(?:\([^()]*\))?(?:\.[\w$]+)*)\s*(?:<[^>]*>)?\(")
_COLLECTED = lazy(
    r"create_task|ensure_future|gather|Promise\.(?:all|race|any|allSettled)|asyncio\.(?:run|wait"
    r"|shield|timeout)|run_until_complete|\.then\(|\.catch\(|waitFor|void\s|defer|yield|TaskGroup"
    r"|start_soon|Task\.(?:Run|WhenAll|WhenAny)|run_coroutine_threadsafe|\bsync_to_async"
    r"|async_to_sync|append\(|push\(|add\(|GetAwaiter|\.Result\b|\.Wait\("
)


def await_dropped(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Calls that were awaited, are still made, and are not awaited."""
    if file.view.file.deleted:
        return
    sync = _no_longer_async(file)
    for old, new in file.pairing.pairs:
        if not _AWAIT.search(old.code):
            continue
        for found in _AWAIT.finditer(old.code):
            if _not_awaited(found["call"], new) and not _fine(file, new, found["call"], sync):
                yield file.match("new", new, found["call"], A=found["call"])
                break
    yield from _bare_iterations(file)


def _bare_iterations(file: FileChange) -> Iterator[Match]:
    for old, new in file.pairing.pairs:
        if (
            re.match(r"async (?:with|for)\b", old.code)
            and re.match(r"(?:with|for)\b", new.code)
            and squeezed(old.code.removeprefix("async ")) == squeezed(new.code)
        ) and not _fine(file, new, "", _no_longer_async(file)):
            yield file.match("new", new, A=old.text.split("(")[0])


def _no_longer_async(file: FileChange) -> set[str]:
    """Names of functions of the change that were async, or gave a promise, and do not any longer."""
    views = [one.view for one in file.change.files]
    return file.change.once("sync", lambda: {name for view in views for name in _made_sync(view) | _no_promise(view)})


def _made_sync(view: View) -> set[str]:
    removed = re.findall(
        r"\basync\s+(?:def|function\*?|fn)?\s*([\w$]+)\s*[(<]|([\w$]+)\s*[:=]\s*async\b",
        "\n".join(text for _, text in view.removed),
    )
    return {
        name
        for name in {first or second for first, second in removed}
        if re.search(
            rf"(?<!async )(?:\bdef|\bfunction|\bfn)\s+{re.escape(name)}\b"
            rf"|(?<!async )\b{re.escape(name)}\s*(?:\(|[:=]\s*(?!async))",
            view.added_text,
        )
    }


_PROMISED = lazy(r"^\s*(?:readonly |public |static )*([\w$]+)\??\s*[:(<]")


def _no_promise(view: View) -> set[str]:
    """Names that were declared to give a promise, and are declared without one."""
    before = (_PROMISED.match(text) for _, text in view.removed if "Promise<" in text)
    now = (_PROMISED.match(text) for _, text in view.added if "Promise<" not in text)
    promised = {found[1] for found in before if found}
    return {found[1] for found in now if found and found[1] in promised} if promised else set()


def _not_awaited(call: str, new: Statement) -> bool:
    plain = re.sub(r"\([^()]*\)", "", call)
    if re.search(rf"\bawait (?:[\w$.]+(?:<[^>]*>)?)?\([^;]*\b{re.escape(plain)}\s*\(", new.code):
        return False
    code = re.sub(r"\([^()]*\)(?=\.)", "", new.code)
    return bool(re.search(rf"(?<![\w$.]){re.escape(plain)}\s*(?:<[^>]*>)?\(", code)) and not re.search(
        rf"await\s+(?:\(\s*)?{re.escape(plain)}\s*(?:<[^>]*>)?\(", code
    )


def _fine(file: FileChange, new: Statement, call: str, sync: set[str]) -> bool:
    if (
        _COLLECTED.search(new.code)
        or re.match(r"async (?:with|for)\b", new.code)
        or call.rsplit(".", maxsplit=1)[-1] in sync
    ):
        return True
    function = file.new.function_at(new.start)
    before = file.pairing.before(function) if function else None
    if (
        function
        and before
        and re.search(r"\basync\b", before.header.code)
        and not re.search(r"\basync\b", function.header.code)
    ):
        return True
    if re.match(r"return\b", new.code) and file.language != "python":
        return not any(re.match(r"try\b", one.code) for one in file.new.ancestors(new))
    if call.partition(".")[0] in _exchanged_objects(file):
        return True
    return _awaited_later(file, new, function) or _is_plain(file, new, function)


def _is_plain(file: FileChange, new: Statement, function: Function | None) -> bool:
    """True in a test for a result of which members are used: of a promise it would not have them."""
    target = re.match(r"(?:const |let |var )?(\w+)\s*=", new.code) if is_test(file.path) else None
    if not target:
        return False
    used = re.compile(rf"(?<![\w.]){target[1]}[?!]?\.(?!then\b|catch\b|finally\b)\w")
    body = file.new.body(function) if function else file.new.statements
    return any(one.position > new.position and used.search(one.code) for one in body)


def _exchanged_objects(file: FileChange) -> set[str]:
    """Variables of which the change says anew what they are: a blocking client for an asynchronous one."""
    pattern = re.compile(r"(?:^|\s)(?:as\s+)?([A-Za-z_]\w*)\s*=\s*|\bas\s+([A-Za-z_]\w*)\s*:|import\s+([\w.]+)")
    names: set[str] = set()
    for old, new in file.pairing.pairs:
        if re.search(r"[aA]sync|aio|Promise|await", old.code) and not re.search(
            r"[aA]sync|aio|Promise|await", new.code
        ):
            names |= {name for found in pattern.findall(new.code) for name in found if name}
    own = {
        name
        for old, new in file.pairing.pairs
        if _AWAIT.search(old.code)
        for found in pattern.findall(new.code)
        for name in found
        if name
    }
    return names - own


def _awaited_later(file: FileChange, new: Statement, function: Function | None) -> bool:
    target = re.match(r"(?:const |let |var )?(\w+)\s*(?::[^=]+)?=(?!=)", new.code)
    if not target:
        return False
    body = file.new.body(function) if function else file.new.statements
    pattern = re.compile(rf"\bawait\b.*\b{re.escape(target[1])}\b|{_COLLECTED.pattern}.*\b{re.escape(target[1])}\b")
    return any(one.position > new.position and pattern.search(one.code) for one in body)
