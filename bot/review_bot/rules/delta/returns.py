"""What a function gives back: another kind of value than its callers were used to."""

from __future__ import annotations

import re

from review_bot.domain.paths import is_test
from review_bot.patterns import lazy
from review_bot.rules.delta.words import closing, split_arguments, squeezed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.delta.outline import Function, Outline, Statement
    from review_bot.rules.match import Match

_CHECKED = frozenset(("go", "java", "csharp", "rust", "kotlin", "swift", "typescript"))
_RETURN = lazy(r"(?:\} ?)?return\b\s*(?P<value>.*?);?$")
_GIVES_UP = lazy(r"(?:raise|throw)\b")
_NUMBER = lazy(r"[-+]?\d[\d_.]*$")
_NAMED_TYPE = lazy(r"^\s*(?:export )?(?:type\s+)?(\w+)\s+=?\s*(\S[^\n{]*?);?\s*$", re.MULTILINE)
_ANNOTATION = {
    "python": lazy(r"\)\s*->\s*(?P<type>.+?):\s*$"),
    "typescript": lazy(r"\)\s*:\s*(?P<type>[^={]+?(?:\{[^}]*\})?)\s*(?:=>\s*)?\{?\s*$"),
    "rust": lazy(r"->\s*(?P<type>.+?)\s*(?:where .*)?\{\s*$"),
    "kotlin": lazy(r"\)\s*:\s*(?P<type>[^={]+?)\s*[={]"),
    "swift": lazy(r"->\s*(?P<type>[^{]+?)\s*\{"),
    "go": lazy(r"^func (?:\([^)]*\) ?)?\w+(?:\[[^\]]*\])?\((?:[^()]|\([^()]*\))*\)\s*(?P<type>.*?)\s*\{"),
}


