"""The declared keys for readers: as TOML text, as a JSON schema, as the table of docs/configuration.md."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from review_bot.config.check import expected, variable
from review_bot.config.model import Config, Key, leaves

if TYPE_CHECKING:
    from collections.abc import Iterator


def effective(config: Any) -> Iterator[tuple[str, Any]]:
    """Dotted name and value, in plain JSON types, of each key that holds a value."""
    for dotted, key in leaves():
        value = config
        for name in dotted.split("."):
            value = getattr(value, name.replace("-", "_"))
        yield dotted, plain(key, value)


def plain(key: Key, value: Any) -> Any:
    """`value` of `key` in the types of JSON, as a file would say it."""
    if key.kind in ("pairs", "severities"):
        return dict(value)
    if key.kind == "tables":
        return [_plain_table(key.section, row) for row in value]
    if key.kind == "table":
        return _plain_table(key.section, value)
    return list(value) if key.kind == "texts" else value


def _plain_table(section: Any, row: Any) -> dict[str, Any]:
    return {name: plain(key, getattr(row, name.replace("-", "_"))) for name, key in section.keys.items()}


def toml(value: Any) -> str:
    """`value` as TOML writes it, on one line."""
    if isinstance(value, dict):
        pairs = [f"{name if _bare(name) else toml(name)} = {toml(item)}" for name, item in value.items()]
        return "{ " + ", ".join(pairs) + " }" if pairs else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return "".join(map(_character, json.dumps(value, ensure_ascii=False)))
    return json.dumps(value)


def _bare(name: str) -> bool:
    return name.isascii() and name.replace("-", "").replace("_", "").isalnum()


def _character(character: str) -> str:
    """A character that a terminal may act on as an escape; bytes of a variable that are no UTF-8 as U+FFFD."""
    if character.isprintable():
        return character
    code = ord(character)
    code = 0xFFFD if 0xD800 <= code < 0xE000 else code
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def schema() -> dict[str, Any]:
    """JSON schema (draft 2020-12) of `.review-bot.toml`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "review-bot",
        "description": "Configuration of review-bot: .review-bot.toml, or [tool.review-bot] in pyproject.toml",
        **_object(Config),
        "$defs": {"severities": _severities(Config.keys["severity"])},
    }


def _object(section: Any) -> dict[str, Any]:
    known = section.keys
    required = [name for name, key in known.items() if key.required]
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _property(key) for name, key in known.items()},
        **({"required": required} if required else {}),
    }


def _property(key: Key) -> dict[str, Any]:
    about: dict[str, Any] = {"description": key.about}
    if not key.required:
        about["default"] = plain(key, key.default)
    return about | _type(key)


def _type(key: Key) -> dict[str, Any]:
    if key.kind == "table":
        return _object(key.section)
    if key.kind == "tables":
        return {"type": "array", "items": _object(key.section)}
    if key.kind == "severities":
        return {"$ref": "#/$defs/severities"}
    if key.kind == "pairs":
        return {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}}
    if key.kind == "texts":
        return {"type": "array", "items": _text(key), **({"minItems": 1} if key.required else {})}
    return _text(key) if key.kind == "text" else {"type": key.kind, **_bounds(key)}


def _text(key: Key) -> dict[str, Any]:
    among = {"enum": list(key.among)} if key.among else {}
    return {"type": "string", **among, **({"minLength": 1} if key.required else {})}


def _bounds(key: Key) -> dict[str, float]:
    bounds = {"minimum": key.least, "exclusiveMinimum": key.above, "maximum": key.most}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _severities(key: Key) -> dict[str, Any]:
    """Tables within tables: what TOML makes of `py.style = "info"` without quotes."""
    return {
        "type": "object",
        "additionalProperties": {"anyOf": [{"enum": list(key.among)}, {"$ref": "#/$defs/severities"}]},
    }


def config_docs() -> str:
    """The generated part of docs/configuration.md: a table of keys for each table of the file."""
    return "\n".join(_section_docs("", "", Config))


def _section_docs(prefix: str, about: str, section: Any) -> Iterator[str]:
    if prefix:
        yield f"### `[{prefix}]`: {about}\n"
    yield "| key | value | default | what it is for |\n|---|---|---|---|"
    inner = []
    for name, key in section.keys.items():
        if key.kind in ("table", "tables"):
            inner.append((name, key))
        else:
            yield _row(name, key)
    yield ""
    for name, key in inner:
        dotted = f"{prefix}.{name}" if prefix else name
        yield from _section_docs(f"[{dotted}]" if key.kind == "tables" else dotted, key.about, key.section)


def _row(name: str, key: Key) -> str:
    default = "required" if key.required else f"`{toml(plain(key, key.default))}`"
    cells = (f"`{name}`", expected(key), default, key.about)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


__all__ = ["config_docs", "effective", "plain", "schema", "toml", "variable"]
