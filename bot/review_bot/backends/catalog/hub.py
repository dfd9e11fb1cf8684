"""What a hub of models, Hugging Face's or one like it, says of the files of a model."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from review_bot.backends.catalog import manifest
from review_bot.backends.catalog.web import FAILURES, origin, unreachable
from review_bot.errors import ModelMissing, RateLimited, Unavailable, UsageError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review_bot.backends.catalog.web import Reply, Web
    from review_bot.errors import ReviewBotError

DEFAULT = "https://huggingface.co"
REVISION = "main"
_LARGEST = 16 * 1024 * 1024
_PAGES = 100


class Source(NamedTuple):
    """ORG/NAME[:FOLDER]."""

    organisation: str
    name: str
    folder: str = ""
    """With `/`, none at its ends."""

    def __str__(self) -> str:
        return f"{self.repository}:{self.folder}" if self.folder else self.repository

    @property
    def repository(self) -> str:
        """ORG/NAME."""
        return f"{self.organisation}/{self.name}"


class Remote(NamedTuple):
    """A file on the hub."""

    path: str
    """Inside the model's folder."""
    size: int
    digest: str
    """sha256 (64 digits) of a large file, git's blob id (40 digits) of others; empty where the hub says none."""
    url: str


def read_source(text: str) -> Source:
    """The source that `text` names; raises UsageError."""
    repository, _, folder = text.partition(":")
    organisation, _, name = repository.partition("/")
    folder = folder.strip("/")
    if not manifest.is_name(organisation) or not manifest.is_name(name) or (folder and not manifest.is_inside(folder)):
        raise UsageError(f"{text!r} names no model of a hub", remedy="write ORG/NAME or ORG/NAME:FOLDER")
    return Source(organisation, name, folder)


def files(web: Web, source: Source) -> tuple[Source, list[Remote]]:
    """The files of the model, its folder found where none was named; raises ModelMissing, Unavailable."""
    rows = list(_rows(web, source))
    folder = source.folder or _only_folder(rows, source)
    source = source._replace(folder=folder)
    prefix = f"{folder}/" if folder else ""
    others = [f"{other}/" for other in _folders(rows) if other and not prefix.startswith(f"{other}/")]
    rows = [row for row in rows if folder or not row["path"].startswith(tuple(others))]
    found = [_remote(web, source, row, prefix) for row in rows if row["path"].startswith(prefix)]
    found = [one for one in found if not _is_left_out(one.path)]
    if not found:
        raise ModelMissing(f"has no files in {folder}" if folder else "has no files", where=str(source))
    _check(found, source)
    return source, sorted(found, key=lambda one: (one.size, one.path))


def _remote(web: Web, source: Source, row: dict[str, Any], prefix: str) -> Remote:
    large = row.get("lfs") or {}
    digest = str(large.get("oid") or large.get("sha256") or row.get("oid") or row.get("blobId") or "")
    size = large.get("size", row.get("size"))
    path = f"{source.repository}/resolve/{REVISION}/{quote(row['path'])}"
    known = digest.lower() if re.fullmatch(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}", digest) else ""
    return Remote(row["path"][len(prefix) :], size if type(size) is int else -1, known, f"{web.endpoint}/{path}")


def _is_left_out(path: str) -> bool:
    """Hidden files, and the manifest of a model that was exported before: we write our own."""
    hidden = any(part.startswith(".") and part not in (".", "..") for part in path.split("/"))
    return hidden or path.lower() == manifest.NAME


def _check(found: Sequence[Remote], source: Source) -> None:
    names = [one.path.lower() for one in found]
    for one in found:
        if not manifest.is_inside(one.path) or one.size < 0 or names.count(one.path.lower()) > 1:
            raise ModelMissing(f"the hub names {one.path!r}, which can't be a file of a model", where=str(source))


def _rows(web: Web, source: Source) -> Iterator[dict[str, Any]]:
    """Files as the hub lists them: by the tree, page by page, else by the page of the model."""
    folder = f"/{quote(source.folder)}" if source.folder else ""
    url: str | None = f"{web.endpoint}/api/models/{source.repository}/tree/{REVISION}{folder}?recursive=true"
    first = True
    for _ in range(_PAGES):
        if url is None:
            return
        with web.get(url) as reply:
            if reply.status == 404 and first:
                yield from _siblings(web, source)
                return
            value, url = _value(reply, url, source), _next(reply, web)
        yield from _files(value, source)
        first = False


def _siblings(web: Web, source: Source) -> Iterator[dict[str, Any]]:
    url = f"{web.endpoint}/api/models/{source.repository}?blobs=true"
    with web.get(url) as reply:
        value = _value(reply, url, source)
    rows = value.get("siblings") if isinstance(value, dict) else None
    named = [{**row, "path": row.get("rfilename"), "type": "file"} for row in rows or () if isinstance(row, dict)]
    yield from _files(named, source)


def _files(value: Any, source: Source) -> Iterator[dict[str, Any]]:
    if not isinstance(value, list):
        raise Unavailable("the hub's list of files is none", where=str(source))
    for row in value:
        if isinstance(row, dict) and row.get("type", "file") == "file" and isinstance(row.get("path"), str):
            yield row


def _next(reply: Reply, web: Web) -> str | None:
    found = re.search(r'<([^>]+)>;\s*rel="?next"?', reply.headers.get("Link") or "")
    if not found or origin(found[1]) != origin(web.endpoint):
        return None
    return found[1]


def _value(reply: Reply, url: str, source: Source) -> Any:
    refuse(reply, source)
    try:
        text = reply.read(_LARGEST + 1)
    except FAILURES as error:
        raise unreachable(url, error) from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unavailable("the hub answers what is no JSON", where=url) from error


def refuse(reply: Reply, source: Source, path: str = "") -> None:
    """Raise what a status other than success means."""
    if reply.status in (200, 206):
        return
    raise _refusal(reply, f"{source}/{path}" if path else str(source))


def _refusal(reply: Reply, where: str) -> ReviewBotError:
    if reply.status in (401, 403):
        about = "the hub refuses access, or there is no such model"
        return ModelMissing(about, where=where, remedy="check the name; for a closed model set HF_TOKEN")
    if reply.status in (404, 410):
        return ModelMissing("the hub has no such model or folder", where=where, remedy="check the name")
    if reply.status == 429:
        after = reply.headers.get("Retry-After") or ""
        seconds = float(after) if after.isascii() and after.isdigit() else None
        return RateLimited("the hub asks to wait", where=where, after=seconds, remedy="try again later")
    return Unavailable(f"the hub answers {reply.status}", where=where, remedy="try again later")


def _only_folder(rows: Sequence[dict[str, Any]], source: Source) -> str:
    """The folder that holds the model where nobody named one: the only one, or the only one for a CPU."""
    folders = _folders(rows)
    if not folders or "" in folders:
        return ""
    cpu = [folder for folder in folders if "cpu" in folder.lower()]
    for choice in (folders, cpu):
        if len(choice) == 1:
            return choice[0]
    several = ", ".join(f"{source.repository}:{folder}" for folder in folders[:8])
    raise UsageError(f"{source} has several models", remedy=f"name one: {several}")


def _folders(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Folders that hold a model."""
    paths = [str(row["path"]).rpartition("/") for row in rows]
    return sorted({folder for folder, _, name in paths if name == "genai_config.json"})
