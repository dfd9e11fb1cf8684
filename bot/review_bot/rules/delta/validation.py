"""Rules for input that accept what they refused before."""

from __future__ import annotations

import re

from review_bot.patterns import lazy
from review_bot.rules.delta.masking import without_comments
from review_bot.rules.delta.migrations import is_migration
from review_bot.rules.delta.tables import bag
from review_bot.rules.delta.words import similarity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.rules.delta.change import FileChange
    from review_bot.rules.delta.outline import Outline, Statement
    from review_bot.rules.match import Match

_SETTING = lazy(
    r"[\"']?(?P<key>[\w.\-]+)[\"']?\s*(?:=(?!=)|:(?!:)|=>)\s*(?P<value>\[[^\]]*\]|\"[^\"]*\"|'[^']*'|[\w.*+-]+)"
)
_STRICT_WHEN_TRUE = bag(
    "required strict unique validate validate_assignment is_required check_extra forbid_extra"
    " escape_html verify_exp require_tld unique_items uniqueitems noimplicitany"
)
_STRICT_WHEN_FALSE = bag(
    "nullable null blank allow_null allow_none allow_blank allow_empty allownull allowempty"
    " additionalproperties additional_properties allow_unknown allowunknown optional unsafe"
    " allow_extra empty_ok convert passthrough arbitrary_types_allowed"
)
_AT_LEAST = bag(
    "min_length minlength min_value minvalue minlen min minimum gt ge min_digits password_min_length"
    " minitems min_items exclusiveminimum"
)
_AT_MOST = bag(
    "max_length maxlength max_value maxvalue maximum lt le max_digits maxitems max_items max_size"
    " maxsize exclusivemaximum"
)
_WILDCARD = lazy(
    r"(?P<key>ALLOWED_HOSTS|CORS_ORIGINS?\w*|CORS_ALLOWED_ORIGINS|allow_origins|allowed_origins"
    r"|allowedOrigins|origins?|Access-Control-Allow-Origin|AllowOrigins|allowed_hosts|trusted_hosts"
    r"|accept|allowed_extensions|ALLOWED_EXTENSIONS)[\"']?\s*(?:=|:|,|\()\s*(?:\[\s*|\(|new\[\] ?\{"
    r"|\[\]string\{)?[\"']\*[\"']|CORS_ALLOW_ALL_ORIGINS\s*=\s*True|CORS_ORIGIN_ALLOW_ALL\s*=\s*True"
    r"|\borigin\s*:\s*true\b|AllowAllOrigins\s*[:=]\s*true|AllowAnyOrigin\("
)
_CHAINED = lazy(
    r"\.(?P<name>required|strict|email|url|uuid|min|max|length|regex|matches|nonempty|nonEmpty"
    r"|notEmpty|int|positive|nonnegative|isEmail|isInt|isURL|isLength|isUUID|trim|integer|pattern"
    r"|datetime|ip|cuid|refine|superRefine|oneOf|valid|NotEmpty|MaximumLength|MinimumLength"
    r"|EmailAddress|NotNull|Must)\((?P<args>[^()]*(?:\([^()]*\))?[^()]*)\)"
)
_LOOSE_CHAIN = lazy(
    r"\.(?:passthrough|optional|nullable|nullish|allow|unknown|any)\(|z\.any\(|z\.unknown\(|Joi\.any\(|\.notRequired\("
)
_ANNOTATION = lazy(
    r"@(?:\w+\.)*(?P<name>NotNull|NotBlank|NotEmpty|Valid|Validated|Size|Min|Max|Pattern|Email"
    r"|Positive|PositiveOrZero|Past|Future|Digits|DecimalMin|DecimalMax|Length|Range|AssertTrue"
    r"|IsEmail|IsString|IsInt|IsNotEmpty|IsUUID|IsUrl|IsEnum|MinLength|MaxLength|Matches|IsNumber"
    r"|ValidateNested|ArrayMaxSize|validator|field_validator|validates|model_validator|root_validator"
    r"|pre_load|validates_schema)\b"
)
_ATTRIBUTE = lazy(
    r"\[(?P<name>Required|StringLength|MaxLength|MinLength|Range|RegularExpression|EmailAddress|ValidateNever)\b"
)
_RUBY = lazy(r"validates(?:_\w+)?[ (]:?(?P<name>\w+)|validate :(?P<name2>\w+)")
_TAG = lazy(r"(?:binding|validate):\"(?P<rules>[^\"]*)\"")
_CALLED = lazy(
    r"(?:^|[ .=(])(?P<name>validate\w*|full_clean|is_valid|validator\.\w+|check_schema|validateBody"
    r"|validationResult|clean_data|parse_obj|model_validate|schema\.(?:parse|validate|load)"
    r"|jsonschema\.validate|Validate\w*|checkArgument|requireNonNull)\s*\("
)
_CHECKING = lazy(r"(?i)valid|check|ensure|require|assert|verify|parse|clean")
_PUT_IN = lazy(r"^\$?\{[A-Za-z_]|\$\{[^{}]*\}$|\{[a-z_]\w*\}$")
_LONGEST = 1000
"""Characters of a statement in which an expression between slashes is looked for."""
_REGEXES = ("fullmatch", "match", "search")


