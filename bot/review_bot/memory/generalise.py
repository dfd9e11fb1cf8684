"""From several changes of one kind to a pattern and its replacement, by anti-unification of their syntax trees.

The least general generalisation (Plotkin 1970): where the trees agree the pattern has their text, where they differ a
metavariable, the same one wherever the same texts differ.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from review_bot.domain.language import grammar_of
from review_bot.rules.binding import root_of
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ast_grep_py import SgNode

LARGEST = 4000
"""Characters of a text that is looked at."""
_WHOLE = re.compile(
    r"call|binary|comparison|boolean|not_operator|assignment|subscript|new_expression|object_creation|import|return"
    r"|raise|throw|conditional|ternary|await|unary|delete|print"
)
"""Kinds of nodes that say something by themselves; a name or a lone argument does not."""
_ATOMS = re.compile(r"string|char|comment|number|integer|float|regex")
_TOO_MUCH = re.compile(r"block|body|module|program|source_file|suite|statement")
"""A difference in a node of these kinds is no detail any more."""


class Pair(NamedTuple):
    """Code that was flagged, and what it became."""

    before: str
    after: str


class Change(NamedTuple):
    """The smallest part of a pair that differs and says something by itself."""

    before: SgNode
    after: SgNode

    @property
    def kind(self) -> str:
        """What tells changes apart that have nothing in common: kind of node and what it names first."""
        return f"{self.before.kind()} {self.after.kind()} {_says(self.before)}"


class Template(NamedTuple):
    """What several changes have in common, with `$A`, `$B` … where they differ."""

    pattern: str
    replacement: str


class _Different(Exception):
    """The texts have too little in common."""


def _says(node: SgNode) -> str:
    """What a node is about: the callee of a call, the operators of anything else."""
    if "call" in node.kind():
        found = re.search(r"[A-Za-z_][\w.]*", node.text())
        return found[0] if found else ""
    return " ".join(child.text() for child in node.children() if not child.is_named())


def change_of(pair: Pair, language: str) -> Change | None:
    """The part of the pair that changed; None where it is no single part, or where the code can't be read alone."""
    grammar = grammar_of(language, "")
    if grammar is None or max(len(pair.before), len(pair.after)) > LARGEST:
        return None
    before, after = (root_of(textwrap.dedent(text).strip(), grammar) for text in pair)
    if before.find(kind="ERROR") is not None or after.find(kind="ERROR") is not None:
        return None
    found = None
    while True:
        if _WHOLE.search(before.kind()):
            found = Change(before, after)
        differing = _differing(before, after)
        if differing is None:
            return found if found is None or found.before.text() != found.after.text() else None
        before, after = differing


def _differing(before: SgNode, after: SgNode) -> tuple[SgNode, SgNode] | None:
    """The only children that differ; None where there are more, or where the nodes are of different make."""
    old, new = before.children(), after.children()
    if before.kind() != after.kind() or len(old) != len(new):
        return None
    pairs = [(a, b) for a, b in zip(old, new, strict=True) if a.text() != b.text()]
    return pairs[0] if len(pairs) == 1 else None


def template_of(changes: Sequence[Change]) -> Template | None:
    """What the changes have in common; None where that is nothing, or the replacement holds what was not there."""
    holes: dict[tuple[str, ...], str] = {}
    try:
        pattern = _common([one.before for one in changes], holes, open_ended=True)
        replacement = _common([one.after for one in changes], holes, open_ended=False)
    except _Different:
        return None
    if pattern == replacement or not re.search(r"[A-Za-z_]{2,}", re.sub(r"\$[A-Z]\w*", "", pattern)):
        return None
    return Template(pattern, replacement)


def _common(nodes: Sequence[SgNode], holes: dict[tuple[str, ...], str], *, open_ended: bool) -> str:
    """Text of the first node with metavariables where the nodes differ; raises _Different."""
    texts = tuple(node.text() for node in nodes)
    if len(set(texts)) == 1:
        return texts[0]
    if texts in holes:
        return f"${holes[texts]}"
    children = [node.children() for node in nodes]
    alike = len({node.kind() for node in nodes}) == 1 and len({len(some) for some in children}) == 1
    if alike and children[0] and not _ATOMS.search(nodes[0].kind()):
        return _between(nodes[0], [_common(some, holes, open_ended=open_ended) for some in zip(*children, strict=True)])
    if not open_ended or any(_TOO_MUCH.search(node.kind()) for node in nodes) or len(holes) > 8:
        raise _Different
    holes[texts] = chr(ord("A") + len(holes))
    return f"${holes[texts]}"


def _between(node: SgNode, parts: Sequence[str]) -> str:
    """The node's text with other texts in the place of its children."""
    text, start, out, at = node.text(), node.range().start.index, [], 0
    for child, part in zip(node.children(), parts, strict=True):
        place = child.range()
        out += [text[at : place.start.index - start], part]
        at = place.end.index - start
    return "".join(out) + text[at:]
