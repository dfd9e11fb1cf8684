"""Decorators, middleware, annotations and settings that decide who may call something."""

from __future__ import annotations

import re

from review_bot.patterns import lazy
from review_bot.rules.delta.masking import without_comments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.delta.outline import Function, Outline, Statement
    from review_bot.rules.match import Match

_AUTH = (
    r"login_required|permission_required|permissions_required|permission_classes|authentication_classes|jwt_required"
    r"|fresh_jwt_required|token_required|auth_required|admin_required|superuser_required"
    r"|staff_member_required|roles?_required"
    r"|scopes?_required|user_passes_test|requires_\w*(?:auth|login|role|scope|permission|admin"
    r"|user)\w*|require_\w*(?:auth|login|role|scope|permission|admin|user|token)\w*"
    r"|csrf_protect|LoginRequiredMixin|PermissionRequiredMixin|UserPassesTestMixin|AccessMixin"
    r"|PreAuthorize|PostAuthorize"
    r"|Secured|RolesAllowed|RequiresRoles|RequiresPermissions|RequiresAuthentication|SaCheck\w+"
    r"|UseGuards|Authorize\w*|Authorized|ValidateAntiForgeryToken"
    r"|[Rr]equire\w*(?:Auth\w*|Login|Role\w*|Admin|User|Permission\w*|Scope\w*|Token|Session)"
    r"|[Ee]nsure\w*(?:Auth\w*|Login|LoggedIn|Role\w*|Admin|Permission\w*)"
    r"|[Ii]s(?:Authenticated|Authorized|LoggedIn|Admin|AdminUser|Owner|Staff)|passport\.authenticate"
    r"|jwt[Aa]uth\w*|check[A-Z]?_?(?:[Aa]uth\w*|[Pp]ermissions?|[Jj]wt|[Tt]oken|[Rr]oles?)"
    r"|verify_?(?:[Tt]oken|[Jj]wt|[Ss]ession|[Cc]srf\w*)|auth(?:enticate|orize)(?:_\w+[!?]?|d|User"
    r"|Token|Request)?[!]?|[Aa]uth\w*(?:Middleware|Guard|Required|Interceptor|Handler)|(?:JWT|Jwt"
    r"|Csrf|CSRF|Session)\w*Middleware"
    r"|basic_?[Aa]uth|BasicAuth\w*|HTTPBearer|OAuth2PasswordBearer|get_current_(?:active_)?(?:user"
    r"|admin|superuser)|current_user_required|protect(?:ed)?(?:_from_forgery)?|csrfProtection"
    r"|load_and_authorize_resource"
    r"|check_object_permissions|check_permissions?|authMiddleware|withAuth\w*|hasRole|hasAuthority"
    r"|hasAnyRole|hasAnyAuthority|authenticated"
)
_WORD = lazy(rf"(?<![\w$.])(?:\w+\.)*({_AUTH})(?![\w$])")
_OPEN = lazy(
    r"\b(?:AllowAny|AllowAnonymous|PermitAll|permitAll|csrf_exempt|login_exempt"
    r"|IsAuthenticatedOrReadOnly|skip_before_action"
    r"|skip_authorization|DisableCors|anonymous|Public|public_endpoint)\b|permission_classes\s*=\s*[\[(]\s*[\])]"
    r"|authentication_classes\s*=\s*[\[(]\s*[\])]|csrf\s*\(\s*\)\s*\.\s*disable|csrf\(\w+ -> \w+\.disable"
)
_USED = lazy(
    r"^\s*(?:@|#?\[)|\b(?:permission_classes|authentication_classes|before_action|before_filter"
    r"|before_request|dependencies|middleware\w*)\b"
    r"|Depends\(|Security\(|\.(?:use|get|post|put|patch|delete|all|route|Use|GET|POST|PUT|PATCH"
    r"|DELETE|Group|Handle|HandleFunc|With|route|antMatchers|requestMatchers|mvcMatchers"
    r"|anyRequest)\(|^\s*class\b.*Mixin|Mixin\s*,?\s*$"
    r"|MIDDLEWARE|middleware"
)
_DEFINITION = lazy(r"^\s*(?:async )?(?:def|class|func|function|import|from|const \w+ = require|export)\b.*")
_CLASS = lazy(r"^\s*(?:@\w+ )*(?:[\w ]+ )?class\b")


