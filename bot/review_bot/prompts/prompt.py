"""From a window to what the model reads."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from review_bot.domain.model import Prompt
from review_bot.domain.window import heading
from review_bot.prompts.templates import filled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from review_bot.domain.finding import Finding
    from review_bot.domain.window import Part, Window
    from review_bot.prompts.templates import Prompts

Form = Literal["json", "lines"]
_ID = 12
"""Hex digits of a fence."""


def prompt_of(window: Window, prompts: Prompts, *, form: Form = "json", error: str = "") -> Prompt:
    """The prompt for a window; `error` says what was wrong with the last answer."""
    specialist = prompts.of(window.specialist)
    system = specialist.system if form == "json" else specialist.lines
    user = fenced(window.notes + body_of(window.parts))
    if error and form == "json":
        user += filled(prompts.again, {"error": error}) + "\n"
    return Prompt(system, user)


def body_of(parts: Iterable[Part]) -> str:
    """The parts as a model sees them, each file's under one heading."""
    pieces = []
    path = None
    for part in parts:
        if part.path != path:
            path = part.path
            pieces.append(heading(path))
        pieces.append(part.text)
    return "".join(pieces)


def judge_prompt(finding: Finding, part: Part, prompts: Prompts) -> Prompt:
    """Whether a remark is true: a question that is answered with yes or no."""
    line = finding.start_line
    remark = f"# Remark on line {line}: {' '.join(finding.message.split())}\n"
    if finding.suggestion is not None:
        remark += f"# Proposed: {' '.join(finding.suggestion.replacement.split())}\n"
    return Prompt(prompts.judge.strip() + "\n", fenced(heading(part.path) + part.text + remark))


def fenced(content: str) -> str:
    """`content` between marks that it can't hold: they are made of its own digest."""
    digest = mark = hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
    mark = mark[:_ID]
    while mark in content:
        digest = hashlib.sha256(digest.encode()).hexdigest()
        mark = digest[:_ID]
    return f"<<<{mark}\n{content}>>>{mark}\n"
