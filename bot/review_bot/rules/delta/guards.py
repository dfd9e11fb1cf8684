"""Conditions that protect what follows them: gone, emptied, or letting everybody through."""

from __future__ import annotations

import re

from review_bot.patterns import lazy
from review_bot.rules.delta.branches import (
    ASSIGNED,
    ELSE,
    ENVIRONMENT,
    EXIT,
    IF,
    POSTFIX,
    RAISES,
    Guard,
    guard_of,
    parted,
    refuses,
)
from review_bot.rules.delta.change import trivial
from review_bot.rules.delta.words import names as names_in
from review_bot.rules.delta.words import similarity, squeezed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.delta.outline import Function, Outline, Statement
    from review_bot.rules.match import Match

_WHO = "auth|admin|perm|owner|login|role|csrf|token|access|allow|forbid|secur|valid|verif|sign|staff|session|trust"
_STRICT = lazy(_WHO, re.IGNORECASE)
_SECURITY = lazy(
    rf"{_WHO}|logged|priv|safe|limit|max|min|size|len|exceed|quota|expire|lock|enabled|banned|active|escape|null|none"
    r"|nil|empty",
    re.IGNORECASE,
)
_CHECKING = lazy(
    r"(?:^|_|\b)(?:check|ensure|require|verify|validate|assert|guard|must|authori[sz]e|permit|allow"
    r"|deny|is_valid|raise_if"
    r"|throw_if|abort_if|expect|reject|enforce|precondition|sanitize|parse|clean|normalize)",
    re.IGNORECASE,
)
_CONDITIONAL = lazy(
    r"\b(?:if|elif|unless|while|assert|match|case|when|switch|guard|and|or|except|catch|rescue"
    r"|require|ensure|filter)\b|&&|\|\||\?"
)
_CALL = lazy(r"([A-Za-z_$][\w$]*)\s*\(")


