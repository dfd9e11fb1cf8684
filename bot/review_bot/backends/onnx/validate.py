"""Whether an answer keeps to a schema, for where nothing guides the model: the part of JSON schema that ours use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def keeps_to(text: str, schema: Mapping[str, Any]) -> bool:
    """Whether `text` is JSON of `schema`."""
    try:
        return _fits(json.loads(text), schema)
    except (ValueError, RecursionError):
        return False


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    if "anyOf" in schema and not any(_fits(value, one) for one in schema["anyOf"]):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "const" in schema and value != schema["const"]:
        return False
    return _is_kind(value, schema.get("type")) and _within(value, schema) and _inside(value, schema)


def _is_kind(value: Any, kind: str | list[str] | None) -> bool:
    if kind is None:
        return True
    kinds = [kind] if isinstance(kind, str) else kind
    if isinstance(value, bool):
        return "boolean" in kinds
    return any(isinstance(value, _KINDS[one]) for one in kinds)


def _within(value: Any, schema: Mapping[str, Any]) -> bool:
    if isinstance(value, str):
        return _between(len(value), schema, "minLength", "maxLength")
    if isinstance(value, list):
        return _between(len(value), schema, "minItems", "maxItems")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return not is_number or _between(value, schema, "minimum", "maximum")


def _between(size: float, schema: Mapping[str, Any], least: str, most: str) -> bool:
    return bool(schema.get(least, size) <= size <= schema.get(most, size))


def _inside(value: Any, schema: Mapping[str, Any]) -> bool:
    if isinstance(value, list):
        return all(_fits(item, schema.get("items", {})) for item in value)
    if not isinstance(value, dict):
        return True
    known = schema.get("properties", {})
    open_ = schema.get("additionalProperties", True) is not False
    return all(name in value for name in schema.get("required", ())) and all(
        _fits(item, known[name]) if name in known else open_ for name, item in value.items()
    )
