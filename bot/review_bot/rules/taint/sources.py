"""Where values come in from outside: the shipped sources of each language."""

from __future__ import annotations

from review_bot.patterns import IGNORECASE, compiled, lazy
from review_bot.values import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

    from review_bot.rules.taint.value import Kind

_HOST = frozenset(("ssrf", "open-redirect"))
"""What begins with our own address, or can't be chosen by who is redirected, leads nobody astray."""

_SERVER = frozenset(("ssrf", "injection-sql", "injection-command", "path-traversal", "deserialisation"))
"""What a browser can't do harm with beyond its own page."""


class Source(NamedTuple):
    """Names whose value comes from outside."""

    names: re.Pattern[str]
    """Matched at the start of a dotted name, up to a dot or its end."""
    kind: Kind = "request"
    clean: frozenset[str] = frozenset()
    marker: re.Pattern[str] | None = None
    """Must be found in the file: the names alone mean too many things."""


class Parameter(NamedTuple):
    """One parameter of a function, as written."""

    name: str
    type: str
    text: str
    """With annotations, attributes and default value."""
    position: int


class Signature(NamedTuple):
    """What tells whether a function is called from outside."""

    name: str
    decorators: str
    """Annotations, attributes and the result type."""
    parameters: tuple[Parameter, ...]
    call: str
    """Start of the call that the function is an argument of."""


def _source(names: str, kind: Kind = "request", clean: frozenset[str] = frozenset(), marker: str = "") -> Source:
    return Source(lazy(rf"(?:{names})(?=\.|$)"), kind, clean, lazy(marker) if marker else None)


_PYTHON_WEB = (
    r"\b(flask|django|fastapi|starlette|aiohttp|sanic|bottle|pyramid|falcon|tornado|quart|rest_framework|litestar|"
    r"web\.py|cherrypy|webapp2|chalice|azure\.functions|functions_framework)\b"
)

