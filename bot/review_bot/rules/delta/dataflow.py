"""Values that lost what made them harmless, and secrets that found their way into a log."""

from __future__ import annotations

import re
from itertools import pairwise

from review_bot.patterns import lazy
from review_bot.rules.delta.masking import masked, without_comments
from review_bot.rules.delta.tables import bag
from review_bot.rules.delta.words import calls, closing, similarity, squeezed, words_of
from review_bot.rules.delta.words import names as names_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.delta.outline import Function, Statement
    from review_bot.rules.match import Match

_SANITISERS = (
    r"(?:[\w$]+(?:\.|::|->))*(?:escape(?!d)\w*|htmlspecialchars|htmlentities|strip_tags|bleach\.clean"
    r"|sanitize\w*|sanitise\w*|purify\w*|encodeURIComponent|encodeURI"
    r"|quote_plus|quote[A-Z_]\w*|shlex\.quote|pipes\.quote|urllib\.parse\.quote|quote|escapeshellarg|escapeshellcmd"
    r"|shellescape|secure_filename|safe_join"
    r"|(?:os\.path|path|posixpath|filepath|Path|File)\.(?:basename|Base|Clean|normalize|normpath"
    r"|realpath|GetFileName)|basename|FilenameUtils\.getName"
    r"|(?:HTML|JS)?EscapeString|QueryEscape|PathEscape|URLEncoder\.encode|htmlEscape"
    r"|escapeHtml4?|forHtml\w*|forJavaScript\w*|encodeForHTML\w*"
    r"|conditional_escape|format_html|quote_ident|quote_identifier|quote_name"
    r"|mysqli_real_escape_string|real_escape_string|addslashes|HtmlEncode|UrlEncode"
    r"|[\w]*_?(?:sanitize|sanitise|escape_html|html_escape|clean_html|strip_html)\w*|xss|striptags"
    r"|cgi\.escape|html_escape)"
)
_SANITISER = lazy(rf"(?<![\w$.])({_SANITISERS})\s*\(")
_CLEANS = lazy(
    r"\.(?:replace|replaceAll|gsub)\(\s*(?:/[^/]*(?:[<>&]|\\u202[89])[^/]*/g?|r?[\"'](?:</?|>|&|<!)[\"'])\s*,"
)
"""Exchanging what has a meaning in markup."""
_NOT_SANITISERS = lazy(r"unescape|unquote|getEscape|isEscap|is_escap|escape_char|escaper$|escapeChar", re.IGNORECASE)
_ALSO = lazy(
    r"escap|sanit|clean|encod|quote|safe|purif|strip|filter|valid|urlencode|autoescape|textContent"
    r"|format_html|params|basename|resolve|\bint\(|parseInt|Number\(",
    re.IGNORECASE,
)
_RAW = lazy(
    r"\|\s*safe\b|\bmark_safe\(|\bMarkup\(|\.innerHTML\b|\.outerHTML\b|dangerouslySetInnerHTML|v-html"
    r"|(?<![:\w])raw[ (]|\.html_safe\b|<%==|\{\{\{|\{!!|template\.HTML\(|text/template"
    r"|autoescape\s*[=:]\s*False|autoescape\s+(?:off|false)|bypassSecurityTrust\w+|document\.write\("
    r"|th:utext|@Html\.Raw|\.html\("
)
_PLAIN = lazy(
    r"\.textContent\b|\.innerText\b|v-text|html/template|autoescape\s*[=:]\s*True|autoescape\s+on"
    r"|th:text|\.text\(|\{\{|<%=|\bescape\b|createTextNode|\{[\w.]+\}|\bhtml`"
)


