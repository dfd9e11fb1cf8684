"""Signatures that changed: who still calls as before, and which default is another one."""

from __future__ import annotations

import re

from review_bot.domain.language import language_of
from review_bot.domain.paths import is_test
from review_bot.patterns import lazy
from review_bot.rules.delta.masking import masked
from review_bot.rules.delta.parameters import Parameter, arguments, fits, parameters
from review_bot.rules.delta.tables import bag
from review_bot.rules.delta.words import squeezed
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from review_bot.rules.delta.change import FileChange, WholeChange
    from review_bot.rules.delta.outline import Function, Statement
    from review_bot.rules.match import Match

_MOST_FILES = 60
"""Files that are read in search of callers of one function."""
_NO_CALLS = lazy(
    r"@(?:\w+\.)*(?:property|\w+\.setter|fixture|command|group|option|task|shared_task|overload"
    r"|abstractmethod|route|get|post|put|patch|delete|validator|field_validator|receiver|hookimpl"
    r"|override|Override|Bean|Test|GetMapping|PostMapping|RequestMapping|EventListener|Scheduled)\b"
)
_COMMON = bag(
    "get set run call init main close open read write send start stop add pop push next apply bind"
    " save load update delete create copy format parse log print execute handle process emit clear"
    " reset find filter map join split test setup render toString equals on use then"
)


_NAME = lazy(r"[\w$]+")


class _Changed(NamedTuple):
    name: str
    before: list[Parameter]
    after: list[Parameter]
    function: Function
    method: bool


class _Caller(NamedTuple):
    path: str
    line: int


