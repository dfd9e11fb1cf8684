"""Writing the log down as data to train a model with."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from review_bot.errors import UsageError
from review_bot.memory.training import Judged, exported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from review_bot.bootstrap.memory import Memory
    from review_bot.domain.event import Event
    from review_bot.domain.training import Form


def export(memory: Memory, form: Form, out: str) -> dict[str, int]:
    """Write train.jsonl, test.jsonl and manifest.json into the folder `out`; how many rows each has.

    Raises UsageError where the folder can't be written.
    """
    from review_bot.prompts.templates import load

    split = exported(form, _judged(memory), load())
    counts = {"train": len(split.train), "test": len(split.test)}
    _write(out, "train.jsonl", _lines(split.train))
    _write(out, "test.jsonl", _lines(split.test))
    _write(out, "manifest.json", json.dumps({"format": form, "counts": counts}, indent=1) + "\n")
    return counts


def _lines(rows: Sequence[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _write(folder: str, name: str, text: str) -> None:
    from review_bot.stores.atomic import replace

    try:
        os.makedirs(folder, exist_ok=True)
        replace(os.path.join(folder, name), text.encode("utf-8", "replace"))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise UsageError(f"can't be written: {reason}", where=folder, remedy="name another folder: --out") from error


def _judged(memory: Memory) -> Iterator[Judged]:
    """Signals that count, with code and words, without secrets."""
    from review_bot.bootstrap.code import flagged, pair
    from review_bot.memory.fold import counting

    cwd = memory.repository.cwd
    describe, clean = _describing()
    for one in counting(list(memory.events())):
        if one.get("y") is None:
            continue
        before = flagged(cwd, one)
        changed = pair(cwd, one) if one.get("y") == 1 else None
        if before:
            yield _row(one, clean(before), clean(changed.after) if changed else "", describe(str(one.get("rule"))))


def _row(one: Event, before: str, after: str, words: tuple[str, str, str]) -> Judged:
    category, severity, message = words
    line = (one.get("at") or [None] * 5)[3] or 1
    severity = one.get("sev") or severity
    message = one.get("message") if isinstance(one.get("message"), str) else message
    return Judged(
        one.ts, one.get("y"), float(one.get("eps")), one.path or "code", line, one.get("lang") or "", category,
        severity, message, before, after,
    )  # fmt: skip


def _describing() -> tuple[Callable[[str], tuple[str, str, str]], Callable[[str], str]]:
    """Category, severity and message by rule, and what takes secrets out of a text."""
    from review_bot.bootstrap import rules_of
    from review_bot.bootstrap.code import scrubber
    from review_bot.domain.finding import CATEGORIES

    entries = {entry.id: entry for entry in rules_of()[1].entries()}

    def describe(rule: str) -> tuple[str, str, str]:
        if rule in entries:
            found = entries[rule].rule
            return found.category, found.severity, re.sub(r"\{\w+\}", "this", found.message)
        named = rule.rpartition(".")[2]
        category = named if named in CATEGORIES else "correctness"
        return category, "warning", f"a fault of the kind {category}"

    return describe, scrubber()
