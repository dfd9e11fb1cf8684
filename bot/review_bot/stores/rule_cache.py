"""Compiled rule files, kept between runs: reading TOML costs more than the rest of a small review.

The name of a cache file is the hash of what went into it, so a changed rule is never served from it; writing is a
rename, so two processes can't spoil it; a digest over the content guards against damage; a folder that can't be
written only costs the time. A user's own rules have a file of their own: changing one reads no shipped rule anew.
"""

from __future__ import annotations

import marshal
import os
import sys

from review_bot import __version__, resources
from review_bot.errors import RuleError
from review_bot.rules.ruleset import RuleSet, grouped

try:  # hashlib loads OpenSSL, which costs more than everything else in this module
    from _blake2 import blake2b
except ImportError:  # pragma: no cover - an interpreter without the built-in module
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from review_bot.rules.model import Rule, RuleFile
    from review_bot.rules.ruleset import Row

_FORMAT = 11
DIGEST = 16
_SHIPPED, _OWN = "rules-", "own-rules-"
"""How the names of the two kinds of cache files begin."""
_KEPT = 8
"""Cache files of a kind that stay; older ones go when a new one is written."""
_LARGEST = 10_000_000
"""Bytes of a rule file."""


def load(rule_paths: Sequence[str] = ()) -> RuleSet:
    """The shipped rules and the user's own at `rule_paths` (absolute files and folders); raises RuleError."""
    own = [(path, _read(path)) for path in own_files(rule_paths)]
    state = _state()
    shipped = _kept(_SHIPPED, state.hexdigest(), _shipped)
    if not own:
        return shipped
    for path, data in own:
        state.update(b"\1%b\0%d\0%b" % (os.fsencode(path), len(data), data))
    return shipped.joined(_kept(_OWN, state.hexdigest(), lambda: _beside(shipped, [path for path, _ in own])))


def own_files(rule_paths: Sequence[str]) -> list[str]:
    """Every rule file at the given files and folders, in order, each once; raises RuleError where nothing is."""
    found: dict[str, None] = {}
    for path in rule_paths:
        if os.path.isdir(path):
            for folder, folders, names in os.walk(path):
                folders.sort()
                found.update((os.path.join(folder, name), None) for name in sorted(names) if name.endswith(".toml"))
        elif os.path.exists(path):
            found[path] = None
        else:
            raise RuleError("there is no such file or folder", where=path, remedy="correct `rule-paths`")
    return list(found)


def read_files(paths: Sequence[str], *, shipped: bool = False) -> Iterator[RuleFile]:
    """Read and check rule files, structural rules with every grammar they name; raises RuleError."""
    from review_bot.rules.loader import parse_rule_file
    from review_bot.rules.structural import check

    for path in paths:
        file = parse_rule_file(path, _read(path), shipped=shipped)
        if not shipped:
            for rule in file.rules:
                if rule.kind in ("pattern", "ast"):
                    check(rule)
                elif rule.kind == "taint":
                    from review_bot.rules.taint.sinks import check as check_taint

                    check_taint(rule)
        yield file


def cache_folder() -> str | None:
    """Where caches are kept: REVIEW_BOT_CACHE_DIR, else below XDG_CACHE_HOME or the home folder; None without any."""
    named = os.environ.get("REVIEW_BOT_CACHE_DIR")
    if named:
        return named
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "review-bot") if os.path.isabs(base) else None


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            data = stream.read(_LARGEST + 1)
    except OSError as error:
        raise RuleError(f"can't be read: {error.strerror}", where=path) from error
    if len(data) > _LARGEST:
        raise RuleError("is larger than 10 MB", where=path, remedy="split it")
    return data


def _state() -> blake2b:
    """Hash of the version and of the shipped files' names, sizes and times."""
    hashed = blake2b(f"{_FORMAT} {__version__} {sys.version_info[:2]}".encode(), digest_size=DIGEST)
    for path in resources.rule_files():
        status = os.stat(path)
        hashed.update(f"\0{path}\0{status.st_size}\0{status.st_mtime_ns}".encode("utf-8", "surrogateescape"))
    return hashed


def _shipped() -> Sequence[Rule]:
    from review_bot.rules.loader import unique

    return unique(rule for file in read_files(resources.rule_files(), shipped=True) for rule in file.rules)