def stale_callers(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Functions of which a call in the tree fits the old parameters, and no longer the new ones."""
    if file.view.file.deleted:
        return
    changed = [one for one in _changed(file) if len(one.name) > 2 and not (one.method and one.name in _COMMON)]
    if not changed:
        return
    sites = _sites(file.change, [one.name for one in changed])
    for one in changed:
        callers = _stale(file, one, sites.get(one.name, {}))
        if callers:
            first = callers[0]
            more = f" and {len(callers) - 1} more" if len(callers) > 1 else ""
            yield file.match("new", one.function.header, one.name, A=one.name, B=f"{first.path}:{first.line}{more}")


def _changed(file: FileChange) -> Iterator[_Changed]:
    for function in file.old.functions:
        after = file.pairing.function(function)
        if after is None or after.name != function.name or " " in function.name or not _touched(file, function, after):
            continue
        before, now = parameters(function, file.language), parameters(after, file.language)
        if (
            before is None
            or now is None
            or _shape(before) == _shape(now)
            or any(_NO_CALLS.match(one.text) for one in after.decorators)
        ):
            continue
        name = function.name.split(".")[-1]
        method = bool(function.container) or "." in function.name
        if name in ("__init__", "constructor", "__new__"):
            name, method = function.container, False
        if name and not name.startswith("__"):
            yield _Changed(name, before, now, after, method)


def _touched(file: FileChange, before: Function, after: Function) -> bool:
    return file.is_added(after.header) and squeezed(before.header.text) != squeezed(after.header.text)


def _shape(declared: list[Parameter]) -> list[tuple[str, bool, str]]:
    return [(one.name, one.default is None, one.kind) for one in declared]


def _sites(change: WholeChange, names: Sequence[str]) -> dict[str, dict[str, list[int]]]:
    """Where each name stands: lines by path, by name."""
    found: dict[str, dict[str, list[int]]] = {name: {} for name in names}
    for path, line, text in _hits(change, names):
        for word in set(_NAME.findall(text)) & found.keys():
            found[word].setdefault(path, []).append(line)
    return found


def _hits(change: WholeChange, names: Sequence[str]) -> Iterable[tuple[str, int, str]]:
    if change.tree is not None:
        return list(change.tree.grep(names))
    return [
        (file.path, number, text)
        for file in change.files
        if not file.view.file.deleted
        for number, text in file.view.lines("new").items()
        if any(name in text for name in names)
    ]


def _stale(file: FileChange, one: _Changed, sites: dict[str, list[int]]) -> list[_Caller]:
    texts = {}
    for path in list(sites)[:_MOST_FILES]:
        language = language_of(path)
        if language == file.language or {language, file.language} <= {"javascript", "typescript"}:
            texts[path] = file.change.text_of(path)
    if any(_definitions(text, one.name, file.language) != (path == file.path) for path, text in texts.items()):
        return []
    callers = []
    for path in sorted(texts, key=lambda path: (is_test(path), path)):
        if path == file.path or _could_know(file, path, texts[path], one):
            callers += _wrong_calls(file, one, path, texts[path], sites[path])
    return callers


_DEFINING = lazy(r"\b(?:def|function\*?|func|fn|fun|class|struct)\s+(?:\([^)]*\)\s*)?$")
_NAMING = lazy(r"\b(?:const|let|var)\s+$")
_BEFORE_NAME = lazy(r"[ \t]*(?!return\b|else\b|new\b|await\b|throw\b)(?:[\w<>\[\],.?@]+[ \t]+)*$")
_BEHIND_NAME = lazy(r"\s*\([^;{}=]*\)[^;{}()=]*\{[^}\n]*$", re.MULTILINE)


def _definitions(text: str, name: str, language: str | None) -> int:
    """How many lines of a text define the name."""
    headers = language not in ("python", "go", "ruby", "rust")
    lines = set()
    for found in re.finditer(rf"(?<!\w){re.escape(name)}\b", text):
        before = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        if (
            _DEFINING.search(before)
            or (_NAMING.search(before) and re.match(r"\s*=", text[found.end() : found.end() + 20]))
            or (headers and _BEFORE_NAME.match(before) and _BEHIND_NAME.match(text, found.end()))
        ):
            lines.add(text.count("\n", 0, found.start()))
    return len(lines)


def _could_know(file: FileChange, path: str, text: str, one: _Changed) -> bool:
    """True where a file imports the changed one, or shares its package."""
    parts = file.path.split("/")
    stem = parts[-1].partition(".")[0]
    if stem in ("__init__", "index", "mod", "lib"):
        stem = parts[-2] if len(parts) > 1 else stem
    if file.language in ("go", "java", "csharp", "kotlin"):
        same = path.rpartition("/")[0] == file.path.rpartition("/")[0]
        package = parts[-2] if len(parts) > 1 else stem
        return same or package in text or one.method
    return bool(re.search(rf"(?<!\w){re.escape(stem)}(?!\w)", text)) or bool(
        re.search(rf"import[^\n]*\b{re.escape(one.name)}\b|\b{re.escape(one.name)}\b,?\s*\n?[^\n]*\)?\s*from", text)
    )


def _wrong_calls(file: FileChange, one: _Changed, path: str, text: str, lines: list[int]) -> list[_Caller]:
    """Calls that the old parameters take and the new ones don't."""
    code = masked(text, file.language)
    starts, written = _offsets(code), text.split("\n")
    declared = _asked_for(file, one)
    found = []
    for number in lines:
        if number > len(starts):
            continue
        stop = starts[number] if number < len(starts) else len(code)
        for match in re.finditer(rf"(?<![\w$]){re.escape(one.name)}\s*\(", code[starts[number - 1] : stop]):
            at = starts[number - 1] + match.start()
            if not _is_call(code, at, one, file, own=path == file.path) or _is_other(code, at, one):
                continue
            if one.method and (
                _on_module(code, text, at, one) or (path != file.path and _on_itself(code, text, at, one))
            ):
                continue
            if _MUST_FAIL.search("\n".join(written[max(0, number - 3) : number])):
                continue
            call = arguments(code, starts[number - 1] + match.end() - 1, file.language)
            if not fits(call, declared, file.language) and fits(call, one.before, file.language):
                found.append(_Caller(path, number))
    return found


_OPTIONAL = lazy(r"opts?|options?|callback|cb|config|settings|params|done|next|context|extra", re.IGNORECASE)


def _asked_for(file: FileChange, one: _Changed) -> list[Parameter]:
    """The new parameters; in JavaScript one that the body can do without is as good as one with a default."""
    if file.language != "javascript":
        return one.after
    body = " ".join(statement.code for statement in file.new.body(one.function))

    def optional(name: str) -> bool:
        word = re.escape(name)
        asks = rf"\b{word} ?(?:\|\||\?\?|\?\.|[!=]==? ?(?:undefined|null))|typeof {word}\b|[!(]{word}[ )]|\b{word} && "
        return bool(_OPTIONAL.fullmatch(name) or re.search(asks, body))

    return [p._replace(default="undefined") if p.default is None and optional(p.name) else p for p in one.after]


_MUST_FAIL = lazy(r"\braises\b|assertRaises|\btoThrow|\bthrows\(|assertThrows|rejects|ts-expect-error")
"""Around a call that is written to be refused."""


def _on_itself(code: str, text: str, at: int, one: _Changed) -> bool:
    """True for a call on `self` in a file without a class that is made from the changed one."""
    if not re.search(r"\b(?:self|this)\??\.\s*$", code[max(0, at - 20) : at]):
        return False
    owner = re.escape(one.function.container)
    return not owner or not re.search(rf"(?:\bextends\s|\bclass\s+\w+\s*[(:])[^{{\n]*\b{owner}\b", text)


def _on_module(code: str, text: str, at: int, one: _Changed) -> bool:
    """True for a call on what the file imports by that name: a package has functions, and no methods."""
    found = re.search(r"(?<![\w$.)\]])([a-z]\w*)(?:\.|::)\s*$", code[max(0, at - 60) : at])
    if not found:
        return False
    name = re.escape(found[1])
    owner, _, method = one.function.name.partition(".")
    # In Go the receiver says of which type the method is, and a parameter of which type the object.
    declared = re.findall(rf"(?<!\w){name}\s+\*?(?:\w+\.)?([A-Za-z]\w*)\s*[,)]", code) if method else []
    if declared and owner not in declared:
        return True
    return bool(
        re.search(rf"^\s*(?:import\s+)?(?:{name}\s+)?\"(?:[^\"]*/)?{name}(?:\.v\d+)?\"\s*$", text, re.MULTILINE)
    ) or bool(
        re.search(rf"^(?:import\s+(?:[\w.]+\s+as\s+)?{name}\s*$|import\s+\*\s+as\s+{name}\b)", text, re.MULTILINE)
    )


def _is_other(code: str, at: int, one: _Changed) -> bool:
    """True for a method that hands on to the method of the same name of another object."""
    if not one.method:
        return False
    line = code[code.rfind("\n", 0, at) + 1 : at]
    receiver = re.search(r"[\w$.]+(?=(?:\.|->|::|\?\.)\s*$)", line)
    if not receiver or receiver[0] in ("self", "this", "cls"):
        return False
    header = re.compile(rf"\b(?:def|func|fn|fun|function)?\s*(?:\([^)]*\)\s*)?(?<![\w$.]){re.escape(one.name)}\s*\(")
    indent = len(line) - len(line.lstrip())
    for text in reversed(code[:at].split("\n")[:-1]):
        if text.strip() and not text.lstrip().startswith(")") and len(text) - len(text.lstrip()) < indent:
            indent = len(text) - len(text.lstrip())
            if header.search(text):
                return True
            if indent == 0:
                return False
    return False


def _offsets(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer("\n", text))]


