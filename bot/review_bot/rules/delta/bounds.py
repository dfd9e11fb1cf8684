"""Timeouts and limits that are gone, switched off, or so high that they are none."""

from __future__ import annotations

import re

from review_bot.patterns import lazy
from review_bot.rules.delta.masking import without_comments
from review_bot.rules.delta.tables import bag
from review_bot.rules.delta.words import names as names_in
from review_bot.rules.delta.words import words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from re import Pattern

    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.delta.outline import Statement
    from review_bot.rules.match import Match

_VALUE = r"(?P<value>[^,;)}\n]+?(?:\([^()]*\))?)\s*(?=[,;)}\n]|$)"
_TIMEOUT = lazy(
    rf"(?P<key>\b[\w.\-]*(?:timeout|deadline|time_limit|timelimit|max_wait"
    rf"|ttl_seconds)[\w\-]*)[\"']?\s*(?:=(?!=)|:=|:|=>)\s*{_VALUE}|(?P<call>\b[\w.]*(?:settimeout"
    rf"|set_timeout|(?<!clear)(?<!set)(?<!\.set)Timeout|WithTimeout|WithDeadline|SetDeadline"
    rf"|SetReadDeadline|SetWriteDeadline|wait_for|fail_after|move_on_after"
    r"|timeout))\((?P<args>[^()]*(?:\((?:[^()]|\([^()]*\))*\)[^()]*)*)\)?",
    re.IGNORECASE,
)
_TIMEOUT_WORD = lazy(
    r"time_?out|deadline|time_limit|AbortSignal|wait_for|fail_after|move_on_after|expires?_in|max_wait", re.IGNORECASE
)
_NO_TIMEOUT = lazy(
    r"^(?:\w+\.)*(?:None|null|undefined|nil|0|-1|Infinity|Number\.(?:MAX_\w+|POSITIVE_INFINITY)"
    r"|math\.inf|float\([\"']inf[\"']\)|Duration\.ZERO|InfiniteTimeSpan|Timeout\.Infinite\w*|false"
    r"|False|httpx\.Timeout\(None\)|(?:Long|Integer)\.MAX_VALUE)$"
)
_UNITS = {
    **dict.fromkeys(("nanosecond",), 1e-6),
    **dict.fromkeys(("microsecond",), 1e-3),
    **dict.fromkeys(("millisecond", "millis", "ms"), 1.0),
    **dict.fromkeys(("second", "sec", "s"), 1e3),
    **dict.fromkeys(("minute", "min", "m"), 6e4),
    **dict.fromkeys(("hour", "h"), 3.6e6),
    **dict.fromkeys(("day", "d"), 8.64e7),
}
"""Milliseconds by the name of a unit, without its plural."""
_AROUND_TIMES = bag("time duration of timespan from timeunit timedelta httpx timeout aiohttp clienttimeout total")
_TIMER = lazy(r"\b(?:setTimeout|setInterval|clearTimeout|window\.setTimeout)\(")


