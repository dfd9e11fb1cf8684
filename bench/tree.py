"""A whole tree: target 6, 1,000 Python files with 50 structural rules, against `ast-grep scan` with the same rules.

`ast-grep` comes from the package ast-grep-cli. It uses every core; the ratios of CPU and of wall time are both printed.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from _code import module
from _measure import ENVIRONMENT, bot, git, peer, ratio, row
from hook import write

FUNCTIONS = (
    "loads", "dumps", "listdir", "join", "open", "run", "warning", "error", "info", "debug", "execute", "fetchone",
    "get", "pop", "append", "split", "strip", "sorted",
)  # fmt: skip


def patterns() -> list[str]:
    """Fifty patterns of calls, about a third of which occur in the files."""
    modules = ["os", "json", "subprocess", "logger", "self", "result"]
    return [f"{owner}.{name}($$$A)" for name in FUNCTIONS for owner in modules][:50]


def rule_files(folder: str) -> None:
    """The same rules for both tools."""
    ours = ["schema = 1"]
    os.makedirs(os.path.join(folder, "sg"))
    for number, pattern in enumerate(patterns()):
        word = pattern.partition(".")[2].partition("(")[0]
        ours.append(
            f'[[rule]]\nid = "bench.r{number}"\ncategory = "correctness"\nseverity = "info"\nconfidence = "high"\n'
            f'languages = ["python"]\nmessage = "call"\nwhy = "bench"\nkeywords = ["{word}("]\npattern = "{pattern}"\n'
            f'[[rule.test]]\nbad = "{pattern.replace("$$$A", "1")}"\n[[rule.test]]\nok = "pass"\n'
        )
        rule = {
            "id": f"r{number}",
            "language": "python",
            "severity": "info",
            "message": "m",
            "rule": {"pattern": pattern},
        }
        write(os.path.join(folder, "sg"), f"r{number}.yml", json.dumps(rule))
    write(folder, "bench.toml", "\n".join(ours))
    write(folder, "sgconfig.yml", "ruleDirs: [sg]\n")
    write(
        folder, ".review-bot.toml", 'rule-paths = ["bench.toml"]\nselect = ["bench"]\nexclude = ["*.yml", "*.toml"]\n'
    )


def wall(command: list[str], folder: str) -> float:
    began = time.perf_counter()
    subprocess.run(
        command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return time.perf_counter() - began


def main() -> None:
    theirs = peer("ast-grep")
    if theirs is None:
        sys.exit("ast-grep is not installed: pip install ast-grep-cli")
    with tempfile.TemporaryDirectory() as folder:
        git(folder, "init", "-q")
        for number in range(1000):
            write(folder, f"module_{number}.py", module(number, 150))
        rule_files(folder)
        ours = [*bot(), "scan", "--all", "--fail-on", "none", "--format", "json"]
        scan = [*theirs, "scan", "--json=stream"]
        row(
            "1,000 files, 50 structural rules, against `ast-grep scan` (CPU)", "<= 3", ratio(ours, scan, folder, runs=5)
        )
        pairs = [(wall(ours, folder), wall(scan, folder)) for _ in range(5)]
        row("the same in wall time on this machine", "<= 3", statistics.median(a / b for a, b in pairs))


if __name__ == "__main__":
    main()
