"""Many rules searched for in one walk through a tree: in a large tree the walk is what a search costs."""

from __future__ import annotations

from review_bot.patterns import lazy
from review_bot.rules.structural import config_of
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from ast_grep_py import SgNode

    from review_bot.rules.model import Rule

_VARIABLE = lazy(r"(\$+)([A-Z][A-Z0-9_]*)(?![A-Za-z0-9_])")
_WHOLE_LITERAL = lazy(r"""(["'`])\$+[A-Z0-9_]+\1|"[^"$]*"|'[^'$]*'|`[^`$]*`""")
"""A string that is a variable, or that holds none."""
_ANYTHING = {"pattern": "$$_"}


class _Alone(Exception):
    """This rule can't be asked together with others."""


class Found(NamedTuple):
    """A node that a rule matches."""

    rule: Rule
    node: SgNode
    suffix: str
    """What stands behind the names of the rule's metavariables in the node."""


def fit(rules: Sequence[Rule]) -> list[tuple[Rule, Any]]:
    """Those of the rules that can be asked together, each with variables of its own."""
    fitting: list[tuple[Rule, Any]] = []
    for rule in rules:
        config = config_of(rule)
        try:
            if len(config) == 1:
                fitting.append((rule, _renamed(config["rule"], _suffix(len(fitting)))))
        except _Alone:
            continue
    return fitting


def find(root: SgNode, fitting: Sequence[tuple[Rule, Any]]) -> Iterator[Found]:
    """Every node that one of the rules matches, in the order of the tree, by one search.

    The search asks for any of the rules first, and of a node that it takes for each of them; one that matches leaves a
    mark: a variable that holds the node.
    """
    marks = [{"any": [{"all": [one, {"pattern": f"$$MARK{n}"}]}, _ANYTHING]} for n, (_, one) in enumerate(fitting)]
    config: Any = {"rule": {"all": [{"any": [one for _, one in fitting]}, *marks]}}
    for node in root.find_all(config):
        for number, (rule, _) in enumerate(fitting):
            if node.get_match(f"MARK{number}") is not None:
                yield Found(rule, node, _suffix(number))


def _suffix(number: int) -> str:
    return f"_{number}"


def _renamed(body: Any, suffix: str) -> Any:
    """The body of a rule with other names for its variables."""
    if isinstance(body, list):
        return [_renamed(part, suffix) for part in body]
    if not isinstance(body, dict):
        return body
    if "matches" in body:
        raise _Alone
    return {key: (_pattern if key == "pattern" else _renamed)(part, suffix) for key, part in body.items()}


def _pattern(pattern: Any, suffix: str) -> Any:
    if isinstance(pattern, dict):
        return {**pattern, "context": _pattern(pattern["context"], suffix)}
    if any(quote in _WHOLE_LITERAL.sub("", pattern) for quote in "\"'`"):
        raise _Alone  # what looks like a variable may be text of a string
    return _VARIABLE.sub(rf"\1\2{suffix}", pattern)
