"""How fast is a diff read? Against unidiff, and against the time that git takes to write the same diff.

    python bench/parser.py [--large] [--runs N]

prints rows of a markdown table. Each ratio is the median of paired runs in one process; the peak is that of a process
that reads one diff and nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MEBIBYTE = 1 << 20
SIZES = (27_000, 270_000)
LARGE = 2_550_000
LINES_OF_A_FILE = 400
LINES_BETWEEN = 20
PACKAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bot")


def main() -> None:
    options = _options()
    if options.child:
        print(json.dumps(CHILDREN[options.child](options.file, options.runs)))
        return
    print("| diff | lines | lines a hunk | unidiff / ours | ours / git | peak MiB | bound MiB | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    for lines in SIZES:
        print(_row(lines, options.runs), flush=True)
    if options.large:
        print(_row(LARGE, min(options.runs, 3)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="measure the diff parser", epilog="prints rows of a markdown table")
    parser.add_argument("--large", action="store_true", help="also a diff of 2.5 million lines (minutes)")
    parser.add_argument("--runs", type=int, default=10, help="paired runs for each diff (default: 10)")
    parser.add_argument("--child", choices=sorted(CHILDREN), help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    return parser.parse_args()


def _row(lines: int, runs: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "diff")
        git = _write_diff(folder, path, lines, runs)
        times = _child("time", path, runs)
        peak = _child("peak", path, 1)
        size = os.path.getsize(path)
    bound = (1.3 * size + 15 * MEBIBYTE) / MEBIBYTE
    ours, hunks, count = times["ours"], times["hunks"], times["lines"]
    return (
        f"| {size / 1e6:.1f} MB | {count:,} | {count / hunks:.0f} | {times['ratio']:.1f} | {ours / git:.2f}"
        f" | {peak['peak']:.0f} | {bound:.0f} | {ours:.3f} |"
    )


def _write_diff(folder: str, path: str, lines: int, runs: int) -> float:
    """Let git write a diff of about `lines` lines to `path`; the median of its seconds."""
    work = os.path.join(folder, "work")
    os.mkdir(work)
    _git(work, "init", "-q")
    files = _number_of_files(lines)
    _fill(work, files, new=False)
    tree = _git(work, "write-tree")
    _fill(work, files, new=True)
    command = ("diff", "--cached", f"--output={path}", tree)
    return statistics.median(_timed(lambda: _git(work, *command)) for _ in range(runs))


def _number_of_files(lines: int) -> int:
    """How many files make a diff of `lines` lines."""
    shown = files = 0
    while shown < lines:
        before, after = _versions(files)
        shown += len(after) if not before else len(after) // LINES_BETWEEN * 13
        files += 1
    return files


def _fill(work: str, files: int, *, new: bool) -> None:
    """Write one version of every file and add it to the index."""
    for number in range(files):
        text = _versions(number)[new]
        if text:
            with open(os.path.join(work, f"module_{number}.py"), "w", encoding="utf-8") as file:
                file.writelines(text)
    _git(work, "add", "-A")


def _versions(number: int) -> tuple[list[str], list[str]]:
    """Both versions of a file; every third is new, the others have some lines changed here and there."""
    dice = random.Random(number)
    before = [_line(dice) for _ in range(LINES_OF_A_FILE)]
    if number % 3 == 0:
        return [], before
    after = list(before)
    for at in range(LINES_OF_A_FILE - LINES_BETWEEN, 0, -LINES_BETWEEN):
        after[at : at + dice.randrange(5)] = [_line(dice) for _ in range(dice.randrange(1, 9))]
    return before, after


def _line(dice: random.Random) -> str:
    return "    " * dice.randrange(1, 4) + f"value_{dice.randrange(1000)} = compute({dice.randrange(10**9)})\n"


def _git(work: str, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", work, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _child(kind: str, path: str, runs: int) -> dict[str, float]:
    """What a process of its own measured."""
    command = [sys.executable, os.path.abspath(__file__), "--child", kind, "--file", path, "--runs", str(runs)]
    done = subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": PACKAGE})
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _measure_time(path: str, runs: int) -> dict[str, float]:
    """Seconds of ours, and the median ratio to unidiff over paired runs."""
    from unidiff.patch import PatchSet

    from review_bot.diffing.parse import parse

    data = _read(path)
    text = data.decode()
    pairs = [(_timed(lambda: parse(data)), _timed(lambda: PatchSet(text))) for _ in range(runs)]
    return {
        "ours": statistics.median(ours for ours, _ in pairs),
        "ratio": statistics.median(theirs / ours for ours, theirs in pairs),
        "hunks": sum(len(file.hunks) for file in parse(data)),
        "lines": data.count(b"\n"),
    }


def _measure_peak(path: str, _: int) -> dict[str, float]:
    """MiB at the peak of reading the file and parsing it, beyond the bare process."""
    from review_bot.diffing.parse import parse

    before = _peak()
    files = parse(_read(path))
    return {"peak": (_peak() - before) / MEBIBYTE, "files": len(files)}


def _peak() -> int:
    """Bytes; macOS counts in bytes, others in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


CHILDREN: dict[str, Callable[[str, int], dict[str, float]]] = {"time": _measure_time, "peak": _measure_peak}

if __name__ == "__main__":
    main()
