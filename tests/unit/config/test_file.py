"""Where the file is found, and files that are none."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.config import load
from review_bot.config.file import LIMIT, _parsed
from review_bot.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

OWN = ".review-bot.toml"


def complaint(root: Path, file: str | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(str(root), file=file, environ={})
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    "text",
    [
        "[tool.review-bot]\nfail-on = 'info'",
        "[tool]\nreview-bot = { fail-on = 'info' }",
        "tool.review-bot.fail-on='info'",
    ],
    ids=["table", "inline", "dotted"],
)
def test_the_table_in_pyproject(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)

    loaded = load(str(tmp_path), environ={})

    assert (loaded.config.fail_on, loaded.origins["fail-on"]) == ("info", "pyproject.toml")
    assert loaded.base == str(tmp_path)


def test_a_pyproject_that_was_asked_for_gives_its_table(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("[tool.review-bot]\nfail-on = 'info'")

    assert load(None, file=str(path), environ={}).config.fail_on == "info"


@pytest.mark.parametrize(
    "text",
    ["[project]\nname = 'x'", "[project]\ndependencies = ['review-bot-local']", "tool = 'review-bot'", "not = = toml"],
)
def test_a_pyproject_without_our_table_is_no_configuration(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)

    assert load(str(tmp_path), environ={}).files == ()


def test_a_pyproject_that_is_a_folder_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()

    assert load(str(tmp_path), environ={}).files == ()


def test_errors_in_pyproject_name_the_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.review-bot]\nfail_on = 'info'")

    expected = "pyproject.toml, [tool.review-bot]: unknown key fail_on; did you mean fail-on?"
    assert complaint(tmp_path) == expected


def test_our_table_in_pyproject_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nreview-bot = 3")

    assert complaint(tmp_path) == "pyproject.toml, [tool.review-bot]: review-bot is 3; expected a table"


@pytest.mark.parametrize(
    ("data", "line", "what"),
    [
        (b"fail-on = 'info'\n= 3\n", 2, "not valid TOML"),
        (b"fail-on = 'info'\nselect = [\n", 2, "not valid TOML"),
        (b"fail-on = 'error'\nfail-on = 'info'\n", 2, "not valid TOML"),
        (b"\n\nfail-on = '\xff'", 3, "is not UTF-8"),
        (b"\xff\xfef\x00", 1, "is not UTF-8"),
        (b"window = " + b"9" * 5000, 1, "not valid TOML"),
    ],
    ids=["syntax", "end", "twice", "latin-1", "utf-16", "huge-number"],
)
def test_what_is_no_toml_is_named_by_line(tmp_path: Path, data: bytes, line: int, what: str) -> None:
    (tmp_path / OWN).write_bytes(data)

    assert complaint(tmp_path).startswith(f"{OWN}:{line}: {what}")


def test_deep_nesting_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / OWN).write_text("select = " + "[" * 100_000)
    assert complaint(tmp_path).startswith(OWN)


def test_deeply_dotted_severities_are_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / OWN).write_text(f"severity.{'a.' * 50_000}b = 'info'")

    assert complaint(tmp_path).startswith(OWN)


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    (tmp_path / OWN).write_bytes(b"\xef\xbb\xbffail-on = 'info'\r\n")

    assert load(str(tmp_path), environ={}).config.fail_on == "info"


def test_a_file_too_large_to_be_one(tmp_path: Path) -> None:
    (tmp_path / OWN).write_bytes(b"#" * (LIMIT + 1))

    assert complaint(tmp_path) == f"{OWN}: is larger than 1 MiB; a configuration needs a few lines"


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / OWN).mkdir()

    assert complaint(tmp_path) == f"{OWN}: is a folder, not a file; name a TOML file"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / OWN)

    assert complaint(tmp_path) == f"{OWN}: is no regular file; mend or remove it"


def test_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / OWN).symlink_to("gone.toml")

    assert complaint(tmp_path) == f"{OWN}: the link leads nowhere; mend or remove it"


def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / OWN).symlink_to(OWN)

    assert complaint(tmp_path).startswith(f"{OWN}: can't be read: ")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / OWN).touch(mode=0)

    assert complaint(tmp_path).startswith(f"{OWN}: can't be read: ")


@pytest.mark.parametrize("name", ["gone.toml", "gone/pyproject.toml", ""], ids=["file", "pyproject", "empty"])
def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)

    assert complaint(tmp_path, file=name)


@pytest.mark.parametrize("name", ["a\0b", "a" * 5000, "\udcff"], ids=["nul", "long", "not-utf8"])
def test_names_that_no_file_has(tmp_path: Path, name: str) -> None:
    assert complaint(tmp_path, file=name)


@given(st.binary(max_size=60) | st.text("[]{}=\"'.,\n#a1\\u", max_size=60).map(str.encode))
def test_no_bytes_give_anything_but_our_error(data: bytes) -> None:
    with contextlib.suppress(ConfigError):
        assert isinstance(_parsed(data, OWN), dict)
