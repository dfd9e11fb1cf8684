"""`scan --fix`: what it changes, and everything that it must leave as it is."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from fakes.rule_files import rule
from integration.cli_helpers import bot, report, use

if TYPE_CHECKING:
    from conftest import Git

SAFE = '{ template = "fine", safety = "safe" }'


def fixing(git: Git, before: bytes, after: bytes, *options: str, fix: str = SAFE) -> bytes:
    """The bytes of a file after `--fix`, where a change brought it from `before` to `after`."""
    use(git, rule(fix=fix))
    git.write("a.txt", before)
    git.commit()
    git.write("a.txt", after)
    done = bot(git.root, "scan", "--fix", *options)
    assert done.code in (0, 1), done.err
    return (git.root / "a.txt").read_bytes()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (b"one\n", b"one\noops\n", b"one\nfine\n"),
        (b"oops\n", b"oops\noops\n", b"oops\nfine\n"),
        (b"one\r\n", b"one\r\noops\r\ntwo\r\n", b"one\r\nfine\r\ntwo\r\n"),
        (b"one\n", b"one\noops", b"one\nfine"),
        (b"\xef\xbb\xbfone\n", b"\xef\xbb\xbfone\noops\n", b"\xef\xbb\xbfone\nfine\n"),
        (b"", b"\xef\xbb\xbfoops\n", b"\xef\xbb\xbffine\n"),
        (b"one\n", b"one  \noops \xff\xfe\noops\n\n", b"one  \noops \xff\xfe\nfine\n\n"),
        (b"one\n", b"one\t\n\toops\t;\t\n", b"one\t\n\tfine\t;\t\n"),
        (b"one\n", b"one\x0c\x0b\r \xe2\x80\xa8oops\n", b"one\x0c\x0b\r \xe2\x80\xa8fine\n"),
        (b"one\n", b"one\noops oops\n", b"one\nfine fine\n"),
    ],
    ids=["added", "only added", "CRLF", "no line feed", "BOM", "first line", "bytes", "tabs", "separators", "twice"],
)
def test_only_the_flagged_text_of_added_lines_changes(git: Git, before: bytes, after: bytes, expected: bytes) -> None:
    assert fixing(git, before, after) == expected


def test_what_is_left_decides_the_exit_code(git: Git) -> None:
    use(git, rule(fix=SAFE), rule("own.bad", "regex = 'bad'", "bad"))
    git.write("a.txt", "oops\n")
    done = bot(git.root, "scan", "--fix")
    assert (done.code, done.err) == (0, "fixed 1 finding\n")
    git.write("a.txt", "oops\nbad\n")
    assert bot(git.root, "scan", "--fix").code == 1
    assert (git.root / "a.txt").read_text() == "fine\nbad\n"


def test_a_suggestion_is_not_put_in(git: Git) -> None:
    fix = SAFE.replace('"safe"', '"suggest"')
    assert fixing(git, b"one\n", b"one\noops\n", fix=fix) == b"one\noops\n"


def test_without_the_option_nothing_changes(git: Git) -> None:
    use(git, rule(fix=SAFE))
    git.write("a.txt", "oops\n")
    assert report(git.root)["findings"][0]["suggestion"]["replacement"] == "fine"
    assert (git.root / "a.txt").read_text() == "oops\n"


def test_the_index_stays_as_it_is(git: Git) -> None:
    use(git, rule(fix=SAFE))
    git.write("a.txt", "oops\n")
    git("add", "-A")
    assert bot(git.root, "scan", "--fix").code == 0
    assert git("show", ":a.txt") == "oops"
    assert (git.root / "a.txt").read_text() == "fine\n"


def test_modes_and_other_files_stay(git: Git) -> None:
    use(git, rule(fix=SAFE))
    git.write("run.sh", "oops\n").chmod(0o755)
    other = git.write("other.txt", "no problem\n")
    before = other.stat().st_mtime_ns
    bot(git.root, "scan", "--fix")
    assert stat.S_IMODE((git.root / "run.sh").stat().st_mode) == 0o755
    assert other.stat().st_mtime_ns == before


def test_suppressed_and_narrowed_findings_stay(git: Git) -> None:
    use(git, rule(fix=SAFE))
    git.write("a.txt", "oops  # review-bot: ignore[own.oops] -- wanted\n")
    git.write("b.txt", "oops\n")
    bot(git.root, "scan", "--fix", "a.txt")
    assert (git.root / "a.txt").read_text().startswith("oops")
    assert (git.root / "b.txt").read_text() == "oops\n"


def test_verbose_prints_the_patch(git: Git) -> None:
    use(git, rule(fix=SAFE))
    git.write("a.txt", "oops \x1b[31m\n")
    done = bot(git.root, "scan", "--fix", "-v")
    assert done.out.startswith("--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-oops \\x1b[31m\n+fine \\x1b[31m\n")


def test_the_patch_stays_out_of_a_report(git: Git) -> None:
    use(git, rule(fix=SAFE))
    git.write("a.txt", "oops\n")
    done = bot(git.root, "scan", "--fix", "-v", "--format", "json")
    assert done.out.startswith("{")
    assert "+fine\n" in done.err


def test_a_link_is_not_followed(git: Git) -> None:
    use(git, rule(fix=SAFE))
    outside = git.root.parent / "outside.txt"
    outside.write_text("oops\n")
    (git.root / "link.txt").symlink_to(outside)
    bot(git.root, "scan", "--fix")
    assert outside.read_text() == "oops\n"


def test_all_fixes_whole_files(git: Git) -> None:
    use(git, rule(fix=SAFE))
    git.write("a.txt", "oops\n")
    git.commit()
    assert bot(git.root, "scan", "--all", "--fix", "a.txt").code == 0
    assert (git.root / "a.txt").read_text() == "fine\n"
