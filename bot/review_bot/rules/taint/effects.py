"""What well-known functions do to the values they get: the shipped sanitisers, and those that pass a value on."""

from __future__ import annotations

from review_bot.patterns import lazy
from review_bot.rules.taint.value import EVERYTHING

_XSS = frozenset(("xss",))
_PATH = frozenset(("path-traversal",))
_COMMAND = frozenset(("injection-command",))
_SQL = frozenset(("injection-sql",))
_CODE = frozenset(("injection-code",))
_HOST = frozenset(("ssrf", "open-redirect"))
_URL = _XSS | _HOST | _PATH
_ALL = frozenset((EVERYTHING,))

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

    _Effects = tuple[tuple[re.Pattern[str], frozenset[str]], ...]


def _table(*rows: tuple[str, frozenset[str]]) -> _Effects:
    return tuple((lazy(rf"(?:^|\.)(?:{names})$"), categories) for names, categories in rows)


SANITISERS: dict[str, _Effects] = {
    "python": _table(
        (r"escape|escape_html|html_escape|conditional_escape|clean|strip_tags|sanitize|sanitize_html|xhtml_escape|"
         r"escapejs|force_escape|linkify|dumps|jsonify|JsonResponse", _XSS),
        (r"shlex\.quote|pipes\.quote|list2cmdline", _COMMAND),
        (r"secure_filename|os\.path\.basename|path\.basename|basename|safe_join|get_valid_filename|get_available_name|"
         r"sanitize_filename", _PATH),
        (r"quote|quote_plus|urlencode|parse\.quote|quote_from_bytes", _URL),
        (r"quote_identifier|quote_name|quote_ident|escape_string|Identifier|Literal|literal", _SQL),
        (r"url_parse|iri_to_uri|url_has_allowed_host_and_scheme|is_safe_url", frozenset()),
        (r"int|float|bool|len|UUID|Decimal|ord|abs|round|hash|date|datetime|strptime|fromisoformat|"
         r"hexdigest|sha256|sha1|md5|sha512|literal_eval|safe_load|read_text|read_bytes", _ALL),
    ),
    "javascript": _table(
        (r"mysql\.escape|connection\.escape|db\.escape|pool\.escape|escapeId|format\.ident|format\.literal|quoteIdent",
         _SQL),
        (r"encodeURIComponent|encodeURI|escape", _URL),
        (r"sanitize|sanitizeHtml|sanitizeHTML|escapeHtml|escapeHTML|htmlEscape|escape_html|encode|encodeHTML|xss|"
         r"filterXSS|bypass|stripTags|createTextNode|stringify|trustedHTML|createHTML|inHTMLData", _XSS),
        (r"path\.basename|basename|sanitizeFilename|sanitize_filename|filenamify", _PATH),
        (r"shellescape|shellQuote|shellQuote\.quote|shell\.quote|quote", _COMMAND),
        (r"parseInt|parseFloat|Number|Boolean|BigInt|ObjectId|isNaN|toFixed|toNumber|toInteger|createHash|digest|Date",
         _ALL),
    ),
    "go": _table(
        (r"html\.EscapeString|template\.HTMLEscapeString|template\.HTMLEscaper|template\.JSEscapeString|Sanitize|"
         r"SanitizeBytes", _XSS),
        (r"url\.QueryEscape|url\.PathEscape|template\.URLQueryEscaper", _URL),
        (r"filepath\.Base|path\.Base|securejoin\.SecureJoin|SecureJoin", _PATH),
        (r"QuoteIdentifier|QuoteLiteral|Sanitize", _SQL),
        (r"shellescape\.Quote|shellquote\.Join|Quote", _COMMAND),
        (r"Atoi|ParseInt|ParseUint|ParseFloat|ParseBool|uuid\.Parse|uuid\.MustParse|len|int|int64|uint|"
         r"time\.Parse", _ALL),
    ),
    "java": _table(
        (r"forHtml\w*|forJavaScript\w*|forCssString|forXml\w*|escapeHtml\w*|htmlEscape|encodeForHTML\w*|"
         r"encodeForJavaScript|"
         r"escapeXml\w*|escapeEcmaScript|clean|sanitize", _XSS),
        (r"URLEncoder\.encode|forUriComponent|encodeForURL|UriUtils\.encode\w*", _URL),
        (r"getName|FilenameUtils\.getName|getFileName|getBaseName", _PATH),
        (r"encodeForSQL|escapeSql|enquoteIdentifier|enquoteLiteral|enquoteNCharLiteral", _SQL),
        (r"encodeForOS", _COMMAND),
        (r"parseInt|parseLong|parseDouble|parseFloat|parseBoolean|parseShort|Integer\.valueOf|Long\.valueOf|"
         r"Double\.valueOf|Boolean\.valueOf|UUID\.fromString|fromString|BigDecimal|BigInteger|Integer|Long|hashCode|"
         r"length|size|isEmpty|equals|equalsIgnoreCase|LocalDate\.parse|Enum\.valueOf", _ALL),
    ),
    "php": _table(
        (r"htmlspecialchars|htmlentities|strip_tags|e|esc_html|esc_attr|wp_kses|wp_kses_post|esc_js|esc_textarea|"
         r"sanitize_text_field|json_encode|purify|clean|h|escape|escapeHtml", _XSS),
        (r"esc_url|esc_url_raw|urlencode|rawurlencode|http_build_query", _URL),
        (r"escapeshellarg|escapeshellcmd", _COMMAND),
        (r"basename|sanitize_file_name|pathinfo", _PATH),
        (r"mysqli_real_escape_string|mysql_real_escape_string|real_escape_string|pg_escape_string|pg_escape_literal|"
         r"quote|esc_sql|addslashes|prepare|sqlite_escape_string|quoteIdentifier|escapeString", _SQL),
        (r"wp_validate_redirect|wp_sanitize_redirect", _HOST),
        (r"intval|floatval|boolval|abs|count|strlen|is_numeric|ctype_digit|md5|sha1|hash|absint|isset|empty|crc32|"
         r"password_hash|doubleval|bin2hex|strtotime|uniqid|in_array|array_key_exists|is_null|is_array|"
         r"is_string", _ALL),
    ),
    "ruby": _table(
        (r"h|html_escape|escapeHTML|escape_html|sanitize|strip_tags|escape_once|json_escape|escape_javascript|j|"
         r"to_json|"
         r"CGI\.escapeHTML|ERB::Util\.h", _XSS),
        (r"CGI\.escape|URI\.encode_www_form_component|encode_www_form|url_encode|to_query|to_param", _URL),
        (r"Shellwords\.escape|shellescape|Shellwords\.join", _COMMAND),
        (r"File\.basename|basename|sanitized_filename", _PATH),
        (r"quote|sanitize_sql\w*|quote_column_name|quote_table_name|sanitize_sql_like", _SQL),
        (r"to_i|to_f|to_r|Integer|Float|Rational|size|length|count|hash|hexdigest|nil\?|blank\?|present\?|empty\?|"
         r"is_a\?|to_sym_safe|parse_date", _ALL),
    ),
    "csharp": _table(
        (r"HtmlEncode|HtmlAttributeEncode|JavaScriptStringEncode|HtmlEncoder\.Default\.Encode|Encode|Sanitize|"
         r"GetSafeHtmlFragment|SerializeObject", _XSS),
        (r"UrlEncode|EscapeDataString|UrlPathEncode|EscapeUriString", _URL),
        (r"GetFileName|GetFileNameWithoutExtension", _PATH),
        (r"QuoteIdentifier", _SQL),
        (r"Parse|ToInt32|ToInt64|ToDouble|ToDecimal|ToBoolean|ToDateTime|TryParse|GetHashCode|Equals|Count|"
         r"IsNullOrEmpty|"
         r"IsNullOrWhiteSpace", _ALL),
    ),
}  # fmt: skip
"""Callees, and the categories for which their result is harmless (`*`: it can't do harm any more); the first counts."""

