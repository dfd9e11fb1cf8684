"""Files of prompts that tests write."""

from __future__ import annotations

_TEXT = """
schema = 1
kind = "specialist"
name = "{name}"
version = "1"
priority = {priority}
languages = ["python"]
role = "{role}"
look = ["cents"]
categories = ["correctness"]
[bad]
path = "a.py"
line = "7+ x"
thought = "t"
category = "correctness"
severity = "error"
message = "m"
fix = ""
[good]
line = "3+ y"
thought = "t"
"""


def specialist(name: str = "own", role: str = "You look at money.", priority: int = 99) -> str:
    """The file of a specialist for Python."""
    return _TEXT.format(name=name, role=role, priority=priority)
