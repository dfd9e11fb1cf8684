"""The manifest of a model: names, sizes and digests of its files (docs/models.md)."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from review_bot.errors import ModelMissing
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = "manifest.json"
SCHEMA = "review-bot.model/1"
LARGEST = 4 * 1024 * 1024
"""Bytes of a manifest."""
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)", re.IGNORECASE)


class Member(NamedTuple):
    """One file of a model."""

    path: str
    """Relative, with `/`."""
    size: int
    sha256: str


class Manifest(NamedTuple):
    """All files of a model, in the order of their paths."""

    name: str
    files: tuple[Member, ...]

    def render(self) -> bytes:
        """The manifest as a file holds it."""
        files = [member._asdict() for member in self.files]
        return (json.dumps({"schema": SCHEMA, "name": self.name, "files": files}, indent=1) + "\n").encode()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(member.size for member in self.files)


def is_name(text: str) -> bool:
    """Whether a model may be called `text`: it becomes the name of a folder."""
    return bool(_MODEL.match(text)) and not text.endswith(".") and not _RESERVED.match(text)


def is_inside(path: str) -> bool:
    """Whether `path` names a file below the folder it is relative to, on every system."""
    parts = path.split("/")
    return path.isprintable() and not any(mark in path for mark in '\\:*?"<>|') and all(map(_is_part, parts))


def _is_part(part: str) -> bool:
    return bool(part) and part not in (".", "..") and part[-1] not in ". " and not _RESERVED.match(part)


def parse(data: bytes, where: str) -> Manifest:
    """The manifest in `data`; raises ModelMissing, which names the first thing that is wrong."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _wrong("is no valid JSON", where) from error
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise _wrong(f"is no manifest of schema {SCHEMA}", where)
    name, files = value.get("name"), value.get("files")
    if not isinstance(name, str) or not is_name(name):
        raise _wrong("names no usable model", where)
    if not isinstance(files, list) or not files:
        raise _wrong("names no files", where)
    members = tuple(_member(row, where) for row in files)
    _check_paths([member.path for member in members], where)
    return Manifest(name, members)


def _member(row: Any, where: str) -> Member:
    if not isinstance(row, dict):
        raise _wrong("has an entry that is no object", where)
    path, size, digest = row.get("path"), row.get("size"), row.get("sha256")
    if not isinstance(path, str) or not is_inside(path) or path.lower() == NAME:
        raise _wrong(f"names {path!r}, which is no file inside the folder", where)
    if type(size) is not int or size < 0 or not isinstance(digest, str) or not _DIGEST.match(digest):
        raise _wrong(f"has no usable size or sha256 of {path}", where)
    return Member(path, size, digest)


def _check_paths(paths: list[str], where: str) -> None:
    """Refuse a name used twice (also in another case) and a file that is another one's folder."""
    seen: set[str] = set()
    for path in paths:
        lower = path.lower()
        if lower in seen:
            raise _wrong(f"names {path} twice", where)
        seen.add(lower)
    for path in seen:
        parents = path.split("/")[:-1]
        if any("/".join(parents[: depth + 1]) in seen for depth in range(len(parents))):
            raise _wrong(f"names {path} and its folder as a file", where)


def _wrong(what: str, where: str) -> ModelMissing:
    return ModelMissing(f"the manifest {what}", where=where, remedy="get the model again")


def read(folder: str) -> Manifest | None:
    """The manifest of the model in `folder`; None where it has none."""
    path = os.path.join(folder, NAME)
    try:
        with open(path, "rb") as file:
            return parse(file.read(LARGEST + 1)[:LARGEST], path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ModelMissing(f"can't be read: {error.strerror}", where=path, remedy="get the model again") from error


def of_folder(folder: str, name: str, sha256: Callable[[str], str]) -> Manifest:
    """The manifest that `folder` should have, by what lies in it; links to files count as files."""
    members = []
    for path in sorted(walk(folder)):
        if not is_inside(path):
            raise ModelMissing(f"{path!r} can't be the name of a model's file", where=folder, remedy="rename it")
        full = os.path.join(folder, path)
        members.append(Member(path, os.path.getsize(full), sha256(full)))
    if not members:
        raise ModelMissing("no files there", where=folder, remedy="see review-bot models list")
    return Manifest(name, tuple(members))


def walk(folder: str) -> Iterator[str]:
    """Paths of the files of a model: all but hidden ones and the manifest."""
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = os.path.relpath(os.path.join(base, name), folder).replace(os.sep, "/")
            if not name.startswith(".") and path != NAME and os.path.isfile(os.path.join(base, name)):
                yield path