_PASSING = {
    "python": r"format|format_map|join|unquote|unquote_plus|urljoin|urlparse|urlsplit|urlunparse|b64decode|"
    r"b64encode|decode|"
    r"encode|loads|load|Path|PurePath|PosixPath|normpath|abspath|realpath|expanduser|expandvars|dirname|"
    r"splitext|replace|"
    r"sub|split|splitlines|strip|deepcopy|force_str|smart_str|force_text|BytesIO|StringIO|a2b_hex|unhexlify|parse_qs|"
    r"parse_qsl|ensure_str|dedent|wait_for|gather|Template|DictReader|findall|mark_safe|unescape|smart_text|"
    r"shlex\.split|"
    r"^(?:str|repr|bytes|bytearray|dict|list|tuple|set|sorted|reversed|next|iter|zip|enumerate|map|filter|min|"
    r"max|getattr|"
    r"copy|chain|cast)",
    "javascript": r"String|concat|join|resolve|normalize|format|sprintf|decodeURIComponent|decodeURI|unescape|"
    r"atob|btoa|"
    r"Buffer|from|parse|URL|URLSearchParams|assign|stringify|toString|Object|Array|replace|replaceAll|"
    r"keys|values|"
    r"entries|trim|split|pick|get|merge|extend|clone|cloneDeep|inspect|fromEntries|toArray|all|flatten|"
    r"padStart|padEnd|render_template|searchParams|raw|template|parseUrl|prettyPrint|relative|urlJoin|dirname|"
    r"querystring\.parse|url\.parse|url\.resolve|path\.join|path\.resolve|safeString|SafeString",
    "go": r"Sprintf|Sprint|Sprintln|Errorf|TrimSpace|Trim|TrimLeft|TrimRight|TrimPrefix|TrimSuffix|ToLower|"
    r"ToUpper|Title|"
    r"Replace|ReplaceAll|Split|SplitN|Join|Fields|Repeat|Clean|ReadAll|Parse|ParseRequestURI|QueryUnescape|"
    r"PathUnescape|"
    r"DecodeString|EncodeToString|string|NewBuffer|NewBufferString|NewReader|NewScanner|NewDecoder|append|Bytes|String|"
    r"FromSlash|ToSlash|Abs|Dir|Ext|ParseQuery|JoinPath|Unquote|Map|TrimFunc|Append|Concat|HTML|JS|URL|HTMLAttr|"
    r"CSS|Srcset|"
    r"Vars|ResolveReference|Text|ValuesOf|Appendf|ReadFrom",
    "java": r"valueOf|format|formatted|join|concat|String|StringBuilder|StringBuffer|toString|append|insert|"
    r"decode|File|Path|"
    r"Paths\.get|get|of|resolve|URL|URI|create|ofNullable|Optional|asList|List\.of|Scanner|BufferedReader|"
    r"InputStreamReader|"
    r"ByteArrayInputStream|getBytes|trim|replace|replaceAll|substring|copyOf|stream|unescapeHtml4|"
    r"requireNonNull|requireNonNullElse|toLowerCase|toUpperCase|normalize|toPath|decodeBase64|decodeBuffer|getDecoder|"
    r"MessageFormat\.format|defaultIfEmpty|defaultString|IOUtils\.toString|readAllBytes|ArrayList|nullToEmpty|"
    r"StringReader|"
    r"InputSource|fromUriString|fromHttpUrl|split|strip|addFirst_",
    "php": r"trim|ltrim|rtrim|strtolower|strtoupper|ucfirst|ucwords|sprintf|vsprintf|implode|join|explode|str_replace|"
    r"str_ireplace|preg_replace|substr|mb_substr|urldecode|rawurldecode|base64_decode|base64_encode|json_decode|"
    r"stripslashes|"
    r"strval|nl2br|html_entity_decode|htmlspecialchars_decode|dirname|realpath|array_merge|array_values|"
    r"array_keys|array_map|"
    r"array_filter|current|reset|end|array_pop|array_shift|strrev|wordwrap|chunk_split|iconv|utf8_decode|"
    r"utf8_encode|mb_\w+|"
    r"serialize|concat|raw|compact|collect|str_pad|wp_unslash|stripslashes_deep|str|parse_str|strtr|"
    r"parse_url|array_pad|list|unescape",
    "ruby": r"join|format|sprintf|String|Array|Hash|URI|URI\.parse|parse|unescape|decode64|urlsafe_decode64|"
    r"strict_decode64|"
    r"expand_path|dirname|Pathname|Pathname\.new|concat|gsub|sub|strip|to_s|to_str|dup|raw|html_safe|content_tag|"
    r"permit|require|merge|decode|read|JSON\.parse|tr|force_encoding|encode|unpack",
    "csharp": r"Format|Concat|Join|Combine|ToString|Replace|Trim|UrlDecode|HtmlDecode|UnescapeDataString|String|"
    r"StringBuilder|Append|AppendFormat|AppendLine|Uri|FromBase64String|GetString|GetBytes|Substring|ToLower|ToUpper|"
    r"GetFullPath|StreamReader|MemoryStream|HtmlString|Raw|Split|ToArray|ToList|MemoryStream|StringReader|Insert|"
    r"FileInfo|DirectoryInfo|ChangeType|GetFullPath|First|FirstOrDefault|ReadToEnd|ReadToEndAsync",
}
PASSING = {language: lazy(rf"(?:^|\.)(?:{names})$") for language, names in _PASSING.items()}
"""Functions whose result holds what went in."""

