"""What the repository's history says of a pattern: how often people wrote it, and how often they took it out again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from review_bot.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from review_bot.sources.blobs import Blobs

_COMMITS = 1000
"""Commits that are looked at, the latest first; merges bring nothing of their own."""
_FILES = 500
"""Changed files that are parsed, of the latest commits."""
_LARGEST = 1_000_000
_NONE = "0" * 40


class Past(NamedTuple):
    """Places at which a pattern came and went, counted where a file had more or fewer of them after a commit."""

    written: int
    mended: int
    """In files that stayed; a deleted file says nothing of its lines."""


def past_of(cwd: str, pattern: str, language: str, word: str) -> Past:
    """How often `pattern`, in which `word` stands, came and went in files of `language` in the last commits."""
    from review_bot.domain.language import grammar_of, language_of
    from review_bot.sources.blobs import Blobs

    written = mended = 0
    blobs = Blobs(cwd)
    try:
        for number, (path, old, new) in enumerate(_changes(cwd, word)):
            grammar = grammar_of(language, path)
            if number >= _FILES or grammar is None:
                break
            if language_of(path) != language:
                continue
            more = _count(blobs, new, pattern, grammar) - _count(blobs, old, pattern, grammar)
            written += max(more, 0)
            mended += max(-more, 0)
    finally:
        blobs.close()
    return Past(written, mended)


def _changes(cwd: str, word: str) -> Iterator[tuple[str, str, str]]:
    """Path, old and new blob of each file in whose changed lines the word stands; the latest commits first."""
    from review_bot.sources.process import run

    commits = run(["rev-list", "--no-merges", f"--max-count={_COMMITS}", "HEAD"], cwd=cwd).output
    looked = ["--stdin", "-r", "--root", "-z", "-M", "--no-abbrev", "--no-ext-diff", "--no-textconv"]
    found = run(["diff-tree", *looked, "--diff-filter=AMR", "-i", f"-G{re.escape(word)}"], cwd=cwd, stdin=commits)
    fields = iter(found.output.decode("utf-8", "surrogateescape").split("\0"))
    for field in fields:
        if field.startswith(":"):
            _, _, old, new, status = field.split(" ")
            path = next(fields, "")
            yield (next(fields, "") if status.startswith("R") else path), old, new


def _count(blobs: Blobs, identity: str, pattern: str, grammar: str) -> int:
    from review_bot.rules.binding import root_of

    data = None if identity.startswith(_NONE) else blobs.read(identity)
    if data is None or len(data) > _LARGEST:
        return 0
    return len(root_of(data.decode("utf-8", "replace"), grammar).find_all(pattern=pattern))
