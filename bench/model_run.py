"""What a review with a model costs beside the engine: CPU, memory, a second run, and one changed hunk of fifty."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

from _measure import ENVIRONMENT, bot, git, ratio, row

from review_bot import bootstrap
from review_bot.bootstrap import engines
from review_bot.domain.model import Answer, ModelInfo

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from review_bot.domain.model import Completion

DELAY = 1.0
"""Seconds a call: less than any real engine takes for a window on a processor."""
EMPTY = '{"thought":"","findings":[]}'


class Slow:
    """An engine that takes a fixed time and no CPU."""

    def __init__(self) -> None:
        self.calls = 0

    def describe(self) -> ModelInfo:
        return ModelInfo("scripted", "slow", "slow", 4096)

    def count(self, text: str) -> int | None:
        return None

    def stream(self, call: Completion) -> Generator[str, None, Answer]:
        self.calls += 1
        time.sleep(DELAY)
        yield EMPTY
        return Answer(EMPTY, prompt_tokens=1000, completion_tokens=10)

    def complete(self, call: Completion) -> Answer:
        raise NotImplementedError

    def embed(self, texts: Sequence[str]) -> None:
        return None

    def close(self) -> None:
        return None


def code(changed: int = -1) -> str:
    """Fifty functions with room between them."""
    return "".join(
        f"def f{n}(x, items):\n    total = {n if n != changed else 1000}\n    for item in items:\n"
        f"        total += item * x\n    return total\n" + "\n# kept\n" * 6
        for n in range(50)
    )


def repository(folder: str, copies: int = 1) -> None:
    """A change of fifty hunks in each of some files."""
    git(folder, "init", "-q")
    for number in range(copies):
        write(folder, f"many{number}.py", "\n# kept\n" * 300)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "before")
    for number in range(copies):
        write(folder, f"many{number}.py", code().replace("total", f"total_{number}"))


def write(folder: str, name: str, text: str) -> None:
    with open(os.path.join(folder, name), "w", encoding="utf-8") as stream:
        stream.write(text)


def used(choice: engines.Choice | None) -> float:
    """CPU seconds of a scan in this process, with the engines of `choice` or with rules only."""
    request = bootstrap.Request(with_model=choice is not None, choice=choice, use_cache=False)
    began = time.process_time()
    bootstrap.scan(request._replace(flags={"model.backend": "scripted" if choice else "none"}))
    return time.process_time() - began


def overhead(folder: str) -> float:
    """CPU that a review takes beyond that of the rules, as a share of the engine's time."""
    os.chdir(folder)
    engine = Slow()
    choice = engines.Choice((engines.Engine("scripted", engine),), engine.describe())  # type: ignore[arg-type]
    used(None)
    used(choice)
    rules, engine.calls = used(None), 0
    return (used(choice) - rules) / (engine.calls * DELAY)


def peak(folder: str, *arguments: str) -> float:
    """Largest resident size of a scan, in MiB."""
    script = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
    script += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    command = [sys.executable, "-c", script, *bot(), "scan", *arguments]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, check=True)
    return int(done.stdout) / 1024


def scan(folder: str, *arguments: str) -> dict[str, Any]:
    command = [*bot(), "scan", "--format", "json", *arguments]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, check=False)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as beside:
        ENVIRONMENT["REVIEW_BOT_CACHE_DIR"] = os.environ["REVIEW_BOT_CACHE_DIR"] = os.path.join(beside, "cache")
        repository(folder, copies=3)
        write(beside, "answers.jsonl", "")
        model = ("--backend", "scripted", "--model", os.path.join(beside, "answers.jsonl"))
        rules = ("--backend", "none")
        share = overhead(folder)
        row(f"CPU of a review with a model beyond that of the rules, of {DELAY} s a call", "<= 0.05", share)
        scan(folder, *rules)
        alone = peak(folder, *rules)
        row("peak memory beyond that of the rules, MiB", "<= 60", peak(folder, "--no-cache", *model) - alone)
        first = scan(folder, *model)["stats"]["model_calls"]
        row("calls of the first run", "", first)
        row("calls of a second, unchanged one", "0", scan(folder, *model)["stats"]["model_calls"])
        again = ratio([*bot(), "scan", *model], [*bot(), "scan", *rules], folder)
        row("a second, unchanged run against one with rules only, CPU", "<= 1.3", again)
        write(folder, "many1.py", "# above\n" + code(changed=31).replace("total", "total_1"))
        row("calls when one hunk of fifty changed", "<= 3", scan(folder, *model)["stats"]["model_calls"])


if __name__ == "__main__":
    main()
