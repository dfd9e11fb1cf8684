"""Values from files, variables and flags, held to what `model` declares; errors name file, key, value and remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.config.load import PREFIX, Layer
from review_bot.config.model import Config, Key, leaves
from review_bot.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
_SECRETS = ("model.openai.key-env", "memory.actor-key-env", "memory.salt-env")
"""Keys that name a variable of the user's, which may begin with our prefix."""


def from_table(table: Any, where: str, section: Any = Config, prefix: str = "") -> dict[str, Any]:
    """The checked values of a parsed file by dotted key; raises ConfigError for the first that is wrong."""
    if not isinstance(table, dict):
        raise _wrong(prefix.rstrip(".") or "review-bot", table, "a table", where)
    known = section.keys
    values: dict[str, Any] = {}
    for name, value in table.items():
        key, dotted = known.get(name), prefix + name
        if key is None:
            raise _unknown(dotted, where)
        if key.kind == "table":
            values.update(from_table(value, where, key.section, dotted + "."))
        else:
            values[dotted] = checked(dotted, key, value, where)
    return values


def from_environment(variables: Mapping[str, str], others: Sequence[Layer]) -> Layer:
    """The checked values of `variables`; an override of one severity is added to those of the layers in `others`."""
    known = {variable(dotted): (dotted, key) for dotted, key in leaves()}
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for name in sorted(filter(variables.get, variables), key=lambda name: (name not in known, name)):
        where = f"environment {name}"
        if name in known:
            dotted, key = known[name]
            values[dotted] = from_text(dotted, key, variables[name], where)
            origins[dotted] = where
        elif name.startswith(variable("severity") + "_"):
            _add_severity(name, variables[name], Layer(values, origins, ""), others)
        elif name not in _secret_names([*others, Layer(values, origins, "")]):
            raise _unknown_variable(name, known)
    return Layer(values, origins, "")


def _add_severity(name: str, text: str, layer: Layer, others: Iterable[Layer]) -> None:
    """REVIEW_BOT_SEVERITY_PY_STYLE=info, in front of what the file or REVIEW_BOT_SEVERITY says."""
    key, where = Config.keys["severity"], f"environment {name}"
    rule = name[len(variable("severity")) + 1 :].lower()
    pairs = checked("severity", key, {rule: text.strip()}, where)
    below = next((x for x in (layer, *others) if "severity" in x.values), None)
    before = [pair for pair in below.values["severity"] if variable(pair[0]) != variable(rule)] if below else []
    layer.values["severity"] = (*before, *pairs)  # type: ignore[index]
    layer.origins["severity"] = ", ".join([below.origins["severity"], where] if below else [where])  # type: ignore[index]


def _secret_names(layers: Iterable[Layer]) -> set[str]:
    return {str(layer.values.get(dotted, "")) for layer in layers for dotted in _SECRETS}


def from_flags(flags: Mapping[str, object]) -> Layer:
    """The checked values of `flags`, by dotted key; text is read as in a variable."""
    known = dict(leaves())
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for dotted, value in flags.items():
        key = known[dotted]
        origins[dotted] = where = key.flag or "--" + dotted.rpartition(".")[2]
        if isinstance(value, str):
            values[dotted] = from_text(dotted, key, value, where)
        else:
            values[dotted] = checked(dotted, key, value, where)
    return Layer(values, origins, "")


def variable(dotted: str) -> str:
    """Name of the environment variable for a key."""
    return PREFIX + dotted.upper().replace("-", "_").replace(".", "_")


def from_text(dotted: str, key: Key, text: str, where: str) -> Any:
    """The value that `text` says; raises ConfigError."""
    try:
        value = _read_text(key, text)
    except (ValueError, RecursionError):
        raise _wrong(dotted, text, expected(key), where) from None
    return checked(dotted, key, value, where)


def _read_text(key: Key, text: str) -> Any:
    stripped = text.strip()
    if key.kind == "boolean":
        return stripped.lower() in _TRUE if stripped.lower() in _TRUE | _FALSE else text
    if key.kind == "integer":
        return int(stripped)
    if key.kind == "number":
        return _number(stripped)
    if key.kind == "texts" and not (stripped.startswith("[") and stripped.endswith("]")):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text if key.kind == "text" else _toml(stripped)


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _toml(text: str) -> Any:
    import tomli

    table = tomli.loads(f"value = {text}")
    if len(table) > 1:
        raise ValueError(text)
    return table["value"]


def checked(dotted: str, key: Key, value: Any, where: str) -> Any:
    """`value` as the configuration holds it; raises ConfigError where its type, choice or bounds are wrong."""
    if key.kind == "tables":
        return _tables(dotted, key, value, where)
    if key.kind == "severities":
        return tuple(_severities(dotted, key, value, where, ""))
    if key.kind == "pairs":
        return tuple(_pairs(dotted, key, value, where))
    if not _fits(key, value):
        raise _wrong(dotted, value, expected(key), where)
    return tuple(value) if key.kind == "texts" else value


def _fits(key: Key, value: Any) -> bool:
    if key.kind == "boolean":
        return isinstance(value, bool)
    if key.kind == "text":
        return _text_fits(key, value)
    if key.kind == "texts":
        whole = isinstance(value, list | tuple) and (bool(value) or not key.required)
        return whole and all(_text_fits(key, item) for item in value)
    kinds = int if key.kind == "integer" else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and _within(key, value)


def _text_fits(key: Key, value: Any) -> bool:
    """NUL is refused here because every use of it as a path or an argument would fail later."""
    if not isinstance(value, str) or "\0" in value or (key.required and not value):
        return False
    return not key.among or value in key.among


