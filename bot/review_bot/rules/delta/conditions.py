"""Conditions over the same block: turned round, or letting more through."""

from __future__ import annotations

import re

from review_bot.patterns import lazy
from review_bot.rules.delta.branches import ASSIGNED, ELSE, ENVIRONMENT, IF, POSTFIX, RAISES, guard_of, parted, refuses
from review_bot.rules.delta.words import names as names_in
from review_bot.rules.delta.words import squeezed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.delta.outline import Outline, Statement
    from review_bot.rules.match import Match

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
    postfix = POSTFIX.match(statement.code)
    if postfix:
        return postfix["condition"].strip()
    found = IF.match(statement.code) or re.match(
        r"(?:\} ?)?(?:else if|elif|elsif|while) ?(?P<condition>.*)$", statement.code
    )
    if found:
        return parted(found["condition"])[0]
    returned = re.match(r"return (?P<condition>.*?);?$", statement.code)
    if returned and (_SPLIT.search(returned["condition"]) or _NEGATION.match(returned["condition"])):
        return returned["condition"]
    return None


def _weaker(file: FileChange, old: Statement, new: Statement, first: str, second: str) -> str | None:
    if _is_turned(first, second):
        return "was turned round"
    guard = guard_of(file.old, old)
    exits = guard is not None and refuses(guard, file.old) and not guard.exit.startswith("break")
    before, now = _operands(first), _operands(second)
    if _CONSTANT.match(second.strip("() ")):
        return "is always the same"
    if any(_CONSTANT.match(word) for word in now[1]) and not any(_CONSTANT.match(word) for word in before[1]):
        return "is always the same"
    reason = _fewer(before, now, exits=exits)
    if reason and _asked_otherwise(file, old, new, before[1], now[1]):
        return None
    swapped = set(map(squeezed, before[1])) == set(map(squeezed, now[1]))
    return reason if exits or swapped or _grants(file, old, first) else None


def _asked_otherwise(
    file: FileChange, old: Statement, new: Statement, before: Sequence[str], now: Sequence[str]
) -> bool:
    """True where what is gone from a condition is asked beside it, or can't be asked any longer."""
    left = set(map(squeezed, now))
    lost = [part for part in before if squeezed(part) not in left]
    if any(ENVIRONMENT.search(part) for part in (*lost, *now)):
        return True
    return _asked_beside(file, new, lost) or _no_longer_made(file, old, new, lost)


def _asked_beside(file: FileChange, new: Statement, lost: Sequence[str]) -> bool:
    """True where a part that is gone from a condition stands in another added one: it was split."""
    others = [squeezed(one.code) for one in file.new.statements if one.position != new.position and file.is_added(one)]
    return any(squeezed(part) in other for part in lost for other in others)


def _no_longer_made(file: FileChange, old: Statement, new: Statement, lost: Sequence[str]) -> bool:
    """True where every part that is gone asked about a variable that the function does not make any longer."""
    gone = _made(file.old, old) - _made(file.new, new)
    return bool(lost) and all(names_in(part) & gone for part in lost)


def _made(side: Outline, statement: Statement) -> set[str]:
    """The variables that get a value in the function around a statement."""
    function = side.function_at(statement.start)
    found = map(ASSIGNED.match, (one.code for one in side.body(function))) if function else ()
    return {name for made in found if made for name in names_in(made["names"])}


def _grants(file: FileChange, statement: Statement, condition: str) -> bool:
    """True where the condition allows what it stands before: a permission or a check by its words."""
    if any(RAISES.match(one.code) for one in file.old.inside(statement)):
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
    found = IF.match(statement.code)
    postfix = POSTFIX.match(statement.code)
    if postfix:
        return squeezed(postfix["exit"])
    return squeezed(parted(found["condition"])[1]) if found else ""


def _branches_swapped(file: FileChange, old: Statement, new: Statement) -> bool:
    """True where an `else` branch changed as well: the condition was turned together with its branches."""
    first, second = file.old.after(old), file.new.after(new)
    has = bool(first and ELSE.match(first.code)), bool(second and ELSE.match(second.code))
    if has[0] != has[1]:
        return True
    if not has[0] or first is None or second is None:
        return False
    return [squeezed(one.text) for one in file.old.inside(first)] != [
        squeezed(one.text) for one in file.new.inside(second)
    ]
