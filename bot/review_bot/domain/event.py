"""An event of the memory: one immutable JSON line, named by its content, checked before anything believes it."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from review_bot.domain.finding import SEVERITIES
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

VERSION = 1
LARGEST = 64 * 1024
"""Bytes of a line, without its line feed."""
KINDS = ("shown", "signal", "mute", "unmute", "forget", "learned", "prior", "decision")
SIGNALS = (
    "command", "inline", "suggestion", "reaction", "deleted", "fixed", "resolved", "reply", "changed", "model-changed",
    "sentiment", "dismissed", "unchanged", "merged",
)  # fmt: skip
"""What a signal may come from; each counts for or against a finding."""
LOGGED = ("no-verify", "file-gone", "anchor-lost")
"""Signals that are only written down: their y is null."""
SCOPE = ("rule", "key", "path")
MOST_HASHES = 16
_LATEST = 2**53
"""Bound of whole seconds: what a double, and so every reader of JSON, still tells apart."""
_ID_FIELD = len('"id":"",') + 32
_ID = re.compile(r"[0-9a-f]{32}").fullmatch
_HASH = re.compile(r"[0-9a-f]{16}").fullmatch
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}").fullmatch


class BadEvent(ValueError):
    """A line that is no event of this version; the text says why."""


class Event(NamedTuple):
    """One thing that happened. `fields` holds all of the line's fields, `id` too, those we do not know as well."""

    id: str
    kind: str
    ts: int
    """Whole seconds since 1970, as the writer's clock had it: may be wrong by any amount."""
    fields: Mapping[str, Any]

    def get(self, name: str) -> Any:
        """The field `name`; None where it is null or missing."""
        return self.fields.get(name)

    @property
    def line(self) -> str:
        """The line as it is stored, without a line feed."""
        return canonical(self.fields)

    @property
    def change(self) -> str | None:
        """What names the change (`pr`), as text: a pull request, or a commit at the desk."""
        named = self.fields.get("pr")
        return None if named is None else str(named)

    @property
    def path(self) -> str | None:
        """Where the flagged lines stood, as far as the event says so."""
        at = self.fields.get("at")
        return at[2] if at else None


def event(fields: Mapping[str, Any]) -> Event:
    """The event with these `fields`, whose id is made here; raises BadEvent for what no log would take."""
    try:
        return _checked({**fields, "id": _identity(fields)})
    except (ValueError, TypeError, RecursionError) as error:
        raise _reason(error) from error


def parse(line: bytes) -> Event:
    """The event on `line`, without or with its line feed; raises BadEvent for anything else."""
    if len(line.rstrip(b"\r\n")) > LARGEST:
        raise BadEvent("longer than 64 KiB")
    try:
        fields = _DECODER.decode(line.decode("utf-8"))
        if not isinstance(fields, dict):
            raise BadEvent("not a JSON object")
        found = _checked(fields)
        named = _identity(fields)
    except (ValueError, RecursionError) as error:
        raise _reason(error) from error
    if named != found.id:
        raise BadEvent("the id is not that of the content")
    return found


def parse_all(lines: Iterable[bytes], skipped: Callable[[str], None] | None = None) -> Iterator[Event]:
    """The events among `lines`; `skipped` hears why of each other line. Blank lines are nothing."""
    for line in lines:
        if not line.strip():
            continue
        try:
            yield parse(line)
        except BadEvent as error:
            if skipped is not None:
                skipped(str(error))


def canonical(fields: Mapping[str, Any]) -> str:
    """JSON with sorted keys, without blanks, not escaped; raises ValueError for what JSON can't say."""
    return _ENCODER.encode(fields)


def actor_hash(name: str, key: bytes) -> str:
    """16 hex digits for a person's name or address, keyed by `key`; 16 hex digits are taken as they are.

    Letter case and outer blanks do not tell people apart. Without a secret behind `key` it is a pseudonym, no more.
    """
    import hashlib
    import unicodedata

    if _HASH(name):
        return name
    plain = unicodedata.normalize("NFKC", name).strip().casefold().encode("utf-8", "surrogatepass")
    return hashlib.blake2b(plain, key=hashlib.blake2b(key).digest(), digest_size=8).hexdigest()


def is_hash(text: object) -> bool:
    """True for 16 hex digits: a fingerprint, or the hash of a name."""
    return isinstance(text, str) and _HASH(text) is not None


def is_id(text: object) -> bool:
    """True for 32 hex digits: the id of an event."""
    return isinstance(text, str) and _ID(text) is not None


def _identity(fields: Mapping[str, Any]) -> str:
    """Id of the event with these fields: 32 hex digits of blake2b over its canonical JSON without `id`."""
    import hashlib

    rest = dict(fields)
    rest.pop("id", None)
    body = canonical(rest).encode("utf-8")
    if len(body) + _ID_FIELD > LARGEST:
        raise BadEvent("longer than 64 KiB")
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def _reason(error: Exception) -> BadEvent:
    if isinstance(error, BadEvent):
        return error
    return BadEvent("nested too deeply" if isinstance(error, RecursionError) else "not JSON in UTF-8")


