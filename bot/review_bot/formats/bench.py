"""The scores of `review-bot bench`, as a table and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from review_bot.evaluation.bench import VARIANTS, Score, by_language, cost, findings_of, score
from review_bot.formats.plain import visible
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from review_bot.domain.finding import Finding
    from review_bot.evaluation.bench import Outcome, Variant

SCHEMA = "review-bot.bench/1"
_NAMES: dict[Variant, str] = {
    "rules": "rules alone",
    "answers": "the model's answers",
    "gate": "behind the gate",
    "gate+judge": "behind gate and judge",
}
_HEAD = ("", "found", "category", "elsewhere", "clean with noise", "noise")


class Board(NamedTuple):
    """One run over the cases."""

    backend: str
    model: str
    outcomes: Sequence[Outcome]
    examples: bool = False
    judged: bool = True
    """False where the configuration asks for no judge."""


def variants(board: Board) -> tuple[Variant, ...]:
    """The variants that the run tells of."""
    return VARIANTS if board.judged else VARIANTS[:-1]


def to_text(boards: Sequence[Board]) -> str:
    """A table for each run."""
    return "\n".join(map(_table, boards))


def _table(board: Board) -> str:
    rows = [_HEAD, *(_row(_NAMES[one], score(board.outcomes, one)) for one in variants(board))]
    best = variants(board)[-1]
    rows += [_row(f"  {name}", one) for name, one in sorted(by_language(board.outcomes, best).items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([_title(board), "", *lines, "", _spent(board), ""])


def _title(board: Board) -> str:
    total = score(board.outcomes, "answers")
    name = f"{board.backend} {visible(board.model)}".strip()
    return f"{name}{', with examples' if board.examples else ''}: {total.bugs} seeded bugs, {total.clean} clean changes"


def _row(name: str, one: Score) -> tuple[str, ...]:
    return (
        name,
        _share(one.found, one.bugs),
        _share(one.category, one.bugs),
        str(one.other),
        _share(one.noisy, one.clean),
        str(one.noise),
    )


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} {100 * part / whole:3.0f} %" if whole else "-"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
    return "  ".join(cells).rstrip()


def _spent(board: Board) -> str:
    spent = cost(board.outcomes)
    each = spent.seconds / len(board.outcomes) if board.outcomes else 0.0
    text = (
        f"{spent.calls} calls, {spent.prompt_tokens} tokens read ({spent.cached_tokens} of them reused), "
        f"{spent.completion_tokens} written, {spent.seconds:.1f} s ({each:.2f} s a change)"
    )
    return text + (f"; {spent.failed} changes without a usable answer" if spent.failed else "")


def to_json(boards: Sequence[Board]) -> str:
    """The same figures, and what came of each case."""
    return (
        json.dumps({"schema": SCHEMA, "runs": [_run(board) for board in boards]}, indent=1, ensure_ascii=False) + "\n"
    )


def _run(board: Board) -> dict[str, Any]:
    return {
        "backend": board.backend,
        "model": board.model,
        "examples": board.examples,
        "variants": {one: _figures(board, one) for one in variants(board)},
        "cost": cost(board.outcomes)._asdict(),
        "cases": [_case(outcome, variants(board)[-1]) for outcome in board.outcomes],
    }


def _figures(board: Board, variant: Variant) -> dict[str, Any]:
    languages = by_language(board.outcomes, variant)
    return {
        **score(board.outcomes, variant)._asdict(),
        "languages": {name: one._asdict() for name, one in sorted(languages.items())},
    }


def _case(outcome: Outcome, variant: Variant) -> dict[str, Any]:
    case, review = outcome
    return {
        "id": case.id,
        "lines": list(case.lines),
        "categories": list(case.categories),
        "found": score((outcome,), variant).found == 1,
        "findings": [_finding(one) for one in findings_of(review, variant)],
        "held_back": [{**_finding(one.finding), "reason": one.reason} for one in review.suppressed if one.by == "gate"],
        "seconds": dict(review.stats.seconds).get("total", 0.0),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "line": finding.start_line,
        "category": finding.category,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "message": finding.message,
    }