def _is_call(code: str, at: int, one: _Changed, file: FileChange, *, own: bool) -> bool:
    line = code[code.rfind("\n", 0, at) + 1 : at]
    if re.search(
        r"\b(?:def|function|func|fn|fun|class|new class)\s*(?:\([^)]*\)\s*)?$|^\s*(?:@|import |from )", line
    ) or re.search(r"\bsuper\(\)?\.?$", line):
        return False
    if file.language in ("java", "csharp", "c", "cpp", "typescript", "javascript") and _is_header(code, at, line):
        return False
    receiver = re.search(r"([\w$)\]]+)\s*(?:\.|->|::|\?\.)\s*$", line)
    if one.method:
        return receiver is not None or (own and file.language in ("java", "csharp", "kotlin"))
    if receiver is None:
        return True
    stem = file.path.rsplit("/", 1)[-1].partition(".")[0]
    package = file.path.split("/")[-2] if "/" in file.path else ""
    return receiver[1] in (stem, package)


def _is_header(code: str, at: int, line: str) -> bool:
    if line.strip() and not re.search(r"(?:[\w>\]]\s+|^\s*)$", line):
        return False
    if re.search(r"\b(?:return|await|new|throw|else|yield|case|typeof)\s+$", line):
        return False
    from review_bot.rules.delta.words import closing

    end = closing(code, code.find("(", at))
    return bool(
        re.match(r"\s*(?::[^;{}=]*)?(?:throws[^;{}]*)?\{", code[end + 1 : end + 200])
    ) and not line.rstrip().endswith((".", "=", "("))


