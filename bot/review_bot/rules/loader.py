"""Rule files: from TOML to rules, every mistake named by file, rule and key."""

from __future__ import annotations

from review_bot.domain.finding import CATEGORIES, SEVERITIES
from review_bot.domain.language import ALIASES, LANGUAGES
from review_bot.errors import RuleError
from review_bot.rules.model import KINDS, Example, Fix, Rule, RuleFile, Where

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, NoReturn

SCHEMA = 1
_SCOPES = ("added", "removed", "context", "file", "pair")
_ONE_OR_MORE = ("pattern", "unless")
"""Keys that take a text, or a list of texts."""
_RULE_KEYS = frozenset(
    (
        *KINDS, "id", "category", "severity", "confidence", "languages", "message", "why", "cwe", "references",
        "keywords", "unless", "where", "fix", "test",
    )
)  # fmt: skip
_TEST_KEYS = frozenset(("bad", "ok", "before", "after", "lines", "path", "repeat"))
_WHERE_KEYS = frozenset(("scope", "paths", "exclude", "tests", "once"))
_TABLE_KEYS = {
    "entropy": frozenset(("regex", "min", "min-length")),
    "delta": frozenset(("check", "names")),
    "taint": frozenset(("sinks", "sources", "sanitisers", "strings", "from", "built")),
}
TAINT_GROUPS = ("request", "local", "parameter")
DELTA_CHECKS = frozenset(
    (
        "guard-removed", "auth-removed", "tls-weakened", "crypto-weakened", "sanitiser-removed", "query-concatenated",
        "test-removed", "assertion-weakened", "test-skipped", "code-without-test", "stale-callers", "symbol-removed",
        "default-changed", "return-changed", "exception-widened", "error-check-dropped", "await-dropped",
        "lock-scope-shrunk", "resource-guard-removed", "timeout-removed", "limit-removed", "secret-logged",
        "validation-relaxed", "migration-unsafe", "version-without-changelog", "lock-mismatch", "dependency-risk",
        "workflow-privilege", "suppression-added", "condition-weakened",
    )
)  # fmt: skip


def parse_rule_file(path: str, data: bytes, *, shipped: bool = False) -> RuleFile:
    """Read one rule file; raises RuleError for anything that is not as docs/rules.md says."""
    table = _toml(path, data)
    # A bool or a float equals the number, and is none.
    if type(table.get("schema")) is not int or table["schema"] != SCHEMA:
        found = f"schema = {table['schema']!r}" if "schema" in table else "no `schema`"
        _fail(path, None, "schema", f"{found}; this version reads rule files with `schema = {SCHEMA}`")
    _known(path, None, table, ("schema", "rule"))
    entries = table.get("rule", [])
    if not isinstance(entries, list):
        _fail(path, None, "rule", "must be an array of tables: write [[rule]]")
    rules: list[Rule] = []
    examples: dict[str, tuple[Example, ...]] = {}
    for number, entry in enumerate(entries, 1):
        rule, tests = _Reader(path, entry, number).read(shipped=shipped)
        if rule.id in examples:
            _fail(path, rule.id, "id", "is used twice in this file")
        rules.append(rule)
        examples[rule.id] = tests
    return RuleFile(path, tuple(rules), examples)


