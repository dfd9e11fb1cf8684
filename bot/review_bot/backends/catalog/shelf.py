"""The folder where models live, one folder a model."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from review_bot.backends.catalog import manifest
from review_bot.errors import ModelMissing, UsageError
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Kept(NamedTuple):
    """A model on the shelf."""

    name: str
    folder: str
    size: int
    files: int
    checked: bool
    """Whether a manifest says what its files must be."""


def shelf(environ: Mapping[str, str] = os.environ) -> str:
    """Absolute path: REVIEW_BOT_MODEL_DIR, else `review-bot/models` in the user's data folder."""
    own = environ.get("REVIEW_BOT_MODEL_DIR")
    if own:
        return os.path.abspath(own)
    home = os.path.expanduser("~")
    data = environ.get("XDG_DATA_HOME") or (os.path.join(home, ".local", "share") if os.path.isabs(home) else "")
    if not data or not os.path.isabs(data):
        raise UsageError("no home folder to keep models in", remedy="set REVIEW_BOT_MODEL_DIR")
    return os.path.join(data, "review-bot", "models")


def kept(root: str) -> Iterator[Kept]:
    """All models on the shelf `root`, by name."""
    try:
        names = sorted(os.listdir(root))
    except OSError:
        return
    for name in names:
        folder = os.path.join(root, name)
        if manifest.is_name(name) and os.path.isdir(folder):
            yield look(name, folder)


def look(name: str, folder: str) -> Kept:
    """What lies in `folder`, by sizes alone."""
    paths = [os.path.join(folder, path) for path in manifest.walk(folder)]
    sizes = [os.path.getsize(path) for path in paths]
    return Kept(name, folder, sum(sizes), len(sizes), os.path.isfile(os.path.join(folder, manifest.NAME)))


def find(name: str, root: str) -> str:
    """Folder of the model called `name` on the shelf, or at the path `name`; raises ModelMissing.

    `ORG/NAME` and `ORG/NAME:FOLDER`, as `models pull` takes them, find what was pulled by that name.
    """
    organisation, _, short = name.partition(":")[0].partition("/")
    places = [os.path.join(root, name)] if manifest.is_name(name) else []
    places.append(name and os.path.abspath(name))
    if manifest.is_name(organisation) and manifest.is_name(short):
        places.append(os.path.join(root, short))
    for folder in filter(os.path.isdir, places):
        return folder
    if os.path.isfile(name):
        raise ModelMissing("is a file, no folder", where=name, remedy="unpack it: review-bot models import FILE")
    there = [model.name for model in kept(root)]
    remedy = f"there are {', '.join(there[:20])}" if there else "see review-bot models pull --help"
    raise ModelMissing("no model of that name, and no such folder", where=name, remedy=remedy)
