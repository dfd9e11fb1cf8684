"""Running the command line within the process of the tests: for tests of what a dozen runs add up to."""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from integration.cli_helpers import Done, Report
from review_bot.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def bot(where: Path, *arguments: str, stdin: bytes = b"") -> Done:
    """Run the command in `where`; fails where it ends with a bug of ours."""
    with _streams(stdin) as (out, err), _folder(where):
        code = main(list(arguments))
        sys.stdout.flush()
        sys.stderr.flush()
    assert code in (0, 1, 2, 130), err.getvalue()
    return Done(code, out.getvalue().decode(), err.getvalue().decode())


def report(where: Path, *arguments: str) -> Report:
    """The JSON report of a scan that worked; its exit code must be what its verdict says."""
    done = bot(where, "scan", "--format", "json", *arguments)
    assert done.code in (0, 1), done.err
    read: Report = json.loads(done.out)
    assert read["verdict"]["failed"] == (done.code == 1)
    return read


@contextmanager
def _streams(stdin: bytes) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """Standard streams in memory."""
    before = sys.stdin, sys.stdout, sys.stderr
    out, err = io.BytesIO(), io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    sys.stdout, sys.stderr = (io.TextIOWrapper(one, encoding="utf-8", newline="\n") for one in (out, err))
    ours = sys.stdout, sys.stderr
    try:
        yield out, err
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        for one in ours:
            one.detach()


@contextmanager
def _folder(where: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(where)
    try:
        yield
    finally:
        os.chdir(before)
