"""The typed configuration: declared once in `model`, read by `load`.

`file` and `check` are imported only when there is something to read or to check: the commit hook mostly has neither.
"""

from __future__ import annotations

from review_bot.config.load import Loaded, load
from review_bot.config.model import Config, severity_of

__all__ = ["Config", "Loaded", "load", "severity_of"]