def validation_relaxed(file: FileChange, names: Sequence[str]) -> Iterator[Match]:
    """Fields, schemas, patterns and lists of what is allowed that let more through."""
    if file.view.file.deleted or is_migration(file.path):
        return
    for old, new in file.pairing.pairs:
        if file.language in ("yaml", "json") and _named(file.old, old) != _named(file.new, new):
            continue
        reason = _relaxed(_text(file, old), _text(file, new)) or _longer(file, old, new)
        if reason:
            yield file.match("new", new, reason.split(" ")[0], A=reason)
        elif _no_longer_called(file, old, new, names):
            yield file.match("old", old, A=_check_of(file, old, names) or "")
    for statement in file.pairing.gone:
        name = _check_of(file, statement, names)
        if name and _subject_stays(file, statement, name):
            yield file.match("old", statement, A=name)


_LENGTH = lazy(
    r"(?:\} ?)?(?:el)?(?:if|unless)\b.*?(?:\blen\(|\.(?:length|size)\b).*?(?P<mark>[<>]=?) ?(?P<bound>\d[\d_]*)\b"
)
_REFUSES = lazy(r"(?:raise|throw|return|panic|abort|fail)\b")


def _longer(file: FileChange, old: Statement, new: Statement) -> str | None:
    """The bound of a length that is refused, where it went up twofold, or down for what is too short."""
    first, second = _LENGTH.match(old.code), _LENGTH.match(new.code)
    if not first or not second or first["mark"] != second["mark"]:
        return None
    if not any(_REFUSES.match(one.code) for one in file.new.inside(new)):
        return None
    if old.code.replace(first["bound"], "", 1) != new.code.replace(second["bound"], "", 1):
        return None
    before, now = int(first["bound"].replace("_", "")), int(second["bound"].replace("_", ""))
    wider = now >= 2 * before if first["mark"].startswith(">") else now < before
    return f"length {second['mark']} {now}" if wider and before > 1 else None


def _named(side: Outline, statement: Statement) -> list[str]:
    """What a line of data belongs to: the keys around it, and the name its entry has."""
    around = list(side.ancestors(statement))
    inside = side.block(around[0]) if around else []
    return [one.text for one in [*around, *inside] if "name" in one.code or one.text.endswith(":")]


def _no_longer_called(file: FileChange, old: Statement, new: Statement, names: Sequence[str]) -> bool:
    """True where a statement gave a value to a check and hands the same value on without one."""
    name = _check_of(file, old, names)
    if name is None or name.startswith("@") or not file.is_removed(old) or _CALLED.search(_text(file, new)):
        return False
    return not _CHECKING.search(new.code) and _subject_stays(file, old, name)


def _text(file: FileChange, statement: Statement) -> str:
    return without_comments(statement.text, file.language)


def _relaxed(old: str, new: str) -> str | None:
    """What `new` no longer refuses."""
    if (
        _WILDCARD.search(new)
        and not _WILDCARD.search(old)
        and re.search(r"(?i)origin|host|allow|accept|extension", old)
    ):
        return _WILDCARD.search(new)[0]  # type: ignore[index]
    for ask in (_by_settings, _by_patterns, _by_chain, _by_tags, _by_annotations):
        reason = ask(old, new)
        if reason:
            return reason
    return None


def _settings(text: str) -> dict[str, str]:
    return {found["key"].split(".")[-1].lower(): found["value"] for found in _SETTING.finditer(text)}


