"""Does a commit cost more in a large repository? Target 3: the same diff in 50,000 files and in 1,000."""

from __future__ import annotations

import os
import tempfile

from _code import module
from _measure import bot, git, ratio, row
from hook import write


def repository(folder: str, files: int) -> None:
    """A repository of small files in which eight are changed and staged."""
    git(folder, "init", "-q")
    for number in range(files):
        place = os.path.join(folder, f"part_{number // 500}")
        os.makedirs(place, exist_ok=True)
        write(place, f"module_{number}.py", f"VALUE = {number}\n")
    for number in range(8):
        write(folder, f"changed_{number}.py", module(number, 100))
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "before")
    for number in range(8):
        write(folder, f"changed_{number}.py", module(number, 125))
    git(folder, "add", "-A")


def main() -> None:
    hook = [*bot(), "hook", "pre-commit"]
    with tempfile.TemporaryDirectory() as large, tempfile.TemporaryDirectory() as small:
        repository(large, 50_000)
        repository(small, 1_000)
        row("commit hook in 50,000 files against 1,000 files", "<= 1.3", ratio(hook, hook, large, other=small))


if __name__ == "__main__":
    main()
