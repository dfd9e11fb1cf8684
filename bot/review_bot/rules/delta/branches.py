"""What an `if` is made of, and which of them refuse to go on: guards."""

from __future__ import annotations

import re

from review_bot.patterns import lazy
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from review_bot.rules.delta.outline import Outline, Statement

IF = lazy(r"(?:\} ?)?(?:if|unless|guard)\b ?(?P<condition>.*)$")
ELSE = lazy(r"(?:\} ?)?(?:else|elif|elsif)\b")
POSTFIX = lazy(
    r"(?P<exit>(?:return|raise|next|break|redo|throw|abort|redirect_to|head|render)\b.*?) (?:if"
    r"|unless) (?P<condition>.+)$"
)
EXIT = lazy(
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
ENVIRONMENT = lazy(
    r"\b(?:PY2|PY3|six|version_info|hexversion|TYPE_CHECKING|sys\.platform|platform|compat|IS_PYPY|__DEV__|NODE_ENV"
    r"|DEBUG|debug|verbose|runtime\.GOOS|os\.name|Build\.VERSION|hasattr|VERSION)\b"
)
RAISES = lazy(r"(?:raise|throw|panic)\b")
ASSIGNED = lazy(
    r"(?:const |let |var |final |auto |val )?(?P<names>[\w$]+(?:, ?[\w$]+)*)(?: ?:[^=]+)? ?:?= ?(?P<value>.*)$"
)


class Guard(NamedTuple):
    """An `if` that leaves before what follows."""

    statement: Statement
    condition: str
    """Masked."""
    exit: str


def guard_of(side: Outline, statement: Statement) -> Guard | None:
    """The guard that a statement is, or None."""
    postfix = POSTFIX.match(statement.code)
    if postfix:
        return Guard(statement, postfix["condition"], postfix["exit"])
    found = IF.match(statement.code)
    if not found or statement.code.startswith("} "):
        return None
    condition, inline = parted(found["condition"])
    condition = condition.rpartition("; ")[2]
    exit_ = inline or _last(side, statement)
    following = side.after(statement)
    if not exit_ or not EXIT.match(exit_) or (following and ELSE.match(following.code)):
        return None
    return Guard(statement, condition, exit_)


def parted(text: str) -> tuple[str, str]:
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
    if colon >= 0 and EXIT.match(text[colon + 2 :]):
        return text[:colon].strip(), text[colon + 2 :].strip()
    return text.rstrip(": "), ""


def _last(side: Outline, statement: Statement) -> str:
    """The exit at the end of a short block, logging and the like before it left aside."""
    block = side.block(statement)
    if not block or len(block) > 4 or any(IF.match(one.code) for one in block):
        return ""
    return block[-1].code


def refuses(guard: Guard, side: Outline) -> bool:
    """False for a branch that computes another result: that is no refusal."""
    statement = guard.statement
    if statement.end > statement.start + 12 or _MARKUP.match(guard.exit):
        return False
    if _RESULT.match(guard.exit) and not _REFUSAL.search(guard.exit):
        return False
    if _accepts(guard, side):
        return False
    if not _COMPUTED.match(guard.exit):
        return True
    last = list(side.inside(statement))[-1:]
    text = last[0].text if last else statement.text
    return bool(_REFUSAL.search(text))


def _accepts(guard: Guard, side: Outline) -> bool:
    """True for a way out of a function that refuses at its end: who leaves by it was let through."""
    function = side.function_at(guard.statement.start)
    if function is None or not re.match(r"return(?: [tT]rue)?;?$", guard.exit):
        return False
    last = side.statements[function.last]
    return bool(RAISES.match(last.code)) and last.position > guard.statement.position + 1
