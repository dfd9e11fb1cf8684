from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest

from review_bot.errors import DiffError, SourceError, UsageError
from review_bot.sources.patch import PatchSource

if TYPE_CHECKING:
    from pathlib import Path

    from review_bot.ports import Change

ADDED = """\
diff --git a/new.py b/new.py
new file mode 100644
index 0000000..1111111
--- /dev/null
+++ b/new.py
@@ -0,0 +1,2 @@
+one
+two
\\ No newline at end of file
"""
CHANGED = """\
diff --git a/sub/old.py b/sub/old.py
index 1111111..2222222 100644
--- a/sub/old.py
+++ b/sub/old.py
@@ -1 +1 @@
-one
+zwölf
"""


@pytest.fixture(autouse=True)
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No repository, and no git either."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")


def read(data: bytes, *paths: str) -> Change:
    with open("x.diff", "wb") as stream:
        stream.write(data)
    return PatchSource("x.diff", paths).read()


def test_a_file() -> None:
    change = read((ADDED + CHANGED).encode())
    assert [(file.path, file.added, file.removed) for file in change.files] == [("new.py", 2, 0), ("sub/old.py", 1, 1)]
    assert (change.info.kind, change.root, change.writable) == ("diff", None, False)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(ADDED.encode())))
    assert [file.path for file in PatchSource("-").read().files] == ["new.py"]


def test_only_an_added_file_is_there_whole() -> None:
    change = read((ADDED + CHANGED).encode())
    assert [change.contents.new(file) for file in change.files] == [b"one\ntwo", None]
    assert [change.contents.old(file) for file in change.files] == [None, None]


def test_an_added_file_that_the_patch_does_not_begin() -> None:
    change = read(ADDED.replace("+1,2", "+5,2").encode())
    assert change.contents.new(change.files[0]) is None


def test_an_empty_added_file() -> None:
    change = read(b"diff --git a/e b/e\nnew file mode 100644\nindex 0000000..e69de29\n")
    assert change.contents.new(change.files[0]) == b""


def test_an_empty_diff_is_clean() -> None:
    assert read(b"").files == ()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_what_a_shell_made_of_the_diff(encoding: str) -> None:
    mark = "\ufeff" if encoding[-2:] in {"le", "be"} else ""
    files = read((mark + CHANGED.replace("\n", "\r\n")).encode(encoding)).files
    assert files[0].hunks[0].added_lines() == [(1, "zwölf\r".encode())]


def test_damaged_utf_16() -> None:
    with pytest.raises(DiffError, match=r"x\.diff: .*UTF-16.*--output"):
        read(b"\xff\xfed")


@pytest.mark.parametrize("data", [b"no diff at all\n", b"<html>", ADDED.encode()[:90]], ids=["text", "html", "cut"])
def test_errors_name_the_file(data: bytes) -> None:
    with pytest.raises(DiffError, match=r"^x\.diff: "):
        read(data)


def test_errors_name_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"no diff\n")))
    with pytest.raises(DiffError, match=r"^standard input: "):
        PatchSource("-").read()


def test_closed_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(SourceError, match="standard input: can't be read"):
        PatchSource("-").read()


@pytest.mark.parametrize(("name", "reason"), [("gone", "No such file"), (".", "Is a directory"), ("a\0b", "read")])
def test_what_is_not_a_readable_file(name: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason) as error:
        PatchSource(name).read()
    assert "\n" not in str(error.value)


def test_a_pipe_is_read_to_its_end() -> None:
    reading, writing = os.pipe()
    os.write(writing, ADDED.encode())
    os.close(writing)
    assert len(PatchSource(f"/dev/fd/{reading}").read().files) == 1
    os.close(reading)


def test_paths_narrow_it() -> None:
    assert [file.path for file in read((ADDED + CHANGED).encode(), "sub", "./sub/").files] == ["sub/old.py"]


def test_a_path_that_is_only_on_disk_narrows_it_to_nothing() -> None:
    assert read(ADDED.encode(), "x.diff").files == ()


def test_a_path_that_names_nothing() -> None:
    with pytest.raises(UsageError, match="nowhere"):
        read(ADDED.encode(), "nowhere")