def guard_removed(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Guards of which condition and exit are gone while what they protected is still there."""
    if file.view.file.deleted or not file.removed:
        return
    removed = {number for number, _ in file.removed}
    for statement in file.old.statements:
        if statement.start in removed:
            guard = guard_of(file.old, statement)
            if (guard and _is_lost(file, guard)) or _unwrapped(file, statement):
                yield file.match("old", statement, A=statement.text.rstrip("{: "))
            elif _emptied(file, statement):
                where = file.old.statements[statement.parent].text.rstrip("{: ")
                said = (
                    f"`{where[:60]}` is still asked, but `{statement.text[:60]}` is gone: nothing is refused any more"
                )
                yield file.match("old", statement, "", said)
    for old, new in _one_for_one(file):
        if _lets_through(file, old, new) and not _emptied(file, old):
            yield file.match("new", new, "", f"This answer refused (`{old.text[:60]}`) and lets everybody through now")


_REFUSES = lazy(
    r"(?:return\b.*|raise\b.*|throw\b.*|[\w.]+\(.*)(?:[uU]nauthori[sz]ed|[fF]orbidden|Permission|[dD]enied|\b40[13]\b)",
)
_PASSES_ON = lazy(
    r"(?:return )?(?:await )?(?:next|handler|[\w.]*\.(?:doFilter|proceed|next|ServeHTTP))\(|pass$|return [tT]rue;?$"
)


def _one_for_one(file: FileChange) -> Iterator[tuple[Statement, Statement]]:
    """Statements of one line that took the place of another one."""
    for edit in file.edits:
        if len(edit.removed) == len(edit.added) == 1:
            old, new = file.old.at(edit.removed[0][0]), file.new.at(edit.added[0][0])
            if old is not None and new is not None:
                yield old, new


_STOPS = lazy(r"(?:raise|throw|panic!?\(|bail!|return (?:[\w.]*\.)?(?:Err\w*|err)\b|return \w+, (?:[\w.]*\.)?[eE]rr)")
_NOTES = lazy(
    r"pass\b|;?$|(?:await )?(?:[\w.$]*\b(?:log|logger|logging|console|slog|glog|klog|LOG|Log|LOGGER|log\w*)\.\w+"
    r"|print\w*|puts|echo|fmt\.Print\w*|System\.(?:out|err)\.print\w*|\w*print(?:ln|f)?!)[ (]|print\b"
)
"""What only speaks of what was found."""


def _emptied(file: FileChange, statement: Statement) -> bool:
    """True for the way out of an `if` that still asks, and at the most writes a line about it now."""
    if statement.parent < 0 or not (_STOPS.match(statement.code) or _REFUSES.match(statement.code)):
        return False
    parent = file.old.statements[statement.parent]
    following = file.old.after(statement)
    if not IF.match(parent.code) or (following and following.parent == statement.parent) or file.is_removed(parent):
        return False
    if ENVIRONMENT.search(parent.code) or file.change.moved(file.view.lines("old").get(statement.start, "")):
        return False
    now = file.unchanged(parent)
    after = file.new.after(now) if now else None
    if now is None or after is None or ELSE.match(after.code):
        return False
    block = list(file.new.inside(now))
    fresh = [one for one in block if file.is_added(one)]
    return all(_NOTES.match(one.code) for one in fresh) and not (block and EXIT.match(block[-1].code))


def _lets_through(file: FileChange, old: Statement, new: Statement) -> bool:
    """True where a refusal under a condition that stayed became the way on."""
    if not _REFUSES.match(old.code) or _REFUSES.match(new.code) or not _PASSES_ON.match(new.code):
        return False
    if old.parent < 0 or new.parent < 0 or not IF.match(file.old.statements[old.parent].code):
        return False
    return squeezed(file.old.statements[old.parent].code) == squeezed(file.new.statements[new.parent].code)


_THERE = lazy(
    r"[(]?(?:(?P<a>[\w.$]+)|(?P<b>[\w.$]+) (?:is not None|!={1,2} ?(?:null|undefined|nil|None))"
    r"|(?:isinstance|is_instance)\((?P<c>[\w.]+),.*\)|typeof (?P<d>[\w.$]+) ?={2,3} ?\"\")[)]?$"
)


def _unwrapped(file: FileChange, statement: Statement) -> bool:
    """True for an `if` that asked whether something is there which its block uses; the block runs in any case now."""
    found = IF.match(statement.code)
    there = _THERE.match(parted(found["condition"])[0]) if found else None
    if not there:
        return False
    block = list(file.old.inside(statement))
    following = file.old.after(statement)
    if not 1 <= len(block) <= 6 or (following and ELSE.match(following.code)):
        return False
    name = next(filter(None, there.groups()))
    uses = re.compile(rf"(?<![\w.$]){re.escape(name)}(?:\.|\[|->)")
    if ENVIRONMENT.search(name) or not any(uses.search(one.code) for one in block):
        return False
    function = file.old.function_at(statement.start)
    after = file.pairing.function(function) if function else None
    if (function and after is None) or _stands_elsewhere(file, statement) or not _runs_always(file, block, after):
        return False
    return not _replaced(file, Guard(statement, f"not {name}", "return"), function, after)


def _runs_always(file: FileChange, block: Sequence[Statement], after: Function | None) -> bool:
    """True where a block stands in the new version word for word, and under no new condition."""
    body = file.new.body(after) if after else file.new.statements
    now = {squeezed(one.text): one for one in body if file.is_added(one)}
    found = [now.get(squeezed(one.text)) for one in block if not trivial(one.code)]
    return bool(found) and all(
        one is not None
        and not any(file.is_added(up) and _CONDITIONAL.search(up.code) for up in file.new.ancestors(one))
        for one in found
    )


def _is_lost(file: FileChange, guard: Guard) -> bool:
    side, statement = file.old, guard.statement
    function = side.function_at(statement.start)
    if ENVIRONMENT.search(guard.condition) or not refuses(guard, side):
        return False
    if _stands_elsewhere(file, statement) or _of_gone_call(file, guard):
        return False
    after = file.pairing.function(function) if function else None
    if function and after is None:
        return False
    return _body_kept(file, function, after, statement) and not _replaced(file, guard, function, after)


def _of_gone_call(file: FileChange, guard: Guard) -> bool:
    """True where the error that a guard asked for came of a call that is gone as well."""
    if file.language != "go" or not re.match(r"\w*[eE]rr\w* != nil$", guard.condition) or not guard.statement.position:
        return False
    call = file.old.statements[guard.statement.position - 1]
    return file.is_removed(call) and file.pairing.became(call) is None


def _stands_elsewhere(file: FileChange, statement: Statement) -> bool:
    """True where the condition is among the added lines, or became something similar."""
    if file.change.moved(file.view.lines("old").get(statement.start, statement.text)):
        return True
    new = file.pairing.became(statement)
    return new is not None and bool(_CONDITIONAL.search(new.code))


def _body_kept(file: FileChange, function: Function | None, after: Function | None, statement: Statement) -> bool:
    """True where the statement behind the guard, and most of the function, are still there."""
    following = file.old.after(statement)
    while following is not None and guard_of(file.old, following) and file.is_removed(following):
        following = file.old.after(following)
    if following is None or ELSE.match(following.code) or not _kept(file, following, after):
        return False
    if RAISES.match(following.code):
        return False
    inside = {statement.position, *(one.position for one in file.old.inside(statement))}
    body = file.old.body(function) if function else _around(file.old, statement)
    others = [one for one in body if one.position not in inside and not trivial(one.code)]
    gone = sum(file.is_removed(one) and not _kept(file, one, after) for one in others)
    guards = sum(file.is_removed(one) and _in_guard(file, one) for one in others)
    return 2 * max(0, gone - guards) <= len(others)


def _around(side: Outline, statement: Statement) -> Sequence[Statement]:
    return side.statements[max(0, statement.position - 10) : statement.position + 20]


def _in_guard(file: FileChange, statement: Statement) -> bool:
    if guard_of(file.old, statement):
        return True
    return statement.parent >= 0 and guard_of(file.old, file.old.statements[statement.parent]) is not None


def _kept(file: FileChange, statement: Statement, after: Function | None) -> bool:
    if not file.is_removed(statement):
        return True
    text = squeezed(statement.text)
    became = file.pairing.became(statement)
    if became is not None:
        return True
    body = file.new.body(after) if after else ()
    return any(squeezed(one.text) == text for one in body)


def _replaced(file: FileChange, guard: Guard, function: Function | None, after: Function | None) -> bool:
    """True where something new could do the guard's work, or what it asked about is gone."""
    about = names_in(guard.condition)
    for word in _CALL.findall(guard.condition):
        if len(about) > 1:
            about.discard(word)
    added = _added_in(file, after) if function else [one for one in file.new.statements if file.is_added(one)]
    if any(_takes_over(file, one, about) for one in added) or _asks_result(added, about) or _always_there(file, guard):
        return True
    if _state_gone(file, guard):
        return True
    if (
        function
        and after
        and (len(after.decorators) > len(function.decorators) or _parameter_gone(about, function, after))
    ):
        return True
    return _asked_elsewhere(file, guard, about) or _no_longer_known(file, guard, about, after)


def _added_in(file: FileChange, after: Function | None) -> list[Statement]:
    if after is None:
        return []
    inside = [after.header, *file.new.body(after)]
    before = {squeezed(one.text) for one in file.old.statements if file.is_removed(one)}
    return [one for one in inside if file.is_added(one) and squeezed(one.text) not in before]


def _asks_result(added: Sequence[Statement], about: set[str]) -> bool:
    """True where a new condition asks about a new variable that was made of what the guard asked about."""
    made: set[str] = set()
    for one in added:
        found = IF.match(one.code) or POSTFIX.match(one.code)
        if found and made & names_in(found["condition"]):
            return True
        found = ASSIGNED.match(one.code)
        if found and about & names_in(found["value"]):
            made |= names_in(found["names"])
    return False


_ABSENT = lazy(r"[(]?(?:(?:not |!)(?P<a>[\w.$]+)|(?P<b>[\w.$]+) (?:is None|={2,3} ?(?:null|undefined|nil|None)))[)]?$")


def _always_there(file: FileChange, guard: Guard) -> bool:
    """True where the guard asked whether something is there, and nothing makes it nothing any longer."""
    found = _ABSENT.match(guard.condition)
    if not found:
        return False
    whole = found["a"] or found["b"]
    if _made_otherwise(file, guard, whole):
        return True
    name = whole.split(".")[-1].lstrip("_")
    nothing = re.compile(rf"\b_?{re.escape(name)}\b(?: ?:[^=\n]+)? ?=(?!=) ?(?:None|null|nil|undefined)\b(?!\s*[,)])")
    if not any(nothing.search(text) for _, text in file.removed):
        return False
    return not any(nothing.search(text) for text in file.view.lines("new").values())


def _made_otherwise(file: FileChange, guard: Guard, name: str) -> bool:
    """True where a variable that came of a call, which may give nothing, is another thing now."""
    function = file.old.function_at(guard.statement.start)
    for old in file.old.body(function) if function else ():
        new = file.pairing.became(old)
        if new is None or not re.match(rf"(?:\w+ )?{re.escape(name)}(?:, ?\w+)* ?:?= ?", old.code):
            continue
        first, second = (ASSIGNED.match(one.code) for one in (old, new))
        if first and second and first["names"] == second["names"] and "(" in first["value"]:
            return not re.search(r"[(\[?]", second["value"])
    return False


def _state_gone(file: FileChange, guard: Guard) -> bool:
    """True where what the guard asked about was a state of this file, and the file has it no longer."""
    states = set(re.findall(r"\.([A-Za-z_]\w*)(?!\w*\()", guard.condition))
    if not states or _STRICT.search(guard.condition) or not file.view.whole("new"):
        return False
    defined = " ".join(line for number, line in file.removed if not _within(guard, number))
    return states.isdisjoint(_known(file)) and any(re.search(rf"\b{state}\??\s*[:=](?!=)", defined) for state in states)


def _known(file: FileChange) -> set[str]:
    """The names that the new version of the file uses."""
    return names_in(" ".join(one.code for one in file.new.statements))


def _takes_over(file: FileChange, statement: Statement, about: set[str]) -> bool:
    shared = names_in(statement.code) & about
    if _CONDITIONAL.search(statement.code):
        return bool(shared) or not about or statement.code.startswith(("except", "catch", "} catch", "rescue"))
    defined = file.change.functions_added()
    return any(_CHECKING.search(name) or name in defined for name in _CALL.findall(statement.code))


def _parameter_gone(about: set[str], function: Function, after: Function) -> bool:
    before, now = names_in(function.header.code), names_in(after.header.code)
    return bool(about & (before - now - {function.name}))


def _asked_elsewhere(file: FileChange, guard: Guard, about: set[str]) -> bool:
    """True where another place of the change gained a condition about the same things, such as a helper."""
    if not about:
        return False
    for other in file.change.files:
        if not other.view.added or other.view.file.deleted or other.language != file.language:
            continue
        for statement in other.new.statements:
            if statement.start in other.view.added_numbers:
                found = IF.match(statement.code) or POSTFIX.match(statement.code)
                if (
                    found
                    and similarity(found["condition"], guard.condition) >= 0.6
                    and about & names_in(statement.code)
                ):
                    return True
                if found and guard_of(other.new, statement) and similarity(statement.code, guard.statement.code) >= 0.8:
                    return True
    return False


def _no_longer_known(file: FileChange, guard: Guard, about: set[str], after: Function | None) -> bool:
    """True where the guard went together with a feature: none of its names is used any longer."""
    body = file.new.body(after) if after else file.new.statements
    text = " ".join(one.code for one in ([after.header, *body] if after else body))
    about = about or set(_VARIABLE.findall(guard.condition))
    if about & {*names_in(text), *_VARIABLE.findall(text)} or _outlives(file, guard):
        return False
    if not about:
        return True
    prepared = _prepared(file, guard, about)
    left = names_in(
        " ".join(line for number, line in file.removed if not _within(guard, number) and number not in prepared)
    )
    if about & left:
        return True
    return not (_SECURITY.search(guard.condition) or (prepared and RAISES.match(guard.exit)))


_VARIABLE = lazy(
    r"(?<![\w.])(?!(?:None|null|nil|undefined|True|False|true|false|not|and|or|is|in|if|self|this)\b)[a-z_]\w*(?![\w(])"
)
_ATTRIBUTE = lazy(r"\b(?:self|this|cls|@)\.?(?P<name>\w+)(?!\w*\()")


def _outlives(file: FileChange, guard: Guard) -> bool:
    """True where a guard that raises asked about a state of its object that the rest of the file still has."""
    if not RAISES.match(guard.exit):
        return False
    states = {found["name"] for found in _ATTRIBUTE.finditer(guard.condition)}
    return bool(states) and not states.isdisjoint(_known(file))


def _prepared(file: FileChange, guard: Guard, about: set[str]) -> set[int]:
    """The removed lines that only made what the guard asked about."""
    function = file.old.function_at(guard.statement.start)
    found: set[int] = set()
    for one in file.old.body(function) if function else ():
        made = ASSIGNED.match(one.code) if file.is_removed(one) else None
        if made and names_in(made["names"]) <= about:
            found.update(range(one.start, one.end + 1))
    return found


def _within(guard: Guard, number: int) -> bool:
    return guard.statement.start <= number <= guard.statement.end + 4
