"""Regular expressions that are compiled when they are first used: a commit needs few of all that there are."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Lazy:
    """Stands for a compiled expression until somebody asks it for something."""

    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(self._text, self._flags)
        for method in ("search", "match", "fullmatch", "finditer", "findall", "split", "sub", "pattern"):
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def lazy(text: str, flags: int = 0) -> re.Pattern[str]:
    """`re.compile`, later."""
    return _Lazy(text, flags)  # type: ignore[return-value]