def return_changed(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Public functions that return another kind of value in a place where they returned one before."""
    if file.view.file.deleted or is_test(file.path):
        return
    seen: set[tuple[str, str]] = set()
    for function in file.old.functions:
        after = file.pairing.function(function)
        if (
            after is None
            or after.name != function.name
            or not _is_public(function, file.language)
            or not _touched(file, after, function)
        ):
            continue
        found = _declared(file, function, after) or _given(file, function, after)
        what = (found.captures["B"], found.captures["C"]) if found else None
        if found is not None and what is not None and what not in seen:
            # One note for a type that changed in many functions.
            seen.add(what)
            yield found


def _is_public(function: Function, language: str | None) -> bool:
    name = function.name.split(".")[-1]
    if language == "typescript" and not function.container and "export" not in function.header.text:
        return False
    if " " in name or name.startswith(("_", "#")) or name == "constructor":
        return False
    return not re.match(r"(?:@\w+ )*(?:private|protected)\b|func (?:\([^)]*\) )?[a-z]", function.header.code)


def _touched(file: FileChange, after: Function, before: Function) -> bool:
    added, removed = file.view.added_numbers, file.view.removed_numbers
    return any(n in added for n in range(after.start, after.end + 1)) or any(
        n in removed for n in range(before.start, before.end + 1)
    )


def _declared(file: FileChange, function: Function, after: Function) -> Match | None:
    """Where the compiler checks it, the declared type is the contract."""
    if file.language not in _CHECKED or not file.is_added(after.header):
        return None
    first, second = _type(file, function), _type(file, after)
    if (
        not first
        or not second
        or _plain(first) == _plain(second)
        or (file.language == "typescript" and not _bodies_differ(file, function, after))
    ):
        return None
    if _renamed_type(file, first, second):
        return None
    return file.match("new", after.header, A=function.name, B=first, C=second)


def _type(file: FileChange, function: Function) -> str | None:
    shape = _ANNOTATION.get(file.language or "")
    if shape is not None:
        found = shape.search(function.header.text.replace("interface{}", "any"))
        return _unnamed(found["type"].strip()) if found else None
    name = re.escape(function.name)
    found = re.search(
        rf"(?P<type>[\w.$]+(?:<.*>)?(?:\[\])*\??)\s+{name}\s*\(",
        re.sub(r"@\w+(?:\([^)]*\))?", "", function.header.text),
    )
    return (
        found["type"]
        if found and found["type"] not in ("public", "private", "protected", "static", "new", "async")
        else None
    )


def _unnamed(text: str) -> str:
    """The results of a Go function without their names."""
    if not text.startswith("(") or not text.endswith(")"):
        return text
    parts = [part.split(None, 1) for part in split_arguments(text[1:-1])]
    if not any(len(part) == 2 and part[0].isidentifier() and part[0] not in ("chan", "func") for part in parts):
        return text if len(parts) > 1 else text[1:-1]
    kinds: list[str] = []
    kind = ""
    for part in reversed(parts):
        kind = part[1] if len(part) == 2 else kind or part[0]
        kinds.insert(0, kind)
    return kinds[0] if len(kinds) == 1 else f"({', '.join(kinds)})"


def _plain(text: str) -> str:
    """A type without what is only spelling."""
    text = re.sub(r"[\"']|\btyping\.|\bt\.(?=[A-Z])|\b[a-z]\w*\.(?=[A-Z])", "", text)
    text = re.sub(r"\bOptional\[(.*)\]$", r"\1|None", text)
    text = re.sub(r"\bUnion\[(.*)\]$", lambda found: "|".join(split_arguments(found[1])), text)
    text = text.replace("interface{}", "any")
    parts = [
        re.sub(r"\b(?:List|Dict|Set|Tuple|Type|FrozenSet|Text)\b", lambda found: found[0].lower(), part)
        for part in text.split("|")
    ]
    return "|".join(sorted(squeezed(part) for part in parts))


def _renamed_type(file: FileChange, first: str, second: str) -> bool:
    """True where a type only has a new name, or its arguments are spelled out."""
    if _same_variable(first, second) or _alias(file, first, second):
        return True
    if _redefined(file, first, second):
        return True
    heads = re.split(r"[<\[]", first)[0].strip("*&? "), re.split(r"[<\[]", second)[0].strip("*&? ")
    if heads[0] == heads[1] and re.search(r"[<\[]", first + second) and ("<" in first) != ("<" in second):
        return True
    whole = "\n".join(file.view.lines("new").values())
    gone = heads[0] and not re.search(rf"\b{re.escape(heads[0])}\b", whole)
    return bool(gone) and heads[0][:1].isupper() and first.replace(heads[0], heads[1]) == second


def _same_variable(first: str, second: str) -> bool:
    """True where types differ only in what stands for any type."""
    if re.fullmatch(r"[A-Z]\d?", second) or first in ("Object", "void"):
        return True
    loose = [
        re.sub(r"(?<=[<, ])(?:\?(?: (?:extends|super) [\w.]+)?|unknown|any|[A-Z]\d?)(?=[>,])", "?", text)
        for text in (first, second)
    ]
    return squeezed(loose[0]) == squeezed(loose[1])


def _redefined(file: FileChange, first: str, second: str) -> bool:
    """True where the change takes away the definition of the old type and gives one of the new: a new name for it."""
    name, now = (re.sub(r"\W.*", "", text.lstrip("*&[]")) for text in (first, second))
    if not name or not now or first.replace(name, now) != second:
        return False
    before = "\n".join(text for other in file.change.files for _, text in other.view.removed)
    shapes = [
        rf"(?m)\b(?:type|class|interface|struct|enum)\s+{one}\b|^\s*{one}\s+(?:interface|struct)\b"
        for one in (name, now)
    ]
    return bool(re.search(shapes[0], before) and re.search(shapes[1], file.change.added_text))


def _alias(file: FileChange, first: str, second: str) -> bool:
    """True where the change gives the old type the new name."""
    names = dict(_NAMED_TYPE.findall(file.change.added_text))
    back = re.sub(r"\w+", lambda found: names.get(found[0], found[0]), second)
    return back != second and squeezed(back) == squeezed(first)


def _bodies_differ(file: FileChange, function: Function, after: Function) -> bool:
    return _values(file.old, function) != _values(file.new, after)


def _values(side: Outline, function: Function) -> list[str]:
    return [squeezed(value) for _, value in _returns(side, function)]


def _in_callback(side: Outline, function: Function, statement: Statement) -> bool:
    """True inside of a function without a name that is handed to a call."""
    for one in side.ancestors(statement):
        if one.position <= function.header.position:
            return False
        if re.search(r"=> ?[{(]?$|\bfunction\b[^{]*\{$|\bfunc\([^{]*\{$|-> ?\{$", one.code):
            return True
    return False


def _returns(side: Outline, function: Function) -> list[tuple[Statement, str]]:
    """The return statements of a function, those of functions inside left out."""
    inner = [one for one in side.functions if function.header.position < one.header.position <= function.last]
    found = []
    for statement in side.body(function):
        if any(one.header.position <= statement.position <= one.last for one in inner) or _in_callback(
            side, function, statement
        ):
            continue
        shape = _RETURN.match(statement.text)
        if shape:
            found.append((statement, shape["value"].strip()))
    return found


def _given(file: FileChange, function: Function, after: Function) -> Match | None:
    """Where nothing is declared, the returned values are the contract: compare those in the same place."""
    before, now = _returns(file.old, function), _returns(file.new, after)
    kinds_before, kinds_now = {_kind(value) for _, value in before}, {_kind(value) for _, value in now}
    found = _turned_around(file, function, after, before)
    if found is not None:
        return found
    for old, value in before:
        new = file.pairing.became(old) or _in_place_of(file, old, now)
        if new is None or not file.is_added(new):
            continue
        text = _RETURN.match(new.text)
        if text is None:
            continue
        first, second = _kind(value), _kind(text["value"].strip())
        if file.language != "python" and (_several(first, second) or not value):
            continue
        if _breaks(first, second) and second not in kinds_before and not (first in kinds_now and second == "none"):
            return file.match("new", new, A=function.name, B=value or "nothing", C=text["value"] or "nothing")
    return _became_lazy(file, function, after)


def _in_place_of(file: FileChange, old: Statement, now: list[tuple[Statement, str]]) -> Statement | None:
    """The return that stands where another stood, one for one."""
    for edit in file.edits:
        if any(number == old.start for number, _ in edit.removed):
            numbers = {number for number, _ in edit.added}
            inside = [statement for statement, _ in now if statement.start in numbers]
            removed = {number for number, _ in edit.removed}
            olds = [one for one in file.old.statements if one.start in removed and _RETURN.match(one.text)]
            if len(inside) == 1 and len(olds) == 1 and inside[0].indent == old.indent:
                return inside[0]
    return None


def _kind(value: str) -> str:
    """`none`, `bool`, `number`, `text`, `list`, `dict`, `tuple` with its length, or `?` for what can't be told."""
    text = value.strip()
    if text in ("", "None", "null", "undefined", "nil", "NULL"):
        return "none"
    if text in ("True", "False", "true", "false"):
        return "bool"
    if _NUMBER.match(text):
        return "number"
    parts = split_arguments(text)
    if len(parts) > 1:
        return _tuple_of(parts)
    # What a function gives back can't be known here; a class gives one object.
    if re.match(r"(?:await )?(?:[\w.]+\.)?[a-z_]\w*\(.*\)$", text):
        return "call"
    return _literal_kind(text)


def _tuple_of(parts: list[str]) -> str:
    """A few values side by side are a contract; many, or unpacked ones, are a list by another name."""
    few = len(parts) <= 4 and not any(part.startswith(("*", "(", "[", '"', "'")) for part in parts)
    return f"tuple {len(parts)}" if few else "?"


def _literal_kind(text: str) -> str:
    if re.match(r"[rbfu]{0,2}([\"'`]).*\1$", text) and not re.search(r"[\"']\s*[-+%*/.<>=!&|]", text[1:-1]):
        return "text"
    if text.startswith("[") and text.endswith("]"):
        return "list"
    if text.startswith("{") and text.endswith("}"):
        return "dict"
    if text.startswith("(") and closing(text, 0) == len(text) - 1 and len(split_arguments(text[1:-1])) > 1:
        return _tuple_of(split_arguments(text[1:-1]))
    return "?"


def _several(first: str, second: str) -> bool:
    """True where one of the kinds is several values: only Python can tell them from brackets."""
    return first.startswith("tuple") or second.startswith("tuple")


def _breaks(first: str, second: str) -> bool:
    """True where a caller that handles one kind can't handle the other."""
    if first == second or "call" in (first, second):
        return False
    if first.startswith("tuple") or second.startswith("tuple"):
        return "list" not in (first, second)
    return "?" not in (first, second)


def _turned_around(
    file: FileChange,
    function: Function,
    after: Function,
    before: list[tuple[Statement, str]],
) -> Match | None:
    """An error that was raised and is a value now, or the other way round."""
    for first, second in file.change.once(("ends", id(file)), lambda: _ends(file)):
        if not function.header.position < first.position <= function.last:
            continue
        if not after.header.position < second.position <= after.last or first.indent != second.indent:
            continue
        raised, raises = bool(_GIVES_UP.match(first.code)), bool(_GIVES_UP.match(second.code))
        old_value, new_value = _RETURN.match(first.text), _RETURN.match(second.text)
        if (
            raised
            and new_value
            and _kind(new_value["value"]) in ("none", "bool", "number")
            and not _kind_of_any(before, new_value["value"])
        ):
            return file.match("new", second, A=function.name, B=first.text, C=second.text)
        if raises and old_value and _kind(old_value["value"]) in ("none", "bool", "number"):
            return file.match("new", second, A=function.name, B=first.text, C=second.text)
    return None


def _ends(file: FileChange) -> list[tuple[Statement, Statement]]:
    """The last old and the last new statement of each edit that has both."""
    found = []
    for edit in file.edits:
        olds = [one for one in (file.old.at(number) for number, _ in edit.removed) if one]
        news = [one for one in (file.new.at(number) for number, _ in edit.added) if one]
        if olds and news:
            found.append((olds[-1], news[-1]))
    return found


def _kind_of_any(returns: list[tuple[Statement, str]], value: str) -> bool:
    return any(_kind(other) == _kind(value) for _, other in returns)


def _became_lazy(file: FileChange, function: Function, after: Function) -> Match | None:
    """A list that is a generator now, or a value that must be awaited."""
    if file.language != "python" or not file.removed:
        return None
    yields_before = any(re.match(r"yield\b", one.code) for one in file.old.body(function))
    fresh = next((one for one in file.new.body(after) if re.match(r"yield\b", one.code)), None)
    values = [value for _, value in _returns(file.old, function) if _kind(value) != "none"]
    if (
        fresh is not None
        and not yields_before
        and values
        and file.is_added(fresh)
        and not any("contextmanager" in one.text or "fixture" in one.text for one in after.decorators)
    ):
        return file.match("new", fresh, A=function.name, B=f"return {values[-1]}", C="a generator")
    if re.match(r"async def", after.header.code) and re.match(r"def", function.header.code) and values:
        return file.match("new", after.header, A=function.name, B="a value", C="a coroutine")
    return None
