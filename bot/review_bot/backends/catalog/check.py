"""Whether a model folder is what its manifest says, and what to call its contents."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from review_bot.backends.catalog import manifest
from review_bot.errors import ModelMissing
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from review_bot.backends.catalog.manifest import Manifest


class Problem(NamedTuple):
    """A file that is not as it should be."""

    path: str
    what: str


def problems(folder: str, known: Manifest, sha256: Callable[[str], str]) -> Iterator[Problem]:
    """What differs from the manifest, in the order of its files; sizes are looked at before anything is read."""
    sound = []
    for member in known.files:
        path = os.path.join(folder, member.path)
        if not os.path.isfile(path):
            yield Problem(member.path, "is missing")
        elif os.path.getsize(path) != member.size:
            yield Problem(member.path, f"has {os.path.getsize(path)} bytes instead of {member.size}")
        else:
            sound.append(member)
    for member in sound:
        if sha256(os.path.join(folder, member.path)) != member.sha256:
            yield Problem(member.path, "has another sha256 than the manifest says")


def digest_of(folder: str, sha256: Callable[[str], str]) -> str:
    """A digest of all files in `folder`; raises ModelMissing where they are not what the manifest says."""
    known = manifest.read(folder)
    if known is None:
        known = manifest.of_folder(folder, "model", sha256)
    for problem in problems(folder, known, sha256):
        about = f"{problem.path} {problem.what}"
        raise ModelMissing(about, where=folder, remedy="get the model again: review-bot models pull or import")
    rows = "".join(f"{member.sha256} {member.path}\n" for member in sorted(known.files))
    return hashlib.sha256(rows.encode()).hexdigest()
