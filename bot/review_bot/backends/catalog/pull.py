"""Fetching a model from a hub: resumed where it was cut, checked to the last bit, on the shelf whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from typing import TYPE_CHECKING

from review_bot.backends.catalog import hub, manifest, staging
from review_bot.backends.catalog.digests import CHUNK
from review_bot.backends.catalog.web import FAILURES, unreachable
from review_bot.errors import ModelMissing, NotLocal, RateLimited, Unavailable, UsageError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from review_bot.backends.catalog.hub import Remote, Source
    from review_bot.backends.catalog.web import Reply, Web

ATTEMPTS = 5
"""Times that a file is asked for without a single byte more."""
_NOTE = ".source"
"""File beside a pulled model that says where it is from."""


class Watch(NamedTuple):
    """Who is told what happens, and who waits."""

    see: Callable[[str, int, int], None] = lambda path, done, whole: None
    """Is told the file, the bytes of the model that are there, and all."""
    wait: Callable[[float], None] = time.sleep


class _Changed(Exception):
    """What is there of a file is of no use: begin anew."""


def pull(web: Web, source: Source, root: str, name: str | None = None, watch: Watch | None = None) -> str:
    """Put the model that `source` names on the shelf `root`; its folder.

    Raises Unavailable where the hub can't be reached (what has come is kept for the next time), ModelMissing where it
    has no such model or its files are not what it says, StoreError, UsageError.
    """
    name = name or source.name
    if not manifest.is_name(name):
        raise UsageError(f"{name!r} can't be the name of a model", remedy="use letters, digits, `.`, `-` and `_`")
    source, remotes = hub.files(web, source)
    target = os.path.join(root, name)
    if _is_there(target, remotes):
        return target
    if os.path.lexists(target) and _origin(target) != str(source):
        raise staging.taken(target)
    draft = _draft(root, name, source)
    try:
        _fill(web, source, remotes, draft, name, watch or Watch())
    except (ModelMissing, KeyboardInterrupt, Unavailable, NotLocal):
        _drop_empty(draft)
        raise
    staging.put(draft, root, name)
    return target


def _draft(root: str, name: str, source: Source) -> str:
    """The folder that a pull of this source fills, the same each time."""
    key = hashlib.sha256(str(source).encode()).hexdigest()[:8]
    draft = os.path.join(root, f".pull-{name}-{key}")
    try:
        os.makedirs(draft, exist_ok=True)
    except OSError as error:
        raise staging.unwritable(draft, error) from error
    return draft


def _drop_empty(folder: str) -> None:
    if not any(names for _, _, names in os.walk(folder)):
        shutil.rmtree(folder, ignore_errors=True)


def _origin(folder: str) -> str:
    try:
        with open(os.path.join(folder, _NOTE), encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _is_there(target: str, remotes: Sequence[Remote]) -> bool:
    """Whether the model on the shelf is what the hub has, by names, sizes and the digests that it tells."""
    known = manifest.read(target) if os.path.isdir(target) else None
    if known is None:
        return False
    there = {member.path: member for member in known.files}
    return len(there) == len(remotes) and all(
        one.path in there and _is_same(one, there[one.path], target) for one in remotes
    )


def _is_same(one: Remote, member: manifest.Member, target: str) -> bool:
    path = os.path.join(target, one.path)
    if one.size != member.size or _size(path) != member.size:
        return False
    return one.digest == (_sums(path, one)[1] if len(one.digest) == 40 else member.sha256)


def _fill(web: Web, source: Source, remotes: Sequence[Remote], draft: str, name: str, watch: Watch) -> None:
    """Fetch what is missing in the draft, and write the manifest."""
    whole = sum(one.size for one in remotes)
    there = sum(min(_size(_path(draft, one)) or _size(_part(draft, one)), one.size) for one in remotes)
    staging.check_space(draft, whole - there)
    members, done = [], 0
    for one in remotes:
        digest = _Fetch(web, source, one, draft, watch, done, whole).run()
        members.append(manifest.Member(one.path, one.size, digest))
        done += one.size
    known = manifest.Manifest(name, tuple(sorted(members)))
    _write(os.path.join(draft, manifest.NAME), known.render())
    _write(os.path.join(draft, _NOTE), f"{source}\n".encode())
    _drop_others(draft, known)


def _drop_others(draft: str, known: manifest.Manifest) -> None:
    """Files of an earlier attempt that the hub no longer has."""
    wanted = {member.path for member in known.files}
    for path in list(manifest.walk(draft)):
        if path not in wanted:
            os.unlink(os.path.join(draft, path))


def _write(path: str, data: bytes) -> None:
    try:
        with open(path, "wb") as file:
            file.write(data)
    except OSError as error:
        raise staging.unwritable(path, error) from error


def _path(draft: str, one: Remote) -> str:
    return os.path.join(draft, *one.path.split("/"))


def _part(draft: str, one: Remote) -> str:
    return _path(draft, one) + ".part"


def _size(path: str) -> int:
    return os.path.getsize(path) if os.path.isfile(path) else 0


class _Fetch:
    """One file: what is there of it is kept, what is missing asked for."""

    def __init__(
        self, web: Web, source: Source, one: Remote, draft: str, watch: Watch, before: int, whole: int
    ) -> None:
        self._web, self._source, self._one, self._watch = web, source, one, watch
        self._path, self._part = _path(draft, one), _part(draft, one)
        self._before, self._whole = before, whole
        self._linked = ""

    def run(self) -> str:
        """Fetch it; its sha256."""
        if _size(self._path) == self._one.size and os.path.isfile(self._path):
            digest = self._checked(self._path)
            if digest:
                return digest
        self._ask_until_whole()
        digest = self._checked(self._part)
        if not digest:
            os.unlink(self._part)
            about = f"{self._one.path} came with another digest than the hub says"
            raise ModelMissing(about, where=str(self._source), remedy="try again; the hub or the way to it is damaged")
        os.replace(self._part, self._path)
        return digest

    def _checked(self, path: str) -> str:
        """sha256 of the file; empty where it is not what the hub says."""
        sha256, blob = _sums(path, self._one)
        expected = {self._one.digest or self._linked, self._linked if len(self._linked) == 64 else ""} - {""}
        return sha256 if expected <= {sha256, blob} else ""

    def _ask_until_whole(self) -> None:
        failures, started_anew = 0, False
        os.makedirs(os.path.dirname(self._part), exist_ok=True)
        if _size(self._part) > self._one.size:
            os.unlink(self._part)
        while not self._is_whole():
            before = _size(self._part)
            try:
                self._ask(before)
                error: Exception = Unavailable("the transfer was cut off", where=self._one.url)
            except _Changed:
                if started_anew:
                    raise Unavailable("the hub sends other parts than were asked for", where=self._one.url) from None
                started_anew = True
                continue
            except NotLocal:
                raise
            except Unavailable as unavailable:
                error = unavailable
            if self._is_whole():
                return
            failures = 0 if _size(self._part) > before else failures + 1
            if failures >= ATTEMPTS:
                raise error
            after = error.after if isinstance(error, RateLimited) and error.after else 0.0
            self._watch.wait(min(max(after, 0.5 * 2**failures), 60))

    def _is_whole(self) -> bool:
        """An empty file is asked for as well: it may not be there at all."""
        return os.path.isfile(self._part) and _size(self._part) == self._one.size

    def _ask(self, have: int) -> None:
        """Ask for what is missing behind `have` bytes, and take what comes."""
        with self._web.get(self._one.url, {"Range": f"bytes={have}-"} if have else None) as reply:
            if reply.status == 416:
                os.unlink(self._part)
                raise _Changed
            hub.refuse(reply, self._source, self._one.path)
            self._note(reply)
            if reply.status == 206 and _start(reply) != have:
                os.unlink(self._part)
                raise _Changed
            self._take(reply, have if reply.status == 206 else 0)

    def _note(self, reply: Reply) -> None:
        tag = (reply.linked.get("x-linked-etag") or "").removeprefix("W/").strip('"').lower()
        self._linked = tag if re.fullmatch(r"[0-9a-f]{64}", tag) else ""

    def _take(self, reply: Reply, have: int) -> None:
        try:
            file = open(self._part, "ab" if have else "wb")  # noqa: SIM115
        except OSError as error:
            raise staging.unwritable(self._part, error) from error
        with file:
            while True:
                try:
                    data = reply.read(CHUNK)
                except FAILURES as error:
                    raise unreachable(self._one.url, error) from error
                if not data:
                    return
                have += len(data)
                if have > self._one.size:
                    file.truncate(0)
                    about = f"{self._one.path} is longer than the hub says"
                    raise ModelMissing(about, where=str(self._source), remedy="try again later")
                _append(file, data, self._part)
                self._watch.see(self._one.path, self._before + have, self._whole)


def _append(file: object, data: bytes, path: str) -> None:
    try:
        file.write(data)  # type: ignore[attr-defined]
        file.flush()  # type: ignore[attr-defined]
    except OSError as error:
        raise staging.unwritable(path, error) from error


def _start(reply: Reply) -> int:
    """Where the part begins that was sent; -1 where it is not said."""
    found = re.match(r"bytes (\d+)-", reply.headers.get("Content-Range") or "")
    return int(found[1]) if found else -1


def _sums(path: str, one: Remote) -> tuple[str, str]:
    """sha256 and, where the hub knows the file by that, git's blob id."""
    sha256, blob = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % one.size, usedforsecurity=False)
    with open(path, "rb") as file:
        while data := file.read(CHUNK):
            sha256.update(data)
            if len(one.digest) == 40:
                blob.update(data)
    return sha256.hexdigest(), blob.hexdigest()