def _by_settings(old: str, new: str) -> str | None:
    before, now = _settings(old), _settings(new)
    for key, value in before.items():
        other = now.get(key)
        if (
            key in _STRICT_WHEN_TRUE
            and value.lower() == "true"
            and (other or "").lower() in ("false", "")
            and _is_field(old, key, other)
        ):
            return f"{key} {other or 'is gone'}"
        if key in _STRICT_WHEN_FALSE and value.lower() == "false" and (other or "").lower() == "true":
            return f"{key} {other}"
        if key == "extra" and value.strip("\"'") in ("forbid", "Extra.forbid", "raise") and other and other != value:
            return f"{key} {other}"
        if key in _AT_LEAST | _AT_MOST:
            reason = _other_bound(key, value, other, old)
            if reason:
                return reason
    for key, value in now.items():
        if (
            key in _STRICT_WHEN_FALSE
            and value.lower() == "true"
            and key not in before
            and _is_schema(new)
            and key not in ("optional", "convert", "unsafe")
        ):
            return f"{key} {value}"
        if key == "required" and value.lower() == "false" and key not in before and _is_schema(new):
            return f"{key} {value}"
    return None


def _is_schema(text: str) -> bool:
    return bool(
        re.search(
            r"fields?\.|Field\(|serializers\.|Column\(|models\.\w+Field|mapped_column|schema|Argument\("
            r"|RequestParam|add_argument|type[\"']?\s*:|nullable",
            text,
        )
    )


def _is_field(text: str, key: str, other: str | None) -> bool:
    return other is not None or (key in ("required", "unique", "strict") and _is_schema(text))


def _other_bound(key: str, value: str, other: str | None, text: str) -> str | None:
    """A lower bound that went down, or an upper one that went up, of what is accepted."""
    try:
        first, second = float(value.replace("_", "")), float((other or "").replace("_", ""))
    except ValueError:
        if other is None and re.fullmatch(r"[\d_.]+", value) and key not in ("min", "max", "le", "lt", "ge", "gt"):
            return f"{key} is gone"
        return None
    if key in ("min", "gt", "ge", "minimum", "le", "lt", "maximum", "maxsize", "max_size") and not re.search(
        r"Field\(|Query\(|Path\(|Body\(|con(?:int|str)|schema|valid|type", text
    ):
        return None
    if key in _AT_LEAST and second < first:
        return f"{key} {other}"
    return (
        f"{key} {other}"
        if key in _AT_MOST and second >= 2 * first and not re.search(r"models\.CharField|String\(|VARCHAR", text)
        else None
    )


def _by_patterns(old: str, new: str) -> str | None:
    """A regular expression that lost its anchors, or is no longer matched as a whole."""
    first, second = (
        re.search(r"\bre(?:gex)?\.(fullmatch|match|search)\(", old),
        re.search(r"\bre(?:gex)?\.(fullmatch|match|search)\(", new),
    )
    if (
        first
        and second
        and _REGEXES.index(second[1]) > _REGEXES.index(first[1])
        and not re.search(r"\\A|\\Z|\^|\$[\"']", new)
    ):
        return f"{second[1]} for {first[1]}"
    before, now = _expressions(old), _expressions(new)
    if any(_PUT_IN.search(one) for one in now):
        # What is put in may begin or end it.
        return None
    if len(before) == len(now) == 1:
        lost = [mark for mark in ("^", "$") if _has_anchor(before[0], mark) and not _has_anchor(now[0], mark)]
        if lost and "fullmatch" not in new and similarity(before[0].strip("^$"), now[0].strip("^$")) >= 0.5:
            return f"pattern without {' and '.join(lost)}"
        if now[0].strip("^$") in (".*", ".+", "[\\s\\S]*") and before[0].strip("^$") not in (".*", ".+"):
            return f"pattern {now[0]}"
    return None


def _expressions(text: str) -> list[str]:
    found = re.findall(
        r"(?:re\.(?:compile|match|search|fullmatch)\(|regex\s*=|pattern\s*[=:]|RegExp\("
        r"|regexp\.MustCompile\(|Pattern\.compile\(|RegexValidator\(|@Pattern\(.*?regexp\s*=|Regex\("
        r"|matches\()\s*r?([\"'`])((?:\\.|(?!\1).)*)\1(?=\s*[,)}\]]|\s*$)",
        text,
    )
    return [pattern for _, pattern in found] or re.findall(
        r"(?<![\w)\]])/((?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\s*\\\[])(?:\\.|\[(?:\\.|[^\]\\])*\]"
        r"|[^/\\\[])*)/[a-z]*(?=\.test|\.exec|[,;)\s]|$)",
        text[:_LONGEST],
    )


def _has_anchor(pattern: str, mark: str) -> bool:
    if mark == "^":
        return pattern.startswith(("^", "\\A"))
    return pattern.endswith(("$", "\\Z", "\\z")) and not pattern.endswith("\\$")