def _beside(shipped: RuleSet, paths: Sequence[str]) -> Sequence[Rule]:
    """The rules of a user's files, none of which may have the id of a shipped one."""
    from review_bot.rules.loader import unique

    return unique([*shipped, *(rule for file in read_files(paths) for rule in file.rules)])[len(shipped) :]


def _kept(kind: str, key: str, parse: Callable[[], Sequence[Rule]]) -> RuleSet:
    """The rules of a cache file, else what `parse` makes, kept for the next run."""
    folder = cache_folder()
    place = os.path.join(folder, f"{kind}{key}.bin") if folder else None
    cached = _cached(place, parse)
    if cached is not None:
        return cached
    rules = parse()
    if place is not None:
        from review_bot.rules.literals import with_words

        _store(place, [with_words(rule) for rule in rules], kind)
    return RuleSet.of(rules)


def _cached(place: str | None, parse: Callable[[], Sequence[Rule]]) -> RuleSet | None:
    """The rules in a cache file; only its index is read now, and each group when it is asked for."""
    index = _index(place) if place else None
    if index is None or place is None:
        return None

    def read(name: str) -> Sequence[Row]:
        _, start, end, expected = index[name]
        part = _part(place, start, end)
        if digest(part) != expected:  # damaged since it was written, or gone: read the rule files after all
            _remove(place)
            return grouped(parse())[name]
        # review-bot: ignore[py.deserialise.marshal] -- our own cache, behind a digest
        rows: Sequence[Row] = marshal.loads(part)  # noqa: S302
        return rows

    return RuleSet({name: row[0] for name, row in index.items()}, read)


def _index(place: str) -> dict[str, tuple[int, int, int, bytes]] | None:
    """Where each group stands in the file, with its number of rules and its digest; None where that is damaged."""
    try:
        with open(place, "rb", buffering=0) as stream:
            start = stream.read(DIGEST + 8)
            size = int.from_bytes(start[DIGEST:], "big")
            length = os.fstat(stream.fileno()).st_size
            head = start[DIGEST:] + (stream.read(size) if size < length else b"")
    except OSError:
        return None
    if len(head) != 8 + size or digest(head) != start[:DIGEST]:
        return None
    # review-bot: ignore[py.deserialise.marshal] -- our own cache, behind a digest
    index: dict[str, tuple[int, int, int, bytes]] = marshal.loads(head[8:])  # noqa: S302 - our own, behind a digest
    at = DIGEST + len(head)
    index = {name: (count, at + first, at + last, known) for name, (count, first, last, known) in index.items()}
    return index if length == max((end for _, _, end, _ in index.values()), default=at) else None


def _part(place: str, start: int, end: int) -> bytes:
    """The bytes of the file from `start` to `end`; fewer where they are not to be had."""
    try:
        with open(place, "rb", buffering=0) as stream:
            stream.seek(start)
            return stream.read(end - start)
    except OSError:
        return b""


def digest(data: memoryview | bytes) -> bytes:
    """What guards the content of a cache file against damage."""
    return bytes(blake2b(data, digest_size=DIGEST).digest())


def _store(place: str, rules: Sequence[Rule], kind: str) -> None:
    """Put the rules where the next run looks for them."""
    try:
        packed = _packed(rules)
    except ValueError:  # a date in a rule's table, which marshal does not know
        return
    write(place, packed, kind)


def write(place: str, data: bytes, kind: str) -> None:
    """Put a cache file where the next run looks for it; a place that can't be written is passed over."""
    draft = f"{place}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
        with open(draft, "wb") as stream:
            stream.write(data)
        os.replace(draft, place)
        _prune(os.path.dirname(place), kind)
    except OSError:
        _remove(draft)


def _packed(rules: Sequence[Rule]) -> bytes:
    """Digest, length of the index, index, groups."""
    index, body = {}, b""
    for name, rows in grouped(rules).items():
        part = marshal.dumps(rows)
        index[name] = (len(rows), len(body), len(body) + len(part), digest(part))
        body += part
    packed = marshal.dumps(index)
    head = len(packed).to_bytes(8, "big") + packed
    return digest(head) + head + body


def _prune(folder: str, kind: str) -> None:
    entries = [entry for entry in os.scandir(folder) if entry.name.startswith(kind)]
    entries.sort(key=lambda entry: entry.stat().st_mtime_ns, reverse=True)
    for entry in entries[_KEPT:]:
        _remove(entry.path)


def _remove(path: str) -> None:
    from contextlib import suppress

    with suppress(OSError):
        os.unlink(path)
