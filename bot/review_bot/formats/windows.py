"""The windows of a change, as JSON and as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from review_bot.domain.diff import shown
from review_bot.errors import printable
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from review_bot.domain.window import Part, Uncovered, Window

SCHEMA = "review-bot.windows/1"


class Page(NamedTuple):
    """What is shown."""

    window: int
    answer_tokens: int
    windows: Sequence[Window]
    uncovered: Sequence[Uncovered]
    prompt: Callable[[Window], str] | None = None
    """The whole prompt, where it is to be shown."""
    saved: Callable[[Window], bool] | None = None
    """Whether a cache makes the call unnecessary."""


def to_json(page: Page) -> str:
    """The page as one JSON object."""
    data = {
        "schema": SCHEMA,
        "window": page.window,
        "answer_tokens": page.answer_tokens,
        "windows": [_window(page, one) for one in page.windows],
        "uncovered": [{"path": shown(one.path), "reason": one.reason} for one in page.uncovered],
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def _window(page: Page, one: Window) -> dict[str, Any]:
    return {
        "id": one.id,
        "specialist": one.specialist,
        "prompt_tokens": one.prompt_tokens,
        "prefix_tokens": one.prefix_tokens,
        "calls_saved_by_cache": page.saved(one) if page.saved is not None else False,
        "parts": [_part(part) for part in one.parts],
        "prompt": page.prompt(one) if page.prompt is not None else None,
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "path": shown(part.path),
        "start_line": part.start_line,
        "end_line": part.end_line,
        "added_lines": list(part.added_lines),
        "part": part.part,
        "context_lines": list(part.context_lines),
    }


def to_text(page: Page) -> str:
    """A paragraph a window, then what is in none."""
    lines = []
    for number, one in enumerate(page.windows, 1):
        cached = ", cached" if page.saved is not None and page.saved(one) else ""
        lines.append(
            f"window {number} of {len(page.windows)}: {one.specialist}, {one.prompt_tokens} tokens"
            f" ({one.prefix_tokens} of them shared) and {page.answer_tokens} for the answer{cached}"
        )
        lines += [f"  {_place(part)}" for part in one.parts]
        if page.prompt is not None:
            lines += ["", *map(_visible, page.prompt(one).split("\n"))]
    lines += [f"not shown: {printable(shown(one.path))}: {one.reason}" for one in page.uncovered]
    if not page.windows:
        lines.append("nothing to show to a model")
    return "\n".join(lines) + "\n"


def _place(part: Part) -> str:
    count = len(part.added_lines)
    piece = "" if part.part == "1/1" else f", part {part.part}"
    added = f"{count} added line{'s' * (count != 1)}"
    return f"{printable(shown(part.path))}:{part.start_line}-{part.end_line} ({added}{piece})"


def _visible(line: str) -> str:
    """A line for a terminal, tabs kept."""
    return "\t".join(map(printable, line.split("\t")))
