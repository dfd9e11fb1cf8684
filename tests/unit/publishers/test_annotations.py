"""What goes to the page of a workflow run stays within its limits and commands nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review_bot.publishers import annotations as page

if TYPE_CHECKING:
    from pathlib import Path


def test_a_summary_is_added_and_cut_between_characters(tmp_path: Path) -> None:
    place = tmp_path / "summary"
    place.write_text("before\n")
    assert page.add_summary(str(place), "日" * 400_000)
    data = place.read_bytes()
    assert len(data) <= page.LIMIT + len(b"before\n")
    assert data.decode().startswith("before\n日日")
    assert data.decode().endswith("900 KiB)\n")


def test_what_can_not_be_written_is_said(tmp_path: Path) -> None:
    assert not page.add_summary(str(tmp_path), "x")
    assert not page.add_outputs(str(tmp_path), {"a": "b"})


def test_an_output_is_one_line(tmp_path: Path) -> None:
    place = tmp_path / "output"
    assert page.add_outputs(str(place), {"a": "x\ny=z", "b": ""})
    assert place.read_text() == "a=x y=z\nb=\n"


def test_untrusted_text_stands_between_two_marks() -> None:
    first, *inside, last = page.untrusted("::error::x\ny\n").splitlines()
    assert first.startswith("::stop-commands::")
    assert inside == ["::error::x", "y"]
    assert last == f"::{first.removeprefix('::stop-commands::')}::"
