"""What the memory adds to a commit: the hook with 10,000 events and an index against the hook without a memory."""

from __future__ import annotations

import os
import sys
import tempfile

from _measure import bot, cpu, git, ratio, row
from hook import staged, write

from review_bot.domain.event import event
from review_bot.memory.normalise import shape
from review_bot.stores.git_process import Git
from review_bot.stores.gitref import GitRef
from review_bot.stores.log import Log

REF = "refs/review-bot/memory"
_FOUND = "\n\ndef run_{0}(name):\n    import subprocess\n    print(name)\n    subprocess.run(name, shell=True)\n"


def recorded(folder: str, count: int) -> None:
    """A log with `count` signals on as many patterns of 30 rules."""
    events = []
    for number in range(count):
        rule = f"rule.{number % 30}"
        key, fp = shape(rule, f"a = f{number}(b)\nc.d{number % 97}(a)\nreturn e{number % 13}(c)", "python")
        events.append(
            event(
                {
                    "v": 1,
                    "ts": 1_700_000_000 + number,
                    "kind": "signal",
                    "rule": rule,
                    "key": key,
                    "fp": list(fp),
                    "sig": "command",
                    "y": number % 2,
                    "eps": 0.03,
                    "actor": f"{number % 9:016x}",
                    "pr": str(number),
                }
            )
        )
    Log(GitRef(Git(folder), os.path.join(folder, ".git"), REF)).append(events)


def main() -> None:
    hook = [*bot(), "hook", "pre-commit", "--fail-on", "none"]
    with tempfile.TemporaryDirectory() as plain, tempfile.TemporaryDirectory() as known:
        for folder in (plain, known):
            for number, name in enumerate(staged(folder)):
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as stream:
                    text = stream.read()
                write(folder, name, text + _FOUND.format(number))
            git(folder, "add", "-A")
        recorded(known, int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
        print(f"| the first commit, which makes the index, CPU seconds | | {cpu(hook, known):.2f} |", flush=True)
        what = "commit hook with 8 findings and an index of 10,000 events, against one without a memory"
        row(what, "<= 1.2", ratio(hook, hook, known, other=plain))


if __name__ == "__main__":
    main()
