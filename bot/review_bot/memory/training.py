"""What people judged, as data to train a model with: KTO, DPO and SFT rows, split by time.

KTO (Ethayarajh et al. 2024) takes judged answers one by one, DPO (Rafailov et al. 2023) pairs of a better and a worse
answer to one prompt, SFT the answers that were right; field names are those of the trainers in TRL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from review_bot.domain.window import Part
from review_bot.prompts.prompt import body_of, fenced
from review_bot.prompts.templates import compact
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from review_bot.domain.training import Form
    from review_bot.prompts.templates import Prompts

NOISIEST = 0.2
"""Signals that mislead more often than this teach nothing."""
TEST_SHARE = 0.2
EMPTY = {"thought": "nothing to report", "findings": []}


class Judged(NamedTuple):
    """A finding with its code that somebody accepted (`y` 1) or rejected."""

    ts: int
    y: int
    eps: float
    path: str
    line: int
    language: str
    category: str
    severity: str
    message: str
    before: str
    """The flagged lines, without any secret."""
    after: str = ""
    """What they became; empty where that is not known."""


class Split(NamedTuple):
    """Rows to learn from, and later ones to be tested with."""

    train: tuple[dict[str, Any], ...]
    test: tuple[dict[str, Any], ...]


def exported(form: Form, judged: Iterable[Judged], prompts: Prompts) -> Split:
    """Rows of `form`, the last fifth by time as the test; noisy signals and code that is not known are left out."""
    usable = sorted(one for one in judged if one.eps <= NOISIEST and one.before.strip())
    rows = list({"kto": _kto, "dpo": _dpo, "sft": _sft}[form](usable, prompts))
    rows.sort(key=lambda row: row[0])
    border = len(rows) - int(len(rows) * TEST_SHARE)
    while 0 < border < len(rows) and rows[border][0] == rows[border - 1][0]:
        border += 1  # what happened at one time stays on one side
    return Split(tuple(row for _, row in rows[:border]), tuple(row for _, row in rows[border:]))


def _kto(judged: Sequence[Judged], prompts: Prompts) -> Iterator[tuple[int, dict[str, Any]]]:
    for one in judged:
        yield one.ts, {"prompt": _prompt(one, prompts), "completion": _answer(one), "label": one.y == 1}


def _dpo(judged: Sequence[Judged], prompts: Prompts) -> Iterator[tuple[int, dict[str, Any]]]:
    """For the same code a right answer before a wrong one, and one with the fix that was made before one without."""
    groups: dict[tuple[str, int, str], list[Judged]] = {}
    for one in judged:
        groups.setdefault((one.path, one.line, one.before), []).append(one)
    for some in groups.values():
        right = next((one for one in some if one.y == 1), None)
        wrong = next((one for one in some if one.y == 0 and right and _answer(one) != _answer(right)), None)
        if right is not None and wrong is not None:
            yield max(right.ts, wrong.ts), _pair(right, _answer(right), _answer(wrong), prompts)
        elif right is not None and _fix(right):
            yield right.ts, _pair(right, _answer(right), _answer(right._replace(after="")), prompts)


def _pair(one: Judged, chosen: str, rejected: str, prompts: Prompts) -> dict[str, Any]:
    return {"prompt": _prompt(one, prompts), "chosen": chosen, "rejected": rejected}


def _sft(judged: Sequence[Judged], prompts: Prompts) -> Iterator[tuple[int, dict[str, Any]]]:
    """Right findings, and as many places where nothing was to be said."""
    right = [one for one in judged if one.y == 1]
    taken = {one.before for one in right}
    quiet = [one for one in judged if one.y == 0 and one.before not in taken]
    for one in right:
        yield one.ts, {"prompt": _prompt(one, prompts), "completion": _answer(one)}
    for one in quiet[: max(len(right), 1)]:
        yield one.ts, {"prompt": _prompt(one, prompts), "completion": compact(EMPTY)}


def _prompt(one: Judged, prompts: Prompts) -> str:
    """The prompt that a review of these lines alone would make."""
    lines = one.before.split("\n")
    numbers = tuple(range(one.line, one.line + len(lines)))
    text = "".join(f"{number}+ {line}\n" for number, line in zip(numbers, lines, strict=True))
    part = Part(one.path, numbers[0], numbers[-1], numbers, text, 0, language=one.language or None)
    names = {each.name for each in prompts.specialists}
    specialist = prompts.of(one.language if one.language in names else "general")
    return f"{specialist.system}\n\n{fenced(body_of([part]))}"


def _answer(one: Judged) -> str:
    """The answer that says this finding, in the form that reviews ask for."""
    finding = {
        "path": one.path, "line": one.line, "quote": one.before.split("\n")[0], "category": one.category,
        "severity": one.severity, "message": one.message, "fix": _fix(one),
    }  # fmt: skip
    return compact({"thought": one.category, "findings": [finding]})


def _fix(one: Judged) -> str:
    """New text of the line, where one line became one."""
    return one.after if "\n" not in one.before and "\n" not in one.after and one.after != one.before else ""
