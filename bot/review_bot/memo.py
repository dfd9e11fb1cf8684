"""`functools.lru_cache` for modules on the path of the commit hook: that module loads half a dozen others first."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from functools import lru_cache as remembered
else:
    try:
        from _functools import _lru_cache_wrapper

        def remembered(maxsize):
            """Keep up to `maxsize` answers, all for None."""
            return lambda function: _lru_cache_wrapper(function, maxsize, 0, _counts)

        def _counts(*numbers):
            """What `cache_info` answers: hits, misses, the bound and how many are kept."""
            return numbers

    except ImportError:  # pragma: no cover - an interpreter without the built-in module
        from functools import lru_cache as remembered

__all__ = ["remembered"]
