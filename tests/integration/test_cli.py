"""The command line as a user meets it: commands, options, exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import review_bot
from fakes.rule_files import rule
from integration.cli_helpers import bot, found, held, one_line, report, use
from review_bot.cli.main import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

SOURCES: dict[str, tuple[str, ...]] = {
    "worktree": (),
    "staged": ("--staged",),
    "range": ("--range", "HEAD~1..HEAD"),
    "all": ("--all",),
}


@pytest.fixture
def changed(git: Git) -> Git:
    """A repository whose last commit, index and work tree each add a line that a rule finds."""
    use(git, rule(), rule("own.note", "regex = 'noted'", "noted", severity='"info"', category='"conventions"'))
    git.write("a.txt", "zero\n")
    git.commit()
    git.write("a.txt", "zero\noops in a commit\n")
    git.commit()
    git.write("a.txt", "zero\noops in a commit\noops in the index\n")
    git("add", "-A")
    git.write("a.txt", "zero\noops in a commit\noops in the index\noops in the work tree\n")
    git.write("new.txt", "oops in a new file\n")
    return git


def test_the_version(tmp_path: Path) -> None:
    done = bot(tmp_path, "--version")
    assert done == (0, f"review-bot {review_bot.__version__}\n", "")
    assert bot(tmp_path, "-V") == done


def test_help_names_every_command(tmp_path: Path) -> None:
    done = bot(tmp_path, "--help")
    assert (done.code, done.err) == (0, "")
    assert all(f"  {name} " in done.out for name in COMMANDS)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help(tmp_path: Path, name: str) -> None:
    done = bot(tmp_path, name, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"usage: review-bot {name}")


def test_no_command_shows_the_commands_and_says_so(tmp_path: Path) -> None:
    done = bot(tmp_path)
    assert "no command is named" in one_line(done)
    assert "  scan " in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("scam",), "did you mean `review-bot scan`?"),
        (("--quiet", "scan"), "unknown option --quiet"),
        (("scan", "--nope"), "--nope"),
        (("scan", "--sel", "x"), "--sel"),
        (("scan", "--format"), "--format"),
        (("scan", "--format", "txt"), "did you mean text?"),
        (("scan", "--format", "json:"), "no path behind the colon"),
        (("scan", "--format", "json", "--format", "text"), "two formats go to standard output"),
        (("scan", "--staged", "--all"), "two sources"),
        (("scan", "--range", "A..B", "--diff", "-"), "two sources"),
        (("scan", "--range", "HEAD"), "two sides"),
        (("scan", "--filter", "some"), "filter"),
        (("scan", "--fail-on", "fatal"), "fail-on"),
        (("scan", "--select", "no.such.rule"), "no.such.rule"),
        (("scan", "--ignore", "no.such.rule"), "no.such.rule"),
        (("scan", "--select", "NOPE"), "NOPE"),
        (("scan", "--ignore", "own.oop"), "did you mean own.oops?"),
        (("scan", "--backend", "gpt"), "model.backend"),
        (("scan", "--window", "many"), "--window"),
        (("scan", "--window", "1"), "model.window"),
        (("scan", "--deadline", "0"), "model.deadline"),
        (("scan", "--deadline", "soon"), "--deadline"),
        (("scan", "--config", "none.toml"), "none.toml"),
        (("scan", "missing.txt"), "missing.txt"),
        (("scan", ".."), "outside of the repository"),
        (("scan", "--fix", "--staged"), "--fix"),
        (("hook",), "no hook is named"),
        (("hook", "pre-rebase"), "pre-rebase"),
        (("rules",), "ACTION"),
        (("rules", "show", "own.oop"), "own.oop"),
        (("baseline", "erase"), "erase"),
        (("config", "show", "x"), "x"),
        (("doctor", "--nope"), "--nope"),
        (("install", "--nope"), "--nope"),
        (("uninstall", "extra"), "extra"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_wrong_usage_is_one_line(changed: Git, arguments: tuple[str, ...], said: str) -> None:
    assert said in one_line(bot(changed.root, *arguments))


@pytest.mark.parametrize(("kind", "lines"), [("worktree", 3), ("staged", 1), ("range", 1), ("all", 4)])
def test_each_source_sees_its_own_lines(changed: Git, kind: str, lines: int) -> None:
    read = report(changed.root, *SOURCES[kind])
    assert read["source"]["kind"] == kind
    assert len(read["findings"]) == lines


def test_a_range_names_full_commits(changed: Git) -> None:
    source = report(changed.root, "--range", "HEAD~1..HEAD")["source"]
    ends = {"base": changed("rev-parse", "HEAD~1"), "head": changed("rev-parse", "HEAD")}
    assert source == {"kind": "range", **ends, "repository": None, "number": None}


def test_three_dots_begin_where_the_branches_parted(git: Git) -> None:
    use(git, rule())
    git("checkout", "-q", "-b", "topic")
    git.write("topic.txt", "oops, all of it new\n")
    git.commit()
    git("checkout", "-q", "main")
    git.write("main.txt", "oops\n")
    git.commit()
    assert found(report(git.root, "--range", "main...topic")) == [("topic.txt", 1, "own.oops")]
    assert [file["path"] for file in report(git.root, "--range", "main..topic")["files"]] == ["main.txt", "topic.txt"]


def test_paths_narrow_the_change(changed: Git) -> None:
    assert [file["path"] for file in report(changed.root, "new.txt")["files"]] == ["new.txt"]
    (changed.root / "sub").mkdir()
    changed.write("sub/b.txt", "oops\n")
    assert found(report(changed.root / "sub", ".")) == [("sub/b.txt", 1, "own.oops")]
    assert found(report(changed.root, "--all", "sub")) == [("sub/b.txt", 1, "own.oops")]


def test_a_deleted_path_can_be_named(changed: Git) -> None:
    (changed.root / "a.txt").unlink()
    assert [file["status"] for file in report(changed.root, "a.txt")["files"]] == ["deleted"]


def test_a_path_outside_the_change_leaves_nothing(changed: Git) -> None:
    assert report(changed.root, "rules.toml")["files"] == []


@pytest.mark.parametrize(
    ("bound", "code"),
    [("none", 0), ("info", 1), ("warning", 0), ("error", 0)],
    ids=["none", "info", "warning", "error"],
)
def test_fail_on_decides_the_exit_code(git: Git, bound: str, code: int) -> None:
    use(git, rule(severity='"info"'))
    git.write("a.txt", "oops\n")
    done = bot(git.root, "scan", "--fail-on", bound, "--format", "json")
    assert done.code == code
    assert json.loads(done.out)["verdict"] == {
        "fail_on": bound, "failed": bool(code), "counts": {"error": 0, "warning": 0, "info": 1}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--select", "own.oops"), {"own.oops"}),
        (("--select", "own"), {"own.oops", "own.note"}),
        (("--select", "own.*"), {"own.oops", "own.note"}),
        (("--select", "conventions"), {"own.note"}),
        (("--select", "*", "--ignore", "common,secrets,ci"), {"own.oops", "own.note"}),
        (("--select", "own.oops,own.note"), {"own.oops", "own.note"}),
        (("--select", "own.oops", "--select", "own.note"), {"own.oops", "own.note"}),
        (("--ignore", "own.oops"), {"own.note"}),
        (("--ignore", "conventions"), {"own.oops"}),
        (("--select", "own.oops", "--ignore", "correctness"), {"own.oops"}),
        (("--select", "own", "--ignore", "own"), set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_select_and_ignore(changed: Git, options: tuple[str, ...], expected: set[str]) -> None:
    changed.write("new.txt", "oops noted\n")
    read = report(changed.root, "new.txt", *options)
    seen = {name for one in read["findings"] for name in (one["rule"], *one["also"])}
    assert seen == expected


FAR = "zero\n" * 20


@pytest.mark.parametrize(
    ("mode", "shown", "kept_back"),
    [
        ("added", [22], [(1, "filter"), (21, "filter")]),
        ("diff_context", [21, 22], [(1, "filter")]),
        ("file", [1, 21, 22], []),
        ("nofilter", [1, 21, 22], []),
    ],
)
def test_filter_modes(git: Git, mode: str, shown: list[int], kept_back: list[tuple[int, str]]) -> None:
    use(git, rule(where='{ scope = "file" }'))
    git.write("a.txt", f"oops\n{FAR[5:]}oops\n")
    git.commit()
    git.write("a.txt", f"oops\n{FAR[5:]}oops\noops\n")
    read = report(git.root, "--filter", mode)
    assert [line for _, line, _ in found(read)] == shown
    assert held(read) == kept_back


@pytest.mark.parametrize("mode", ["added", "diff_context", "file", "nofilter"])
def test_rules_of_added_lines_follow_the_filter(git: Git, mode: str) -> None:
    use(git, rule())
    git.write("a.txt", f"oops\n{FAR}oops\n")
    git.commit()
    git.write("a.txt", f"oops\n{FAR}oops\noops\n")
    lines = {"added": [23], "diff_context": [22, 23], "file": [1, 22, 23], "nofilter": [1, 22, 23]}[mode]
    assert [line for _, line, _ in found(report(git.root, "--filter", mode))] == lines


@pytest.mark.parametrize(("mode", "lines"), [("added", []), ("diff_context", [23]), ("file", [1, 23])])
def test_keywords_are_looked_for_where_the_filter_lets_findings_through(git: Git, mode: str, lines: list[int]) -> None:
    use(git, rule(keywords='["oops"]'))
    git.write("a.txt", f"oops\n{FAR}\noops\n")
    git.commit()
    git.write("a.txt", f"oops\n{FAR}\noops\nfine\n")
    assert [line for _, line, _ in found(report(git.root, "--filter", mode))] == lines


@pytest.mark.parametrize("text", ["// Code generated by protoc. DO NOT EDIT.\n", "/* @generated */\n", ""])
def test_machine_made_files_are_left_out_but_for_nofilter(git: Git, text: str) -> None:
    use(git, rule())
    git.write("made.js", text + ("oops();" * 1000 + "\n" if not text else "oops()\n"))
    read = report(git.root)
    assert read["findings"] == []
    assert [(row["rules"], bool(row["reason"])) for row in read["coverage"]] == [(False, True)]
    assert report(git.root, "--filter", "nofilter")["findings"]


@pytest.mark.parametrize("name", ["app.min.js", "site.min.css", "thing_pb2.py", "thing.pb.go"])
def test_generated_files_are_known_by_name(git: Git, name: str) -> None:
    use(git, rule())
    git.write(name, "oops\n")
    read = report(git.root)
    assert (read["findings"], read["coverage"][0]["rules"]) == ([], False)
    assert report(git.root, "--filter", "nofilter")["findings"]


def test_several_formats_at_once(changed: Git, tmp_path: Path) -> None:
    places = {name: tmp_path / f"out.{name}" for name in ("json", "sarif", "junit", "markdown", "html")}
    options = [word for name, path in places.items() for word in ("--format", f"{name}:{path}")]
    done = bot(changed.root, "scan", "--format", "text", *options)
    assert done.code == 1
    assert done.out.startswith("a.txt:3:1: error own.oops: found\n")
    assert len(json.loads(places["json"].read_text())["findings"]) == 3
    assert json.loads(places["sarif"].read_text())["version"] == "2.1.0"
    assert all(path.stat().st_size for path in places.values())


@pytest.mark.parametrize(
    "name",
    ["text", "json", "jsonl", "sarif", "rdjson", "rdjsonl", "github", "checkstyle", "junit", "markdown", "html"],
)
def test_every_format_names_the_finding(changed: Git, name: str) -> None:
    done = bot(changed.root, "scan", "--format", name)
    assert (done.code, done.err) == (1, "")
    assert "own.oops" in done.out
    assert "new.txt" in done.out


def test_a_path_may_hold_a_colon(changed: Git) -> None:
    bot(changed.root, "scan", "--format", "json:out:1.json")
    assert json.loads((changed.root / "out:1.json").read_text())["findings"]


def test_a_file_is_replaced_only_when_the_report_is_ready(changed: Git, tmp_path: Path) -> None:
    kept = tmp_path / "report.json"
    kept.write_text("old")
    one_line(bot(changed.root, "scan", "--range", "no..where", "--format", f"json:{kept}"))
    assert kept.read_text() == "old"


def test_what_goes_to_a_file_says_nothing(changed: Git, tmp_path: Path) -> None:
    assert bot(changed.root, "scan", "--format", f"json:{tmp_path / 'r'}") == (1, "", "")


def test_quiet_shows_findings_only(changed: Git) -> None:
    assert "added line" in bot(changed.root, "scan").out
    assert "added line" not in bot(changed.root, "scan", "-q").out
    assert bot(changed.root, "scan", "-q", "rules.toml") == (0, "", "")


def test_verbose_shows_what_was_held_back(changed: Git) -> None:
    changed.write("new.txt", "oops  # review-bot: ignore[own.oops] -- a test\n")
    assert "a test" not in bot(changed.root, "scan", "new.txt").out
    assert "a test" in bot(changed.root, "scan", "-v", "new.txt").out


def test_nothing_to_review(git: Git) -> None:
    git.commit()
    done = bot(git.root, "scan")
    assert (done.code, done.err) == (0, "")
    assert "nothing to review" in done.out


@pytest.mark.parametrize("command", ["show", "schema"])
def test_the_configuration_is_shown(changed: Git, command: str) -> None:
    done = bot(changed.root, "config", command)
    assert (done.code, done.err) == (0, "")
    assert "fail-on" in done.out


def test_doctor_works_everywhere(changed: Git, tmp_path: Path) -> None:
    assert bot(changed.root, "doctor").code == 0
    assert bot(tmp_path, "doctor").code in (0, 2)


def test_install_and_uninstall(changed: Git) -> None:
    assert bot(changed.root, "install").code == 0
    names = {"pre-commit", "pre-push", "commit-msg", "post-commit"}
    hooks = changed.root / ".git" / "hooks"
    assert {name for name in names if (hooks / name).exists()} == names
    assert bot(changed.root, "uninstall").code == 0
    assert not any((hooks / name).exists() for name in names)


def test_the_hook_blocks_what_scan_blocks(changed: Git) -> None:
    done = bot(changed.root, "hook", "pre-commit")
    assert done.code == 1
    assert "oops in the index" in done.out
    assert "work tree" not in done.out


def test_a_baseline_through_the_command_line(changed: Git) -> None:
    assert bot(changed.root, "baseline", "write", "--reason", "old").code == 0
    read = report(changed.root, "a.txt", "new.txt")
    assert read["findings"] == []
    assert held(read) == [(3, "baseline"), (4, "baseline"), (1, "baseline")]
    assert {one["reason"] for one in read["suppressed"]} == {"old"}
    assert "own.oops" in bot(changed.root, "baseline", "show").out
    changed.write("other.txt", "oops\n")
    assert found(report(changed.root)) == [("other.txt", 1, "own.oops")]