_SENTINEL = lazy(
    r"^(?:\.\.\.|undefined|_?[A-Z_]*(?:UNSET|MISSING|SENTINEL|NOT_GIVEN|NOTSET|DEFAULT|EMPTY"
    r"|NOTHING)[A-Z_]*|_?(?:unset|missing|sentinel|notset|not_given|NotGiven\w*"
    r"|not_provided)(?:\(\))?|inspect\._empty|object\(\)|Undefined|PydanticUndefined)$"
)
_EMPTY = frozenset(
    ("[]", "{}", "()", "set()", "dict()", "list()", "tuple()", "None", "null", "undefined", "frozenset()")
)
_KEYED = (
    lazy(
        r"(?:os\.getenv|environ\.get|getenv|env(?:\.\w+)?|config\.get|settings\.get|getOrDefault"
        r"|System\.getProperty|System\.getenv)\(\s*[\"'](?P<key>[^\"']+)[\"']\s*,\s*(?:default\s*=\s*)?(?"
        r"P<value>[^()]+?)\s*[,)]"
    ),
    lazy(r"(?P<key>process\.env\.\w+)\s*(?:\|\||\?\?)\s*(?P<value>[^;,)]+)"),
    lazy(
        r"(?:add_argument|option|argument|Option"
        r"|Argument)\(\s*[\"'](?P<key>[^\"']+)[\"'].*?\bdefault\s*[=:]\s*(?P<value>[^,)]+)"
    ),
    lazy(
        r"SetDefault\(\s*\"(?P<key>[^\"]+)\"\s*,\s*(?P<value>[^)]+)\)"
        r"|flag\.\w+\(\s*\"(?P<key2>[^\"]+)\"\s*,\s*(?P<value2>[^,]+),"
    ),
    lazy(r"@Value\(\"\$\{(?P<key>[\w.]+):(?P<value>[^}]*)\}"),
    lazy(r"@RequestParam\(.*defaultValue\s*=\s*(?P<value>\"[^\"]*\").*\)\s*(?P<key>\w+(?:<\w+>)?\s+\w+)"),
)
_FIELD = lazy(
    r"^(?P<key>\w+)\s*:\s*[^=]+=\s*(?:(?:Field|field|attr\.ib|attrib"
    r"|mapped_column)\(\s*(?:default\s*=\s*)?)?(?P<value>[^,)]+)"
)
_MODEL = lazy(
    r"dataclass|BaseModel|BaseSettings|NamedTuple|TypedDict|attr\.s|@define|@frozen|Config|Settings|Options|Params",
    re.IGNORECASE,
)


