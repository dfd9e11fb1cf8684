"""Dotted names of variables, members and callees, spelt the same way in every language."""

from __future__ import annotations

from review_bot.patterns import lazy

_LONGEST = 160
_PATH = lazy(
    r"""[$&*@:]*[A-Za-z_][\w$]*[?!]?(?:(?:\.|->|::|\?\.|\?->|!\.)[$@]?[A-Za-z_][\w$]*[?!]?|\[[`"']?:?[\w-]+["'`]?\])*"""
)
_INDEX = lazy(r"""\[([`"':]*)([\w-]+)["'`]?\]""")
_ARROWS = lazy(r"\?->|->|::|\?\.|!\.")


def dotted(text: str) -> str | None:
    """`request.args.name` for `request->args["name"]`; None where the text is not a mere name."""
    if len(text) > _LONGEST or not _PATH.fullmatch(text):
        return None
    if text.isidentifier():
        return text
    if "[" in text:
        if any(not mark and not index.isdigit() for mark, index in _INDEX.findall(text)):
            return None
        text = _INDEX.sub(r".\2", text)
    return _ARROWS.sub(".", text).lstrip("$&*@:").replace("$", "")


def prefixes(path: str) -> list[str]:
    """`a.b.c`, `a.b`, `a`."""
    found = [path]
    while "." in path:
        path = path.rpartition(".")[0]
        found.append(path)
    return found


def mentioned(text: str) -> list[str]:
    """Every dotted name in a piece of code."""
    found = []
    for piece in _PATH.finditer(text):
        path = dotted(piece[0])
        if path is None:
            continue
        found.append(path)
        if text[piece.end() : piece.end() + 1] == "(" and "." in path:
            found.append(path.rpartition(".")[0])
    return found
