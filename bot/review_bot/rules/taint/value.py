"""What is known of a value: where its tainted parts come from and what was done to them."""

from __future__ import annotations

from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Kind = Literal["request", "local", "parameter", "own"]
    from ast_grep_py import SgNode

KINDS: tuple[Kind, ...] = ("request", "local", "parameter", "own")

EVERYTHING = "*"
_MOST = 6
_LONGEST_WAY = 8


class Taint(NamedTuple):
    """One source that a value comes from."""

    kind: Kind
    """Sent by a client; typed by the user or set in the environment; any parameter; named by the rule."""
    source: SgNode
    start: int
    """Index of the source in the text: its identity."""
    clean: frozenset[str] = frozenset()
    """Categories for which it has been made harmless."""
    built: bool = False
    """True when it is part of a longer text by now."""
    boxed: bool = False
    """True inside of an object: not a text itself."""
    way: tuple[SgNode, ...] = ()
    """Where it passed, the source first."""
    name: str = ""
    """Of the parameter, where the source is one."""


Value = tuple[Taint, ...]
CLEAN: Value = ()


def join(*values: Value) -> Value:
    """All the taints of the values, each once."""
    filled = [value for value in values if value]
    if len(filled) < 2:
        return filled[0] if filled else CLEAN
    seen: dict[tuple[object, ...], Taint] = {}
    for value in filled:
        for taint in value:
            seen.setdefault((taint.kind, taint.start, taint.clean, taint.built, taint.boxed), taint)
    return tuple(seen.values())[:_MOST]


def cleansed(value: Value, categories: frozenset[str]) -> Value:
    """The value after something that makes it harmless for the categories; `*` for all."""
    if not value or not categories:
        return value
    if EVERYTHING in categories:
        return CLEAN
    return tuple(taint._replace(clean=taint.clean | categories) for taint in value)


def built(value: Value) -> Value:
    """The value as a part of a longer text."""
    return tuple(taint if taint.built else taint._replace(built=True) for taint in value)


def boxed(value: Value) -> Value:
    """The value as a part of an object."""
    return tuple(taint if taint.boxed else taint._replace(boxed=True) for taint in value)


def unboxed(value: Value) -> Value:
    """The value after a part of an object was taken."""
    if not any(taint.boxed for taint in value):
        return value
    return tuple(taint._replace(boxed=False) for taint in value)


def member(value: Value) -> Value:
    """A part of the value: of a parameter whose type nobody knows that is no text any more."""
    return unboxed(tuple(taint for taint in value if taint.kind != "parameter"))


def passed(value: Value, node: SgNode) -> Value:
    """The value after it went through a node."""
    return tuple(taint._replace(way=(*taint.way[:1], *taint.way[1:][-_LONGEST_WAY + 2 :], node)) for taint in value)