SOURCES: dict[str, tuple[Source, ...]] = {
    "python": (
        _source(
            r"(?:\w+\.)*?request\.(?:args|form|values|GET|POST|FILES|COOKIES|query_params|path_params|get_json|matchdict|"
            r"view_args|forms|match_info|rel_url|query_string|get_data|REQUEST|QUERY_PARAMS|params)"
        ),
        _source(r"(?:\w+\.)*?request\.(?:json|data|body|files|cookies|query|post|text|read|content|stream|form_data)",
                marker=_PYTHON_WEB),
        _source(r"(?:\w+\.)*?request\.(?:headers|META|path|full_path|url|base_url|get_full_path|path_info|referrer|"
                r"user_agent|host|get_raw_uri|build_absolute_uri|get_host)", clean=_HOST, marker=_PYTHON_WEB),
        _source(r"self\.(?:get_argument|get_arguments|get_query_argument|get_body_argument|get_body_arguments)"),
        _source(r"(?:websocket|ws)\.(?:receive_text|receive_json|receive_bytes|receive|recv)"),
        _source(r"cherrypy\.request\.(?:params|body)"),
        _source(r"sys\.argv|os\.environ|os\.environb|os\.getenv|input|raw_input|sys\.stdin|environ|getenv", "local"),
    ),
    "javascript": (
        _source(r"(?:this\.)?(?:req|request|ctx\.req|ctx\.request|context\.req|context\.request|\w+\.req)\."
                r"(?:query|body|params|cookies|signedCookies|files|file|rawBody|param|querystring)"),
        _source(r"(?:this\.)?(?:req|request|ctx|ctx\.req|ctx\.request|context\.req)\.(?:headers|header|get|url|"
                r"originalUrl|hostname|path|href)", clean=_HOST,
                marker=r"express|koa|fastify|hapi|createServer|\bres\b"),
        _source(r"ctx\.(?:query|params|querystring|cookies\.get)"),
        _source(r"(?:window\.|document\.|self\.|top\.|parent\.|globalThis\.)?location\.(?:search|hash)", clean=_SERVER),
        _source(r"(?:window\.|document\.|self\.|top\.|parent\.|globalThis\.)?location\.(?:href|pathname)|"
                r"(?:window|document)\.location|document\.(?:URL|documentURI|baseURI|referrer)", clean=_HOST | _SERVER),
        _source(r"window\.name", clean=_SERVER),
        _source(r"process\.argv|process\.env", "local"),
    ),
    "go": (
        _source(r"(?:\w+\.)*?req\.(?:FormValue|PostFormValue|URL\.Query|URL\.RawQuery|Form|PostForm|MultipartForm|Body|"
                r"FormFile|PathValue|Cookie|Cookies|GetBody)"),
        _source(r"(?:\w+\.)*?req\.(?:URL\.Path|URL\.RawPath|URL|RequestURI|Host|Header|Referer|UserAgent|BasicAuth)",
                clean=_HOST),
        _source(r"ctx\.(?:Query|QueryArray|DefaultQuery|QueryMap|GetQuery|Param|Params|PostForm|PostFormArray|"
                r"DefaultPostForm|GetPostForm|GetRawData|Cookie|Cookies|QueryParam|QueryParams|FormValue|FormParams|"
                r"FormFile|Body|BodyRaw|QueryString|Bind\w*|ShouldBind\w*|BodyParser|QueryParser|ParamsParser)"),
        _source(r"ctx\.(?:GetHeader|Get|Request\.Header|Request\.URL\.Path)", clean=_HOST),
        _source(r"ctx\.Request\.(?:FormValue|PostFormValue|URL\.Query|URL\.RawQuery|Form|PostForm|Body)"),
        _source(r"ctx\.Request\(\)\.(?:FormValue|PostFormValue|URL\.Query|Body)"),
        _source(r"mux\.Vars|chi\.URLParam|pat\.Param|ps\.ByName|httprouter\.ParamsFromContext"),
        _source(r"os\.Args|os\.Getenv|os\.LookupEnv|flag\.Arg|flag\.Args|os\.Stdin", "local"),
    ),
    "java": (
        _source(r"(?:\w+\.)*?(?:req|request)\.(?:getParameter|getParameterValues|getParameterMap|getParameterNames|"
                r"getQueryString|getCookies|getInputStream|getReader|getPart|getParts|getMatrixParameters|queryParam|"
                r"pathParam|formParam|queryParams|splat|params|bodyAsString|getBodyAsString|getTheParameter|"
                r"getTheValue|getTheCookie)"),
        _source(r"(?:\w+\.)*?(?:req|request)\.(?:getHeader|getHeaders|getHeaderNames|getPathInfo|getRequestURI|"
                r"getRequestURL|getServletPath|getRemoteHost|headers)", clean=_HOST),
        _source(r"System\.getenv|System\.getProperty|System\.in", "local"),
    ),
    "php": (
        _source(r"_GET|_POST|_REQUEST|_COOKIE|_FILES|HTTP_GET_VARS|HTTP_POST_VARS"),
        _source(r"_SERVER\.(?:HTTP_\w+|QUERY_STRING|REQUEST_URI|PHP_SELF|PATH_INFO)", clean=_HOST),
        _source(r"(?:this\.)?request\.(?:input|get|query|post|all|only|except|cookie|cookies|file|files|json|"
                r"string|getContent|getQueryParams|getParsedBody|request|getPost|getGet|getVar|getQuery|attributes)"),
        _source(r"(?:this\.)?request\.(?:header|headers|url|fullUrl|path|server)", clean=_HOST),
        _source(r"(?:Request|Input)\.(?:input|get|query|post|all|only|cookie|json|old)"),
        _source(r"this\.(?:input\.(?:get|post|cookie|get_post)|request\.data)"),
        _source(r"filter_input"),
        _source(r"argv|getenv|_ENV|_SERVER\.argv", "local"),
    ),
    "ruby": (
        _source(r"params"),
        _source(r"cookies(?!\.(?:signed|encrypted))"),
        _source(r"request\.(?:body|query_string|GET|POST|params|parameters|raw_post|query_parameters|"
                r"request_parameters|path_parameters|cookies)"),
        _source(r"request\.(?:env|headers|referer|referrer|url|fullpath|path|user_agent|host|original_url)",
                clean=_HOST),
        _source(r"ARGV|ENV|gets|STDIN|stdin|ARGF", "local"),
    ),
    "csharp": (
        _source(r"(?:\w+\.)*?Request\.(?:Query|QueryString|Form|Params|Cookies|Body|InputStream|Files|RouteValues|"
                r"ReadFormAsync|GetQueryNameValuePairs)"),
        _source(r"(?:\w+\.)*?Request\.(?:Headers|Path|Url|RawUrl|UrlReferrer|UserAgent|Host|PathBase|RequestUri)",
                clean=_HOST),
        _source(r"Console\.ReadLine|Environment\.GetEnvironmentVariable|Environment\.GetCommandLineArgs", "local"),
    ),
}  # fmt: skip

NAMED = {
    "python": lazy(r"request\b|argv|environ|getenv|input\(|stdin|_arguments?\b|receive|\.recv\("),
    "javascript": lazy(r"\b(?:req|request|ctx|location|argv|env|URL|documentURI|baseURI|referrer|name)\b"),
    "go": lazy(r"\b(?:r|req|request|ctx)\b|os\.(?:Args|Getenv|LookupEnv|Stdin)|flag\.|Vars\(|URLParam|Param\("),
    "java": lazy(r"\b(?:req|request)\b|Request|System\.(?:getenv|getProperty|in)"),
    "php": lazy(r"\$_|[rR]equest|Input::|filter_input|argv|getenv|->input->"),
    "ruby": lazy(r"params|cookies|request|ARGV|ENV|gets|STDIN|stdin"),
    "csharp": lazy(r"Request\b|Console\.|Environment\."),
}
"""A function without any of these reads no shipped source but through its parameters."""