FORMATTING = lazy(
    r"(?:^|\.)(?:format|formatted|Sprintf|sprintf|Format|AppendFormat|vsprintf|MessageFormat\.format|printf|Fprintf)$"
)
"""Functions that put values into a text that is their first argument, or what they are called on."""

GROWING = lazy(
    r"^(?:append|push|add|addAll|extend|insert|appendleft|unshift|put|putAll|set|update|setdefault|write|"
    r"WriteString|Write|"
    r"WriteByte|Append|AppendFormat|AppendLine|Add|AddRange|concat|setProperty|<<|merge!|store|command|"
    r"SetBasicAuth_)$"
)
"""Methods that put values into what they are called on."""

FILLING = lazy(
    r"^(?:Decode|Unmarshal|UnmarshalStrict|Bind\w*|ShouldBind\w*|MustBind\w*|BodyParser|QueryParser|"
    r"ParamsParser|ReadJSON|"
    r"ReadForm|ReadQuery|Sscan\w*|parse_str|DecodeBody|Scan\w*|Fscan\w*)$"
)
"""Functions that write what came in to the variables given to them by address."""

WALKING = lazy(
    r"^(?:map|forEach|each|filter|flatMap|find|some|every|reduce|then|select|collect|flat_map|each_with_index|"
    r"each_with_object|"
    r"reject|detect|inject|Select|Where|ForEach|SelectMany|FirstOrDefault|array_map|array_walk|array_filter|"
    r"ifPresent|tap|"
    r"forOwn|eachSeries|each_pair|subscribe|peek|mapToObj|times|loop|subscribe|pipe|let|fetch|presence|yield_self)$"
)
"""Methods that call a function with what they hold."""
CHANGING = lazy(r"^(?:map|flatMap|collect|flat_map|Select|SelectMany|array_map|reduce|inject|mapToObj|then)$")
"""Of those, the ones that return what the function makes of it."""