def unique(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules as a tuple; raises RuleError where an id is used twice."""
    seen: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in seen:
            other = seen[rule.id].file
            _fail(rule.file, rule.id, "id", f"is used twice, also in {other}; choose another id")
        seen[rule.id] = rule
    return tuple(seen.values())


def _toml(path: str, data: bytes) -> dict[str, Any]:
    import tomli

    try:
        return tomli.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise RuleError("is not UTF-8", where=path, remedy="save it as UTF-8") from error
    except (tomli.TOMLDecodeError, RecursionError) as error:
        raise RuleError(f"is not valid TOML: {error}", where=path) from error


def _fail(path: str, rule: str | None, key: str, what: str) -> NoReturn:
    where = f"rule {rule}, key `{key}`" if rule else f"key `{key}`"
    raise RuleError(f"{where}: {what}", where=path)


def _known(path: str, rule: str | None, table: Mapping[str, Any], known: Iterable[str], prefix: str = "") -> None:
    names = sorted(known)
    for key in table:
        if key not in names:
            from difflib import get_close_matches

            near = get_close_matches(key, names, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(names)}"
            _fail(path, rule, prefix + key, f"unknown key; {hint}")


class _Reader:
    """One `[[rule]]` table."""

    def __init__(self, path: str, table: object, number: int) -> None:
        self.path = path
        if not isinstance(table, dict):
            _fail(path, None, "rule", "must be an array of tables: write [[rule]]")
        self.table: dict[str, Any] = table
        self.id: str = f"number {number}"
        given = table.get("id")
        if isinstance(given, str) and given:
            self.id = given

    def read(self, *, shipped: bool) -> tuple[Rule, tuple[Example, ...]]:
        _known(self.path, self.id, self.table, _RULE_KEYS)
        identity = self._text("id")
        if not _is_id(identity):
            self.fail(
                "id", "must be words of letters, digits, `-` and `_` joined by dots, such as py.command.shell-true"
            )
        kind = self._kind()
        rule = Rule(
            id=identity,
            category=self._choice("category", CATEGORIES),
            severity=self._choice("severity", SEVERITIES),  # type: ignore[arg-type]
            confidence=self._choice("confidence", ("high", "medium", "low")),  # type: ignore[arg-type]
            languages=self._languages(),
            message=self._text("message"),
            why=self._text("why"),
            kind=kind,  # type: ignore[arg-type]
            body=self._body(kind),
            where=self._where(),
            keywords=tuple(dict.fromkeys(word.lower() for word in self._texts("keywords"))),
            unless=self._regexes("unless"),
            cwe=self._numbers("cwe"),
            references=self._texts("references"),
            fix=self._fix(),
            file=self.path,
            shipped=shipped,
        )
        return rule, self._examples()

    def fail(self, key: str, what: str) -> NoReturn:
        _fail(self.path, self.id, key, what)

    def _text(self, key: str) -> str:
        value = self.table.get(key)
        if value is None:
            self.fail(key, "is missing")
        if not isinstance(value, str) or not value.strip():
            self.fail(key, f"must be a text, found {value!r}")
        return value

    def _texts(self, key: str, table: Mapping[str, Any] | None = None, prefix: str = "") -> tuple[str, ...]:
        value = (self.table if table is None else table).get(key, [])
        value = [value] if isinstance(value, str) and key in _ONE_OR_MORE else value
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.fail(prefix + key, f"must be a list of texts, found {value!r}")
        return tuple(value)

    def _numbers(self, key: str) -> tuple[int, ...]:
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(type(item) is int and item > 0 for item in value):
            self.fail(key, f"must be a list of positive whole numbers, found {value!r}")
        return tuple(value)

    def _choice(self, key: str, known: tuple[str, ...]) -> str:
        value = self._text(key)
        if value not in known:
            self.fail(key, f"`{value}` is unknown; one of {', '.join(known)}")
        return value

    def _kind(self) -> str:
        present = [kind for kind in KINDS if kind in self.table]
        if len(present) != 1:
            found = " and ".join(present) or "none of them"
            self.fail(
                present[1] if present else "pattern", f"exactly one of {', '.join(KINDS)} is needed, found {found}"
            )
        return present[0]

    def _languages(self) -> tuple[str, ...]:
        names = self._texts("languages")
        if not names:
            self.fail("languages", 'is missing; name the languages, or ["*"] for any')
        found = tuple(dict.fromkeys(ALIASES.get(name.lower(), name.lower()) for name in names))
        for name in found:
            if name != "*" and name not in LANGUAGES:
                self.fail("languages", f"`{name}` is unknown; one of {', '.join(sorted(LANGUAGES))}, or *")
        return found

    def _body(self, kind: str) -> Any:
        value = self.table[kind]
        if kind == "pattern":
            patterns = self._texts("pattern")
            if not patterns or not all(pattern.strip() for pattern in patterns):
                self.fail("pattern", "must be a text, or a list of texts")
            return patterns
        if kind == "regex":
            text = self._text("regex")
            self._compiles("regex", text)
            return text
        if not isinstance(value, dict) or not value:
            self.fail(kind, f"must be a table: write [rule.{kind}]")
        if kind != "ast":
            _known(self.path, self.id, value, _TABLE_KEYS[kind], f"{kind}.")
            getattr(self, f"_check_{kind}")(value)
            return value
        from review_bot.rules.ascii import in_rule

        return in_rule(value)

    def _check_entropy(self, value: dict[str, Any]) -> None:
        regex = value.get("regex")
        if not isinstance(regex, str):
            self.fail("entropy.regex", "must be a regular expression whose first group is measured")
        if self._compiles("entropy.regex", regex) < 1:
            self.fail("entropy.regex", "needs a group: its text is what is measured")
        for key, least in (("min", 0.0), ("min-length", 0)):
            number = value.get(key, least)
            if isinstance(number, bool) or not isinstance(number, (int, float)) or number < 0:
                self.fail(f"entropy.{key}", f"must be a number, found {number!r}")

    def _check_delta(self, value: dict[str, Any]) -> None:
        if value.get("check") not in DELTA_CHECKS:
            self.fail("delta.check", f"`{value.get('check')}` is unknown; one of {', '.join(sorted(DELTA_CHECKS))}")
        self._texts("names", value, "delta.")

    def _check_taint(self, value: dict[str, Any]) -> None:
        for key in ("sinks", "sources", "sanitisers"):
            self._texts(key, value, "taint.")
        if "strings" in value:
            if not isinstance(value["strings"], str):
                self.fail("taint.strings", "must be a regular expression")
            self._compiles("taint.strings", value["strings"])
        elif not value.get("sinks"):
            self.fail("taint.sinks", "is missing: patterns with $X where the value must not be tainted")
        self._check_taint_names(value)

    def _check_taint_names(self, value: dict[str, Any]) -> None:
        for key in ("from", "built"):
            for group in self._texts(key, value, "taint."):
                if group not in TAINT_GROUPS:
                    self.fail(f"taint.{key}", f"`{group}` is unknown; one of {', '.join(TAINT_GROUPS)}")
        for key in ("sinks", "sanitisers"):
            for pattern in self._texts(key, value, "taint."):
                if "$X" not in pattern and "$$$X" not in pattern:
                    self.fail(f"taint.{key}", f"`{pattern}` has no $X, the place of the value")

    def _where(self) -> Where:
        value = self.table.get("where", {})
        if not isinstance(value, dict):
            self.fail("where", "must be a table")
        _known(self.path, self.id, value, _WHERE_KEYS, "where.")
        scope, tests, once = value.get("scope", "added"), value.get("tests", "run"), value.get("once", False)
        if scope not in _SCOPES:
            self.fail("where.scope", f"`{scope}` is unknown; one of {', '.join(_SCOPES)}")
        if tests not in ("run", "skip", "lower"):
            self.fail("where.tests", f"`{tests}` is unknown; one of run, skip, lower")
        if not isinstance(once, bool):
            self.fail("where.once", f"must be true or false, found {once!r}")
        paths = self._texts("paths", value, "where.") or ("**",)
        return Where(scope, paths, self._texts("exclude", value, "where."), tests, once)

    def _regexes(self, key: str) -> tuple[str, ...]:
        texts = self._texts(key)
        for text in texts:
            self._compiles(key, text)
        return texts

    def _compiles(self, key: str, text: str) -> int:
        """Number of groups; an invalid regular expression is an error."""
        import re
        import warnings

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return re.compile(text).groups
        except (re.error, RecursionError, OverflowError, Warning) as error:
            self.fail(key, f"is not a valid regular expression: {error}")

    def _fix(self) -> Fix | None:
        value = self.table.get("fix")
        if value is None:
            return None
        if not isinstance(value, dict):
            self.fail("fix", "must be a table with `template` and `safety`")
        _known(self.path, self.id, value, ("template", "safety"), "fix.")
        template, safety = value.get("template"), value.get("safety", "suggest")
        if not isinstance(template, str):
            self.fail("fix.template", "must be a text")
        if safety not in ("safe", "suggest"):
            self.fail("fix.safety", f"`{safety}` is unknown; safe or suggest")
        return Fix(template, safety)

    def _examples(self) -> tuple[Example, ...]:
        tests = self.table.get("test", [])
        if not isinstance(tests, list):
            self.fail("test", "must be an array of tables: write [[rule.test]]")
        examples = tuple(self._example(test) for test in tests)
        fires = [example for example in examples if _fires(example)]
        if not fires:
            self.fail("test", "there is no `bad` example: every rule needs one that fires and one that must not")
        if len(fires) == len(examples):
            self.fail("test", "there is no `ok` example: every rule needs one that fires and one that must not")
        return examples

    def _example(self, test: object) -> Example:
        if not isinstance(test, dict):
            self.fail("test", "must be an array of tables: write [[rule.test]]")
        _known(self.path, self.id, test, _TEST_KEYS, "test.")
        for key in ("bad", "ok", "before", "after", "path"):
            if key in test and not isinstance(test[key], str):
                self.fail(f"test.{key}", f"must be a text, found {test[key]!r}")
        kinds = {"bad", "ok", "before", "after"} & set(test)
        if kinds not in ({"bad"}, {"ok"}, {"before", "after"}):
            self.fail("test", "must hold `bad`, or `ok`, or `before` and `after`")
        lines = test.get("lines")
        if lines is not None and (not isinstance(lines, list) or not all(type(n) is int and n > 0 for n in lines)):
            self.fail("test.lines", f"must be a list of line numbers, found {lines!r}")
        repeat = test.get("repeat", 1)
        if type(repeat) is not int or not 1 <= repeat <= 10_000_000:
            self.fail("test.repeat", f"must be a whole number from 1, found {repeat!r}")
        return Example(
            bad=test.get("bad"),
            ok=test.get("ok"),
            before=test.get("before"),
            after=test.get("after"),
            lines=None if lines is None else tuple(lines),
            path=test.get("path"),
            repeat=repeat,
        )


def _fires(example: Example) -> bool:
    """True for an example on which the rule must fire: `bad`, or two versions unless `lines = []`."""
    return example.bad is not None or (example.before is not None and example.lines != ())


def _is_id(text: str) -> bool:
    words = text.split(".")
    return all(word and word.replace("-", "").replace("_", "").isalnum() for word in words)
