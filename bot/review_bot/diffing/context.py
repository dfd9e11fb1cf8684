"""Which definition a line stands in, and how that definition's head reads."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING

from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ast_grep_py import SgNode

LARGEST_FILE = 1_000_000
"""Characters; beyond that no tree is made."""
_DEEPEST = 2_000
"""Brackets open at once; a parser in C may overflow its stack on more."""
_LONGEST_HEAD = 6
"""Lines of a signature that are repeated."""

_KINDS: dict[str, tuple[str, ...]] = {
    "python": ("function_definition", "class_definition"),
    "javascript": (
        "function_declaration", "generator_function_declaration", "method_definition", "class_declaration",
        "function_expression", "arrow_function",
    ),
    "typescript": (
        "function_declaration", "generator_function_declaration", "method_definition", "class_declaration",
        "function_expression", "arrow_function", "interface_declaration", "enum_declaration",
    ),
    "go": ("function_declaration", "method_declaration", "type_declaration", "func_literal"),
    "rust": ("function_item", "impl_item", "trait_item", "struct_item", "enum_item", "mod_item"),
    "java": (
        "method_declaration", "constructor_declaration", "class_declaration", "interface_declaration",
        "enum_declaration", "record_declaration",
    ),
    "kotlin": ("function_declaration", "class_declaration", "object_declaration"),
    "csharp": (
        "method_declaration", "constructor_declaration", "class_declaration", "interface_declaration",
        "struct_declaration",
    ),
    "c": ("function_definition", "struct_specifier"),
    "cpp": ("function_definition", "class_specifier", "struct_specifier", "namespace_definition"),
    "ruby": ("method", "singleton_method", "class", "module"),
    "php": ("function_definition", "method_declaration", "class_declaration", "interface_declaration"),
    "bash": ("function_definition",),
    "scala": ("function_definition", "class_definition", "object_definition", "trait_definition"),
    "swift": ("function_declaration", "class_declaration", "protocol_declaration"),
    "lua": ("function_declaration",),
}  # fmt: skip
_KINDS["tsx"] = _KINDS["typescript"]
_NAMELESS = frozenset(("function_expression", "arrow_function", "func_literal"))
"""Counted only where they stand over several lines: a callback of one line is not what a line stands in."""


class Definition(NamedTuple):
    """A function, method, class or the like."""

    start: int
    end: int
    head_end: int
    """Last line of its head: what stands before the body."""
    name: str
    """Empty for a function without one."""


class Outline:
    """The definitions of one text, whose first line is numbered `first_line`."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self.definitions = sorted(definitions, key=lambda one: (one.start, -one.end))
        self.starts = frozenset(one.start for one in self.definitions)
        self._order = [one.start for one in self.definitions]

    def around(self, line: int) -> list[Definition]:
        """The definitions that `line` stands in, the outermost first."""
        upto = self.definitions[: bisect_right(self._order, line)]
        return [one for one in upto if one.end >= line]

    def heads(self, line: int) -> list[int]:
        """Lines that say where `line` stands: the first of the outermost definition, all of the innermost's head."""
        around = [one for one in self.around(line) if one.start < line]
        if not around:
            return []
        inner = around[-1]
        last = min(inner.head_end, inner.start + _LONGEST_HEAD - 1, line - 1)
        outer = [around[0].start] if around[0].start < inner.start else []
        return [*outer, *range(inner.start, last + 1)]


EMPTY = Outline(())


@lru_cache(maxsize=128)
def outline(text: str, grammar: str | None, first_line: int = 1) -> Outline:
    """The definitions of `text`; none where there is no grammar for it or it is too large."""
    kinds = _KINDS.get(grammar or "")
    if kinds is None or grammar is None or len(text) > LARGEST_FILE or _too_deep(text):
        return EMPTY
    from ast_grep_py import SgRoot

    root = SgRoot(text, grammar).root()
    found = root.find_all({"rule": {"any": [{"kind": kind} for kind in kinds]}})
    return Outline(list(_definitions(found, text, first_line)))


def _definitions(nodes: Sequence[SgNode], text: str, first_line: int) -> Iterator[Definition]:
    lines = text.split("\n")
    for node in nodes:
        span = node.range()
        start, end = span.start.line, span.end.line
        if start == end and node.kind() in _NAMELESS:
            continue
        head = _head_end(node, start, lines)
        yield Definition(start + first_line, end + first_line, head + first_line, _name(node))


def _head_end(node: SgNode, start: int, lines: Sequence[str]) -> int:
    """Line where the head ends: the one that opens the body, or the one before the body's first statement."""
    body = node.field("body")
    if body is None:
        return start
    at = body.range().start
    before = lines[at.line][: at.column].strip() if at.line < len(lines) else ""
    opens = body.text()[:1] in ("{", ":")
    return max(start, at.line if opens or before else at.line - 1)


def _name(node: SgNode) -> str:
    name = node.field("name")
    return name.text() if name is not None else ""


def _too_deep(text: str) -> bool:
    return max(map(text.count, "([{")) > _DEEPEST and _depth(text) > _DEEPEST


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth = max(depth - 1, 0)
    return deepest
