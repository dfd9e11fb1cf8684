"""What the tests of the command line share: running it in a process of its own, under rules of theirs."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any, NamedTuple

from fakes.rule_files import rules

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

Report = dict[str, Any]
COMMAND = (sys.executable, "-m", "review_bot")
_CACHE = tempfile.TemporaryDirectory(prefix="review-bot-tests-")
"""One for all tests: each would read the shipped rules anew."""
atexit.register(_CACHE.cleanup)


class Done(NamedTuple):
    """How a run ended."""

    code: int
    out: str
    err: str


def bot(where: Path, *arguments: str, stdin: bytes = b"", **environment: str) -> Done:
    """Run the command in `where`; fails where it shows a traceback or a bug of ours."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=where,
        input=stdin,
        env={**os.environ, "REVIEW_BOT_CACHE_DIR": _CACHE.name, **environment},
        capture_output=True,
        check=False,
    )
    out, err = done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode("utf-8", "surrogateescape")
    assert "Traceback" not in out + err, err
    assert done.returncode in (0, 1, 2, 130), err
    return Done(done.returncode, out, err)


def report(where: Path, *arguments: str, stdin: bytes = b"", **environment: str) -> Report:
    """The JSON report of a scan that worked; its exit code must be what its verdict says."""
    done = bot(where, "scan", "--format", "json", *arguments, stdin=stdin, **environment)
    assert done.code in (0, 1), done.err
    read: Report = json.loads(done.out)
    assert read["verdict"]["failed"] == (done.code == 1)
    return read


def one_line(done: Done) -> str:
    """What a failed run says: nothing but one line on standard error."""
    assert done.code == 2
    assert done.err.count("\n") == 1, done.err
    assert done.err.startswith("review-bot: ")
    assert done.err.endswith("\n")
    return done.err


def use(git: Git, *texts: str, config: str = "") -> None:
    """Commit a configuration under which only the given rules run."""
    git.write("rules.toml", rules(*texts))
    ours = 'exclude = ["rules.toml", ".review-bot*"]\n' if "exclude" not in config else ""
    git.write(".review-bot.toml", f'rule-paths = ["rules.toml"]\nselect = ["own"]\n{ours}{config}\n')
    git.commit()


def found(read: Report) -> list[tuple[str, int, str]]:
    """Path, line and rule of each finding."""
    return [(one["path"], one["start_line"], one["rule"]) for one in read["findings"]]


def held(read: Report) -> list[tuple[int, str]]:
    """Line of each finding that is held back, and by whom."""
    return [(one["finding"]["start_line"], one["by"]) for one in read["suppressed"]]
