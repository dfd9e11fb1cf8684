"""Conditions that protect what follows them: gone, turned round, or letting more through."""

from __future__ import annotations

import re

from review_bot.patterns import lazy
from review_bot.rules.delta.change import trivial
from review_bot.rules.delta.words import names as names_in
from review_bot.rules.delta.words import similarity, squeezed
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.delta.outline import Function, Outline, Statement
    from review_bot.rules.match import Match

_IF = lazy(r"(?:\} ?)?(?:if|unless|guard)\b ?(?P<condition>.*)$")
_ELSE = lazy(r"(?:\} ?)?(?:else|elif|elsif)\b")
_POSTFIX = lazy(
    r"(?P<exit>(?:return|raise|next|break|redo|throw|abort|redirect_to|head|render)\b.*?) (?:if"
    r"|unless) (?P<condition>.+)$"
)
_EXIT = lazy(
    r"(?:return|raise|throw|continue|break|next|goto|panic|abort|exit|die|bail|reject|fail|fatal"
    r"|(?:sys|os|process|System|log)\.(?:exit|Exit|_exit|Fatal\w*|Panic\w*)|[\w.]*\.(?:abort"
    r"|AbortWith\w+|fail|reject|exit)|bail!|panic!)\b"
)
_COMPUTED = lazy(r"return\b.*\w\s*\(")
_MARKUP = lazy(r"return \(? ?<\w?")
_RESULT = lazy(r"return (?!true\b|self\b|this\b)[a-z_]\w*(?:\.\w+)*;?$")
_REFUSAL = lazy(
    r"err|forbid|denied|deny|unauthor|redirect|abort|reject|fail|invalid|bad|not_?found|status|40\d|42\d|50\d|none"
    r"|null|empty|default|false|zero|exception|missing|skip|optional|send|next\(|problem|unavailable|login"
    r"|see_?other|http_?found",
    re.IGNORECASE,
)
_ENVIRONMENT = lazy(
    r"\b(?:PY2|PY3|six|version_info|hexversion|TYPE_CHECKING|sys\.platform|platform|compat|IS_PYPY|__DEV__|NODE_ENV"
    r"|DEBUG|debug|verbose|runtime\.GOOS|os\.name|Build\.VERSION|hasattr|VERSION)\b"
)
_SECURITY = lazy(
    r"auth|admin|perm|owner|login|logged|role|csrf|token|allow|access|forbid|secur|valid|verif|sign|priv|staff|session"
    r"|trust|safe|limit|max|min|size|len|exceed|quota|expire|lock|enabled|banned|active|escape|null|none|nil|empty",
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


class Guard(NamedTuple):
    """An `if` that leaves before what follows."""

    statement: Statement
    condition: str
    """Masked."""
    exit: str


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
    if not _IF.match(parent.code) or (following and following.parent == statement.parent) or _gone(file, parent):
        return False
    if _ENVIRONMENT.search(parent.code) or file.change.moved(file.view.lines("old").get(statement.start, "")):
        return False
    now = _same_unchanged(file, parent)
    after = file.new.after(now) if now else None
    if now is None or after is None or _ELSE.match(after.code):
        return False
    block = list(file.new.inside(now))
    fresh = [one for one in block if file.is_added(one)]
    return all(_NOTES.match(one.code) for one in fresh) and not (block and _EXIT.match(block[-1].code))


def _same_unchanged(file: FileChange, statement: Statement) -> Statement | None:
    """Where an unchanged statement stands in the new version: unchanged ones that read the same keep their order."""
    text = squeezed(statement.code)
    before = [one for one in file.old.statements if not _gone(file, one) and squeezed(one.code) == text]
    now = [one for one in file.new.statements if not file.is_added(one) and squeezed(one.code) == text]
    return now[before.index(statement)] if len(before) == len(now) else None


def _lets_through(file: FileChange, old: Statement, new: Statement) -> bool:
    """True where a refusal under a condition that stayed became the way on."""
    if not _REFUSES.match(old.code) or _REFUSES.match(new.code) or not _PASSES_ON.match(new.code):
        return False
    if old.parent < 0 or new.parent < 0 or not _IF.match(file.old.statements[old.parent].code):
        return False
    return squeezed(file.old.statements[old.parent].code) == squeezed(file.new.statements[new.parent].code)


_THERE = lazy(
    r"[(]?(?:(?P<a>[\w.$]+)|(?P<b>[\w.$]+) (?:is not None|!={1,2} ?(?:null|undefined|nil|None))"
    r"|(?:isinstance|is_instance)\((?P<c>[\w.]+),.*\)|typeof (?P<d>[\w.$]+) ?={2,3} ?\"\")[)]?$"
)


def _unwrapped(file: FileChange, statement: Statement) -> bool:
    """True for an `if` that asked whether something is there which its block uses; the block runs in any case now."""
    found = _IF.match(statement.code)
    following = file.old.after(statement)
    block = list(file.old.inside(statement)) if found else []
    if not found or not 1 <= len(block) <= 6 or (following and _ELSE.match(following.code)):
        return False
    there = _THERE.match(_parted(found["condition"])[0])
    name = next((group for group in there.groups() if group), "") if there else ""
    uses = re.compile(rf"(?<![\w.$]){re.escape(name)}(?:\.|\[|->)")
    if not name or _ENVIRONMENT.search(name) or not any(uses.search(one.code) for one in block):
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


def guard_of(side: Outline, statement: Statement) -> Guard | None:
    """The guard that a statement is, or None."""
    postfix = _POSTFIX.match(statement.code)
    if postfix:
        return Guard(statement, postfix["condition"], postfix["exit"])
    found = _IF.match(statement.code)
    if not found or statement.code.startswith("} "):
        return None
    condition, inline = _parted(found["condition"])
    condition = condition.rpartition("; ")[2]
    exit_ = inline or _last(side, statement)
    following = side.after(statement)
    if not exit_ or not _EXIT.match(exit_) or (following and _ELSE.match(following.code)):
        return None
    return Guard(statement, condition, exit_)


def _parted(text: str) -> tuple[str, str]:
    """Condition, and the body where it stands on the same line."""
    if text.startswith("("):
        depth = 0
        for index, char in enumerate(text):
            depth += (char == "(") - (char == ")")
            if depth == 0:
                rest = text[index + 1 :].strip()
                if rest.startswith(("&&", "||", "and ", "or ", "==", "!=", ".", "<", ">")):
                    break
                return text[1:index].strip(), rest.strip("{}: ;").strip()
    brace, colon = text.find("{"), text.rfind(": ")
    if brace >= 0:
        return text[:brace].strip(), text[brace:].strip("{}: ;").strip()
    if colon >= 0 and _EXIT.match(text[colon + 2 :]):
        return text[:colon].strip(), text[colon + 2 :].strip()
    return text.rstrip(": "), ""


def _last(side: Outline, statement: Statement) -> str:
    """The exit at the end of a short block, logging and the like before it left aside."""
    block = side.block(statement)
    if not block or len(block) > 4 or any(_IF.match(one.code) for one in block):
        return ""
    return block[-1].code


def _is_lost(file: FileChange, guard: Guard) -> bool:
    side, statement = file.old, guard.statement
    function = side.function_at(statement.start)
    if _ENVIRONMENT.search(guard.condition) or not _guards(guard, statement, side):
        return False
    if _stands_elsewhere(file, statement) or _of_gone_call(file, guard):
        return False
    after = file.pairing.function(function) if function else None
    if function and after is None:
        return False
    return _body_kept(file, function, after, statement) and not _replaced(file, guard, function, after)


def _accepts(guard: Guard, statement: Statement, side: Outline) -> bool:
    """True for a way out of a function that refuses at its end: who leaves by it was let through."""
    function = side.function_at(statement.start)
    if function is None or not re.match(r"return(?: [tT]rue)?;?$", guard.exit):
        return False
    last = side.statements[function.last]
    return bool(_RAISES.match(last.code)) and last.position > statement.position + 1


def _of_gone_call(file: FileChange, guard: Guard) -> bool:
    """True where the error that a guard asked for came of a call that is gone as well."""
    if file.language != "go" or not re.match(r"\w*[eE]rr\w* != nil$", guard.condition) or not guard.statement.position:
        return False
    call = file.old.statements[guard.statement.position - 1]
    return _gone(file, call) and file.pairing.became(call) is None


def _guards(guard: Guard, statement: Statement, side: Outline) -> bool:
    """False for a branch that computes another result: that is no refusal."""
    if statement.end > statement.start + 12 or _MARKUP.match(guard.exit):
        return False
    if _RESULT.match(guard.exit) and not _REFUSAL.search(guard.exit):
        return False
    if _accepts(guard, statement, side):
        return False
    if not _COMPUTED.match(guard.exit):
        return True
    last = list(side.inside(statement))[-1:]
    text = last[0].text if last else statement.text
    return bool(_REFUSAL.search(text))


def _stands_elsewhere(file: FileChange, statement: Statement) -> bool:
    """True where the condition is among the added lines, or became something similar."""
    if file.change.moved(file.view.lines("old").get(statement.start, statement.text)):
        return True
    new = file.pairing.became(statement)
    return new is not None and bool(_CONDITIONAL.search(new.code))


def _body_kept(file: FileChange, function: Function | None, after: Function | None, statement: Statement) -> bool:
    """True where the statement behind the guard, and most of the function, are still there."""
    following = file.old.after(statement)
    while following is not None and guard_of(file.old, following) and _gone(file, following):
        following = file.old.after(following)
    if following is None or _ELSE.match(following.code) or not _kept(file, following, after):
        return False
    if _RAISES.match(following.code):
        return False
    inside = {statement.position, *(one.position for one in file.old.inside(statement))}
    body = file.old.body(function) if function else _around(file.old, statement)
    others = [one for one in body if one.position not in inside and not trivial(one.code)]
    gone = sum(_gone(file, one) and not _kept(file, one, after) for one in others)
    guards = sum(_gone(file, one) and _in_guard(file, one) for one in others)
    return 2 * max(0, gone - guards) <= len(others)


def _around(side: Outline, statement: Statement) -> Sequence[Statement]:
    return side.statements[max(0, statement.position - 10) : statement.position + 20]


def _gone(file: FileChange, statement: Statement) -> bool:
    return statement.start in file.view.removed_numbers


def _in_guard(file: FileChange, statement: Statement) -> bool:
    if guard_of(file.old, statement):
        return True
    return statement.parent >= 0 and guard_of(file.old, file.old.statements[statement.parent]) is not None


def _kept(file: FileChange, statement: Statement, after: Function | None) -> bool:
    if not _gone(file, statement):
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
    before = {squeezed(one.text) for one in file.old.statements if _gone(file, one)}
    return [one for one in inside if file.is_added(one) and squeezed(one.text) not in before]


_ASSIGNED = lazy(
    r"(?:const |let |var |final |auto |val )?(?P<names>[\w$]+(?:, ?[\w$]+)*)(?: ?:[^=]+)? ?:?= ?(?P<value>.*)$"
)


def _asks_result(added: Sequence[Statement], about: set[str]) -> bool:
    """True where a new condition asks about a new variable that was made of what the guard asked about."""
    made: set[str] = set()
    for one in added:
        found = _IF.match(one.code) or _POSTFIX.match(one.code)
        if found and made & names_in(found["condition"]):
            return True
        found = _ASSIGNED.match(one.code)
        if found and about & names_in(found["value"]):
            made |= names_in(found["names"])
    return False


_ABSENT = lazy(r"[(]?(?:(?:not |!)(?P<a>[\w.$]+)|(?P<b>[\w.$]+) (?:is None|={2,3} ?(?:null|undefined|nil|None)))[)]?$")


def _always_there(file: FileChange, guard: Guard) -> bool:
    """True where the guard asked whether something is there, and nothing makes it nothing any longer."""
    found = _ABSENT.match(guard.condition)
    if not found:
        return False
    name = (found["a"] or found["b"]).split(".")[-1].lstrip("_")
    if _made_otherwise(file, guard, found["a"] or found["b"]):
        return True
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
        first, second = (_ASSIGNED.match(one.code) for one in (old, new))
        if first and second and first["names"] == second["names"] and "(" in first["value"]:
            return not re.search(r"[(\[?]", second["value"])
    return False


_STRICT = lazy(
    r"auth|admin|perm|owner|login|role|csrf|token|access|allow|forbid|secur|valid|verif|sign|staff|session|trust",
    re.IGNORECASE,
)


def _state_gone(file: FileChange, guard: Guard) -> bool:
    """True where what the guard asked about was a state of this file, and the file has it no longer."""
    states = set(re.findall(r"\.([A-Za-z_]\w*)(?!\w*\()", guard.condition))
    if not states or _STRICT.search(guard.condition) or not file.view.whole("new"):
        return False
    now = names_in(" ".join(one.code for one in file.new.statements))
    defined = " ".join(line for number, line in file.removed if not _within(guard, number))
    return not states & now and any(re.search(rf"\b{state}\??\s*[:=](?!=)", defined) for state in states)


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
                found = _IF.match(statement.code) or _POSTFIX.match(statement.code)
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
    return not (_SECURITY.search(guard.condition) or (prepared and _RAISES.match(guard.exit)))


_VARIABLE = lazy(
    r"(?<![\w.])(?!(?:None|null|nil|undefined|True|False|true|false|not|and|or|is|in|if|self|this)\b)[a-z_]\w*(?![\w(])"
)
_RAISES = lazy(r"(?:raise|throw|panic)\b")
_ATTRIBUTE = lazy(r"\b(?:self|this|cls|@)\.?(?P<name>\w+)(?!\w*\()")


def _outlives(file: FileChange, guard: Guard) -> bool:
    """True where a guard that raises asked about a state of its object that the rest of the file still has."""
    if not _RAISES.match(guard.exit):
        return False
    states = {found["name"] for found in _ATTRIBUTE.finditer(guard.condition)}
    return any(state in names_in(one.code) for state in states for one in file.new.statements)


def _prepared(file: FileChange, guard: Guard, about: set[str]) -> set[int]:
    """The removed lines that only made what the guard asked about."""
    function = file.old.function_at(guard.statement.start)
    found: set[int] = set()
    for one in file.old.body(function) if function else ():
        made = _ASSIGNED.match(one.code) if _gone(file, one) else None
        if made and names_in(made["names"]) <= about:
            found.update(range(one.start, one.end + 1))
    return found


def _within(guard: Guard, number: int) -> bool:
    return guard.statement.start <= number <= guard.statement.end + 4


_OPERATORS = {"and": "&&", "or": "||"}
_SPLIT = lazy(r"\s(and|or)\s|(&&|\|\|)")
_NEGATION = lazy(r"^(?:not\b|!(?!=))\s*")
_FLIPPED = {"==": "!=", "!=": "==", "===": "!==", "!==": "===", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_TURNED = {**_FLIPPED, " in ": " not in ", " not in ": " in ", " is ": " is not ", " is not ": " is "}
_SWAPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_COMPARISON = lazy(r"(===|!==|==|!=|<=|>=|(?<![-=<])<(?!<)|(?<![-=>])>(?!>)| not in | in | is not | is )")
_CONSTANT = lazy(r"^(?:True|true|1|False|false|0)$")


def condition_weakened(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Conditions that were turned round, or that let more through than before, over the same block."""
    for old, new in file.pairing.pairs:
        first, second = _condition(old), _condition(new)
        if first is None or second is None or squeezed(first) == squeezed(second):
            continue
        why = _weaker(file, old, new, first, second)
        if why and _same_block(file, old, new) and not _branches_swapped(file, old, new):
            yield file.match("new", new, A=old.text, B=new.text, HOW=why)


def _condition(statement: Statement) -> str | None:
    postfix = _POSTFIX.match(statement.code)
    if postfix:
        return postfix["condition"].strip()
    found = _IF.match(statement.code) or re.match(
        r"(?:\} ?)?(?:else if|elif|elsif|while) ?(?P<condition>.*)$", statement.code
    )
    if found:
        return _parted(found["condition"])[0]
    returned = re.match(r"return (?P<condition>.*?);?$", statement.code)
    if returned and (_SPLIT.search(returned["condition"]) or _NEGATION.match(returned["condition"])):
        return returned["condition"]
    return None


def _weaker(file: FileChange, old: Statement, new: Statement, first: str, second: str) -> str | None:
    if _is_turned(first, second):
        return "was turned round"
    guard = guard_of(file.old, old)
    exits = guard is not None and _guards(guard, old, file.old) and not guard.exit.startswith("break")
    before, now = _operands(first), _operands(second)
    if _CONSTANT.match(second.strip("() ")):
        return "is always the same"
    if any(_CONSTANT.match(word) for word in now[1]) and not any(_CONSTANT.match(word) for word in before[1]):
        return "is always the same"
    reason = _fewer(before, now, exits=exits)
    if reason and (
        _asked_beside(file, new, before[1], now[1]) or _not_asked_any_more(file, old, new, before[1], now[1])
    ):
        return None
    swapped = set(map(squeezed, before[1])) == set(map(squeezed, now[1]))
    return reason if exits or swapped or _grants(file, old, first) else None


def _not_asked_any_more(
    file: FileChange, old: Statement, new: Statement, before: Sequence[str], now: Sequence[str]
) -> bool:
    """True for a part about the surroundings, or about a variable that is not made any longer."""
    left = set(map(squeezed, now))
    lost = [part for part in before if squeezed(part) not in left]
    if any(_ENVIRONMENT.search(part) for part in (*lost, *now)):
        return True
    first, second = file.old.function_at(old.start), file.new.function_at(new.start)
    made = [
        {
            name
            for one in side.body(function)
            for found in (_ASSIGNED.match(one.code),)
            if found
            for name in names_in(found["names"])
        }
        if function
        else set()
        for side, function in ((file.old, first), (file.new, second))
    ]
    return bool(lost) and all(names_in(part) & (made[0] - made[1]) for part in lost)


def _asked_beside(file: FileChange, new: Statement, before: Sequence[str], now: Sequence[str]) -> bool:
    """True where a part that is gone from a condition stands in another added one: it was split."""
    left = set(map(squeezed, now))
    lost = [squeezed(part) for part in before if squeezed(part) not in left]
    others = [squeezed(one.code) for one in file.new.statements if one.position != new.position and file.is_added(one)]
    return any(part in other for part in lost for other in others)


def _grants(file: FileChange, statement: Statement, condition: str) -> bool:
    """True where the condition allows what it stands before: a permission or a check by its words."""
    if any(re.match(r"(?:raise|throw|panic)\b", one.code) for one in file.old.inside(statement)):
        return False
    if re.search(r"!=|\bnot\b|!\w", condition):
        return False
    function = file.old.function_at(statement.start)
    text = condition + " " + (function.name if function else "")
    return bool(
        re.search(
            r"auth|admin|perm|owner|role|allow|access|valid|verif|can_|is_safe|trust|token|secur|check|member"
            r"|staff|enabled|login",
            text,
            re.IGNORECASE,
        )
    )


def _operands(condition: str) -> tuple[str, list[str]]:
    """The one operator that joins the parts of a condition, `""` for none and `?` for several; and the parts."""
    text = condition
    while text.startswith("(") and text.endswith(")") and _encloses(text):
        text = text[1:-1].strip()
    parts, operators, depth, start = [], set(), 0, 0
    position = 0
    while position < len(text):
        char = text[position]
        depth += (char in "([{") - (char in ")]}")
        found = _SPLIT.match(text, position) if depth == 0 else None
        if found:
            operators.add(_OPERATORS.get(found[1], found[2]))
            parts.append(text[start:position])
            start = position = found.end()
        else:
            position += 1
    parts.append(text[start:])
    operator = "" if not operators else operators.pop() if len(operators) == 1 else "?"
    return operator, [part.strip() for part in parts]


def _encloses(text: str) -> bool:
    depth = 0
    for index, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return index == len(text) - 1
    return False


_PRESENCE = lazy(
    r"(?P<name>[\w.$]+)(?: is not \w+| ?!==? ?(?:null|undefined|nil|None|\"\"))$|typeof .* !==? \"\"$|hasattr\("
)


_ABSENCE = lazy(
    r"(?:not |!)[\w.$]+$|[\w.$()]+ (?:is None|={2,3} ?(?:null|undefined|nil|None|0|\"\"))$|len\([\w.]+\) == 0$"
)


def _asks_presence(part: str, others: Iterable[str]) -> bool:
    """True for a part that asks whether something is there of which others speak, or whether it is missing too."""
    if _PRESENCE.match(part) or (_ABSENCE.match(part) and all(map(_ABSENCE.match, others))):
        return True
    if any(re.fullmatch(rf"{re.escape(other)}(?:\.\w+|\[\w+\])", part) for other in others):
        return True
    return any(other.startswith((f"{part}.", f"{part}[", f"{part}->")) for other in others)


def _fewer(before: tuple[str, list[str]], now: tuple[str, list[str]], *, exits: bool) -> str | None:
    """Why a condition refuses less or grants more: a guard lost an `or` part, a grant lost an `and` part."""
    (old_operator, old_parts), (new_operator, new_parts) = before, now
    old, new = ({squeezed(part): part for part in parts} for parts in (old_parts, new_parts))
    losing, gaining = ("||", "&&") if exits else ("&&", "||")
    if old.keys() == new.keys() and old_operator == losing and new_operator == gaining:
        return "is met by one part where all were needed" if not exits else "needs all parts where one was enough"
    lost = [old[part] for part in old if part not in new]
    if old_operator == losing and len(old) > len(new) and new.keys() < old.keys():
        return f"no longer asks for `{lost[0]}`"
    more = [new[part] for part in new if part not in old]
    if (
        new_operator == gaining
        and len(new) > len(old)
        and old.keys() < new.keys()
        and not all(_asks_presence(part, old.values()) for part in more)
    ):
        return f"also asks for `{more[0]}`" if exits else f"also holds for `{more[0]}`"
    return None


def _is_turned(first: str, second: str) -> bool:
    """True where one condition is the other's opposite."""
    one, other = _plain(first), _plain(second)
    if one == _plain(_NEGATION.sub("", second)) and _NEGATION.match(second) and not _NEGATION.match(first):
        return not _SPLIT.search(first) or second.lstrip("not! ").startswith("(")
    if other == _plain(_NEGATION.sub("", first)) and _NEGATION.match(first) and not _NEGATION.match(second):
        return not _SPLIT.search(second) or first.lstrip("not! ").startswith("(")
    return _operator_turned(first, second)


def _plain(condition: str) -> str:
    text = squeezed(condition)
    while text.startswith("(") and text.endswith(")") and _encloses(text):
        text = text[1:-1]
    return text


def _operator_turned(first: str, second: str) -> bool:
    one, other = _COMPARISON.split(f"{first} "), _COMPARISON.split(f"{second} ")
    if len(one) != len(other) or [squeezed(part) for part in one[::2]] != [squeezed(part) for part in other[::2]]:
        return False
    changed = [(a, b) for a, b in zip(one[1::2], other[1::2], strict=True) if a != b]
    return len(changed) == 1 and (
        _TURNED.get(changed[0][0]) == changed[0][1] or _SWAPPED.get(changed[0][0]) == changed[0][1]
    )


def _same_block(file: FileChange, old: Statement, new: Statement) -> bool:
    """True where the block under the condition says the same as before: only the condition changed."""
    before = [squeezed(one.text) for one in file.old.inside(old)]
    now = [squeezed(one.text) for one in file.new.inside(new)]
    if not before and not now:
        return _inline(old) == _inline(new)
    common = len(set(before) & set(now))
    return common >= 1 and 2 * common >= 1.5 * max(len(set(before)), len(set(now)))


def _inline(statement: Statement) -> str:
    found = _IF.match(statement.code)
    postfix = _POSTFIX.match(statement.code)
    if postfix:
        return squeezed(postfix["exit"])
    return squeezed(_parted(found["condition"])[1]) if found else ""


def _branches_swapped(file: FileChange, old: Statement, new: Statement) -> bool:
    """True where an `else` branch changed as well: the condition was turned together with its branches."""
    first, second = file.old.after(old), file.new.after(new)
    has = bool(first and _ELSE.match(first.code)), bool(second and _ELSE.match(second.code))
    if has[0] != has[1]:
        return True
    if not has[0] or first is None or second is None:
        return False
    return [squeezed(one.text) for one in file.old.inside(first)] != [
        squeezed(one.text) for one in file.new.inside(second)
    ]
