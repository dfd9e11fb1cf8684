"""The file that holds the baseline: JSON without source text, in an order that merges well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.errors import StoreError
from review_bot.rules.baseline import Entry, in_order

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = "review-bot.baseline/1"
_REMEDY = "mend it, or delete it and run `review-bot baseline write`"
_REQUIRED = ("fingerprint", "rule", "path", "reason", "date")


def load(path: str, *, required: bool) -> list[Entry]:
    """The entries of the file at `path`; without such a file none, unless it is `required`. Raises StoreError."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        if not required:
            return []
        raise StoreError("no such baseline", where=path, remedy="`review-bot baseline write` makes one") from None
    except OSError as error:
        raise StoreError(f"the baseline can't be read: {error.strerror}", where=path) from error
    return parse(data, path)


def parse(data: bytes, path: str) -> list[Entry]:
    """The entries in `data`, the content of the file at `path`; raises StoreError where it is not a baseline."""
    import json

    try:
        table = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        if any(line.startswith(b"<<<<<<< ") for line in data.splitlines()):
            remedy = "take either side and run `review-bot baseline write`"
            raise StoreError("the baseline holds conflict markers", where=path, remedy=remedy) from error
        raise StoreError("the baseline is not JSON", where=path, remedy=_REMEDY) from error
    return [_entry(row, index, path) for index, row in enumerate(_rows(table, path), 1)]


def _rows(table: Any, path: str) -> list[Any]:
    if not isinstance(table, dict) or not isinstance(table.get("schema"), str):
        raise StoreError(f"not a baseline: no schema {SCHEMA}", where=path, remedy=_REMEDY)
    if table["schema"] != SCHEMA:
        remedy = "update review-bot, or delete the file and run `review-bot baseline write`"
        raise StoreError(f"baseline of schema {table['schema']}, not {SCHEMA}", where=path, remedy=remedy)
    if not isinstance(table.get("entries"), list):
        raise StoreError("the baseline has no list `entries`", where=path, remedy=_REMEDY)
    return list(table["entries"])


def _entry(row: Any, number: int, path: str) -> Entry:
    if not isinstance(row, dict):
        raise StoreError(f"entry {number} of the baseline is not a table", where=path, remedy=_REMEDY)
    for key in _REQUIRED:
        if not isinstance(row.get(key), str):
            raise StoreError(f"entry {number} of the baseline has no text `{key}`", where=path, remedy=_REMEDY)
    anchor = row.get("anchor", "")
    if not isinstance(anchor, str):
        raise StoreError(f"entry {number} of the baseline has no text `anchor`", where=path, remedy=_REMEDY)
    return Entry(row["fingerprint"], row["rule"], row["path"], row["reason"], row["date"], anchor)


def render(entries: Iterable[Entry]) -> bytes:
    """The file for `entries`: the same bytes for the same entries in whatever order."""
    import json

    table = {"schema": SCHEMA, "entries": [as_row(entry) for entry in in_order(entries)]}
    text = json.dumps(table, indent=1, ensure_ascii=False) + "\n"
    # A path that is not UTF-8 holds lone surrogates: their escape is JSON's own.
    return text.encode("utf-8", "backslashreplace")


def as_row(entry: Entry) -> dict[str, str]:
    """The JSON object of one entry."""
    return {key: value for key, value in entry._asdict().items() if value or key != "anchor"}


def save(path: str, entries: Iterable[Entry]) -> bool:
    """Make the file at `path` hold `entries`; True when that changed it. Raises StoreError."""
    from review_bot.stores import atomic

    data = render(entries)
    try:
        if _content(path) == data:
            return False
        atomic.replace(path, data)
    except OSError as error:
        raise StoreError(f"the baseline can't be written: {error.strerror}", where=path) from error
    return True


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
