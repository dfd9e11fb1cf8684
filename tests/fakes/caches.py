"""A cache folder of a test's own, with the parsed rules that all tests share: parsing them anew takes seconds."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from review_bot.stores import rule_cache

if TYPE_CHECKING:
    from pathlib import Path


def own_cache(folder: Path) -> str:
    """Make `folder` a cache with nothing but the rules in it; its path."""
    rule_cache.load()
    shared = rule_cache.cache_folder() or ""
    folder.mkdir(parents=True, exist_ok=True)
    for name in os.listdir(shared):
        if name.startswith("rules-") and name.endswith(".bin"):
            shutil.copy(os.path.join(shared, name), folder / name)
    return str(folder)
