"""A folder beside the shelf's models that becomes one of them in a single step, or goes away."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from review_bot.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

MARGIN = 64 * 1024 * 1024
"""Bytes that stay free beside a model."""


@contextmanager
def staged(root: str, name: str) -> Iterator[str]:
    """A new folder that becomes the model `name` on the shelf `root` where nothing fails; raises StoreError."""
    draft = os.path.join(root, f".new-{name}-{os.urandom(4).hex()}")
    made = _make_folder(draft)
    try:
        yield draft
        put(draft, root, name)
    except BaseException:
        for folder in (draft, *made):
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _make_folder(path: str) -> list[str]:
    """Make the folder and those above it; the ones above that were not there."""
    above, made = os.path.dirname(path), []
    while not os.path.lexists(above) and os.path.dirname(above) != above:
        made.append(above)
        above = os.path.dirname(above)
    try:
        os.makedirs(path)
    except OSError as error:
        raise unwritable(path, error) from error
    return made


def put(draft: str, root: str, name: str) -> None:
    """Make `draft` the model `name`, in place of the folder that is there, if any."""
    target, old = os.path.join(root, name), os.path.join(root, f".old-{name}-{os.urandom(4).hex()}")
    try:
        if os.path.lexists(target):
            os.rename(target, old)
        os.rename(draft, target)
    except OSError as error:
        if os.path.lexists(old) and not os.path.lexists(target):
            os.rename(old, target)
        raise unwritable(target, error) from error
    shutil.rmtree(old, ignore_errors=True)


def taken(target: str) -> UsageError:
    """The error for a name that another model has."""
    remedy = "give another name with --name, or remove that folder"
    return UsageError("another model of that name is there already", where=target, remedy=remedy)


def unwritable(path: str, error: OSError) -> StoreError:
    """The error for a place that can't be written to."""
    return StoreError(f"can't be written: {error.strerror or error}", where=path, remedy="set REVIEW_BOT_MODEL_DIR")


def check_space(folder: str, needed: int) -> None:
    """Raise StoreError where the disk of `folder`, which need not be there yet, has less than `needed` bytes free."""
    while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    free = shutil.disk_usage(folder).free
    if free < needed + MARGIN:
        about = f"{megabytes(needed)} are needed and {megabytes(free)} are free"
        raise StoreError(about, where=folder, remedy="make room, or set REVIEW_BOT_MODEL_DIR to another disk")


def megabytes(count: int) -> str:
    """`count` bytes for a reader."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
