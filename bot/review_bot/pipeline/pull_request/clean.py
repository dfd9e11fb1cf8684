"""Texts of a review without secrets, before anything of it is posted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.domain.visible import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from review_bot.domain.finding import Finding
    from review_bot.domain.review import Review

    Redact = Callable[[Sequence[str]], Sequence[str]]
    """Texts of one line each, without what is or looks like a secret."""


def findings(rows: Sequence[Finding], redact: Redact) -> list[Finding]:
    """The findings, on one line each text; a suggestion that holds a secret is left out."""
    texts = iter(redact([one_line(text) for one in rows for text in _texts(one)]))
    return [_finding(one, texts, redact) for one in rows]


def _texts(one: Finding) -> tuple[str, ...]:
    return (one.message, one.why, one.rule, one.tool or "", one.memory.reason if one.memory is not None else "")


def _finding(one: Finding, texts: Iterator[str], redact: Redact) -> Finding:
    message, why, rule, tool, reason = (next(texts) for _ in _texts(one))
    fix = one.suggestion
    if fix is not None:
        lines = fix.replacement.split("\n")
        if one.category == "secrets" or list(redact(lines)) != lines:
            fix = None
    quote = "" if one.category == "secrets" else one.quote
    memory = one.memory._replace(reason=reason) if one.memory is not None else None
    return one._replace(
        message=message, why=why, rule=rule, tool=tool or None, suggestion=fix, quote=quote, memory=memory
    )


def review(whole: Review, redact: Redact) -> Review:
    """The review with findings, quotes and reasons without secrets."""
    held = [one.finding for one in whole.suppressed]
    kept = findings(whole.findings, redact)
    hidden = findings(held, redact)
    quotes = redact([one_line(one.quote) for one in (*kept, *hidden)])
    quoted = [one._replace(quote=quote) for one, quote in zip((*kept, *hidden), quotes, strict=True)]
    said = iter(
        redact(
            [one_line(one.reason) for one in whole.suppressed]
            + [one_line(text) for one in whole.degraded for text in (one.what, one.reason)]
            + [one_line(one.reason or "") for one in whole.coverage]
        )
    )
    pairs = zip(whole.suppressed, quoted[len(kept) :], strict=True)
    return whole._replace(
        findings=tuple(quoted[: len(kept)]),
        suppressed=tuple(one._replace(finding=finding, reason=next(said)) for one, finding in pairs),
        degraded=tuple(one._replace(what=next(said), reason=next(said)) for one in whole.degraded),
        coverage=tuple(one._replace(reason=next(said) or None) for one in whole.coverage),
    )


def paths(whole: Review, rows: Sequence[Finding], redact: Redact) -> tuple[Review, list[Finding]]:
    """A review and findings to be shown only: their paths without secrets, so that nothing can be found by them."""
    names = [*(one.path for one in whole.files), *(one.path for one in whole.coverage), *(one.path for one in rows)]
    shown = iter(redact([one_line(name) for name in names]))
    files = tuple(one._replace(path=next(shown)) for one in whole.files)
    coverage = tuple(one._replace(path=next(shown)) for one in whole.coverage)
    return whole._replace(files=files, coverage=coverage), [one._replace(path=next(shown)) for one in rows]