def _constant(name: str) -> None:
    raise BadEvent(f"{name} is no JSON")


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
_DECODER = json.JSONDecoder(parse_constant=_constant)


def _checked(fields: dict[str, Any]) -> Event:
    """The event of `fields`, if each field is what it must be; the id is not compared with the content."""
    if type(fields.get("v")) is not int or fields["v"] != VERSION:
        raise BadEvent("not version 1")
    kind = fields.get("kind")
    if kind not in KINDS:
        raise BadEvent("unknown kind")
    if not is_id(fields.get("id")):
        raise BadEvent("id is not 32 hex digits")
    if not _is_whole(fields.get("ts"), 0, _LATEST):
        raise BadEvent("ts is not whole seconds")
    for name, value in fields.items():
        if value is not None and name in _FIELDS and not _FIELDS[name](value):
            raise BadEvent(f"{name} is not what it must be")
    further = _BY_KIND.get(kind)
    if further is not None:
        further(fields)
    return Event(fields["id"], kind, fields["ts"], fields)


def _signal(fields: Mapping[str, Any]) -> None:
    if fields.get("sig") is None:
        raise BadEvent("a signal without sig")
    if "y" not in fields:
        raise BadEvent("a signal without y")
    if fields["y"] is None:
        return
    if fields["sig"] in LOGGED:
        raise BadEvent(f"{fields['sig']} is only logged: y must be null")
    if fields.get("eps") is None:
        raise BadEvent("a signal without eps")


def _scoped(fields: Mapping[str, Any]) -> None:
    if fields.get("scope") is None:
        raise BadEvent("no scope")


def _forget(fields: Mapping[str, Any]) -> None:
    if not fields.get("ids") and not fields.get("names"):
        raise BadEvent("a forget that names nothing")


_BY_KIND: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "signal": _signal,
    "mute": _scoped,
    "unmute": _scoped,
    "forget": _forget,
}


def _is_whole(value: object, least: int, bound: int) -> bool:
    return type(value) is int and least <= value < bound


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_outcome(value: object) -> bool:
    return type(value) is int and value in (0, 1)


def _is_noise(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and 0 < value <= 0.5  # type: ignore[arg-type,operator]


def _is_change(value: object) -> bool:
    return isinstance(value, str) or _is_whole(value, 0, _LATEST)


def _are_hashes(value: object) -> bool:
    if not isinstance(value, list) or len(value) > MOST_HASHES:
        return False
    return not value or ({*map(type, value)} == {int} and min(value) >= 0 and max(value) < 2**32)


def _are_ids(value: object) -> bool:
    return isinstance(value, list) and all(map(is_id, value))


def _is_scope(value: object) -> bool:
    """{rule, key, path}, null for any; not all of them null."""
    if not isinstance(value, dict) or not set(value) <= set(SCOPE):
        return False
    given = [text for text in value.values() if text is not None]
    return bool(given) and all(isinstance(text, str) and text for text in given)


def _is_place(value: object) -> bool:
    """[commit before, commit after, path, first line, last line]; commits and lines may be null."""
    if not isinstance(value, list) or len(value) != 5:
        return False
    commits, path, lines = value[:2], value[2], value[3:]
    if not isinstance(path, str) or "\0" in path:
        return False
    known = all(commit is None or (isinstance(commit, str) and _COMMIT(commit)) for commit in commits)
    return known and all(line is None or _is_whole(line, 0, 2**31) for line in lines)


def _names(value: object) -> bool:
    """What a forget is about: any of finding, actor, kind."""
    if not isinstance(value, dict) or not value or not set(value) <= {"finding", "actor", "kind"}:
        return False
    hashes = all(is_hash(value[name]) for name in ("finding", "actor") if name in value)
    return hashes and value.get("kind", "shown") in KINDS and value.get("kind") != "forget"


_TEXTS = ("rule", "src", "lang", "dir", "key", "sha", "model", "note", "reason", "before", "after")
_FIELDS: dict[str, Callable[[Any], Any]] = {
    "finding": is_hash,
    "actor": is_hash,
    "sig": lambda value: isinstance(value, str) and value in (*SIGNALS, *LOGGED),
    "y": _is_outcome,
    "eps": _is_noise,
    "sev": lambda value: isinstance(value, str) and value in SEVERITIES,
    "fp": _are_hashes,
    "pr": _is_change,
    "at": _is_place,
    "scope": _is_scope,
    "undoes": _are_ids,
    "ids": _are_ids,
    "names": _names,
    "until": lambda value: _is_whole(value, 0, _LATEST),
    "prompt_ver": _is_change,
    **dict.fromkeys(
        ("rule", "src", "lang", "dir", "key", "sha", "model", "note", "reason", "before", "after"), _is_text
    ),
}
"""How the fields that we know are checked, where they are not null."""
