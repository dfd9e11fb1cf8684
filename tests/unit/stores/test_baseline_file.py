from __future__ import annotations

import contextlib
import json
import os
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.errors import StoreError
from review_bot.rules.baseline import Entry, in_order
from review_bot.stores.baseline_file import SCHEMA, load, parse, render, save

if TYPE_CHECKING:
    from pathlib import Path

ONE = Entry("1" * 16, "a.rule", "b.py", "legacy", "2025-01-01", "2" * 16)
TWO = Entry("3" * 16, "a.rule", "a.py", "", "2025-01-02", "4" * 16)


def file_of(**changes: object) -> bytes:
    return json.dumps({"schema": SCHEMA, "entries": [{**ONE._asdict(), **changes}]}).encode()


def test_the_whole_file() -> None:
    assert render([ONE._replace(path="é.py")]).decode() == (
        "{\n"
        ' "schema": "review-bot.baseline/1",\n'
        ' "entries": [\n'
        "  {\n"
        '   "fingerprint": "1111111111111111",\n'
        '   "rule": "a.rule",\n'
        '   "path": "é.py",\n'
        '   "reason": "legacy",\n'
        '   "date": "2025-01-01",\n'
        '   "anchor": "2222222222222222"\n'
        "  }\n"
        " ]\n"
        "}\n"
    )


def test_the_order_of_the_entries_does_not_matter() -> None:
    assert render([ONE, TWO]) == render([TWO, ONE])


def test_a_path_that_is_not_utf8_comes_back() -> None:
    entry = ONE._replace(path="a\udcff.py")
    assert parse(render([entry]), "f") == [entry]


def test_an_entry_without_anchor_comes_back() -> None:
    entry = ONE._replace(anchor="")
    assert parse(render([entry]), "f") == [entry]


@given(st.lists(st.builds(Entry, *[st.text()] * 6)))
def test_whatever_is_written_comes_back(entries: list[Entry]) -> None:
    assert parse(render(entries), "f") == in_order(entries)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"<<<<<<< ours\n{}\n=======\n{}\n>>>>>>> theirs\n", "holds conflict markers"),
        (b"[]", "no schema"),
        (b'{"schema": 1}', "no schema"),
        (b'{"schema": "review-bot.baseline/2", "entries": []}', "of schema review-bot.baseline/2"),
        (b'{"schema": "review-bot.baseline/1", "entries": {}}', "no list `entries`"),
        (b'{"schema": "review-bot.baseline/1", "entries": [1]}', "entry 1 of the baseline is not a table"),
        (file_of(date=7), "no text `date`"),
        (file_of(anchor=None), "no text `anchor`"),
    ],
)
def test_a_broken_file_is_one_line_naming_file_and_remedy(data: bytes, what: str) -> None:
    with pytest.raises(StoreError) as caught:
        parse(data, "the/file.json")
    message = str(caught.value)
    assert what in message
    assert message.startswith("the/file.json: ")
    assert "review-bot baseline write" in message
    assert "\n" not in message


@given(st.binary())
def test_any_bytes_are_entries_or_our_error(data: bytes) -> None:
    with contextlib.suppress(StoreError):
        parse(data, "f")


def test_no_file_is_no_entry_unless_it_was_asked_for(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.json")
    assert load(missing, required=False) == []
    with pytest.raises(StoreError, match="no such baseline"):
        load(missing, required=True)


def test_a_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="can't be read"):
        load(str(tmp_path), required=False)


def test_saving_twice_writes_once(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    assert save(str(path), [ONE, TWO])
    before = path.stat()
    assert not save(str(path), [TWO, ONE])
    after = path.stat()  # not the whole: reading it may move the access time
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert load(str(path), required=True) == [TWO, ONE]
    assert os.listdir(tmp_path) == ["baseline.json"]


def test_mode_and_link_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    save(str(real), [ONE])
    real.chmod(0o640)
    link.symlink_to("real.json")
    save(str(link), [TWO])
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert load(str(real), required=True) == [TWO]


def test_a_new_file_follows_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    before = os.umask(0o027)
    try:
        save(str(path), [ONE])
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_place_that_can_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="can't be written"):
        save(str(tmp_path / "no folder" / "baseline.json"), [ONE])