class Origin(NamedTuple):
    """What a parameter is: a source, another name for the request object, or harmless."""

    kind: Kind | None = None
    alias: str | None = None
    harmless: bool = False
    clean: frozenset[str] = frozenset()


PLAIN = Origin()
_TAINTED = Origin("request")
_HARMLESS = Origin(harmless=True)

_NUMBERS = lazy(
    r"^\W*(?:Optional\[|Annotated\[|Mapped\[)?\W*(?:\w+\.)*(?:int|integer|float|double|decimal|Decimal|bool|boolean|long|"
    r"short|byte|char|Integer|Long|Double|Float|Boolean|BigDecimal|BigInteger|UUID|Uuid|Guid|number|"
    r"date|datetime|time|timedelta|LocalDate|LocalDateTime|Instant|DateTime|DateOnly|TimeSpan|"
    r"u?int(?:8|16|32|64)?|float(?:32|64)|error|CancellationToken)\b(?!\s*\.)(?:\s*\||\?|\]|$|\s|=)"
)
_ROUTE = lazy(
    r"@\s*(?:\w+\.)*(?:route|get|post|put|patch|delete|head|options|websocket|api_route|expose)\s*\("
    r"|@(?:\w+\.)*expose\b|@(?:\w+\.)*(?:https_fn|http)\b"
)
_INJECTED = lazy(r"=\s*(?:\w+\.)*(?:Depends|Security|BackgroundTasks|Inject|Provide)\b|Depends\(")
_SERVED = lazy(r"^(?:self|cls|request|req|response|res|resp|db|session|app|user|current_user|background_tasks)$")
_SERVICE_TYPE = lazy(r"Request|Response|Session|Service|Repository|Depends|BackgroundTasks|Engine|Connection|Settings")
_HANDLER = lazy(r"(?:^|\.|_)(?:lambda_)?handler$|^main$|^lambda_", IGNORECASE)


def origin_of(language: str, signature: Signature, parameter: Parameter) -> Origin:
    """What the value of a parameter is when the function is called from outside."""
    if parameter.type and _NUMBERS.match(parameter.type):
        return _HARMLESS
    return _BY_LANGUAGE[language](signature, parameter)


def _names(signature: Signature) -> list[str]:
    return [parameter.name for parameter in signature.parameters if parameter.name not in ("self", "cls")]


def _event(signature: Signature, parameter: Parameter) -> bool:
    """True for the event of a cloud function."""
    names = _names(signature)
    if parameter.name != "event" or names[:1] != ["event"]:
        return False
    return bool(_HANDLER.search(signature.name)) or names[1:2] in (["context"], ["_context"], ["_"])


def _python(signature: Signature, parameter: Parameter) -> Origin:
    if _event(signature, parameter):
        return _TAINTED
    if parameter.name in ("req", "request") or compiled(r"\b\w*Request\b").search(parameter.type):
        return Origin(alias="request")
    if _ROUTE.search(signature.decorators):
        if _SERVED.match(parameter.name) or _INJECTED.search(parameter.text) or _SERVICE_TYPE.search(parameter.type):
            return _HARMLESS
        return _HARMLESS if _converted(signature.decorators, parameter.name) else _TAINTED
    names = _names(signature)
    if parameter.name == "body" and names[:1] in (["ch"], ["channel"]) and len(names) == 4:
        return _TAINTED
    return PLAIN


def _converted(decorators: str, name: str) -> bool:
    """True where the route turns the part of the path into a number."""
    if name not in decorators:
        return False
    kinds = ("int", "float", "uuid")
    parts = [part for kind in kinds for part in (f"{kind}:{name}", f"{name}:{kind}")]
    return any(f"{begin}{part}{end}" in decorators for part in parts for begin in "<{" for end in ">}")


_RESPONSE = lazy(r"^_?(?:res|resp|response|reply|rep|h)$")
_BINDING = lazy(r"@(?:Query|Body|Param|Headers|Req|UploadedFile|QueryParam|BodyParam|Args|MessageBody)\b")
_SOCKET = lazy(r"(?:ws|socket|wss|connection|conn|client|channel|consumer|subscriber|self|window|worker)\w*\."
                     r"(?:on|once|consume|addEventListener)\(\s*['\"](?:message|data|[\w:-]+)['\"]")  # fmt: skip
_REQUEST_FIELDS = ("query", "body", "params", "cookies", "headers")