def default_changed(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Parameters and settings that nobody gives and that have another value now."""
    if file.view.file.deleted or is_test(file.path):
        return
    noted, own = file.change.memory, set[tuple[str, ...]]()
    for function in file.old.functions:
        after = file.pairing.function(function)
        if after is None or not _is_public(function) or after.name != function.name or not file.is_added(after.header):
            continue
        for match in _other_defaults(file, function, after):
            what = ("default", *match.captures.values())
            if what not in own and noted.setdefault(what, file.path) == file.path:
                # One note for a default that many functions share, in this file and in others.
                own.add(what)
                yield match
    for old, new in file.pairing.pairs:
        yield from _other_settings(file, old, new)


def _is_public(function: Function) -> bool:
    name = function.name.split(".")[-1]
    return " " not in name and not (name.startswith(("_", "#")) and not name.startswith("__"))


def _other_defaults(file: FileChange, function: Function, after: Function) -> Iterator[Match]:
    before = {one.name: one.default for one in parameters(function, file.language) or ()}
    for one in parameters(after, file.language) or ():
        old = before.get(one.name)
        if old and one.default and one.kind in ("", "k") and _differs(file, old, one.default):
            yield file.match("new", after.header, one.name, A=one.name, B=old, C=one.default)


def _other_settings(file: FileChange, old: Statement, new: Statement) -> Iterator[Match]:
    for shape in _KEYED:
        first, second = shape.search(old.text), shape.search(new.text)
        if first and second:
            yield from _other_value(file, new, first.groupdict(), second.groupdict())
    if old.parent >= 0 and file.language == "python" and re.match(r"class\b", file.old.statements[old.parent].code):
        holder = file.old.statements[old.parent]
        above = file.old.statements[holder.position - 1].text if holder.position else ""
        first, second = _FIELD.match(old.text), _FIELD.match(new.text)
        if first and second and _MODEL.search(holder.text + above):
            yield from _other_value(file, new, first.groupdict(), second.groupdict())


def _other_value(
    file: FileChange, new: Statement, first: dict[str, str | None], second: dict[str, str | None]
) -> Iterator[Match]:
    key, now_key = first.get("key") or first.get("key2"), second.get("key") or second.get("key2")
    value, now = first.get("value") or first.get("value2"), second.get("value") or second.get("value2")
    if key and key == now_key and value and now and not key.startswith("_") and _differs(file, value, now):
        yield file.match("new", new, A=key, B=value.strip(), C=now.strip())


def _differs(file: FileChange, old: str, new: str) -> bool:
    """True where two spellings of a default are two values."""
    first, second = _value(old), _value(new)
    if first == second or {first, second} <= _EMPTY or _SENTINEL.match(first) or _SENTINEL.match(second):
        return False
    constants = _constants(file)
    first, second = constants.get(first, first), constants.get(second, second)
    # What a name stands for elsewhere can't be known here.
    return first != second and _is_literal(first) and _is_literal(second)


def _is_literal(text: str) -> bool:
    return bool(re.match(r"(?:[-+]?\.?\d(?!.*\.[A-Za-z]{2})|\"|True$|False$|true$|false$|None$|null$|\[|\{|\()", text))


def _value(text: str) -> str:
    text = re.sub(r"/\*.*?\*/", "", text) if "/*" in text else text
    text = squeezed(text.strip().rstrip("){")) if text.count("(") < text.count(")") else squeezed(text)
    if re.fullmatch(r"[-+]?[\d_.]+(?:[eE][-+]?\d+)?|0[xXbBoO][\da-fA-F_]+", text):
        bare = text.replace("_", "")
        try:
            return (
                repr(float(bare))
                if re.search(r"[.eE]", bare) and "x" not in bare.lower()
                else repr(float(int(bare, 0)))
            )
        except ValueError:
            return text
    return text


def _constants(file: FileChange) -> dict[str, str]:
    """Values of the constants of the file, by name."""
    found: dict[str, str] = {}
    for number in file.new.lines:
        shape = re.match(
            r"(?:export )?(?:const |let |final |static |public "
            r"|private )*([A-Z_][A-Z0-9_]*)\s*(?::[^=]+)?=\s*(.+?);?\s*(?:#.*|//.*)?$",
            file.new.lines[number],
        )
        if shape:
            found[shape[1]] = _value(shape[2])
    return found
