"""Does every added line reach a model, within the budget, in few calls?

    python bench/windows.py [REPOSITORY] [--commits N] [--window TOKENS]… [--tokenizer FILE]

takes the last commits of a repository, cuts and packs each, and counts every prompt with a real tokenizer: that of
`--tokenizer` (a tokenizer.json), else a byte-level BPE of 16,000 pieces that is learned from the repository's own
files. Prints a row of a markdown table for each window size. The lower bound of calls is what a commit's windows show,
in tokens, over what one has room for, rounded up: once by our estimate, once as the real tokenizer counts.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bot"))

from review_bot.diffing.parse import parse
from review_bot.diffing.rows import read
from review_bot.domain.review import SourceInfo
from review_bot.ports import Change
from review_bot.prompts.templates import load
from review_bot.review.windows import Builder
from review_bot.sources.patch import FragmentContents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from review_bot.domain.diff import FileDiff

PIECES = 16_000
LEARNED_FROM = 8_000_000
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_SHOWN = ("added", "modified", "renamed", "copied", "mode")


class Sums(NamedTuple):
    commits: int = 0
    added: int = 0
    covered: int = 0
    calls: int = 0
    bound: int = 0
    real: int = 0
    over: int = 0
    fullest: float = 0.0
    estimated: int = 0
    counted: int = 0


def main() -> None:
    options = _options()
    count = _tokenizer(options.tokenizer, options.repository)
    print("| window | commits | added | covered | calls | / bound | / real bound | over | fullest | estimate / real |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for window in options.window or [4096, 8192]:
        sums = Sums()
        builder = Builder(load(), window, 512)
        for change in changes(options.repository, options.commits):
            sums = _added(sums, builder, change, count)
        print(
            f"| {window} | {sums.commits} | {sums.added} | {sums.covered / max(sums.added, 1):.2%} | {sums.calls}"
            f" | {sums.calls / max(sums.bound, 1):.3f} | {sums.calls / max(sums.real, 1):.3f} | {sums.over}"
            f" | {sums.fullest:.1%} | {sums.estimated / max(sums.counted, 1):.2f} |",
            flush=True,
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="measure windows on real commits")
    parser.add_argument("repository", nargs="?", default=HERE, help="folder of a git repository (default: this one)")
    parser.add_argument("--commits", type=int, default=250, help="how many commits, newest first (default: 250)")
    parser.add_argument("--window", type=int, action="append", help="size of the window; may be repeated")
    parser.add_argument("--tokenizer", help="a tokenizer.json to count with")
    return parser.parse_args()


def _git(repository: str, *arguments: str) -> bytes:
    return subprocess.run(["git", "-C", repository, *arguments], check=True, capture_output=True).stdout


def changes(repository: str, commits: int) -> Iterator[Change]:
    names = _git(repository, "log", "--no-merges", f"--max-count={commits}", "--format=%H").decode().split()
    for name in names:
        data = _git(
            repository, "-c", "core.quotePath=false", "show", "--format=", "--no-color", "--no-ext-diff",
            "--no-textconv", "--find-renames", "--src-prefix=a/", "--dst-prefix=b/", name,
        )  # fmt: skip
        yield Change(SourceInfo("diff"), parse(data) if data.strip() else (), FragmentContents())


def _added(sums: Sums, builder: Builder, change: Change, count: Callable[[str], int]) -> Sums:
    parts, _ = builder.parts_of(change)
    windows = builder.pack(parts)
    wanted = {(file.path, number) for file in change.files if file.status in _SHOWN for number in _numbers(file)}
    seen = [(part.path, number) for one in windows for part in one.parts for number in _shown(part.text)]
    covered = len(set(seen) & wanted) if len(seen) == len(set(seen)) else 0
    over, fullest, counted = 0, sums.fullest, sums.counted
    budget = builder.frame.window - builder.frame.answer_tokens
    real = 0
    for one in windows:
        prompt = builder.prompt(one)
        shown = count(prompt.user)
        tokens = shown + _of_system(prompt.system, count)
        real += shown
        counted += tokens
        over += tokens > budget or one.prompt_tokens > budget
        fullest = max(fullest, tokens / budget)
    room = builder.frame.least_room
    estimate = sum(one.prompt_tokens - one.prefix_tokens - builder.frame.around for one in windows)
    return Sums(
        sums.commits + 1, sums.added + len(wanted), sums.covered + covered, sums.calls + len(windows),
        sums.bound + ceil(estimate / room), sums.real + ceil(real / room), sums.over + over, fullest,
        sums.estimated + sum(one.prompt_tokens for one in windows), counted,
    )  # fmt: skip


@cache
def _of_system(text: str, count: Callable[[str], int]) -> int:
    return count(text)


def _numbers(file: FileDiff) -> Iterator[int]:
    return (number for hunk in file.hunks for number, _ in hunk.added_lines())


def _shown(text: str) -> Iterator[int]:
    return (row.number for row in read(text) if row.kind == "+")


def _tokenizer(name: str | None, repository: str) -> Callable[[str], int]:
    from tokenizers import Tokenizer

    if name is not None:
        known = Tokenizer.from_file(name)
        return lambda text: len(known.encode(text, add_special_tokens=False).ids)
    learned = learned_from(repository)
    return lambda text: len(learned.encode(text).ids)


def learned_from(repository: str) -> Any:
    """A byte-level BPE of the repository's own files."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    learned: Any = Tokenizer(models.BPE())
    learned.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=PIECES, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    learned.train_from_iterator(_files(repository), trainer)
    learned.decoder = decoders.ByteLevel()
    return learned


def _files(repository: str) -> Iterator[str]:
    """Texts of the newest commit, up to some megabytes."""
    total = 0
    for name in _git(repository, "ls-tree", "-r", "--name-only", "-z", "HEAD").decode().split("\0"):
        data = _git(repository, "show", f"HEAD:{name}") if name else b""
        if b"\0" not in data and total < LEARNED_FROM:
            total += len(data)
            yield data.decode("utf-8", "replace")


if __name__ == "__main__":
    main()