def _within(key: Key, value: float) -> bool:
    """False also for nan, which is neither less nor more than anything."""
    low = value > key.above if key.above is not None else key.least is None or value >= key.least
    return low and (key.most is None or value <= key.most)


def _severities(dotted: str, key: Key, value: Any, where: str, prefix: str) -> list[tuple[str, Any]]:
    """Pairs of rule or prefix and severity; `py.style = …` without quotes is a table in TOML and means the same."""
    if not isinstance(value, dict):
        raise _wrong(dotted, value, expected(key), where)
    pairs: list[tuple[str, Any]] = []
    for name, severity in value.items():
        rule = f"{prefix}{name}"
        if isinstance(severity, dict):
            pairs += _severities(f"severity.{rule}", key, severity, where, f"{rule}.")
        elif severity in key.among:
            pairs.append((rule, severity))
        else:
            raise _wrong(f"severity.{rule}", severity, f"one of {', '.join(key.among)}", where)
    return pairs


def _pairs(dotted: str, key: Key, value: Any, where: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        raise _wrong(dotted, value, expected(key), where)
    for name, text in value.items():
        if not isinstance(text, str) or not text or "\0" in text:
            raise _wrong(f"{dotted}.{name}", text, "a text that is not empty", where)
        yield name, text


def _tables(dotted: str, key: Key, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _wrong(dotted, value, expected(key), where)
    rows = [_row(f"{dotted}[{number}]", key, table, where) for number, table in enumerate(value)]
    names = [row.name for row in rows]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"{dotted} has two entries named {_shown(twice)}", where=where, remedy="rename or remove one")
    return tuple(rows)


def _row(dotted: str, key: Key, table: Any, where: str) -> Any:
    if not isinstance(table, dict):
        raise _wrong(dotted, table, "a table", where)
    known = key.section.keys
    for name in table:
        if name not in known:
            raise _unknown_key(f"{dotted}.{name}", list(known), where)
    for name, field in known.items():
        if field.required and name not in table:
            raise ConfigError(f"{dotted} has no {name}", where=where, remedy=f"add {name}, {expected(field)}")
    values = {
        name: checked(f"{dotted}.{name}", field, table[name], where) for name, field in known.items() if name in table
    }
    return key.section(**{name.replace("-", "_"): value for name, value in values.items()})


def expected(key: Key) -> str:
    """What a value of `key` must be, for errors and for the docs."""
    among = ", ".join(key.among)
    if key.kind in ("integer", "number"):
        return ("a whole number" if key.kind == "integer" else "a number") + _bounds(key)
    return {
        "boolean": "true or false",
        "text": f"one of {among}" if among else "a text" + " that is not empty" * key.required,
        "texts": f"a list of {among}" if among else "a list of texts" + " that is not empty" * key.required,
        "pairs": "a table of name = text",
        "severities": f"a table of rule id or prefix = one of {among}",
        "tables": "an array of tables",
    }.get(key.kind, "a table")


def _bounds(key: Key) -> str:
    low = f" from {key.least:.0f}" if key.above is None else f" above {key.above:.0f} and up"
    return f"{low} to {key.most:.0f}" if key.most and key.most >= 1 else f"{low} to {key.most}"


def _wrong(dotted: str, value: Any, wanted: str, where: str) -> ConfigError:
    return ConfigError(f"{dotted} is {_shown(value)}", where=where, remedy=f"expected {wanted}")


def _shown(value: Any) -> str:
    """What was found, short enough for one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else value[:60] + "…")
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    return "a number out of all bounds" if isinstance(value, int) and abs(value) > 10**30 else str(value)


def _unknown(dotted: str, where: str) -> ConfigError:
    """The error for a key that no table has; it may be one of another table."""
    prefix, _, name = dotted.rpartition(".")
    beside = _siblings(prefix + "." if prefix else "")
    elsewhere = [other for other, _ in leaves() if other.rpartition(".")[2] == name.replace("_", "-")]
    return _unknown_key(dotted, beside, where, elsewhere)


def _unknown_key(dotted: str, beside: list[str], where: str, elsewhere: Sequence[str] = ()) -> ConfigError:
    prefix, dot, name = dotted.rpartition(".")
    near = _nearest(name, beside)
    if near:
        remedy = f"did you mean {prefix}{dot}{near}?"
    elif elsewhere:
        remedy = f"did you mean {elsewhere[0]}?"
    else:
        remedy = f"known are {', '.join(prefix + dot + name for name in beside)}"
    return ConfigError(f"unknown key {dotted[:100]}", where=where, remedy=remedy)


def _unknown_variable(name: str, known: Iterable[str]) -> ConfigError:
    near = _nearest(name.removeprefix(PREFIX), [other.removeprefix(PREFIX) for other in known])
    remedy = f"did you mean {PREFIX}{near}?" if near else "`review-bot config show` names the keys"
    return ConfigError("unknown variable", where=f"environment {name[:100]}", remedy=remedy)


def _siblings(prefix: str) -> list[str]:
    """Names of the keys and tables directly below `prefix`."""
    below = [dotted[len(prefix) :] for dotted, _ in leaves() if dotted.startswith(prefix)]
    return list(dict.fromkeys(name.partition(".")[0] for name in below))


def _nearest(name: str, known: list[str]) -> str:
    """The known name most like `name`, or empty. Common prefixes are cut off before: they make all names alike."""
    import difflib

    return (difflib.get_close_matches(name[:100], known, 1) or [""])[0]
