"""Where the data shipped with the package lies: rules, hooks, prompts."""

from __future__ import annotations

import os

_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def folder(name: str) -> str:
    """Absolute path of a shipped folder: in the installed package, else in the checkout that the package runs from."""
    installed = os.path.join(_PACKAGE, "_data", name)
    if os.path.isdir(installed):
        return installed
    return os.path.join(os.path.dirname(os.path.dirname(_PACKAGE)), name)


def rule_files() -> list[str]:
    """Absolute paths of the shipped rule files, sorted."""
    found = []
    top = folder("rules")
    for pack in sorted(os.listdir(top)):
        inside = os.path.join(top, pack)
        if os.path.isdir(inside):
            found += [os.path.join(inside, name) for name in sorted(os.listdir(inside)) if name.endswith(".toml")]
    return found
