"""`review-bot config show|schema`: the effective configuration with the origin of every value; its JSON schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    from review_bot.config import Loaded


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the sub-command."""
    parser = subparsers.add_parser(
        "config",
        help="show the effective configuration with the origin of every value, or its JSON schema",
        description="Show what the configuration is after file, environment and flags, or what a file may say.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = actions.add_parser("show", help="show every value and where it comes from")
    show.add_argument("--config", metavar="FILE", help="read this file instead of .review-bot.toml or pyproject.toml")
    show.add_argument(
        "--format", choices=("text", "json"), default="text", help="form of the output (default: %(default)s)"
    )
    actions.add_parser("schema", help="print the JSON schema of .review-bot.toml")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print; raises ConfigError."""
    print(_schema() if arguments.action == "schema" else _show(arguments.config, arguments.format))
    return 0


def _schema() -> str:
    import json

    from review_bot.config.describe import schema

    return json.dumps(schema(), indent=2)


def _show(file: str | None, form: str) -> str:
    from review_bot.config import load

    loaded = load(work_tree(), file=file)
    return _as_json(loaded) if form == "json" else _as_text(loaded)


def work_tree() -> str | None:
    """Absolute path of the work tree around the current folder; None where there is none to be found."""
    from review_bot.errors import SourceError
    from review_bot.sources.repository import find_root

    try:
        return find_root().root
    except SourceError:
        return None


def _as_text(loaded: Loaded) -> str:
    """TOML, so that a line can be copied into a file: the origins are comments."""
    from review_bot.config.describe import effective, toml
    from review_bot.errors import printable

    lines = [(f"{key} = {toml(_masked(value))}", loaded.origins[key]) for key, value in effective(loaded.config)]
    width = min(max(len(text) for text, _ in lines), 60)
    return "\n".join(f"{text:<{width}}  # {printable(origin)}" for text, origin in lines)


def _as_json(loaded: Loaded) -> str:
    import json

    from review_bot.config.describe import effective

    values = {
        key: {"value": _valid(_masked(value)), "origin": _valid(loaded.origins[key])}
        for key, value in effective(loaded.config)
    }
    return json.dumps({"schema": "review-bot.config/1", "values": values}, indent=2)


def _masked(value: Any) -> Any:
    """`value` without the password that an address may hold: the output ends up in logs."""
    import re

    if not isinstance(value, str):
        return value
    value = re.sub(r"(://[^/@\s:]*):[^/@\s]*@", r"\1:***@", value)
    return re.sub(r"([?&]password=)[^&\s]*", r"\1***", value)


def _valid(value: Any) -> Any:
    """`value` without lone surrogates, which no strict reader of JSON accepts."""
    from review_bot.domain.diff import shown

    if isinstance(value, list):
        return [_valid(item) for item in value]
    if isinstance(value, dict):
        return {_valid(name): _valid(item) for name, item in value.items()}
    return shown(value) if isinstance(value, str) else value
