"""Reads prompt files: what all specialists share, and one file a specialist."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from review_bot import resources
from review_bot.domain.finding import CATEGORIES
from review_bot.errors import ConfigError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_COMMON_KEYS = frozenset(("schema", "kind", "version", "system", "lines", "judge", "again"))
_KEYS = frozenset(
    ("schema", "kind", "name", "version", "priority", "languages", "paths", "tests", "words", "role", "look")
) | {"categories", "bad", "good"}
_BAD = ("path", "line", "thought", "category", "severity", "message", "fix")
_GOOD = ("line", "thought")
_ROW = re.compile(r"(\d+)\+ (.*)", re.DOTALL)
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
GENERAL = "general"


class Common(NamedTuple):
    """The texts around what a specialist says."""

    version: str
    system: str
    lines: str
    judge: str
    again: str


class Specialist(NamedTuple):
    """One kind of reviewer, and what it is asked."""

    name: str
    version: str
    priority: int
    languages: frozenset[str]
    paths: tuple[str, ...]
    tests: bool | None
    """True for tests only, False for everything else only, None for both."""
    words: re.Pattern[str] | None
    """What an added line must hold."""
    categories: tuple[str, ...]
    system: str
    lines: str
    """As `system`, for the simpler form of answers."""


class Prompts(NamedTuple):
    """All specialists, those asked first first, and what they share."""

    specialists: tuple[Specialist, ...]
    judge: str
    again: str
    version: str
    """Changes with any text; part of cache keys."""

    def of(self, name: str) -> Specialist:
        """The specialist called `name`."""
        return next(one for one in self.specialists if one.name == name)


def load(paths: Iterable[str] = ()) -> Prompts:
    """The shipped prompts with those of the files and folders in `paths` in their place or beside them.

    Raises ConfigError where a file is not what docs/prompts.md says.
    """
    common: tuple[str, dict[str, Any]] | None = None
    tables: dict[str, tuple[str, dict[str, Any]]] = {}
    for path in (*_files(resources.folder("prompts")), *(file for own in paths for file in _files(own))):
        table = _read(path)
        if _text(table, "kind", path) == "common":
            common = (path, table)
        else:
            tables[_name(table, path)] = (path, table)
    if common is None or GENERAL not in tables:
        raise ConfigError("the shipped prompts are missing", remedy="install review-bot anew")
    shared = _common(*common)
    specialists = [_specialist(path, table, shared) for path, table in tables.values()]
    specialists.sort(key=lambda one: (-one.priority, one.name))
    texts = ("\0".join((one.name, one.version, one.system, one.lines)) for one in specialists)
    version = _digest([shared.version, shared.judge, shared.again, *texts])
    return Prompts(tuple(specialists), shared.judge, shared.again, version)


def _digest(texts: list[str]) -> str:
    import hashlib

    return hashlib.sha256("\0\0".join(texts).encode()).hexdigest()[:16]


def _files(path: str) -> list[str]:
    """The prompt files that `path` names: itself, or all below a folder."""
    if os.path.isfile(path):
        return [path]
    if not os.path.isdir(path):
        raise ConfigError("no such file or folder", where=path, remedy="correct prompt-paths")
    found = [os.path.join(top, name) for top, _, names in os.walk(path) for name in names if name.endswith(".toml")]
    return sorted(found)


def _read(path: str) -> dict[str, Any]:
    import tomli

    try:
        with open(path, "rb") as stream:
            table = tomli.load(stream)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"can't be read as a prompt: {error}", where=path) from error
    if table.get("schema") != 1:
        raise ConfigError("schema is not 1", where=path, remedy="write schema = 1; see docs/prompts.md")
    kind = table.get("kind")
    known = {"common": _COMMON_KEYS, "specialist": _KEYS}.get(kind) if isinstance(kind, str) else None
    if known is None:
        raise ConfigError("kind is neither common nor specialist", where=path, remedy="see docs/prompts.md")
    for name in table:
        if name not in known:
            raise ConfigError(f"unknown key {name}", where=path, remedy=f"known are {', '.join(sorted(known))}")
    return table


def _common(path: str, table: Mapping[str, Any]) -> Common:
    return Common(*(_text(table, name, path) for name in Common._fields))


def _name(table: Mapping[str, Any], path: str) -> str:
    name = _text(table, "name", path)
    if not _NAME.fullmatch(name):
        raise ConfigError(f"name is {name!r}", where=path, remedy="use lower-case letters, digits and -")
    return name


def _specialist(path: str, table: Mapping[str, Any], common: Common) -> Specialist:
    categories = _texts(table, "categories", path)
    unknown = [name for name in categories if name not in CATEGORIES]
    if unknown or not categories:
        said = f"unknown category {unknown[0]}" if unknown else "categories is empty"
        raise ConfigError(said, where=path, remedy="see `review-bot rules list` for the categories")
    values = {
        "role": _text(table, "role", path),
        "look": "\n".join(f"- {item}" for item in _texts(table, "look", path)),
        "categories": ", ".join(categories),
        **_examples(table, path, categories),
    }
    priority = table.get("priority", 0)
    tests = table.get("tests")
    if not isinstance(priority, int) or isinstance(priority, bool) or not (tests is None or isinstance(tests, bool)):
        raise ConfigError("priority is no whole number, or tests neither true nor false", where=path)
    return Specialist(
        name=_name(table, path),
        version=_text(table, "version", path),
        priority=priority,
        languages=frozenset(_texts(table, "languages", path)),
        paths=tuple(_texts(table, "paths", path)),
        tests=tests,
        words=_words(table, path),
        categories=tuple(categories),
        system=filled(common.system, values).strip() + "\n",
        lines=filled(common.lines, values).strip() + "\n",
    )


def _examples(table: Mapping[str, Any], path: str, categories: list[str]) -> dict[str, str]:
    """The example with a bug and the one without, as the model is to see them."""
    bad, good = table.get("bad"), table.get("good")
    if not isinstance(bad, dict) or set(bad) != set(_BAD) or not isinstance(good, dict) or set(good) != set(_GOOD):
        raise ConfigError(
            "bad or good is incomplete", where=path, remedy=f"bad has {', '.join(_BAD)}; good has {', '.join(_GOOD)}"
        )
    rows = [_ROW.fullmatch(_text(one, "line", path)) for one in (bad, good)]
    if not all(rows) or bad["category"] not in categories or bad["severity"] not in ("error", "warning", "info"):
        raise ConfigError("bad or good is no example", where=path, remedy="a line reads `7+ code`; see docs/prompts.md")
    number, quote = rows[0].groups() if rows[0] else ("0", "")
    finding = {"path": bad["path"], "line": int(number), "quote": quote}
    finding |= {name: bad[name] for name in ("category", "severity", "message", "fix")}
    return {
        "bad": f"{bad['line']}\n{compact({'thought': bad['thought'], 'findings': [finding]})}",
        "good": f"{good['line']}\n{compact({'thought': good['thought'], 'findings': []})}",
        "line": f"{bad['path']}:{number}|{bad['category']}|{bad['severity']}|{bad['message']}",
    }


def compact(value: Any) -> str:
    """JSON without blanks between tokens."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its `{name}`s replaced, and every other brace as it is."""
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found.group(1), found.group()), template)


def _words(table: Mapping[str, Any], path: str) -> re.Pattern[str] | None:
    text = table.get("words", "")
    if not isinstance(text, str):
        raise ConfigError("words is no text", where=path, remedy="see docs/prompts.md")
    try:
        return re.compile(text.strip()) if text.strip() else None
    except re.error as error:
        raise ConfigError(f"words is no regular expression: {error}", where=path) from error


def _text(table: Mapping[str, Any], name: str, path: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{name} is missing or no text", where=path, remedy="see docs/prompts.md")
    return value


def _texts(table: Mapping[str, Any], name: str, path: str) -> list[str]:
    value = table.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{name} is no list of texts", where=path, remedy="see docs/prompts.md")
    return value
