"""What every engine that streams has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from review_bot.domain.model import Answer


def drain(pieces: Generator[str, None, Answer]) -> Answer:
    """The Answer at the end of a stream, its pieces thrown away."""
    answers: list[Answer] = []

    def run() -> Generator[str, None, None]:
        answers.append((yield from pieces))

    for _ in run():
        pass
    return answers[0]
