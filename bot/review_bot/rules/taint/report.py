"""From the places where tainted values arrive to matches of a rule."""

from __future__ import annotations

from review_bot.patterns import compiled
from review_bot.rules.match import Match
from review_bot.rules.taint import sinks
from review_bot.rules.taint.flow import Flow, Settings
from review_bot.rules.taint.gate import worth_it
from review_bot.rules.taint.grammar import GRAMMARS
from review_bot.rules.taint.nodes import span
from review_bot.rules.taint.value import CLEAN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ast_grep_py import SgNode

    from review_bot.rules.model import Rule
    from review_bot.rules.structural import Trees
    from review_bot.rules.taint.value import Taint, Value
    from review_bot.rules.view import Unit, View

_FROM = ("request", "local")
_LONGEST_SOURCE = 60
_ACCESS = frozenset(
    kind for grammar in GRAMMARS.values() for kind in (*grammar.calls, *grammar.members, *grammar.subscripts)
)
_TEXTS = frozenset(("xss", "ssrf", "open-redirect", "injection-sql", "path-traversal"))
"""What takes a text: an object with the value in it is another thing, such as JSON or options."""
_HARMLESS_AT_HAND = frozenset(("path-traversal", "ssrf", "open-redirect", "xss"))
"""Who starts a program may choose its files and addresses: no danger comes from argv and the environment here."""


def matches(rule: Rule, trees: Trees, view: View) -> Iterator[Match]:
    """Every place where a tainted value reaches a sink of the rule."""
    grammar = view.grammar
    if grammar not in GRAMMARS:
        return
    for number, (unit, root) in enumerate(trees.of("new")):
        if not worth_it(rule, unit.text, grammar):
            continue
        found = list(sinks.found(sinks.texts(rule.body.get("sinks")), root, grammar, unit.text))
        if found or rule.body.get("strings"):
            flow = _flow(rule, trees, number, unit, root, grammar)
            for sink, place, taint in _arrivals(rule, flow, found):
                yield _match(sink, place, taint, unit, view)


def _wanted(rule: Rule) -> tuple[str, ...]:
    return sinks.texts(rule.body.get("from")) or _FROM


def _flow(rule: Rule, trees: Trees, number: int, unit: Unit, root: SgNode, grammar: str) -> Flow:
    """The flow of a text; shared by the rules that look for the same."""
    own = sinks.texts(rule.body.get("sources"))
    safe = sinks.texts(rule.body.get("sanitisers"))
    words = sinks.words(sinks.texts(rule.body.get("sinks"))) if "parameter" in _wanted(rule) else ()
    key = ("taint", number, words, own, safe)
    if key not in trees.notes:
        settings = Settings(
            bool(words),
            words if not rule.body.get("strings") else (),
            frozenset(span(node) for node in sinks.found(own, root, grammar, unit.text)),
            frozenset(span(node) for node in sinks.found(safe, root, grammar, unit.text)),
        )
        trees.notes[key] = Flow(root, unit.text, grammar, settings).run()
    return trees.notes[key]  # type: ignore[return-value]


def _arrivals(rule: Rule, flow: Flow, found: Iterable[SgNode]) -> Iterator[tuple[SgNode, SgNode, Taint]]:
    """Sink, the tainted part of it, and the taint."""
    reached: set[int] = set()
    for sink in found:
        for place in sinks.places(sink):
            taint = _accepted(rule, flow.records.get(span(place), CLEAN))
            if taint is not None:
                reached.add(taint.start)
                yield sink, place, taint
                break
    strings = rule.body.get("strings")
    if strings:
        wanted = compiled(strings)
        for text in flow.built:
            taint = _accepted(rule, text.value) if wanted.search(text.literals) else None
            if taint is not None and taint.start not in reached and not flow.washes(text.node, rule.category):
                yield text.node, text.node, taint


def _accepted(rule: Rule, value: Value) -> Taint | None:
    """The taint that the rule is about, or None."""
    wanted = _wanted(rule)
    harmful = [taint for taint in value if not _harmless(rule, taint)]
    if "request" not in wanted and any(taint.kind == "request" for taint in harmful):
        return None
    only_built = sinks.texts(rule.body.get("built"))
    for taint in harmful:
        if taint.kind == "own" or (taint.kind in wanted and (taint.built or taint.kind not in only_built)):
            return taint
    return None


def _harmless(rule: Rule, taint: Taint) -> bool:
    if rule.category in taint.clean or (taint.boxed and rule.category in _TEXTS):
        return True
    return rule.shipped and taint.kind == "local" and rule.category in _HARMLESS_AT_HAND


def _match(sink: SgNode, place: SgNode, taint: Taint, unit: Unit, view: View) -> Match:
    """At the sink; where only the way to it is new, at the new part of the way."""
    captures = {
        "X": place.text(),
        "SOURCE": taint.name or _whole(taint.source),
        "LINE": str(taint.source.range().start.line + unit.first_line),
    }
    at = sink
    if not _added(sink, unit, view):
        at = next((node for node in reversed(taint.way) if _added(node, unit, view)), sink)
    return _at(at, unit, captures)


def _whole(source: SgNode) -> str:
    """`request.args.get("x")` for the source `request.args`."""
    start = span(source)[0]
    for _ in range(2):
        parent = source.parent()
        if parent is None or span(parent)[0] != start or len(parent.text()) > _LONGEST_SOURCE or not parent.is_named():
            break
        if parent.kind() not in _ACCESS:
            break
        source = parent
    return source.text()


def _added(node: SgNode, unit: Unit, view: View) -> bool:
    return any(number in view.added_numbers for number in _lines(node, unit))


def _lines(node: SgNode, unit: Unit) -> Iterable[int]:
    place = node.range()
    return range(place.start.line + unit.first_line, place.end.line + unit.first_line + 1)


def _at(node: SgNode, unit: Unit, captures: dict[str, str]) -> Match:
    place = node.range()
    return Match(
        "new",
        place.start.line + unit.first_line,
        place.start.column + 1 + unit.indent,
        place.end.line + unit.first_line,
        place.end.column + 1 + unit.indent,
        node.text(),
        captures,
    )
