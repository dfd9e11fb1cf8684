"""From a request to the windows that a model would be shown."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from review_bot.prompts.templates import load as load_prompts
from review_bot.review.notes import Extras
from review_bot.review.redact import Redactor
from review_bot.review.risk import signs_of
from review_bot.review.windows import Builder
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from review_bot.bootstrap import Request, Scan
    from review_bot.config import Loaded
    from review_bot.config.model import Model
    from review_bot.diffing.rows import Clean
    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Review
    from review_bot.domain.window import Part, Uncovered, Window
    from review_bot.ports import Change


class Planned(NamedTuple):
    """The windows of a change, and what was needed for them."""

    builder: Builder
    parts: tuple[Part, ...]
    windows: tuple[Window, ...]
    uncovered: tuple[Uncovered, ...]
    model: Model
    """How the model would be asked."""


def windows(request: Request) -> Planned:
    """Run the rules, then cut and pack what a model would be asked; raises what a scan raises, and ConfigError."""
    from review_bot.bootstrap import scan

    done = scan(request._replace(with_model=False))
    return planned(done, builder_of(done.loaded))


def saved_by_cache(done: Planned) -> Callable[[Window], bool]:
    """Whether the answers on all of a window are kept, for the model that was asked last."""
    known = _kept(done)
    return lambda one: known.issuperset(one.parts)


def _kept(done: Planned) -> set[Part]:
    from review_bot.bootstrap.model import answers_file
    from review_bot.pipeline.shelf import Shelf
    from review_bot.pipeline.toolkit import version_of
    from review_bot.stores.cache import Cache

    path = answers_file()
    if path is None or not os.path.exists(path):
        return set()
    cache = Cache(path)
    try:
        shelf = Shelf.of_last(cache, version_of(done.builder.prompts), done.model)
        return set(shelf.known([part for one in done.windows for part in one.parts])) if shelf else set()
    finally:
        cache.close()


def builder_of(loaded: Loaded) -> Builder:
    """The builder that the configuration asks for."""
    model = loaded.config.model
    return Builder(load_prompts(loaded.prompt_paths()), model.window, model.answer_tokens)


def planned(done: Scan, builder: Builder) -> Planned:
    """The windows of a change whose rules have run."""
    redactor = Redactor.of(done.change, done.rules)
    findings = known(done.review)
    signs = signs_of(findings, [file.path for file in done.change.files])
    parts, uncovered = builder.parts_of(
        done.change, skipped=skipped(done.review), clean=clean_by(redactor), signs=signs
    )
    extras = Extras(findings=findings, message=message_of_change(done.change), clean=redactor.text)
    return Planned(builder, parts, builder.pack(parts, extras), uncovered, done.loaded.config.model)


def message_of_change(change: Change) -> str:
    """The message of the newest commit of a change; empty where nothing is committed yet."""
    if change.info.head is None or change.root is None:
        return ""
    from review_bot.sources.message import message_of

    return message_of(change.info.head, cwd=change.root)


def clean_by(redactor: Redactor) -> Clean:
    """What replaces secrets in every line before it is shown."""

    def clean(path: str, number: int, text: str) -> str:
        return redactor.line(path, "old" if number < 0 else "new", abs(number), text)

    return clean


def skipped(review: Review) -> dict[str, str]:
    """Files that nobody is to review, with the reason."""
    return {row.path: row.reason for row in review.coverage if not row.rules and row.reason}


def known(review: Review) -> tuple[Finding, ...]:
    """What the rules say, hints that are not shown to people included."""
    hints = (one.finding for one in review.suppressed if one.by == "gate")
    return (*review.findings, *hints)