def auth_removed(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Subjects that lost what asked who calls, or had it replaced by an open door."""
    if file.view.file.deleted:
        return
    word = re.compile(rf"{_WORD.pattern}|(?<![\w$])({'|'.join(map(re.escape, names))})(?![\w$])") if names else _WORD
    reported = set()
    for number, text in file.removed:
        statement = file.old.at(number)
        token = _token(text, word, file.language)
        if (
            statement is None
            or not statement.code.strip('"; ')
            or token is None
            or (file.is_removed(statement) and statement.position in reported)
        ):
            continue
        if not _is_use(text, statement, names):
            continue
        if _lost(file, statement, word):
            reported.add(statement.position)
            yield file.match_line("old", number, A=token)


def _token(text: str, word: re.Pattern[str], language: str | None) -> str | None:
    found = word.search(_code(text, language))
    return (found[1] or found[found.lastindex or 0]) if found else None


def _code(text: str, language: str | None) -> str:
    """Text without comments; strings stay, some frameworks name roles and middleware in them."""
    return without_comments(text, language)


def _is_use(text: str, statement: Statement, names: Sequence[str]) -> bool:
    """True where the name guards something, and is not imported, defined or called for its value."""
    bare = statement.text.strip()
    if (
        re.match(r"(?:import|from|use|require|export|package|using|const \w+ ?= ?require|const \{)\b", bare)
        and "Depends" not in bare
    ):
        return bool(re.match(r"use\(", bare))
    if _DEFINITION.match(bare) and not re.search(r"Depends\(|Security\(|Mixin|\(\s*[\"'`/]", bare):
        return False
    if _USED.search(bare) or _USED.search(text):
        return True
    called = re.match(
        r"(?:self\.|this\.|await |return )*(?:check_\w+|authorize\w*!?|authenticate\w*!?|require\w+"
        r"|ensure\w+|verify\w+)\s*\(?",
        bare,
    )
    return (bool(called) and "=" not in bare.split("(")[0]) or any(name in bare for name in names)


def _lost(file: FileChange, statement: Statement, word: re.Pattern[str]) -> bool:
    subject = _subject(file.old, statement)
    if subject is not None:
        after = file.pairing.function(subject)
        if after is None or _guarded(file, file.new, after, word) or _asked_inside(file, after, statement, word):
            return False
        return not (_added_outside(file, word) or _extra_decorator(file, after))
    new = file.pairing.became(statement)
    if new is not None:
        return not _still(file, new, word)
    if not _class_kept(file, statement) or file.change.moved(statement.text):
        return False
    if statement.code.startswith(("@", "[")) and _tail(file, statement) is None:
        return False
    return not _added_outside(file, word)


def _tail(file: FileChange, statement: Statement) -> Statement | None:
    """The first statement behind a decorator that is no decorator, if it is still there."""
    following = file.old.after(statement)
    while following is not None and following.code.startswith(("@", "[")):
        following = file.old.after(following)
    if following is None:
        return None
    kept = not file.is_removed(following) or file.pairing.became(following) is not None
    return following if kept else None


def _subject(side: Outline, statement: Statement) -> Function | None:
    """The function that a decorator, a parameter or a first call belongs to."""
    for function in side.functions:
        if function.start <= statement.start <= function.header.end:
            return function
    inner = side.function_at(statement.start)
    if inner is not None and not statement.code.startswith(("@", "[")):
        return inner
    return None


def _guarded(file: FileChange, side: Outline, function: Function, word: re.Pattern[str]) -> bool:
    """True where decorators, parameters or the first statements of the new version name a check."""
    parts = [*function.decorators, function.header, *side.body(function)[:6]]
    return any(_still(file, one, word) for one in parts)


def _still(file: FileChange, statement: Statement, word: re.Pattern[str]) -> bool:
    text = _code(statement.text, file.language)
    return bool(word.search(text)) and not _OPEN.search(text)


_ASKS = lazy(
    r"(?i)\b\w*(?:authori[sz]|authenticat|permission|polic(?:y|ies)|check_?access|can_?access)\w*\(|\bcan(?:not)?\("
)


def _asked_inside(file: FileChange, after: Function, statement: Statement, word: re.Pattern[str]) -> bool:
    """True where a check that was called in the body is called at another place of it, or a new one is."""
    if statement.code.startswith(("@", "[")):
        return False
    return file.change.moved(statement.text) or any(
        file.is_added(one) and (_still(file, one, word) or _ASKS.search(one.code)) for one in file.new.body(after)
    )


def _extra_decorator(file: FileChange, after: Function) -> bool:
    """True where an added decorator that we don't know may ask for the same."""
    return any(
        file.is_added(one)
        and not _OPEN.search(one.text)
        and re.search(r"auth|login|perm|role|guard|secur|protect|access|member|admin|user", one.text, re.IGNORECASE)
        for one in after.decorators
    )


def _added_outside(file: FileChange, word: re.Pattern[str]) -> bool:
    """True where a check was added for a class, a router or the whole application."""
    for other in file.change.files:
        if other.view.file.deleted:
            continue
        for number, text in other.view.added:
            if not word.search(_code(text, other.language)) or _OPEN.search(text):
                continue
            statement = other.new.at(number)
            if statement is not None and _is_wide(other, statement):
                return True
    return False


def _is_wide(file: FileChange, statement: Statement) -> bool:
    """True for what guards more than one function."""
    text = statement.text
    if re.match(r"(?:import|from|use )", text):
        return False
    if re.search(
        r"\.(?:use|Use|Group|before_request|route|register_blueprint|include_router)\(|^(?:class"
        r"|before_action|before_filter)\b|APIRouter\(|Blueprint\(|FastAPI\(|dependencies|MIDDLEWARE"
        r"|middleware|\.before_request|(?:anyRequest|requestMatchers|antMatchers)\(",
        text,
    ):
        return True
    if statement.code.startswith(("@", "[")):
        following = file.new.after(statement)
        while following is not None and following.code.startswith(("@", "[")):
            following = file.new.after(following)
        return following is not None and bool(_CLASS.match(following.code))
    function = _subject(file.new, statement)
    return function is not None and function.name in ("setup", "dispatch", "before_request", "prepare", "initialize")


def _class_kept(file: FileChange, statement: Statement) -> bool:
    """True unless the whole surroundings of the statement went with it."""
    for parent in file.old.ancestors(statement):
        if file.is_removed(parent) and file.pairing.became(parent) is None:
            return False
    return True