def _by_chain(old: str, new: str) -> str | None:
    """A check in a chain of calls on a schema that is gone, or that was made optional."""
    if not re.search(
        r"\b(?:z|Joi|yup|joi|body|check|param|query|t|v|schema|RuleFor|Yup|vine|superstruct)\b\s*[.(]"
        r"|\.(?:required|optional)\(\)",
        old,
    ):
        return None
    loose = _LOOSE_CHAIN.search(new)
    if loose and not _LOOSE_CHAIN.search(old):
        field = re.findall(r"(\w+)\s*:(?!:)", new[: loose.start()])
        # A field that nobody gave before can be left out.
        return loose[0].strip(".(") if not field or re.search(rf"\b{field[-1]}\s*:", old) else None
    before = {found["name"]: found["args"] for found in _CHAINED.finditer(old)}
    now = {found["name"]: found["args"] for found in _CHAINED.finditer(new)}
    gone = [name for name in before if name not in now and name != "trim"]
    if gone and not set(now) - set(before):
        return f"{gone[0]} is gone"
    for name, direction in (("min", -1), ("max", 1), ("MinimumLength", -1), ("MaximumLength", 1)):
        try:
            first, second = float(before[name].split(",")[0]), float(now[name].split(",")[0])
        except (KeyError, ValueError):
            continue
        if direction * (second - first) > 0 and (direction < 0 or second >= 2 * first):
            return f"{name} {now[name]}"
    return None


def _by_tags(old: str, new: str) -> str | None:
    """A rule in the tag of a Go field that is gone."""
    first, second = _TAG.search(old), _TAG.search(new)
    if not first:
        return None
    rules = set(first["rules"].split(",")) - {"omitempty", "-"}
    left = set(second["rules"].split(",")) if second else set()
    heads = {rule.split("=")[0] for rule in left}
    gone = sorted(rule for rule in rules if rule.split("=")[0] not in heads)
    return f"{gone[0]} is gone" if gone else None


def _by_annotations(old: str, new: str) -> str | None:
    before = [found["name"] for found in _ANNOTATION.finditer(old)]
    now = [found["name"] for found in _ANNOTATION.finditer(new)]
    gone = [name for name in before if name not in now]
    return f"@{gone[0]} is gone" if gone and len(now) < len(before) else None


def _check_of(file: FileChange, statement: Statement, names: Sequence[str]) -> str | None:
    """The check that a removed statement made."""
    text = _text(file, statement)
    if re.match(r"(?:async )?(?:def|func|function|class|import|from|export|public|private)\b", text):
        return None
    for shape in (_ANNOTATION, _ATTRIBUTE):
        found = shape.match(text)
        if found:
            return f"@{found['name']}" if text.startswith("@") else found["name"]
    if file.language == "ruby":
        found = _RUBY.match(text)
        if found:
            return found[0]
    own = next((name for name in names if re.search(rf"(?<!\w){re.escape(name)}\s*\(", text)), None)
    called = None if re.search(r"^\s*[\w.]+ *= *\w*[vV]alidator", text) else _CALLED.search(text)
    return own or (
        called["name"] if called and not re.match(r"(?:expect|assert|self\.assert|it\(|describe\()", text) else None
    )


def _subject_stays(file: FileChange, statement: Statement, name: str) -> bool:
    """True where the field or function that was checked is still there, and no other check was added."""
    if file.change.moved(file.view.lines("old")[statement.start]):
        return False
    added = file.change.added_text
    if _ANNOTATION.search(added) or re.search(
        r"(?i)valid|schema|\bclean\b|parse|check|ensure|required|isinstance|serializer", added
    ):
        return False
    for parent in file.old.ancestors(statement):
        if parent.start in file.view.removed_numbers and file.pairing.became(parent) is None:
            return False
    if statement.text.startswith(("@", "[")):
        following = file.old.after(statement)
        while following is not None and following.text.startswith(("@", "[")):
            following = file.old.after(following)
        if following is None:
            return False
        return following.start not in file.view.removed_numbers or file.pairing.became(following) is not None
    function = file.old.function_at(statement.start)
    if function is None:
        return file.language == "ruby" or bool(file.new.statements)
    after = file.pairing.function(function)
    return after is not None and _argument_stays(file, statement, after, name)


def _argument_stays(file: FileChange, statement: Statement, after: object, name: str) -> bool:
    from review_bot.rules.delta.words import names as names_in

    words = names_in(statement.code) - {name, *name.split(".")}
    left = names_in(" ".join(one.code for one in file.new.body(after)))  # type: ignore[arg-type]
    return bool(words & left)
