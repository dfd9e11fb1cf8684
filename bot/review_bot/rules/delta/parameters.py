"""The parameters of functions and the arguments of calls, read off their text."""

from __future__ import annotations

import re

from review_bot.rules.delta.words import closing, split_arguments
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from review_bot.rules.delta.outline import Function

_TYPED = frozenset(("java", "csharp", "c", "cpp", "kotlin", "dart", "php", "swift", "rust"))


class Parameter(NamedTuple):
    """One parameter of a function."""

    name: str
    default: str | None = None
    """As written; None where an argument must be given."""
    kind: str = ""
    """`*` and `**` for those that take any number, `k` for keyword only, `/` for position only."""
    annotation: str = ""


class Call(NamedTuple):
    """The arguments of a call."""

    positional: int
    keywords: frozenset[str]
    open: bool = False
    """True where the number can't be told: something is unpacked, or the call does not close."""


def parameters(function: Function, language: str | None) -> list[Parameter] | None:
    """The parameters without the receiver, or None where they can't be read."""
    name = function.name.split(".")[-1]
    text = function.header.text
    begin = text.find("(", _after_name(text, name))
    if begin < 0:
        return None
    end = closing(text, begin)
    if end < 0:
        return None
    return parsed(text[begin + 1 : end], language, method=bool(function.container))


def _after_name(text: str, name: str) -> int:
    found = re.search(rf"(?<![\w$]){re.escape(name)}\b", text)
    return found.end() if found else 0


def parsed(text: str, language: str | None, *, method: bool = False) -> list[Parameter]:
    """The parameters in a text between brackets."""
    parts = split_arguments(text, angles=language in _TYPED or language == "typescript")
    if language == "go":
        return _go(parts)
    if language in ("javascript", "typescript"):
        return [_javascript(part) for part in parts if not part.startswith("this:")]
    if language in _TYPED:
        return [_typed(part) for part in parts if part != "void" and not re.match(r"&?(?:mut )?self\b", part)]
    if language == "ruby":
        return [_ruby(part) for part in parts]
    return _python(parts, method=method)


def _python(parts: list[str], *, method: bool) -> list[Parameter]:
    found: list[Parameter] = []
    keyword_only = False
    for index, part in enumerate(parts):
        if part == "/":
            found = [one._replace(kind="/") for one in found]
            continue
        if part.startswith("*"):
            keyword_only = keyword_only or not part.startswith("**")
            name = re.split(r"[:=]", part.lstrip("*"))[0].strip()
            if name:
                found.append(Parameter(name, "", "**" if part.startswith("**") else "*"))
            continue
        head, default = _at_equals(part)
        name, _, annotation = head.partition(":")
        if index == 0 and name.strip() in ("self", "cls", "mcs") and (method or name.strip() == "self"):
            continue
        found.append(Parameter(name.strip(), default, "k" if keyword_only else "", annotation.strip()))
    return found


def _at_equals(part: str) -> tuple[str, str | None]:
    depth, quote = 0, ""
    for index, char in enumerate(part):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "=" and depth == 0 and part[index + 1 : index + 2] not in (">", "="):
            return part[:index].strip(), part[index + 1 :].strip()
    return part.strip(), None


def _javascript(part: str) -> Parameter:
    part = re.sub(r"^(?:@\w+(?:\([^)]*\))?\s*|(?:public|private|protected|readonly) )+", "", part)
    head, default = _at_equals(part)
    name, _, annotation = head.partition(":") if not head.startswith(("{", "[")) else (head, "", "")
    if name.startswith("..."):
        return Parameter(name[3:].strip(), "", "*", annotation.strip())
    if name.rstrip().endswith("?"):
        return Parameter(name.strip().rstrip("?"), default or "undefined", "", annotation.strip())
    return Parameter(name.strip(), default, "", annotation.strip())


def _go(parts: list[str]) -> list[Parameter]:
    found = []
    for part in parts:
        words = part.split(None, 1)
        annotation = words[1] if len(words) > 1 else ""
        found.append(
            Parameter(
                words[0],
                "" if annotation.startswith("...") else None,
                "*" if annotation.startswith("...") else "",
                annotation,
            )
        )
    if found and not any(one.annotation for one in found):
        return [one._replace(name="", annotation=one.name) for one in found]
    kind = ""
    for index in range(len(found) - 1, -1, -1):
        kind = found[index].annotation or kind
        found[index] = found[index]._replace(annotation=kind)
    return found


def _typed(part: str) -> Parameter:
    head, default = _at_equals(part)
    head = re.sub(
        r"@\w+(?:\.\w+)*(?:\([^)]*\))?\s*|\b(?:final|const|ref|out|in|this|params|required|vararg)\s+", "", head
    ).strip()
    if ":" in head and "::" not in head:
        name, _, annotation = head.partition(":")
        return Parameter(name.strip().split(" ")[-1], default, "", annotation.strip())
    words = re.match(r"(?P<type>.*?)(?P<dots>\.\.\.)?[ &*]*(?P<name>\$?\w+)(?:\[\])*$", head)
    if not words:
        return Parameter(head, default)
    return Parameter(
        words["name"], "" if words["dots"] else default, "*" if words["dots"] else "", words["type"].strip()
    )


def _ruby(part: str) -> Parameter:
    if part.startswith(("*", "&")):
        return Parameter(part.lstrip("*&"), "", "**" if part.startswith("**") else "*")
    keyword = re.match(r"(\w+):\s*(.*)$", part)
    if keyword:
        return Parameter(keyword[1], keyword[2] or None, "k")
    head, default = _at_equals(part)
    return Parameter(head, default)


def arguments(text: str, start: int, language: str | None) -> Call:
    """The arguments of the call whose bracket opens at `start` of `text`."""
    end = closing(text, start)
    if end < 0:
        return Call(0, frozenset(), open=True)
    positional, keywords, is_open = 0, set(), False
    for part in split_arguments(text[start + 1 : end]):
        if part.startswith(("*", "...", "&")) or part.endswith("...") or part == "..":
            is_open = True
            continue
        named = re.match(r"([A-Za-z_]\w*)\s*=(?![=>])", part) if language in ("python", "kotlin", None) else None
        named = named or (re.match(r"([a-z_]\w*):\s", part) if language in ("ruby", "csharp", "swift", "php") else None)
        if named:
            keywords.add(named[1])
        else:
            positional += 1
    return Call(positional, frozenset(keywords), is_open)


def fits(call: Call, declared: list[Parameter], language: str | None) -> bool:
    """True where a call can be made with these parameters."""
    if call.open:
        return True
    takes_any = any(one.kind == "*" for one in declared)
    takes_any_name = any(one.kind == "**" for one in declared)
    places = [one for one in declared if one.kind in ("", "/")]
    if call.positional > len(places) and not takes_any:
        # JavaScript drops what nobody asks for: only a missing argument can be told to be wrong.
        return language == "javascript"
    known = {one.name for one in declared if one.kind in ("", "k")}
    if not takes_any_name and call.keywords - known:
        return False
    if any(one.name in call.keywords for one in places[: call.positional]):
        return False
    needed = [one for one in places[call.positional :] if one.default is None and one.name not in call.keywords]
    needed += [one for one in declared if one.kind == "k" and one.default is None and one.name not in call.keywords]
    return not needed
