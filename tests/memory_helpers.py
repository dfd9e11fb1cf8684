"""What the tests of the memory share: events, clones and their logs."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from integration.cli_helpers import Done
from review_bot.cli.main import main
from review_bot.domain.event import Event, event, parse_all
from review_bot.stores.git_exchange import GitExchange
from review_bot.stores.git_process import Git as Runner
from review_bot.stores.git_remote import GitRemote
from review_bot.stores.gitref import GitRef
from review_bot.stores.log import Log

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git
    from review_bot.ports import EventStore

REF = "refs/review-bot/memory"
ADA, BOB = "a" * 16, "b" * 16


def signal(number: int, **fields: Any) -> Event:
    """One of as many different signals as there are numbers."""
    usual = {"sig": "command", "y": 0, "eps": 0.03, "rule": "r.x", "finding": f"{number:016x}", "actor": ADA}
    return event({"v": 1, "ts": 1_700_000_000 + number, "kind": "signal", **usual, **fields})


def forget(ts: int = 1_800_000_000, **fields: Any) -> Event:
    return event({"v": 1, "ts": ts, "kind": "forget", **fields})


def local(root: Path, git_dir: str = ".git") -> GitRef:
    return GitRef(Runner(str(root)), str(root / git_dir) if git_dir else str(root), REF)


def log(root: Path, remote: str = "", git_dir: str = ".git") -> Log:
    """The log of the clone at `root`, shared with `remote` where one is named."""
    ref = local(root, git_dir)
    return Log(ref, GitExchange(ref, GitRemote(ref, remote)) if remote else None)


def bot(where: Path, *arguments: str, stdin: bytes = b"", **environment: str) -> Done:
    """Run the command in `where` within this process, which spares starting an interpreter for each."""
    streams = [io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", write_through=True) for data in (stdin, b"", b"")]
    before = os.getcwd()
    os.chdir(where)
    try:
        named = dict(zip(("stdin", "stdout", "stderr"), streams, strict=True))
        with patch.dict(os.environ, environment), patch.dict(vars(sys), named):
            code = main(list(arguments))
    finally:
        os.chdir(before)
    out, err = (stream.buffer.getvalue().decode("utf-8") for stream in streams[1:])
    return Done(code, out, err)


def raw(store: EventStore) -> list[str]:
    """The id of each event in the store, as often as it stands there."""
    return sorted(one.id for batch in store.read() for one in parse_all(batch.lines))


def ids(*events: Event) -> list[str]:
    return sorted(one.id for one in events)


def hub(folder: Path, *options: str) -> Path:
    """A bare repository to share."""
    subprocess.run(["git", "init", "-q", "--bare", *options, str(folder)], check=True)
    return folder


def clone(git: Git, source: Path, name: str, *options: str) -> Path:
    """A clone of `source` beside the repository of the test."""
    target = git.root.parent / name
    subprocess.run(
        ["git", "clone", "-q", *options, f"file://{source}", str(target)], check=True, stderr=subprocess.DEVNULL
    )
    return target