def timeout_removed(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Calls and settings that lost their timeout, or have one ten times as long."""
    if file.view.file.deleted:
        return
    for old, new in file.pairing.pairs:
        yield from _timeout_of_pair(file, old, new)
    for statement in file.pairing.gone:
        text = _text(file, statement)
        found = None if _TIMER.search(text) else _TIMEOUT.search(text)
        if (
            found
            and not _off(found)
            and re.search(r"\d", _amount(found))
            and _setting_gone(file, statement, _TIMEOUT_WORD)
        ):
            yield file.match("old", statement, _key(found), A=_key(found))


def _text(file: FileChange, statement: Statement) -> str:
    return without_comments(statement.text, file.language)


def _timeout_of_pair(file: FileChange, old: Statement, new: Statement) -> Iterator[Match]:
    first_text, second_text = _text(file, old), _text(file, new)
    if _TIMER.search(first_text) or _is_definition(first_text):
        return
    before = {_key(found): found for found in _TIMEOUT.finditer(first_text)}
    now = {_key(found): found for found in _TIMEOUT.finditer(second_text)}
    for key, found in before.items():
        if _off(found):
            continue
        if key not in now:
            if (
                not _TIMEOUT_WORD.search(second_text)
                and not _added_to_file(file, new, _TIMEOUT_WORD)
                and _same_call(first_text, second_text, key)
            ):
                yield file.match("old", old, key.split("(")[0].split(".")[-1], A=key)
            return
        if _off(now[key]) or _tenfold(_amount(found), _amount(now[key])):
            yield file.match("new", new, key.split("(")[0].split(".")[-1], A=f"{key} {_amount(now[key])}")


def _is_definition(text: str) -> bool:
    return bool(re.match(r"(?:export )?(?:async )?(?:def|func|function|fn|class)\b", text))


def _key(found: re.Match[str]) -> str:
    return str(found["key"] or found["call"])


def _amount(found: re.Match[str]) -> str:
    """The part of a setting or call that says how long."""
    if found["key"]:
        return str(found["value"]).strip().strip("\"'")
    parts = str(found["args"]).split(",")
    numeric = [part.strip() for part in parts if re.search(r"\d|None|null", part)]
    return (numeric or [""])[-1]


def _off(found: re.Match[str]) -> bool:
    return bool(_NO_TIMEOUT.match(_amount(found).removeprefix("timeout=")))


def _tenfold(old: str, new: str) -> bool:
    first, second = _milliseconds(old), _milliseconds(new)
    if first is None or second is None or first[1] != second[1]:
        return False
    return first[0] > 0 and second[0] >= 10 * first[0]


def _milliseconds(text: str) -> tuple[float, bool] | None:
    """A length of time and whether it has a unit; a bare number as it is; None for what is no product of numbers."""
    numbers = re.findall(r"(?<![\w.])\d[\d_]*\.?\d*(?=[a-zA-Z]*\b)", text)
    rest = re.sub(r"(?<![\w.])\d[\d_]*\.?\d*", " ", text).lower()
    if not numbers or re.search(r"[-+/]", rest):
        return None
    amount = 1.0
    for number in numbers:
        amount *= float(number.replace("_", ""))
    units = []
    for word in re.findall(r"[a-z]+", rest):
        bare = re.sub(r"^(?:of|from)(?=[a-z])", "", word)
        unit = _UNITS.get(bare, _UNITS.get(bare.removesuffix("s")))
        if unit is not None:
            units.append(unit)
        elif word not in _AROUND_TIMES:
            return None
    return amount * (units[0] if units else 1.0), bool(units)


def _same_call(old: str, new: str, key: str) -> bool:
    """True where what had the bound is still there: the same function is called, or the same value is set."""
    if _another_program(old, new):
        return False
    first, second = _callee(old), _callee(new)
    if first and first.lower() in key.lower():
        return True
    return first is None or first == second or f"{first}(" in new or f"{first}{{" in new


def _another_program(old: str, new: str) -> bool:
    """True where a named command with a bound starts another program: its options are others."""
    command = re.search(r"\"([\w:.-]+)\": \"([\w./-]+) [^\"]*(?i:time_?out)", old)
    other = re.search(rf"\"{re.escape(command[1])}\": \"([\w./-]+)", new) if command else None
    return command is not None and other is not None and command[2] != other[1]


def _callee(text: str) -> str | None:
    bare = re.sub(
        r"^(?:await|return|const|let|var|with|async|new|yield)\s+|^\w+\s*:?=\s*(?:await\s+|new\s+)?", "", text
    )
    found = re.search(r"([A-Za-z_$][\w$.]*)\s*[({]", bare)
    return found[1].split(".")[-1] if found else None


def _added_to_file(file: FileChange, new: Statement, word: Pattern[str]) -> bool:
    """True where another added line of the file, or of the change, names such a bound."""
    own = range(new.start, new.end + 1)
    for other in file.change.files:
        for number, text in other.view.added:
            if not (other is file and number in own) and word.search(without_comments(text, other.language)):
                return True
    return False


def _setting_gone(file: FileChange, statement: Statement, word: Pattern[str]) -> bool:
    """True where a line that sets a bound went, and what it was set for did not."""
    if _is_definition(statement.text) or re.match(
        r"(?:import|from|if|elif|assert|raise|throw|log|print|expect|return|except|catch)\b", statement.code
    ):
        return False
    if file.language == "yaml" and _stands_near(file, statement):
        return False
    if _added_to_file(file, statement._replace(start=0, end=-1), word) or file.change.moved(
        file.view.lines("old")[statement.start]
    ):
        return False
    for parent in file.old.ancestors(statement):
        if parent.start in file.view.removed_numbers and file.pairing.became(parent) is None:
            return False
    function = file.old.function_at(statement.start)
    after = file.pairing.function(function) if function else None
    if function is not None and after is None:
        return False
    return _object_stays(file, statement, file.new.body(after) if after else file.new.statements)


def _stands_near(file: FileChange, statement: Statement) -> bool:
    """True where one of several entries went: the next lines of the new version say the same."""
    lines = file.view.lines("new")
    for edit in file.edits:
        if any(number == statement.start for number, _ in edit.removed):
            return any(lines.get(edit.new_at + step, "").strip() == statement.text for step in range(-3, 6))
    return False


def _object_stays(file: FileChange, statement: Statement, body: Sequence[Statement]) -> bool:
    text = " ".join(one.code for one in body)
    receiver = re.match(r"(?:await )?\$?([A-Za-z_]\w*)(?:\.\w+)*\s*(?:\.|->|\[)", statement.code)
    if receiver and receiver[1] not in ("self", "this"):
        return bool(re.search(rf"(?<!\w){re.escape(receiver[1])}(?!\w)", text))
    if statement.code.startswith("@"):
        following = file.old.after(statement)
        while following is not None and following.code.startswith("@"):
            following = file.old.after(following)
        return following is not None and (
            following.start not in file.view.removed_numbers or file.pairing.became(following) is not None
        )
    if file.language in ("yaml", "toml", "ini", "json", "properties", "dotenv", "hcl", "xml"):
        return bool(list(file.old.ancestors(statement))) or file.language not in ("yaml", "json")
    assigned = re.match(r"(?:[\w.]+ )*?(\w+)(?:, ?\w+)* ?:?=", statement.code)
    if assigned:
        return (
            bool(re.search(rf"(?<!\w){re.escape(assigned[1])}(?!\w)", text))
            if assigned[1].isupper() is False
            else bool(_still_used(file, assigned[1]))
        )
    return bool(names_in(statement.code) & names_in(text))


def _still_used(file: FileChange, name: str) -> bool:
    return name in names_in("\n".join(file.view.lines("new").values())) or bool(file.view.lines("new"))


_BOUND = r"(?:\d[\d_]+|[\w.]*(?i:max|limit|size|count|top|page|cap|most)\w*)"
"""A number or name that is an upper bound, and no place in a text."""
_LIMIT = lazy(
    rf"(?P<key>\b[\w.\-]*(?:(?<![a-z])max[_-]?[a-z]\w*|Max[A-Z]\w*|MAX_[A-Z_]+|limit(?:s|er|ed)?\b"
    rf"|Limit(?:s|er)?\b|LIMIT\w*|quota|page_?size|per_?page|maxsize|maxlen|throttle|rate_limit\w*"
    rf"|\w+_limit\b|\w+Limit\b|\w+_LIMIT\b|max_?length|maxLength))[\"']?\s*(?:=(?!=)|:=|:|=>"
    rf"|(?<=\w)\s(?=\d))\s*{_VALUE}"
    r"|(?P<sql>\b(?:LIMIT|limit|FETCH FIRST|TOP)\s+(?:\d+|%s|\?|:\w+|\$\d+|\{\w+\})\b)|(?P<call>(?:\."
    r"|\b)(?:limit|take|first|head|LimitReader|MaxBytesReader|setrlimit|SetReadLimit|setMaxResults"
    r"|set_max_\w+|setMax\w+|SetMax\w+|paginate|Paginate|rate_?limit\w*|rateLimit\w*|throttle"
    r"|throttle_classes|islice|Semaphore|BoundedSemaphore|LimitRange"
    r"|limiter\.limit)\((?P<args>[^()]*(?:\([^()]*\))?[^()]*)\)?)"
    rf"|(?P<slice>\[\s*:\s*{_BOUND}\s*\]|\.slice\(0,\s*{_BOUND}\)|\.substring\(0,\s*{_BOUND}\)"
    rf"|\.substr\(0,\s*{_BOUND}\)|(?<!\w)(?i:left)\([^()]*,\s*[\d_]{{2,}}\s*\))|(?P<min>\b(?:min|Math\.min)\([^()]*(?:MAX|LIMIT|max_|Max|limit"
    r"|\d)[^()]*\))|(?P<read>\.read\(\s*[\w.*\s]+\))"
)
_LIMIT_WORD = lazy(
    r"limit|max(?:imum)?(?![a-z])|max_|quota|page_?size|per_?page|throttle|paginat|islice"
    r"|\[\s*:\s*[\w.]+\s*\]|slice\(0|\bmin\(|truncat|Semaphore|take\(|\.first\(|\.head\(|bounded"
    r"|\bcap\b|clamp|chunk|batch|textwrap",
    re.IGNORECASE,
)
_NO_LIMIT = lazy(
    r"^(?:\w+\.)*(?:None|null|undefined|nil|0|-1|Infinity|Number\.(?:MAX_\w+|POSITIVE_INFINITY)"
    r"|math\.(?:inf|MaxInt\w*)|float\([\"']inf[\"']\)|unlimited|sys\.maxsize|(?:Long"
    r"|Integer)\.MAX_VALUE|false|False|\"?unlimited\"?)$"
)
_DECORATED = lazy(
    r"@(?:\w+\.)*(?:limit|limits|rate_?limit\w*|ratelimit|throttle\w*|RateLimiter|Throttle\w*"
    r"|RateLimit\w*|Size|Max|Length)\b"
)


def limit_removed(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Queries, reads, sizes and rates that had an upper bound and have none."""
    if file.view.file.deleted:
        return
    for old, new in file.pairing.pairs:
        yield from _limit_of_pair(file, old, new)
    for statement in file.pairing.gone:
        text = _text(file, statement)
        if text == "limits:" and file.language == "yaml" and _setting_gone(file, statement, _LIMIT_WORD):
            yield file.match("old", statement, A="limits")
            continue
        found = _DECORATED.match(text) or _LIMIT.search(text)
        if (
            found
            and not _unbounded(found)
            and not _is_counter(found)
            and _setting_gone(file, statement, _LIMIT_WORD)
            and _bounds(file, statement)
        ):
            yield file.match("old", statement, A=_limit_key(found))


def _bounds(file: FileChange, statement: Statement) -> bool:
    """True for a line that is there only for the bound: no result is lost with it."""
    code = statement.code
    if code.startswith("@") or file.language in (
        "yaml",
        "toml",
        "ini",
        "json",
        "properties",
        "hcl",
        "dotenv",
        "dockerfile",
    ):
        return True
    return bool(re.match(r"(?:await )?[\w.$>\-]+(?:\[[^\]]*\])?\s*(?:=|:=|\.?\w*\()", code)) and not re.match(
        r"[\w.]*\b(?:print|log\w*|assert\w*|expect|self\.assert\w*)\b", code
    )


def _limit_of_pair(file: FileChange, old: Statement, new: Statement) -> Iterator[Match]:
    first, second = _text(file, old), _text(file, new)
    if _is_definition(first) or re.match(r"(?:if|elif|while|assert|for)\b", first):
        return
    before = [found for found in _LIMIT.finditer(first) if not _unbounded(found) and not _is_counter(found)]
    if not before:
        return
    now = {_limit_key(found): found for found in _LIMIT.finditer(second)}
    for found in before:
        key = _limit_key(found)
        if key in now:
            if _unbounded(now[key]):
                yield file.match("new", new, key.strip(".("), A=f"{key} {_limit_value(now[key])}")
            continue
        if (
            not _LIMIT_WORD.search(second)
            and not _added_to_file(file, new, _LIMIT_WORD)
            and _same_thing(found, first, second)
        ):
            yield file.match("old", old, key.strip(".("), A=found[0].strip())
            return


def _limit_key(found: re.Match[str]) -> str:
    groups = found.groupdict()
    if not groups:
        return found[0]
    if groups["key"]:
        return groups["key"]
    if groups["call"]:
        return groups["call"].split("(")[0]
    return next((name for name in ("sql", "slice", "min", "read") if groups[name]), "")


def _limit_value(found: re.Match[str]) -> str:
    return str(found.groupdict().get("value") or found.groupdict().get("args") or "").strip()


def _unbounded(found: re.Match[str]) -> bool:
    return bool(found.groupdict()) and bool(_NO_LIMIT.match(_limit_value(found)))


_BOUND_WORDS = bag(
    "max limit limits limited limiter quota page per throttle rate maxsize maxlen maxlength maxitems maxcount maxbytes"
    " maxbodylength ratelimit pagesize"
)


def _is_counter(found: re.Match[str]) -> bool:
    """True for names that only look like a bound."""
    if re.fullmatch(r"(?:self\.|this\.)?[a-z_]\w*", _limit_value(found)) and found.groupdict().get("key"):
        # What is only handed on has its bound elsewhere.
        return True
    name = (found.groupdict().get("key") or "").split(".")[-1]
    key = name.lower()
    if name and _BOUND_WORDS.isdisjoint(words_of(name)):
        return True
    return bool(
        re.search(r"max_?(?:value|date|time|index|id|score|age|x|y|width|height|version|line|col|by|imum)|maxim", key)
    ) or key in ("max", "first", "limits.h", "limit_type", "maxdepth")


def _same_thing(found: re.Match[str], old: str, new: str) -> bool:
    """True where the rest of the statement is still the same one."""
    rest = names_in(re.sub(re.escape(found[0]), " ", old)) - names_in(found[0])
    kept = rest & names_in(new)
    return len(kept) * 2 >= len(rest) and (bool(kept) or not rest)
