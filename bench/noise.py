"""How much do the rules say about code that is kept well? Findings per 1,000 added lines of real commits.

    python bench/noise.py REPOSITORY… [--commits N] [--list FILE]

scans each of the last N commits (no merges; 200 by default) of each repository, which may be a bare one, against its
parent, by the rules alone, without the configuration and the memory of the repository. Prints a row of a markdown
table for each repository and one for all. Main code and tests are files in a programming language, told apart as
`where.tests` does it; the rest is every other text file: workflows, manifests, settings, documents. `--list` writes
every finding as a JSON line, to read.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bot"))

from _measure import commits

from review_bot.bootstrap import Request, Scan, scan
from review_bot.config import load
from review_bot.domain.language import language_of
from review_bot.domain.paths import is_test
from review_bot.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

_CODE = (
    *("python", "javascript", "typescript", "go", "java", "kotlin", "ruby", "php", "csharp", "rust", "c", "cpp"),
    *("swift", "scala", "lua", "elixir", "bash"),
)
_KINDS = ("main", "tests", "rest")
_HIGH = 0.85


def kind_of(path: str) -> str:
    """`main`, `tests` or `rest`."""
    if language_of(path) not in _CODE:
        return "rest"
    return "tests" if is_test(path) else "main"


def scans(repository: str, count: int) -> Iterator[tuple[str, Scan]]:
    """Each commit with its review."""
    loaded = load(None, flags={"memory.enabled": False, "fail-on": "none"})
    os.chdir(repository)
    for commit in commits(repository, count):
        request = Request("range", f"{commit}^..{commit}", loaded=loaded, use_baseline=False)
        try:
            yield commit, scan(request)
        except SourceError as error:
            print(f"{commit[:10]} is left out: {error}", file=sys.stderr)


def measure(repository: str, count: int, listed: TextIO | None) -> Counter[str]:
    """Added lines and findings of each kind in one repository."""
    sums: Counter[str] = Counter()
    for commit, done in scans(repository, count):
        sums["commits"] += 1
        for file in done.review.files:
            sums[kind_of(file.path)] += file.added
        for finding in done.review.findings:
            kind = kind_of(finding.path)
            sums[f"{kind} findings"] += 1
            sums[f"{kind} high"] += finding.confidence >= _HIGH
            if listed is not None:
                place = {"repository": name_of(repository), "commit": commit[:10], "kind": kind}
                print(json.dumps({**place, **finding._asdict()}, default=str), file=listed, flush=True)
    return sums


def name_of(repository: str) -> str:
    """The last part of the folder's name, or of the one above a folder that is only called `repo`."""
    return os.path.basename(repository.removesuffix("/repo"))


def row(name: str, sums: Counter[str]) -> None:
    """Print one row of the table."""
    cells = [name, str(sums["commits"])]
    for kind in _KINDS:
        lines = sums[kind]
        each = 1000 / max(lines, 1)
        cells.append(f"{lines:,}")
        cells += [f"{sums[f'{kind} {what}']} ({sums[f'{kind} {what}'] * each:.2f})" for what in ("findings", "high")]
    print("| " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="measure the noise of the rules on real commits")
    parser.add_argument("repositories", nargs="+", metavar="REPOSITORY", help="folder of a git repository")
    parser.add_argument("--commits", type=int, default=200, help="how many commits, newest first (default: 200)")
    parser.add_argument("--list", metavar="FILE", help="write every finding to FILE, one JSON line each")
    options = parser.parse_args()
    kinds = " | ".join(f"{kind}: added | findings (per 1,000) | high" for kind in _KINDS)
    print(f"| repository | commits | {kinds} |")
    print("|---" * (2 + 3 * len(_KINDS)) + "|")
    total: Counter[str] = Counter()
    with contextlib.ExitStack() as stack:
        listed = stack.enter_context(open(options.list, "w", encoding="utf-8")) if options.list else None
        for repository in map(os.path.abspath, options.repositories):
            sums = measure(repository, options.commits, listed)
            total += sums
            row(name_of(repository).replace("+", "/"), sums)
    row("all", total)


if __name__ == "__main__":
    main()
