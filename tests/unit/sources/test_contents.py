from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.diffing.narrow import narrow
from review_bot.diffing.raw import parse_git
from review_bot.sources import contents as module
from review_bot.sources.blobs import Blobs
from review_bot.sources.contents import GitContents, Record, records
from review_bot.sources.process import diff

if TYPE_CHECKING:
    import pytest

    from conftest import Git

OLD, NEW = "1" * 40, "2" * 40


def test_records_by_the_path_after_the_change() -> None:
    header = f":100644 100644 {OLD} {NEW}"
    data = f"{header} M\0a\nb\0{header} R090\0old\0new\0{header} U\0c\0\0diff --git a/x b/x\n:not a record".encode()
    assert records(data) == {
        "a\nb": Record(OLD, NEW, "M"),
        "new": Record(OLD, NEW, "R090"),
        "c": Record(OLD, NEW, "U"),
    }
    assert records(b"") == {}


def test_a_file_longer_than_the_context_comes_from_its_blobs(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = b"x\n" * 20, b"y\n" + b"x\n" * 20
    git.write("a.txt", old)
    git.commit()
    git.write("a.txt", new)
    git("add", "-A")
    monkeypatch.setattr(module, "CONTEXT", 5)
    data = diff(["--cached", "-U5"], cwd=str(git.root))
    full = parse_git(data)
    found = GitContents(data, cwd=str(git.root), full=full)
    assert (found.old(narrow(full[0])), found.new(narrow(full[0]))) == (old, new)


def test_blobs_are_read_one_after_another(git: Git) -> None:
    identities = []
    for text in (b"one\n", b"", b"two\n\n", b"\0" * 100_000):
        git.write("x", text)
        identities.append(git("hash-object", "-w", "x"))
    blobs = Blobs(str(git.root))
    assert [blobs.read(identity) for identity in identities] == [b"one\n", b"", b"two\n\n", b"\0" * 100_000]
    assert blobs.read("1" * 40) is None
    assert blobs.read(git.commit()) is None
    assert blobs.read(identities[0]) == b"one\n"
    blobs.close()
    assert blobs.read(identities[0]) == b"one\n"


def test_blobs_of_a_process_that_ended(git: Git) -> None:
    blobs = Blobs(str(git.root / ".git/hooks/nowhere"))
    assert blobs.read("1" * 40) is None
    assert blobs.read("1" * 40) is None
