"""Patterns with `$X`: where a value must not be tainted, and the user's own sources and sanitisers."""

from __future__ import annotations

from review_bot.domain.language import grammars_of
from review_bot.errors import RuleError
from review_bot.patterns import DOTALL, compiled, lazy
from review_bot.rules.taint.grammar import GRAMMARS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from ast_grep_py import SgNode

    from review_bot.rules.model import Rule

_OPTIONS = frozenset(("pair", "keyword_argument"))
"""`name=value` in the place of an argument is an option; a pattern has to name it."""
_WORD = lazy(r"(?<![$\w])[A-Za-z_]\w*")
_KNOWN_WORDS: dict[str, list[str]] = {}
_CALL = lazy(r"^[^\s(]+\(.*\)$", DOTALL)
_RUBY_CALL = lazy(r"^([^\s(]+)\((.*)\)$", DOTALL)


def config_of(pattern: str, grammar: str) -> dict[str, Any]:
    """The ast-grep rule for a pattern, in each of the ways in which the grammar may read it."""
    ways: list[dict[str, Any]] = [_way(pattern)]
    if grammar == "go" and _CALL.match(pattern):
        ways.append(_way(f"package p\nfunc f() {{ {pattern} }}", "call_expression"))
    if grammar == "csharp" and compiled(r"\s[+]?=\s").search(pattern):
        ways.append(_way(f"class C {{ void M() {{ {pattern}; }} }}", "assignment_expression"))
    if grammar == "ruby":
        call = _RUBY_CALL.match(pattern)
        if call:
            ways.append(_way(f"{call[1]} {call[2]}"))
    return ways[0] if len(ways) == 1 else {"any": ways}


def _way(context: str, selector: str | None = None) -> dict[str, Any]:
    pattern = {"context": context, "strictness": "relaxed"}
    if selector:
        pattern["selector"] = selector
    return {"pattern": pattern}


def texts(value: Any) -> tuple[str, ...]:
    """A text or a list of texts, as a rule file may hold it."""
    return (value,) if isinstance(value, str) else tuple(value or ())


def found(patterns: Iterable[str], root: SgNode, grammar: str, text: str) -> Iterator[SgNode]:
    """Every node that one of the patterns matches, once for each pattern; only those whose words stand in the text."""
    for pattern in patterns:
        if all(word in text for word in _words(pattern)):
            yield from root.find_all(_rule(pattern, grammar))


def words(patterns: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The words of each pattern: without them it can't match."""
    return tuple(tuple(_words(pattern)) for pattern in patterns)


def _rule(pattern: str, grammar: str) -> Any:
    return {"rule": config_of(pattern, grammar)}


def _words(pattern: str) -> list[str]:
    if pattern not in _KNOWN_WORDS:
        _KNOWN_WORDS[pattern] = _WORD.findall(pattern)
    return _KNOWN_WORDS[pattern]


def places(node: SgNode) -> list[SgNode]:
    """What stands at `$X` or `$$$X`."""
    single = node.get_match("X")
    found = [single] if single is not None else node.get_multiple_matches("X")
    return [one for one in found if one.is_named() and one.kind() not in _OPTIONS]


def check(rule: Rule) -> None:
    """Compile the patterns with each grammar; raises RuleError where one is refused or can't be followed."""
    from review_bot.rules.binding import root_of

    for language in rule.languages:
        grammars = [grammar for grammar in grammars_of(language) if grammar in GRAMMARS]
        if not grammars:
            known = ", ".join(sorted(set(GRAMMARS) - {"tsx"}))
            raise RuleError(
                f"rule {rule.id}, key `languages`: values can't be followed in `{language}`",
                where=rule.file,
                remedy=f"taint rules are for {known}",
            )
        for grammar in grammars:
            root = root_of("", grammar)
            for key in ("sinks", "sources", "sanitisers"):
                for pattern in texts(rule.body.get(key)):
                    _compile(rule, key, pattern, root, grammar)


def _compile(rule: Rule, key: str, pattern: str, root: SgNode, grammar: str) -> None:
    try:
        root.find_all(_rule(pattern, grammar))
    except Exception as error:  # the binding raises bare Exception and RuntimeError
        reason = str(error).partition("\n")[0]
        raise RuleError(
            f"rule {rule.id}, key `taint.{key}`: `{pattern}` is no pattern of {grammar}: {reason}", where=rule.file
        ) from error