_SILENT = lazy(
    r"^(?:is[A-Z_]\w*|has[A-Z_]\w*|startswith|endswith|startsWith|endsWith|StartsWith|EndsWith|HasPrefix|"
    r"includes|contains|"
    r"Contains|indexOf|lastIndexOf|IndexOf|count|Count|index|rindex|length|size|len|equals|equalsIgnoreCase|Equals|"
    r"compareTo|hashCode|GetHashCode|test|matches|isEmpty|isBlank|isPresent|isalnum|isdigit|isalpha|isnumeric|"
    r"isspace|islower|"
    r"isupper|isidentifier|validate|is_valid|save|delete|exists|close|remove|clear|toFixed|nil\?|\w+\?|"
    r"charCodeAt|to_i|to_f|"
    r"codePointAt|Close|Err|Add|push|toInt|intValue|longValue|search|localeCompare|getTime|ContainsKey|"
    r"containsKey|Len)$"
)

_TEXTUAL = lazy(
    r"^(?:strip|lstrip|rstrip|lower|upper|title|format|replace|join|encode|decode|trim|toLowerCase|toUpperCase|"
    r"toString|"
    r"concat|substring|slice|split|append|ToLower|ToUpper|Trim|Replace|formatted|chomp|downcase|upcase|to_s|"
    r"String|Text)$"
)


def textual(method: str) -> bool:
    """True for methods of texts: what they return is a text with the same content."""
    return _TEXTUAL.match(method) is not None


def passes(language: str, callee: str) -> bool:
    """True when the result of the function holds what went in."""
    return PASSING[language].search(callee) is not None


def sanitised(language: str, callee: str) -> frozenset[str] | None:
    """The categories for which the function makes a value harmless, or None where it is no sanitiser."""
    return next((categories for names, categories in SANITISERS[language] if names.search(callee)), None)


def silent(method: str) -> bool:
    """True when the result of the method says nothing of the text it is called on."""
    return _SILENT.match(method) is not None
