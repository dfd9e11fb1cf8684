"""Small questions about nodes of a syntax tree."""

from __future__ import annotations

from review_bot.patterns import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

Span = tuple[int, int]


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


FRAGMENTS = words(
    "string_content string_fragment escape_sequence string_start string_end interpolation_start string_literal_content "
    "interpolated_string_text interpreted_string_literal_content raw_string_literal_content heredoc_start heredoc_end "
    "heredoc_content nowdoc_string interpolation_quote string_literal_encoding"
)
"""Kinds of the parts of a string that are text."""
_QUOTES = lazy(r"""^[a-zA-Z@$]{0,3}("{3}|'{3}|["'`])""")


def span(node: SgNode) -> Span:
    """Where the node stands in the text."""
    place = node.range()
    return place.start.index, place.end.index


def named(node: SgNode) -> list[SgNode]:
    """Children without punctuation and keywords."""
    return [child for child in node.children() if child.is_named()]


def part(node: SgNode, which: str) -> SgNode | None:
    """The child in a field, or at a place among the named children; None for none."""
    if not which:
        return None
    if which[-1].isdigit():
        children, index = named(node), int(which)
        return children[index] if -len(children) <= index < len(children) else None
    return node.field(which)


def operator(node: SgNode, left: SgNode, right: SgNode) -> str:
    """What stands between the two sides."""
    start = span(node)[0]
    return node.text()[span(left)[1] - start : span(right)[0] - start].strip()


def literal(text: str) -> str:
    """The text of a string literal without its quotes."""
    opening = _QUOTES.match(text)
    if opening is None:
        return text
    return text[opening.end() :].removesuffix(opening[1])


def within(node: SgNode, kinds: frozenset[str]) -> Iterator[SgNode]:
    """The named nodes of some kinds at or below the node, the outermost only."""
    if node.kind() in kinds:
        yield node
        return
    for child in node.children():
        if child.is_named():
            yield from within(child, kinds)