def sanitiser_removed(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Values that were escaped, quoted or cleaned before they were used, and are used as they come now."""
    if file.view.file.deleted:
        return
    own = re.compile(rf"(?<![\w$])({'|'.join(map(re.escape, names))})\s*\(") if names else None
    for old, new in file.pairing.pairs:
        found = _used(file, old, own)
        if found and not _used(file, new, own) and not _guarded(file, found, new) and _value_stays(found[1], new, file):
            yield file.match("old", old, found[0], A=found[0])
            continue
        raw = _RAW.search(_text(file, new))
        if raw and not _RAW.search(_text(file, old)) and _PLAIN.search(_text(file, old)) and _same_value(old, new):
            yield file.match("new", new, raw[0], A=raw[0])
    for statement in file.pairing.gone:
        found = _used(file, statement, own)
        if found and _still_flows(file, statement, found):
            yield file.match("old", statement, found[0], A=found[0])


def _text(file: FileChange, statement: Statement) -> str:
    return without_comments(statement.text, file.language)


def _used(file: FileChange, statement: Statement, own: re.Pattern[str] | None) -> tuple[str, str] | None:
    """Name and argument of the first sanitiser that a statement calls."""
    text = _text(file, statement)
    if re.match(r"(?:async )?(?:def|func|function|fn)\b|import |from |(?:public|private|static) [^=]*\{$", text):
        return None
    for pattern in (own, _SANITISER):
        for found in pattern.finditer(text) if pattern else ():
            if not _NOT_SANITISERS.search(found[1]):
                end = closing(text, found.end() - 1)
                return found[1], text[found.end() : end if end >= 0 else len(text)]
    cleans = _CLEANS.search(text)
    if cleans:
        return "replace", text[: cleans.start()].rsplit("=", 1)[-1]
    piped = re.search(r"\|\s*(escape|e|striptags|urlencode|forceescape|escapejs)\b", text)
    return (piped[1], text[: piped.start()].rsplit("{{", 1)[-1]) if piped else None


def _value_stays(argument: str, new: Statement, file: FileChange) -> bool:
    about = names_in(masked(argument, file.language))
    return bool(about & (names_in(new.code) | _interpolated(new.text))) if about else False


def _interpolated(text: str) -> set[str]:
    return {name for part in re.findall(r"\{([^{}]*)\}|\$(\w+)", text) for piece in part for name in names_in(piece)}


def _guarded(file: FileChange, found: tuple[str, str], new: Statement) -> bool:
    """True where another sanitiser, a new helper or the same one elsewhere does the work."""
    before = found[0] + "(" + found[1]
    rest = _text(file, new)
    # What is put into a string counts, its words don't.
    if _ALSO.search(re.sub(r"[\"'][^\"'{}]*[\"']", "", rest)) and not _ALSO.search(
        re.sub(re.escape(found[0]), "", before)
    ):
        return True
    if any(name in file.change.functions_added() for name, _ in calls(new.code, r"[A-Za-z_]\w*")):
        return True
    return _added_elsewhere(file, found[0]) or _made_before(file, new, before)


def _made_before(file: FileChange, new: Statement, call: str) -> bool:
    """True where the function still makes the same clean value in another statement."""
    function = file.new.function_at(new.start)
    text = squeezed(call)
    others = file.new.body(function) if function else ()
    return any(text in squeezed(one.text) for one in others if one.position != new.position)


def _added_elsewhere(file: FileChange, name: str) -> bool:
    last = re.split(r"\.|::|->", name)[-1]
    return bool(re.search(rf"(?<!\w){re.escape(last)}\s*\(", file.change.added_text))


def _still_flows(file: FileChange, statement: Statement, found: tuple[str, str]) -> bool:
    """True where a removed statement cleaned a variable that its function still uses."""
    function = file.old.function_at(statement.start)
    after = file.pairing.function(function) if function else None
    if (function and after is None) or _added_elsewhere(file, found[0]):
        return False
    target = re.match(
        r"(?:(?:const|let|var|final|auto|String|string) )?\$?([\w.]+)(?:\s*:\s*\w+)?\s*:?=(?!=)", statement.text
    )
    if not target:
        return after is not None and _written_raw(file, statement, found, after)
    body = file.new.body(after) if after else file.new.statements
    uses = [one for one in body if one.start > 0]
    if any(squeezed(f"{found[0]}({found[1]}") in squeezed(one.text) for one in uses):
        return False
    argument = names_in(masked(found[1], file.language))
    name = target[1].split(".")[-1]
    used = any(name in names_in(one.code) | _interpolated(one.text) for one in uses) or _goes_raw(
        file, statement, name, argument
    )
    return used and not any(_ALSO.search(one.text) and file.is_added(one) for one in uses)


def _written_raw(file: FileChange, statement: Statement, found: tuple[str, str], after: Function) -> bool:
    """True where a call that wrote a value clean to somewhere is gone, and an added statement writes it as it is."""
    if not re.match(rf"(?:await )?(?:[\w$.]+\.)?{re.escape(found[0])}\(", statement.text):
        return False
    value = names_in(masked(found[1].split(",")[0], file.language))
    target = names_in(masked(found[1].partition(",")[2], file.language))
    return any(
        file.is_added(one)
        and value & _interpolated(one.text)
        and (not target or target & names_in(one.code))
        and not _ALSO.search(one.code)
        for one in file.new.body(after)
    )


def _goes_raw(file: FileChange, statement: Statement, name: str, argument: set[str]) -> bool:
    """True where a statement that used the clean value is still there and uses the other one."""
    for one in file.old.statements[statement.position + 1 :]:
        if name in names_in(one.code) | _interpolated(one.text):
            new = file.pairing.became(one)
            if new is not None and argument & (names_in(new.code) | _interpolated(new.text)):
                return True
    return False


def _same_value(old: Statement, new: Statement) -> bool:
    first = names_in(old.code) | _interpolated(old.text) | set(re.findall(r"\w+", old.text))
    second = names_in(new.code) | _interpolated(new.text) | set(re.findall(r"\w+", new.text))
    return bool(first & second)


_SQL = lazy(
    r"\b(?:select\b.+?\bfrom|insert\s+into|update\b.+?\bset|delete\s+from|replace\s+into|merge\s+into"
    r"|call\s+\w+|order\s+by|having\b|values\s*\()",
    re.IGNORECASE | re.DOTALL,
)
_QUERY_CALL = lazy(
    r"\b(?:execute\w*|query\w*|raw\w*|where|prepare\w*|exec\w*|Exec\w*|Query\w*|Raw|Where|find_by_sql"
    r"|createQuery|createNativeQuery|prepareStatement|text|having|order|extra)\s*[(`]"
)
_PLACEHOLDER = lazy(r"(?<![\w'\"%])(?:%s|%\(\w+\)s|\?(?!\w)|:[a-z_]\w*|\$\d+|@\w+)(?!\w)|\$\{\}")
_INTERPOLATED = (
    lazy(
        r"(?<![\w])[fF][rRbB]?(?:\"\"\".*?\{.*?\"\"\"|\"[^\"]*\{(?P<f>[^{}\"]+)\}|'[^']*\{(?P<g>[^{}']+)\})", re.DOTALL
    ),
    lazy(r"`[^`]*\$\{(?P<t>[^}]+)\}"),
    lazy(r"[\"']\s*\+\s*(?P<p>[\w.$(\[]+)|(?P<q>[\w.)\]$]+)\s*\+\s*[\"']"),
    lazy(r"[\"']{1,3}\s*%\s*(?P<m>[\w(.]+)"),
    lazy(r"[\"']\s*\.\s*format\s*\((?P<o>[^)]*)"),
    lazy(r"(?:Sprintf|String\.format|sprintf|format!|formatted)\s*\((?P<s>.*)", re.DOTALL),
    lazy(r"\"[^\"]*#\{(?P<r>[^}]+)\}"),
    lazy(r"\"[^\"]*\{?\$(?P<d>\w+)"),
    lazy(r"[\"']\s*\.\s*(?P<c>\$\w+)"),
    lazy(r"\$\"[^\"]*\{(?P<e>[^}]+)\}"),
)
_FIXED = lazy(
    r"^[\s(]*(?:(?-i:(?:self\.|cls\.)?[A-Z][A-Z0-9_]*)|(?:\w+\.)*\w*(?:table|schema|column|col|field"
    r"|placeholder|marks|clause|order|direction|prefix|where|conditions?)\w*(?:\.\w+)?"
    r"|strings\.Join\((?:\w*(?:where|field|column|col|cond|clause|placeholder|mark|set|join|order)\w*)\b.*|(?:int|Number|parseInt"
    r"|Integer\.parseInt)\(.*|['\",\s]*join.*|\d+)[\s)]*$",
    re.IGNORECASE,
)


def query_concatenated(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Queries that had parameters and are put together from values now."""
    if file.view.file.deleted:
        return
    olds = [one for one in _changed(file, "old") if _is_parameterised(_text(file, one))]
    if not olds:
        return
    for new in _changed(file, "new"):
        text = _text(file, new)
        value = _interpolates(text)
        if value is None or not (_SQL.search(text) or _QUERY_CALL.search(text)):
            continue
        if any(_is_parameterised(text) >= _is_parameterised(_text(file, old)) for old in olds):
            continue
        if any(_close(file, old, new) for old in olds):
            yield file.match("new", new, value, A=value.strip())


def _changed(file: FileChange, side: str) -> list[Statement]:
    if side == "old":
        return [*file.pairing.gone, *(old for old, _ in file.pairing.pairs)]
    return [*file.pairing.fresh, *(new for _, new in file.pairing.pairs)]


def _is_parameterised(text: str) -> int:
    """How many places for parameters a query has; 0 for what is none."""
    if not _SQL.search(text) and not _QUERY_CALL.search(text):
        return 0
    strings = re.findall(r"\"\"\".*?\"\"\"|'''.*?'''|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`", text, re.DOTALL)
    return sum(len(_PLACEHOLDER.findall(" " + one[1:-1] + " ")) for one in strings if _SQL.search(one) or "=" in one)


def _interpolates(text: str) -> str | None:
    """The first value that is put into the text of a query, names of tables and constants aside."""
    for shape in _INTERPOLATED:
        for found in shape.finditer(text):
            value = next((group for group in found.groups() if group), None)
            if value is None:
                value = next(iter(re.findall(r"\{([^{}]+)\}", found[0])), "")
            if value and not _FIXED.match(value.split("!")[0].split(":")[0] if "{" in found[0] else value):
                return value
    return None


def _close(file: FileChange, old: Statement, new: Statement) -> bool:
    """True where two statements stand for the same query: paired, or in one function and alike."""
    if file.pairing.became(old) == new:
        return True
    first, second = file.old.function_at(old.start), file.new.function_at(new.start)
    if first and second:
        after = file.pairing.function(first)
        return after is not None and after.header.position == second.header.position
    return first is None and second is None and similarity(old.text, new.text) >= 0.4


_LOG = (
    r"(?:(?:[\w.]*\.)?(?:log|logger|logging|_logger|_log|LOG|LOGGER|Log|console|slog|sugar|zap|klog"
    r"|glog|logrus|winston|pino|syslog)(?:\(\))?(?:\.|::|->)(?:\w+)"
    r"|print|println|printf|pprint|fmt\.(?:Print\w*|Fprint\w*)|log\.(?:Print\w*|Fatal\w*)"
    r"|System\.(?:out|err)\.print\w*|Console\.Write\w*|puts|var_dump|print_r|error_log|warnings\.warn"
    r"|NSLog|println!|eprintln!|info!|debug!|warn!|error!|trace!|app\.logger\.\w+|sys\.std(?:out"
    r"|err)\.write|echo)"
)
_LOG_CALL = lazy(rf"(?<![\w$.])({_LOG})\s*(?:\(|(?=\s[\"$\w]))")
_SECRET = frozenset(
    (
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "secret",
        "secrets",
        "token",
        "apikey",
        "credential",
        "credentials",
        "authorization",
        "ssn",
        "jwt",
        "bearer",
        "cvv",
        "otp",
        "privatekey",
        "accesskey",
        "secretkey",
        "sessionid",
        "cookie",
        "cookies",
    )
)
_SECRET_PAIRS = frozenset(
    (
        ("api", "key"),
        ("private", "key"),
        ("access", "key"),
        ("secret", "key"),
        ("signing", "key"),
        ("encryption", "key"),
        ("session", "id"),
        ("card", "number"),
        ("credit", "card"),
        ("auth", "header"),
        ("auth", "key"),
        ("master", "key"),
    )
)
_HARMLESS = bag(
    "count counts len length type types kind name names id ids url uri path file filename field"
    " fields expires expiry expired expiration ttl valid invalid at"
    " status required enabled usage total limit max min num number index idx pos position start end"
    " line stream list iter policy endpoint exists set missing found error"
    " errors size age version provider manager service store class label prompt reset changed"
    " strength rules regex pattern match matched format jar hint env var key_name ref arn"
)
_LEXICAL = lazy(
    r"lex|pars|token(?:iz|is|s\b|\.(?:type|kind|value|text|pos|line|start|end))|grammar|syntax|ast"
    r"|prompt|completion|nlp|vocab|csrf|cancellation|cancel_?token",
    re.IGNORECASE,
)
_MASKED = lazy(
    r"mask|redact|obfus|censor|hash|sha\d|len\(|\.length|bool\(|type\(|typeof|sanitiz|hide|anonymi"
    r"|scrub|truncat|\*\*\*|\[:\s*\d|\[-\d|slice\(|substr|is None|is not None|!= ?null|== ?null"
    r"|!= ?nil|== ?nil|!!|fingerprint",
    re.IGNORECASE,
)
_WHOLE = lazy(
    r"(?<![\w.])(?:os\.environ|process\.env|request\.headers|req\.headers|r\.Header"
    r"|System\.getenv\(\)|os\.Environ\(\)|request\.META|ENV)(?![\w.\[(])"
)


def secret_logged(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Log and print calls that name a secret now and did not before."""
    if file.view.file.deleted:
        return
    known = {name for _, text in file.view.removed for name in _secrets(text, file.language, names)}
    seen: set[int] = set()
    for number, _ in file.added:
        statement = file.new.at(number)
        if statement is None or statement.position in seen or not _LOG_CALL.search(statement.text):
            continue
        seen.add(statement.position)
        fresh = [name for name in _secrets(statement.text, file.language, names) if name not in known]
        if fresh and not file.stood_before(statement):
            yield file.match("new", statement, fresh[0].split(".")[-1], A=fresh[0])


def _secrets(text: str, language: str | None, names: Sequence[str]) -> list[str]:
    """Expressions in the arguments of log calls of which the name says that they are secret."""
    text = without_comments(text, language)
    found = []
    for call in _LOG_CALL.finditer(text):
        if text[call.end() - 1 : call.end()] == "(":
            end = closing(text, call.end() - 1)
            arguments = text[call.end() : end if end >= 0 else len(text)]
        else:
            arguments = text[call.end() :] if language in ("ruby", "bash", "dockerfile", "make") else ""
        found += [one for one in _expressions(arguments, language) if _is_secret(one, arguments, names)]
    return found


def _expressions(arguments: str, language: str | None) -> list[str]:
    """Dotted names outside of strings, and those put into strings."""
    code = masked(arguments, language)
    parts = [code, *re.findall(r"\w(?:\[|\.get\(|\.Get\()\s*[\"']([\w-]+)[\"']", arguments)]
    if language in ("python", None):
        for literal in re.findall(r"(?<!\w)[rR]?[fF][rR]?(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')", arguments):
            parts += re.findall(r"\{([^{}]+)\}", literal)
    elif language in ("javascript", "typescript", "bash", "kotlin", "php"):
        parts += re.findall(r"\$\{?([\w.\[\]()]+)\}?", arguments)
    elif language == "ruby":
        parts += re.findall(r"#\{([^}]+)\}", arguments)
    elif language == "csharp":
        parts += re.findall(r"\{([A-Za-z][\w.]*)", arguments)
    elif language == "rust":
        parts += re.findall(r"\{([a-z]\w*)", arguments)
    whole = [found[0] for part in parts for found in _WHOLE.finditer(part)]
    return whole + [name for part in parts for name in _names_of(part)]


def _names_of(part: str) -> list[str]:
    """Dotted names that are values: not the name of a keyword argument, not a function that is called."""
    if _MASKED.search(part) and "," not in part:
        return []
    found = []
    for match in re.finditer(r"[A-Za-z_$][\w$]*(?:(?:\.|->|::)[A-Za-z_$][\w$]*)*(?:\[\"\"\])?", part):
        following = part[match.end() :].lstrip()
        if (following.startswith("=") and not following.startswith("==")) or (
            following.startswith("(") and not re.match(r"\(\s*\)", following)
        ):
            continue
        found.append(match[0])
    return found


def _is_secret(expression: str, arguments: str, names: Sequence[str]) -> bool:
    if _WHOLE.fullmatch(expression):
        return True
    last = re.split(r"\.|->|::", expression)[-1].removesuffix('[""]')
    if last in names:
        return True
    words = words_of(last)
    if (
        not words
        or words[-1] in _HARMLESS
        or (last.isupper() and len(words) == 1)
        or words[0]
        in (
            "is",
            "has",
            "no",
            "num",
            "count",
            "max",
            "min",
            "use",
            "get",
            "should",
            "total",
            "prompt",
            "completion",
            "next",
            "page",
        )
    ):
        return False
    secret = any(word in _SECRET for word in words) or any(pair in _SECRET_PAIRS for pair in pairwise(words))
    if not secret or _wrapped(last, arguments):
        return False
    return not (words[-1] in ("token", "tokens", "cookie", "cookies") and _LEXICAL.search(arguments))


def _wrapped(name: str, arguments: str) -> bool:
    """True where a masking function, a slice or a test for presence stands around the name."""
    escaped = re.escape(name)
    around = re.search(rf"([\w.]*)\(\s*[\w.$]*{escaped}\s*[,)]", arguments)
    if around and _MASKED.search(around[1] + "("):
        return True
    behind = re.search(
        rf"{escaped}\s*(\[[^\]]*:[^\]]*\]|\.(?:length|slice|substr\w*|type|kind|pos|line|size|count"
        rf"|expir\w*|id|name|masked|redacted)\b| is (?:not )?None| ?[!=]==? ?(?:null|nil|None)|\s+(?:if"
        rf"|and|&&)\b)|(?:!!|\bnot )[\w.]*{escaped}",
        arguments,
    )
    return bool(behind)
