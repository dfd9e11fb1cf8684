"""A model as one file: an uncompressed tar with its manifest first (docs/models.md).

Reading trusts nothing: only files that the manifest names, each once, with its size and sha256, are written, and only
below a folder of our own that is thrown away unless everything is right to the last byte of the file.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from review_bot.backends.catalog import manifest
from review_bot.backends.catalog.digests import CHUNK
from review_bot.backends.catalog.staging import check_space, staged, taken, unwritable
from review_bot.errors import ModelMissing, OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from review_bot.backends.catalog.manifest import Manifest, Member

_BLOCK = 512
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)
_ZEROS = 64 * 1024 * 1024
"""Bytes that may stand behind the last file; tar fills up to 10,240."""


def export(folder: str, name: str, path: str, sha256: Callable[[str], str]) -> Manifest:
    """Write the model in `folder` to the file at `path`; raises ModelMissing for a damaged model, OutputError."""
    known = manifest.of_folder(folder, name, sha256)
    _compare(known, manifest.read(folder), folder)
    draft = f"{path}.{os.urandom(4).hex()}.part"
    try:
        with open(draft, "xb") as file:
            _write(file, folder, known)
        os.replace(draft, path)
    except OSError as error:
        raise OutputError(f"can't be written: {error.strerror or error}", where=path) from error
    finally:
        if os.path.lexists(draft):
            os.unlink(draft)
    return known


def _compare(found: Manifest, known: Manifest | None, folder: str) -> None:
    """Refuse to pass damage on."""
    if known is None:
        return
    there = {member.path: member for member in found.files}
    for member in known.files:
        if there.get(member.path) != member:
            about = f"{member.path} is not what the manifest says"
            raise ModelMissing(about, where=folder, remedy="get the model again")


def _write(file: IO[bytes], folder: str, known: Manifest) -> None:
    text = known.render()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        # The manifest can't hold its own digest; so that its damage shows, the name of the owner does.
        tar.addfile(_header(manifest.NAME, len(text), _owner(text)), io.BytesIO(text))
        for member in known.files:
            with _Checked(os.path.join(folder, member.path), member) as content:
                tar.addfile(_header(member.path, member.size), content)


def _header(name: str, size: int, owner: str = "") -> tarfile.TarInfo:
    """A header that is the same on every machine."""
    header = tarfile.TarInfo(name)
    header.size, header.uname = size, owner
    return header


def _owner(text: bytes) -> str:
    return "sha256-" + hashlib.sha256(text).hexdigest()[:24]


class _Checked(io.FileIO):
    """A file that fails to be read to its end where it is no longer what the manifest says."""

    def __init__(self, path: str, member: Member) -> None:
        super().__init__(path, "rb")
        self._member, self._state = member, hashlib.sha256()
        self._left = member.size

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size) or b""
        self._state.update(data)
        self._left -= len(data)
        if not data or (self._left <= 0 and self._state.hexdigest() != self._member.sha256):
            raise OSError(None, f"{self._member.path} changes while it is read")
        return data


def load(
    path: str, root: str, name: str | None = None, see: Callable[[int, int], None] = lambda done, all_: None
) -> str:
    """Put the model in the file at `path` on the shelf `root`; its folder. `see` is told bytes done and all.

    Raises ModelMissing, which names what is wrong in the file, StoreError, UsageError; then nothing is left behind.
    """
    try:
        with open(path, "rb") as file, _reading(path):
            return _load(file, path, root, name, see)
    except OSError as error:
        raise ModelMissing(f"can't be read: {error.strerror or error}", where=path) from error


@contextmanager
def _reading(path: str) -> Iterator[None]:
    """Turn what tarfile raises into ours."""
    try:
        yield
    except (tarfile.TarError, ValueError, OverflowError, EOFError) as error:
        raise damaged(f"is no tar that we can read: {error}", path) from error


def damaged(what: str, path: str) -> ModelMissing:
    """The error for a file that is not a model."""
    return ModelMissing(what, where=path, remedy="make it again: review-bot models export NAME FILE")


def _load(file: IO[bytes], path: str, root: str, name: str | None, see: Callable[[int, int], None]) -> str:
    size = os.fstat(file.fileno()).st_size
    with tarfile.open(fileobj=file, mode="r:", errorlevel=2) as tar:
        known = _manifest(tar, file, path)
        name = name or known.name
        if not manifest.is_name(name):
            raise UsageError(f"{name!r} can't be the name of a model", remedy="use letters, digits, `.`, `-` and `_`")
        if known.size > size:
            raise damaged("is shorter than its manifest says", path)
        target = os.path.join(root, name)
        if os.path.lexists(target) and _is_other(target, known):
            raise taken(target)
        check_space(root, known.size)
        with staged(root, name) as draft:
            _unpack(tar, file, path, known, draft, see)
            _write_manifest(draft, known._replace(name=name))
    return target


def _manifest(tar: tarfile.TarFile, file: IO[bytes], path: str) -> Manifest:
    header = tar.next()
    if header is None or header.name != manifest.NAME or header.type not in _PLAIN or header.size > manifest.LARGEST:
        raise damaged(f"does not begin with {manifest.NAME}", path)
    text = _content(header, file).read(header.size)
    if header.uname.startswith("sha256-") and header.uname != _owner(text):
        raise damaged(f"{manifest.NAME} is damaged", path)
    _check_padding(header, file, path)
    return manifest.parse(text, path)


def _content(header: tarfile.TarInfo, file: IO[bytes]) -> IO[bytes]:
    file.seek(header.offset_data)
    return file


class _Written:
    """Takes the bytes of one member, to a new file below `folder`."""

    def __init__(self, folder: str, member: Member) -> None:
        self._path = os.path.join(folder, *member.path.split("/"))
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            self._file = open(self._path, "xb")  # noqa: SIM115
        except OSError as error:
            raise unwritable(self._path, error) from error

    def write(self, data: bytes) -> None:
        """Take some."""
        try:
            self._file.write(data)
        except OSError as error:
            raise unwritable(self._path, error) from error

    def close(self) -> None:
        """Take no more."""
        try:
            self._file.close()
        except OSError as error:
            raise unwritable(self._path, error) from error


def _unpack(
    tar: tarfile.TarFile, file: IO[bytes], path: str, known: Manifest, folder: str, see: Callable[[int, int], None]
) -> None:
    """Every file of the manifest, each once, and nothing else, to `folder`."""
    missing = {member.path: member for member in known.files}
    done = end = 0
    for header in _headers(tar):
        if header.type not in _PLAIN or header.sparse is not None:
            raise damaged(f"{header.name} is no plain file", path)
        member = missing.pop(header.name, None)
        if member is None:
            raise damaged(f"{header.name} is twice there or not in the manifest", path)
        if header.size != member.size:
            raise damaged(f"{header.name} has {header.size} bytes instead of {member.size}", path)
        target = _Written(folder, member)
        try:
            for count in _copy(file, header, member, target, path):
                done += count
                see(done, known.size)
        finally:
            target.close()
        _check_padding(header, file, path)
        end = _end_of(header)
    if missing:
        raise damaged(f"{min(missing)} is missing, or the file is cut off or damaged before it", path)
    _check_end(file, end, path)


def _headers(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while (header := tar.next()) is not None:
        yield header


def _copy(file: IO[bytes], header: tarfile.TarInfo, member: Member, sink: _Written, path: str) -> Iterator[int]:
    source, state, left = _content(header, file), hashlib.sha256(), member.size
    while left:
        data = source.read(min(CHUNK, left))
        if not data:
            raise damaged(f"is cut off in {member.path}", path)
        state.update(data)
        sink.write(data)
        left -= len(data)
        yield len(data)
    if state.hexdigest() != member.sha256:
        raise damaged(f"{member.path} is damaged: its sha256 is not that of the manifest", path)


def _end_of(header: tarfile.TarInfo) -> int:
    return header.offset_data + -(-header.size // _BLOCK) * _BLOCK


def _check_padding(header: tarfile.TarInfo, file: IO[bytes], path: str) -> None:
    """Behind each file zeros fill up its last block."""
    file.seek(header.offset_data + header.size)
    if any(file.read(_end_of(header) - header.offset_data - header.size)):
        raise damaged(f"is damaged behind {header.name}", path)


def _check_end(file: IO[bytes], end: int, path: str) -> None:
    """Behind the last file two blocks of zeros at least, and nothing else."""
    file.seek(end)
    rest = file.read(_ZEROS + 1)
    if len(rest) < 2 * _BLOCK or len(rest) % _BLOCK:
        raise damaged("is cut off at its end", path)
    if rest.count(0) != len(rest):
        raise damaged("is damaged at its end, or has more files than its manifest", path)


def _is_other(target: str, known: Manifest) -> bool:
    """Whether a model stands there that is not the one in the file."""
    there = manifest.read(target) if os.path.isdir(target) else None
    return there is None or sorted(there.files) != sorted(known.files)


def _write_manifest(folder: str, known: Manifest) -> None:
    path = os.path.join(folder, manifest.NAME)
    try:
        with open(path, "xb") as file:
            file.write(known.render())
    except OSError as error:
        raise unwritable(path, error) from error
