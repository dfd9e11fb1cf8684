"""The question asked before any flow is computed, apart from the modules that compute it: those take longer to load."""

from __future__ import annotations

from review_bot.memo import remembered
from review_bot.patterns import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from review_bot.rules.model import Rule

WORDS = {
    "python": lazy(
        r"request|argv|environ|getenv|input\(|stdin|get_\w*argument|recv|receive|websocket|bottle|\bevent\b|handler\("
        r"|@[\w.]*(?:route|get|post|put|patch|delete|callback|message|handler|event|expose|on|subscribe|task)\b"
    ),
    "javascript": lazy(
        r"req|ctx|event|location|argv|\.env\b|document\.|window\.|query|params|"
        r"message|Body|Param|@(?:Query|Headers|Args|UploadedFile)"
    ),
    "go": lazy(r"http\.|Context|Ctx|os\.|flag\.|Vars\(|URLParam|httprouter"),
    "java": lazy(
        r"[rR]equest|@\w*(?:Param|Variable|Body|Header|Cookie|Listener)|System\.|main\s*\(|"
        r"HttpExchange"
    ),
    "php": lazy(r"\$_|[rR]equest|Input::|filter_input|php://input|\$argv|getenv|->input->|Route::"),
    "ruby": lazy(r"params|cookies|request|ARGV|ENV|gets|STDIN|stdin"),
    "csharp": lazy(r"Request|From\w+\]|\[Http|\[Route|Console\.|Environment\.|args|ActionResult"),
}
"""A text without any of these holds no shipped source."""
LITERALS = {
    "python": (
        "request", "argv", "environ", "getenv", "input(", "stdin", "argument", "recv", "receive", "websocket", "bottle",
        "event", "handler(", "@",
    ),
    "javascript": (
        "req", "ctx", "event", "location", "argv", ".env", "document.", "window.", "query", "params", "message", "body",
        "param", "headers", "args", "uploadedfile",
    ),
    "go": ("http.", "context", "ctx", "os.", "flag.", "vars(", "urlparam", "httprouter"),
    "java": ("request", "@", "system.", "main", "httpexchange"),
    "php": ("$_", "request", "input", "$argv", "getenv", "route::"),
    "ruby": ("params", "cookies", "request", "argv", "env", "gets", "stdin"),
    "csharp": ("request", "from", "[http", "[route", "console.", "environment.", "args", "actionresult"),
}  # fmt: skip
"""Of these, in lower case, one stands in whatever `WORDS` match: looking for them is ten times as fast."""

_VERBS = (
    "select", "insert", "replace", "update", "delete", "merge", "where", "order", "drop", "create", "alter", "call",
    "exec",
)  # fmt: skip
_BUILT = lazy(
    rf"""(?i)\b(?:{"|".join(_VERBS)})\b[^\n]{{0,300}}?"""
    r"""(?:\{|%[sdvq(]|["'`]\s*[+.%]|["'`]\s*$|format\(|append\()"""
)
"""A query that is put together: on its line a place for a value, or the end of a literal."""
_KEPT = 64
"""Texts of which the answer is kept: every rule asks the same of a file."""


def worth_it(rule: Rule, text: str, grammar: str) -> bool:
    """False where no source can be in the text."""
    if rule.body.get("sources"):
        return True
    if "parameter" in _names(rule.body.get("from", ())):
        only_built = rule.category == "injection-sql" and "parameter" in _names(rule.body.get("built", ()))
        return not only_built or _builds_a_query(text)
    return _speaks_of_a_source(text, "javascript" if grammar in ("typescript", "tsx") else grammar)


@remembered(maxsize=_KEPT)
def _speaks_of_a_source(text: str, grammar: str) -> bool:
    words, lower = WORDS.get(grammar), text.lower()
    if words is None or not any(literal in lower for literal in LITERALS[grammar]):
        return False
    return words.search(text) is not None


@remembered(maxsize=_KEPT)
def _builds_a_query(text: str) -> bool:
    """Whether `_BUILT` is in `text`: looking for its words first is ten times as fast, in ASCII they are the same."""
    if not text.isascii():
        return _BUILT.search(text) is not None
    lower = text.lower()
    return any(_BUILT.match(text, at) for word in _VERBS for at in _places(word, lower))


def _places(word: str, text: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _names(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
