"""What an answer says, before anything of it is believed."""

from __future__ import annotations

from typing import Literal

from review_bot.values import NamedTuple

Form = Literal["well-formed", "salvaged", "empty", "hopeless"]
"""`well-formed`: exactly as asked, also without findings. `salvaged`: read all the same. `empty`: nothing was said.
`hopeless`: something was said, but neither findings nor that there are none."""


class RawFinding(NamedTuple):
    """A finding as a model wrote it; empty text for what it left out."""

    path: str = ""
    line: int | None = None
    quote: str = ""
    category: str = ""
    severity: str = ""
    message: str = ""
    fix: str = ""


class Parsed(NamedTuple):
    """An answer that was read."""

    form: Form
    findings: tuple[RawFinding, ...] = ()
    thought: str = ""
    problem: str = ""
    """What was wrong with it, in words for the model that is asked again; empty for a well-formed answer."""
