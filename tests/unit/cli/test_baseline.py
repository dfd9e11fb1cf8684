from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fakes.rule_files import rule, rules
from review_bot.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

NAME = ".review-bot-baseline.json"
BAD = "begin()\n\noops(command)\n"


@pytest.fixture
def repository(git: Git, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Git:
    """A repository with one finding of the only rule that runs, in the current folder, on a fixed day."""
    (tmp_path / "own.toml").write_text(rules(rule(languages='["python"]')))
    monkeypatch.setenv("REVIEW_BOT_RULE_PATHS", str(tmp_path / "own.toml"))
    monkeypatch.setenv("REVIEW_BOT_SELECT", "own")
    git.write("a.py", BAD)
    git.commit()
    monkeypatch.chdir(git.root)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1735689600")
    return git


def entries(repository: Git) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads((repository.root / NAME).read_bytes())["entries"]
    return found


def summary(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["baseline", "write", *arguments]) == 0
    return capsys.readouterr().out


def test_what_is_written_is_held_back(repository: Git, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scan", "--all"]) == 1
    capsys.readouterr()
    told = summary(capsys, "--all", "--reason", "before the first review")
    assert told == f"{NAME}: 1 known finding, 1 new, 0 gone\n"
    (one,) = entries(repository)
    assert sorted(one) == ["anchor", "date", "fingerprint", "path", "reason", "rule"]
    assert [one[key] for key in ("rule", "path", "reason", "date")] == [
        "own.oops", "a.py", "before the first review", "2025-01-01"
    ]  # fmt: skip
    assert main(["scan", "--all"]) == 0


def test_no_source_text_is_kept(repository: Git, capsys: pytest.CaptureFixture[str]) -> None:
    summary(capsys, "--all")
    assert b"command" not in (repository.root / NAME).read_bytes()


@pytest.mark.parametrize("source", [("--all",), (), ("--staged",), ("--range", "HEAD...HEAD")])
def test_the_same_result_is_the_same_file(
    repository: Git, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, source: tuple[str, ...]
) -> None:
    summary(capsys, "--all", "--reason", "first")
    before = (repository.root / NAME).read_bytes()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    assert summary(capsys, *source, "--reason", "second") == f"{NAME}: 1 known finding, 0 new, 0 gone\n"
    assert (repository.root / NAME).read_bytes() == before


def test_moved_lines_and_renames_stay_known(repository: Git, capsys: pytest.CaptureFixture[str]) -> None:
    summary(capsys, "--all", "--reason", "first")
    repository("mv", "a.py", "b.py")
    repository.write("b.py", "if command:\n    " + BAD.replace("\n", "\n    ").rstrip(" "))
    assert main(["scan", "--all"]) == 0
    assert summary(capsys, "--all").endswith("1 known finding, 1 new, 1 gone\n")
    assert [(one["path"], one["reason"]) for one in entries(repository)] == [("b.py", "first")]


def test_a_copy_is_news(repository: Git, capsys: pytest.CaptureFixture[str]) -> None:
    summary(capsys, "--all")
    repository.write("b.py", BAD)
    assert main(["scan", "--all"]) == 1


def test_what_is_mended_goes_with_the_whole_tree_only(repository: Git, capsys: pytest.CaptureFixture[str]) -> None:
    summary(capsys, "--all")
    repository.write("a.py", "begin()\n")
    assert summary(capsys).endswith("1 known finding, 0 new, 0 gone\n")
    assert summary(capsys, "--all", "--ignore", "own.oops").endswith("1 known finding, 0 new, 0 gone\n")
    assert summary(capsys, "--all").endswith("0 known findings, 0 new, 1 gone\n")


def test_a_merged_finding_is_one_entry(repository: Git, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(rules(rule("own.a"), rule("own.b")))
    repository.write("a.py", "oops\n")
    assert summary(capsys, "--all").endswith("1 known finding, 1 new, 0 gone\n")
    assert main(["scan", "--all"]) == 0
    assert summary(capsys, "--all").endswith("1 known finding, 0 new, 0 gone\n")


def test_show_lists_what_is_known(repository: Git, capsys: pytest.CaptureFixture[str]) -> None:
    summary(capsys, "--all", "--reason", "old\x1bcode")
    (one,) = entries(repository)
    assert main(["baseline", "show"]) == 0
    expected = f"a.py: own.oops {one['fingerprint']} since 2025-01-01: old\\x1bcode\n"
    assert capsys.readouterr().out == expected


def test_show_as_json_is_the_file(repository: Git, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["baseline", "write", "--all"]) == 0
    capfdbinary.readouterr()
    assert main(["baseline", "show", "--format", "json"]) == 0
    assert capfdbinary.readouterr().out == (repository.root / NAME).read_bytes()


@pytest.mark.usefixtures("repository")
def test_nothing_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["baseline", "show"]) == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", f"no known findings in {NAME}\n")


@pytest.mark.parametrize("command", [["scan"], ["baseline", "write"], ["baseline", "show"]])
def test_a_broken_file_is_one_line_and_stays(
    repository: Git, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    repository.write(NAME, "<<<<<<< ours\n")
    assert main(command) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert (repository.root / NAME).read_text() == "<<<<<<< ours\n"


def test_a_named_file_must_be_there_but_for_writing(repository: Git, capsys: pytest.CaptureFixture[str]) -> None:
    repository.write(".review-bot.toml", 'baseline = "known.json"\n')
    assert main(["scan"]) == 2
    assert main(["baseline", "show"]) == 2
    summary(capsys, "--all")
    assert (repository.root / "known.json").exists()
    assert main(["scan", "--all"]) == 0


def test_no_baseline_wanted(repository: Git, capsys: pytest.CaptureFixture[str]) -> None:
    repository.write(".review-bot.toml", 'baseline = ""\n')
    assert main(["baseline", "write"]) == 2
    assert "baseline is empty" in capsys.readouterr().err


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("arguments", [[], ["erase"], ["write", "--staged", "--all"], ["show", "x"]])
def test_wrong_usage_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(["baseline", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1
