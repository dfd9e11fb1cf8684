r"""Regular expressions of structural rules, told to mean ASCII by `\w`, `\d`, `\s` and `\b`.

ast-grep compiles its expressions anew for every search, and the Unicode tables behind those classes make that ten
times as slow: 0.40 against 0.05 ms an expression, which is most of the time of a commit hook.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_INSIDE = {"w": "0-9A-Za-z_", "d": "0-9", "s": r"\t-\r "}
_NEGATED = {"W": "w", "D": "d", "S": "s"}


def in_rule(body: Any) -> Any:
    """A rule's table with every `regex` in it rewritten."""
    if isinstance(body, dict):
        return {key: rewritten(value) if key == "regex" and isinstance(value, str) else in_rule(value)
                for key, value in body.items()}  # fmt: skip
    if isinstance(body, list):
        return [in_rule(item) for item in body]
    return body


def rewritten(regex: str) -> str:
    """The expression with ASCII classes; one that begins with `(?i)` folds ASCII letters only, where that is valid."""
    out = []
    position, in_class = 0, False
    while position < len(regex):
        character = regex[position]
        if character == "\\" and position + 1 < len(regex):
            out.append(_escape(regex[position + 1], in_class=in_class))
            position += 2
            continue
        if character == "[" and not in_class:
            in_class = True
            # A bracket right at the start of a class stands for itself.
            start = position + 1 + regex.startswith("^", position + 1)
            end = start + regex.startswith("]", start)
            out.append(regex[position:end])
            position = end
            continue
        if character == "]":
            in_class = False
        out.append(character)
        position += 1
    return _folding("".join(out))


def _escape(name: str, *, in_class: bool) -> str:
    if name in _INSIDE:
        return _INSIDE[name] if in_class else f"[{_INSIDE[name]}]"
    if name in _NEGATED and not in_class:
        return f"[^{_INSIDE[_NEGATED[name]]}]"
    if name in "bB" and not in_class:
        return rf"(?-u:\{name})"
    return "\\" + name


def _folding(regex: str) -> str:
    """Without Unicode an expression must not be able to match a part of a character: no `.` and no negated class."""
    rest = regex.removeprefix("(?i)")
    plain = rest.replace("\\.", "")
    if rest == regex or "." in plain or "[^" in plain or "\\" in plain.replace("\\(", "").replace("\\)", ""):
        return regex
    return "(?i-u)" + rest if rest.isascii() else regex