def _javascript(signature: Signature, parameter: Parameter) -> Origin:
    names = [one.name for one in signature.parameters]
    if _BINDING.search(parameter.text):
        return _TAINTED
    if compiled(r"\b(?:\w*Request|IncomingMessage|APIGatewayProxyEvent\w*)\b").search(parameter.type):
        return _request_field(parameter)
    if _event(signature, parameter) or (
        parameter.name == "event" and compiled(r"Lambda|APIGateway").search(signature.call)
    ):
        return _TAINTED
    if parameter.position == 0 and any(_RESPONSE.match(name) for name in names[1:2]):
        return _request_field(parameter)
    if parameter.position == 1 and len(names) >= 3 and _RESPONSE.match(names[2]):
        return _request_field(parameter)
    if parameter.position == 0 and _SOCKET.match(signature.call) and "close" not in signature.call:
        return _TAINTED
    return _request_field(parameter) if parameter.name in ("req", "request", "ctx") else PLAIN


def _request_field(parameter: Parameter) -> Origin:
    if "{" in parameter.text.partition(":")[0]:
        return _TAINTED if parameter.name in _REQUEST_FIELDS else PLAIN
    return Origin(alias="ctx" if parameter.name == "ctx" else "req")


def _go(_signature: Signature, parameter: Parameter) -> Origin:
    if compiled(r"\bhttp\.Request\b").search(parameter.type):
        return Origin(alias="req")
    if compiled(r"\b(?:gin|echo|fiber|iris|beego|fasthttp|web)\.(?:Context|Ctx|RequestCtx)\b").search(parameter.type):
        return Origin(alias="ctx")
    if "httprouter.Params" in parameter.type:
        return Origin(alias="ps")
    return PLAIN


_JAVA_BINDING = lazy(
    r"@(?:\w+\.)*(?:RequestParam|PathVariable|RequestBody|RequestHeader|CookieValue|MatrixVariable|ModelAttribute|"
    r"RequestPart|QueryParam|PathParam|FormParam|HeaderParam|CookieParam|QueryValue|Payload|BeanParam|FormDataParam)\b"
)
_JAVA_LISTENER = lazy(r"@(?:\w+\.)*(?:Kafka|Rabbit|Jms|Sqs|Stream)Listener\b")


_JAVA_REQUEST = lazy(
    r"\b(?:\w*ServletRequest\w*|\w*WebRequest|ServerHttpRequest|RoutingContext|HttpServerRequest|"
    r"SeparateClassRequest|ServerRequest|spark\.Request)\b"
)
_CSHARP_ROUTE = lazy(r"\bHttp(?:Get|Post|Put|Patch|Delete)\b|\bRoute\b|\bActionResult\b|\bIActionResult\b")


def _java(signature: Signature, parameter: Parameter) -> Origin:
    if _JAVA_BINDING.search(parameter.text):
        return _TAINTED
    if _JAVA_REQUEST.search(parameter.type):
        return Origin(alias="req")
    if _JAVA_LISTENER.search(signature.decorators):
        return _TAINTED
    if signature.name == "main" and "String" in parameter.type:
        return Origin("local")
    return PLAIN


def _php(signature: Signature, parameter: Parameter) -> Origin:
    if compiled(r"\b\w*Request(?:Interface)?$").search(parameter.type):
        return Origin(alias="request")
    if compiled(r"\bRoute::(?:get|post|put|patch|delete|any|match)\($").search(signature.call):
        return _TAINTED
    return PLAIN


def _csharp(signature: Signature, parameter: Parameter) -> Origin:
    if compiled(r"\[\s*From(?:Query|Body|Route|Form|Header|Uri)").search(parameter.text):
        return _TAINTED
    if compiled(r"\[\s*FromServices|I[A-Z]\w+").search(parameter.text):
        return PLAIN
    if _CSHARP_ROUTE.search(signature.decorators):
        return _TAINTED if compiled(r"\bstring\b|String").search(parameter.type) else PLAIN
    if signature.name == "Main":
        return Origin("local")
    return PLAIN


def _ruby(_signature: Signature, _parameter: Parameter) -> Origin:
    return PLAIN


_BY_LANGUAGE = {
    "python": _python,
    "javascript": _javascript,
    "go": _go,
    "java": _java,
    "php": _php,
    "ruby": _ruby,
    "csharp": _csharp,
}
ROOTS = {"go": {"r": "req", "request": "req"}, "java": {}, "javascript": {}, "python": {}}
"""Usual names of the request object, where no declaration says otherwise."""


def source_of(language: str, path: str, text: str) -> Source | None:
    """The shipped source that a dotted name belongs to."""
    for source in SOURCES[language]:
        if source.names.match(path) and (source.marker is None or source.marker.search(text)):
            return source
    return None
