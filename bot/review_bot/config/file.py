"""The configuration file: `.review-bot.toml`, or `[tool.review-bot]` in pyproject.toml."""

from __future__ import annotations

import os
import stat
from typing import Any

from review_bot.config.load import Layer, here
from review_bot.errors import ConfigError

OWN = ".review-bot.toml"
SHARED = "pyproject.toml"
LIMIT = 1 << 20
"""Bytes; a larger file is no configuration."""


def find(top: str, file: str | None) -> Layer | None:
    """What `file` says, else what the file at `top` says; None where there is none. Raises ConfigError."""
    if file is not None:
        return _asked_for(file)
    own = _read(os.path.join(top, OWN), OWN)
    if own is not None:
        return _layer(own, top, OWN)
    path = os.path.join(top, SHARED)
    shared = None if os.path.isdir(path) else _read(path, SHARED)
    return _layer(shared, top, SHARED) if shared is not None else None


def _asked_for(file: str) -> Layer:
    path = os.path.join(here(), file)
    data = _read(path, file, asked=True)
    if data is None:
        raise ConfigError("no such file", where=file, remedy="name an existing file with --config")
    folder = os.path.dirname(os.path.abspath(path))
    return _layer(data, folder, file) or Layer({}, {}, folder, file)


def _layer(data: bytes, folder: str, shown: str) -> Layer | None:
    """The values in a file; None where it is a pyproject.toml that doesn't configure us."""
    if os.path.basename(shown) != SHARED:
        return _checked(_parsed(data, shown), shown, folder, shown)
    # Most of them don't: the parser is imported only for one that names us.
    tool = _parsed(data, shown).get("tool") if b"review-bot" in data else None
    table = tool.get("review-bot") if isinstance(tool, dict) else None
    return None if table is None else _checked(table, f"{shown}, [tool.review-bot]", folder, shown)


def _checked(table: Any, where: str, folder: str, shown: str) -> Layer:
    from review_bot.config.check import from_table

    try:
        values = from_table(table, where)
    except RecursionError as error:
        raise ConfigError("tables are nested too deep", where=where) from error
    return Layer(values, dict.fromkeys(values, shown), folder, shown)


def _read(path: str, shown: str, *, asked: bool = False) -> bytes | None:
    """The bytes of the file; None where there is none. Raises ConfigError."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise ConfigError("is a folder, not a file", where=shown, remedy="name a TOML file")
        if not (asked or stat.S_ISREG(mode)):  # a pipe that nobody writes to would hang the commit
            raise ConfigError("is no regular file", where=shown, remedy="mend or remove it")
        with open(path, "rb") as stream:
            return stream.read(LIMIT + 1)
    except FileNotFoundError as error:
        if os.path.islink(path):
            raise ConfigError("the link leads nowhere", where=shown, remedy="mend or remove it") from error
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"can't be read: {reason}", where=shown, remedy="mend or remove it") from error


def _parsed(data: bytes, shown: str) -> dict[str, Any]:
    import tomli

    if len(data) > LIMIT:
        raise ConfigError("is larger than 1 MiB", where=shown, remedy="a configuration needs a few lines")
    try:
        return tomli.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError("is not UTF-8", where=f"{shown}:{line}", remedy="save it as UTF-8") from error
    except RecursionError as error:
        raise ConfigError("values are nested too deep", where=shown) from error
    except ValueError as error:
        raise _syntax_error(str(error), data, shown) from error


def _syntax_error(message: str, data: bytes, shown: str) -> ConfigError:
    """The parser's message, its position moved to where editors look for it: `file:line`."""
    what, _, position = message.rpartition(" (at ")
    if position.startswith("line "):
        line = position[5:].partition(",")[0]
    else:
        line = str(data.rstrip(b"\r\n").count(b"\n") + 1)
    return ConfigError(f"not valid TOML: {what or message}", where=f"{shown}:{line}", remedy="mend the line")
