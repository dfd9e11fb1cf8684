"""Answers from a file, for tests and demonstrations.

The file holds JSON lines `{"match": "text in the prompt", "answer": "…"}`. The first line whose `match` stands in the
prompt gives the answer. Where none does, a review finds nothing and a judge says yes.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from review_bot.backends.streaming import drain
from review_bot.domain.model import Answer, ModelInfo
from review_bot.errors import ModelMissing
from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from review_bot.domain.model import Completion, Purpose

_DEFAULTS: dict[Purpose, str] = {"review": '{"thought":"","findings":[]}', "judge": "yes", "reply": ""}
_LARGEST = 50_000_000
"""Bytes of a file of answers."""
_PIECE = 40
"""Characters that a stream yields at once."""


class Line(NamedTuple):
    """One line of the file."""

    match: str
    answer: str


class Scripted:
    """A backend that answers from the file at `path`; raises ModelMissing where it can't be used."""

    def __init__(self, path: str) -> None:
        data = _read(path)
        self._lines = _parse(path, data)
        self._info = ModelInfo("scripted", path, sha256(data).hexdigest(), 0, where=path)

    def describe(self) -> ModelInfo:
        """The file; its digest is that of its content."""
        return self._info

    def count(self, text: str) -> int | None:
        """None: there is no tokenizer."""
        return None

    def stream(self, call: Completion) -> Generator[str, None, Answer]:
        """The answer in a few pieces."""
        text = self._answer(call)
        for start in range(0, len(text), _PIECE):
            yield text[start : start + _PIECE]
        prompt = call.prompt.system + call.prompt.user
        return Answer(text, prompt_tokens=_tokens(prompt), completion_tokens=_tokens(text))

    def complete(self, call: Completion) -> Answer:
        """The answer of the first line that matches."""
        return drain(self.stream(call))

    def embed(self, texts: Sequence[str]) -> list[list[float]] | None:
        """None: a file has no vectors."""
        return None

    def close(self) -> None:
        """Nothing is held."""

    def _answer(self, call: Completion) -> str:
        prompt = f"{call.prompt.system}\n{call.prompt.user}"
        for line in self._lines:
            if line.match in prompt and not (call.purpose == "judge" and _is_review(line.answer)):
                return line.answer
        return _DEFAULTS[call.purpose]


def _is_review(answer: str) -> bool:
    """True for a list of findings: meant for a review, though the judge is shown the same code."""
    return "{" in answer or "findings" in answer


def _read(path: str) -> bytes:
    if not path:
        raise ModelMissing("no file of answers is named", remedy="give one by --model FILE")
    try:
        with open(path, "rb") as stream:
            data = stream.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise ModelMissing(f"the file of answers can't be read: {reason}", where=path) from error
    if len(data) > _LARGEST:
        raise ModelMissing("the file of answers is larger than 50 MB", where=path, remedy="split it")
    return data


def _parse(path: str, data: bytes) -> tuple[Line, ...]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelMissing("the file of answers is not UTF-8", where=path) from error
    rows = enumerate(text.split("\n"), 1)
    return tuple(_line(row, f"{path}:{number}") for number, row in rows if row.strip())


def _line(row: str, where: str) -> Line:
    remedy = 'write {"match":"text in the prompt","answer":"…"}'
    try:
        value: Any = json.loads(row)
    except (ValueError, RecursionError) as error:
        raise ModelMissing("is no line of JSON", where=where, remedy=remedy) from error
    if not isinstance(value, dict):
        raise ModelMissing("is no JSON object", where=where, remedy=remedy)
    for key in ("match", "answer"):
        if not isinstance(value.get(key), str):
            raise ModelMissing(f"has no text `{key}`", where=where, remedy=remedy)
    return Line(value["match"], value["answer"])


def _tokens(text: str) -> int:
    """About as many as a real tokenizer would count."""
    return -(-len(text) // 4)
