"""Holds REST requests to GitHub's own description; what it does not name is refused, misspelt keys included."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

DATA = Path(__file__).resolve().parents[2] / "data" / "github"
_URN = "urn:github"
_GREEDY = {"path", "ref", "basehead"}
"""Path parameters that may hold slashes."""


class Operation(NamedTuple):
    """One operation of the description that a request names."""

    template: str
    method: str
    parameters: dict[str, str]


@cache
def description() -> dict[str, Any]:
    """The whole file, its references made absolute."""
    text = gzip.decompress((DATA / "openapi-subset.json.gz").read_bytes()).decode()
    loaded: dict[str, Any] = json.loads(text.replace('"#/components/', f'"{_URN}#/components/'))
    return loaded


@cache
def _registry() -> Any:
    return Registry().with_resource(_URN, DRAFT4.create_resource(description()))


def resolved(node: Any) -> Any:
    """`node`, or what it refers to."""
    while isinstance(node, dict) and "$ref" in node:
        found: Any = description()
        for part in node["$ref"].removeprefix(f"{_URN}#/").split("/"):
            found = found[part]
        node = found
    return node


@cache
def _routes() -> list[tuple[re.Pattern[str], str]]:
    """Patterns of all paths, the more literal ones first."""
    templates = sorted(description()["paths"], key=lambda path: (path.count("{"), "..." not in path, -len(path)))
    return [(re.compile(_pattern(template)), template) for template in templates]


def _pattern(template: str) -> str:
    def group(match: re.Match[str]) -> str:
        name = match[1]
        return f"(?P<{name}>{'.+' if name in _GREEDY else '[^/]+'})"

    parts = re.split(r"(\{\w+\})", template)
    return "^" + "".join(re.sub(r"\{(\w+)\}", group, x) if x[:1] == "{" else re.escape(x) for x in parts) + "$"


@cache
def find(method: str, path: str) -> Operation | None:
    """The operation for a path, or None where the description has none."""
    for pattern, template in _routes():
        match = pattern.match(path)
        if match and method.lower() in description()["paths"][template]:
            return Operation(template, method.lower(), match.groupdict())
    return None


def problems(operation: Operation, query: dict[str, str], body: Any) -> list[str]:
    """What is wrong with a request: parameters and body against the description."""
    described = description()["paths"][operation.template][operation.method]
    found = list(_query_problems(described, query))
    found += [
        f"path parameter {name}={value} is no integer"
        for name, value in operation.parameters.items()
        if _kind(described, name) == "integer" and not value.isdigit()
    ]
    if "requestBody" not in described:
        return found if body is None else [*found, "a body where the description has none"]
    if body is None:
        return [*found, "no body"] if resolved(described["requestBody"]).get("required") else found
    schema = resolved(described["requestBody"])["content"]["application/json"]["schema"]
    validator = _validator(operation.template, operation.method)
    found += [f"body: {'/'.join(map(str, error.path))}: {error.message}" for error in validator.iter_errors(body)]
    return [*found, *_unknown(body, schema, "body")]


@cache
def _validator(template: str, method: str) -> Any:
    body = resolved(description()["paths"][template][method]["requestBody"])
    return OAS30Validator(body["content"]["application/json"]["schema"], registry=_registry())


def _parameters(described: dict[str, Any]) -> list[dict[str, Any]]:
    return [resolved(one) for one in described.get("parameters", [])]


def _kind(described: dict[str, Any], name: str) -> str | None:
    for one in _parameters(described):
        if one["name"] == name and one["in"] == "path":
            kind: str | None = resolved(one["schema"]).get("type")
            return kind
    return None


def _query_problems(described: dict[str, Any], query: dict[str, str]) -> list[str]:
    known = {one["name"]: resolved(one["schema"]) for one in _parameters(described) if one["in"] == "query"}
    found = []
    for name, value in query.items():
        schema = known.get(name)
        if schema is None:
            found.append(f"query: unknown key {name}")
        elif schema.get("type") == "integer" and not value.isdigit():
            found.append(f"query: {name}={value} is no integer")
        elif "enum" in schema and value not in schema["enum"]:
            found.append(f"query: {name}={value} is none of {schema['enum']}")
    return found


def _names(schema: Any) -> dict[str, list[Any]] | None:
    """Schemas by the names that an object may have; None where any name is allowed."""
    schema = resolved(schema)
    found: dict[str, list[Any]] = {}
    open_ended = bool(schema.get("additionalProperties"))
    for name, inner in schema.get("properties", {}).items():
        found.setdefault(name, []).append(inner)
    for word in ("oneOf", "anyOf", "allOf"):
        for part in schema.get(word, ()):
            inner_names = _names(part)
            open_ended = open_ended or inner_names is None
            for name, inner in (inner_names or {}).items():
                found.setdefault(name, []).extend(inner)
    return None if open_ended else found


def _unknown(value: Any, schema: Any, where: str) -> list[str]:
    schema = resolved(schema)
    if isinstance(value, list):
        items = schema.get("items", {})
        return [one for at, part in enumerate(value) for one in _unknown(part, items, f"{where}/{at}")]
    if not isinstance(value, dict):
        return []
    names = _names(schema)
    if names is None or (not names and "properties" not in schema):
        return []
    found = [f"{where}: unknown key {name}" for name in value if name not in names]
    for name, part in value.items():
        nested: list[list[str]] = [_unknown(part, inner, f"{where}/{name}") for inner in names.get(name, ())]
        if nested and all(nested):
            nested.sort(key=len)
            found += nested[0]
    return found
