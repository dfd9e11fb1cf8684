"""The question asked before any flow is computed, apart from the modules that compute it: those take longer to load."""

from __future__ import annotations

from review_bot.rules.lazy import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from review_bot.rules.model import Rule

WORDS = {
    "python": lazy(
        r"request|argv|environ|getenv|input\(|stdin|get_\w*argument|recv|receive|websocket|bottle|\bevent\b|handler\("
        r"|@[\w.]*(?:route|get|post|put|patch|delete|callback|message|handler|event|expose|on|subscribe|task)\b"
    ),
    "javascript": lazy(
        r"req|ctx|event|location|argv|\.env\b|document\.|window\.|query|params|"
        r"message|Body|Param"
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


_BUILT = lazy(
    r"""(?i)\b(?:select|insert|replace|update|delete|merge|where|order|drop|create|alter|call|exec)\b[^\n]{0,300}?"""
    r"""(?:\{|%[sdvq(]|["'`]\s*[+.%]|["'`]\s*$|format\(|append\()"""
)
"""A query that is put together: on its line a place for a value, or the end of a literal."""


def worth_it(rule: Rule, text: str, grammar: str) -> bool:
    """False where no source can be in the text."""
    if rule.body.get("sources"):
        return True
    if "parameter" in _names(rule.body.get("from", ())):
        only_built = rule.category == "injection-sql" and "parameter" in _names(rule.body.get("built", ()))
        return not only_built or _BUILT.search(text) is not None
    words = WORDS.get("javascript" if grammar in ("typescript", "tsx") else grammar)
    return words is not None and words.search(text) is not None


def _names(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
