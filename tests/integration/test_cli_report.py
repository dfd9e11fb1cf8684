"""The JSON report: every key, and values as documented."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

import review_bot
from fakes.rule_files import rule
from integration.cli_helpers import Report, bot, found, held, report, use

if TYPE_CHECKING:
    from conftest import Git

TOP = ["schema", "version", "source", "files", "findings", "suppressed", "coverage", "degraded", "stats", "verdict"]
FINDING = [
    "fingerprint", "rule", "origin", "tool", "category", "severity", "confidence", "path", "side", "start_line",
    "end_line", "start_column", "end_column", "message", "why", "cwe", "url", "quote", "suggestion", "also",
    "memory",
]  # fmt: skip
STATS = [
    "added_lines", "rules", "windows", "model_calls", "cache_hits", "prompt_tokens", "cached_tokens",
    "completion_tokens", "seconds",
]  # fmt: skip
TEXT = "".join(f"line {number}\n" for number in range(1, 41))


def fingerprint(name: str, path: str, lines: str, ordinal: int | str) -> str:
    """As documented: rule, path, blank-normalised text of the flagged lines, ordinal among equal ones."""
    return hashlib.sha256("\0".join((name, path, " ".join(lines.split()), str(ordinal))).encode()).hexdigest()[:16]


def files(read: Report) -> dict[str, dict[str, Any]]:
    return {file["path"]: file for file in read["files"]}


def rows(read: Report, path: str) -> list[dict[str, Any]]:
    return [row for row in read["coverage"] if row["path"] == path]


def numstat(git: Git, *arguments: str) -> dict[str, tuple[int, int]]:
    fields = iter(git("diff", "--numstat", "-z", "--find-renames", *arguments).split("\0"))
    counts = {}
    for field in filter(None, fields):
        added, removed, path = field.split("\t", 2)
        if not path:
            _, path = next(fields), next(fields)
        counts[path] = (0, 0) if added == "-" else (int(added), int(removed))
    return counts


def test_a_whole_report(git: Git) -> None:
    use(git, rule(cwe="[78, 79]", references='["https://example.com/a", "https://example.com/b"]'))
    git.write("a.py", "x = 1\n    oops   (1)\n")
    read = report(git.root)
    assert list(read) == TOP
    (one,) = read["findings"]
    assert list(one) == FINDING
    assert list(read["stats"]) == STATS
    assert read["stats"].pop("seconds")["total"] > 0
    assert read == {
        "schema": "review-bot.report/1",
        "version": review_bot.__version__,
        "source": {
            "kind": "worktree", "base": git("rev-parse", "HEAD"), "head": None, "repository": None, "number": None
        },
        "files": [
            {
                "path": "a.py", "old_path": None, "status": "added", "language": "python",
                "added": 2, "removed": 0, "hunks": 1,
            }
        ],
        "findings": [
            {
                "fingerprint": fingerprint("own.oops", "a.py", "    oops   (1)", 0),
                "rule": "own.oops", "origin": "rule", "tool": None, "category": "correctness", "severity": "error",
                "confidence": 0.9, "path": "a.py", "side": "new", "start_line": 2, "end_line": 2, "start_column": 5,
                "end_column": 9, "message": "found", "why": "because", "cwe": [78, 79],
                "url": "https://example.com/a", "quote": "oops", "suggestion": None, "also": [],
                "memory": None,
            }
        ],
        "suppressed": [],
        "coverage": [
            {
                "path": "a.py", "start_line": 1, "end_line": 2, "added": 2, "rules": True, "model": "off",
                "reason": None,
            }
        ],
        "degraded": [],
        "stats": {
            "added_lines": 2, "rules": 1, "windows": 0, "model_calls": 0, "cache_hits": 0, "prompt_tokens": 0,
            "cached_tokens": 0, "completion_tokens": 0,
        },
        "verdict": {"fail_on": "error", "failed": True, "counts": {"error": 1, "warning": 0, "info": 0}},
    }  # fmt: skip


def test_jsonl_is_one_finding_a_line(git: Git) -> None:
    use(git, rule())
    git.write("a.py", "oops\noops\n")
    lines = bot(git.root, "scan", "--format", "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == report(git.root)["findings"]


def test_every_state_of_a_file(git: Git) -> None:
    for name in ("edit", "gone", "moved", "mode"):
        git.write(f"{name}.txt", name + "\n" + TEXT)
    git.write("logo.png", b"\0\1")
    git.write("old.bin", b"\0" * 100)
    git.write("gone.bin", b"\0gone")
    git.commit()
    git.write("edit.txt", "edit\n" + TEXT.replace("line 9\n", "nine\n"))
    git("rm", "-q", "gone.txt", "gone.bin")
    git("mv", "moved.txt", "there.txt")
    git("mv", "old.bin", "new.bin")
    git("update-index", "--chmod=+x", "mode.txt")
    git.write("logo.png", b"\0\2")
    git.write("new.txt", "new\n")
    git.write("empty.txt", "")
    git("add", "edit.txt", "logo.png", "new.txt", "empty.txt")
    git("update-index", "--add", "--cacheinfo", f"160000,{git('rev-parse', 'HEAD')},module")
    read = files(report(git.root, "--staged"))
    assert {path: (file["status"], file["old_path"]) for path, file in read.items()} == {
        "edit.txt": ("modified", None),
        "empty.txt": ("added", None),
        "gone.txt": ("deleted", None),
        "gone.bin": ("binary", None),
        "there.txt": ("renamed", "moved.txt"),
        "mode.txt": ("mode", None),
        "logo.png": ("binary", None),
        "new.bin": ("binary", "old.bin"),
        "new.txt": ("added", None),
        "module": ("submodule", None),
    }
    counts = {path: (file["added"], file["removed"]) for path, file in read.items()}
    assert counts == numstat(git, "--cached")
    assert counts["logo.png"] == (0, 0)


def test_copies_are_named_where_the_diff_has_them(git: Git) -> None:
    git.write("a.txt", TEXT)
    git.commit()
    git.write("b.txt", TEXT + "one more\n")
    git("add", "-A")
    diff = git("diff", "--cached", "--find-copies-harder")
    (file,) = report(git.root, "--diff", "-", stdin=diff.encode() + b"\n")["files"]
    assert (file["path"], file["old_path"], file["status"], file["added"]) == ("b.txt", "a.txt", "copied", 1)


def test_every_hunk_with_an_added_line_has_a_row(git: Git) -> None:
    git.write("a.txt", TEXT)
    git.commit()
    changed = TEXT.replace("line 2\n", "two\n").replace("line 20\n", "").replace("line 38\n", "38\nand\n")
    git.write("a.txt", changed)
    read = report(git.root)
    assert files(read)["a.txt"]["hunks"] == 3
    assert [(row["start_line"], row["end_line"], row["added"]) for row in rows(read, "a.txt")] == [
        (1, 5, 1),
        (34, 40, 2),
    ]
    assert all((row["rules"], row["model"], row["reason"]) == (True, "off", None) for row in read["coverage"])


def test_excluded_files_are_in_the_report_with_the_reason(git: Git) -> None:
    use(git, rule(), config='exclude = ["vendor/**", "*.lock"]')
    git.write("vendor/a.py", TEXT)
    git.commit()
    git.write("vendor/a.py", "oops\n" + TEXT + "oops\n")
    git.write("b.lock", "oops\n")
    git.write("vendor/logo.png", b"\0")
    read = report(git.root)
    assert read["findings"] == []
    assert set(files(read)) == {"vendor/a.py", "b.lock", "vendor/logo.png"}
    assert [(row["start_line"], row["rules"], row["reason"]) for row in rows(read, "vendor/a.py")] == [
        (1, False, "excluded"),
        (39, False, "excluded"),
    ]
    for path in ("b.lock", "vendor/logo.png"):
        (row,) = rows(read, path)
        assert (row["rules"], row["reason"]) == (False, "excluded")


def test_the_ordinal_counts_equal_lines_of_the_whole_file(git: Git) -> None:
    use(git, rule())
    git.write("a.txt", "oops\nfine\n")
    git.commit()
    git.write("a.txt", "oops\nfine\n  oops\nfine\noops \n")
    read = report(git.root)
    assert [one["fingerprint"] for one in read["findings"]] == [
        fingerprint("own.oops", "a.txt", "oops", 1),
        fingerprint("own.oops", "a.txt", "oops", 2),
    ]


def test_fingerprints_survive_moved_lines_and_new_words(git: Git) -> None:
    use(git, rule())
    git.write("a.txt", "x\noops here\n")
    before = report(git.root)["findings"][0]["fingerprint"]
    use(git, rule(message='"other words"'))
    git("rm", "-q", "--cached", "a.txt")
    git.write("a.txt", "x\ny\nz\n\toops   here\n")
    assert report(git.root)["findings"][0]["fingerprint"] == before


@pytest.mark.parametrize(("name", "value"), [("high", 0.9), ("medium", 0.6)])
def test_confidence(git: Git, name: str, value: float) -> None:
    use(git, rule(confidence=f'"{name}"'))
    git.write("a.txt", "oops\n")
    assert [one["confidence"] for one in report(git.root)["findings"]] == [value]


def test_low_confidence_is_not_among_the_findings(git: Git) -> None:
    use(git, rule(confidence='"low"'))
    git.write("a.txt", "oops\n")
    read = report(git.root)
    assert (read["findings"], held(read)) == ([], [(1, "gate")])
    assert read["suppressed"][0]["finding"]["confidence"] == 0.3
    assert read["verdict"]["failed"] is False


def test_columns_count_characters(git: Git) -> None:
    use(git, rule())
    git.write("a.txt", "äöü😀 oops\n")
    (one,) = report(git.root)["findings"]
    assert (one["start_column"], one["end_column"], one["quote"]) == (6, 10, "oops")


def test_a_suggestion_says_what_was_verified(git: Git) -> None:
    use(git, rule(languages='["python"]', fix='{ template = "fine()", safety = "suggest" }', kind="pattern = 'oops()'",
                  tests="[[rule.test]]\nbad = 'oops()'\n[[rule.test]]\nok = 'fine'\n"))  # fmt: skip
    git.write("a.py", "if x:\n    oops()\n")
    (one,) = report(git.root)["findings"]
    assert one["suggestion"] == {
        "start_line": 2, "end_line": 2, "replacement": "    fine()", "verified": ["applies", "parses", "rules"]
    }  # fmt: skip


def test_rules_of_one_category_at_one_place_are_one_finding(git: Git) -> None:
    use(git, rule(), rule("own.second", severity='"info"'), rule("own.other", category='"performance"'))
    git.write("a.txt", "oops\n")
    findings = report(git.root)["findings"]
    assert [(one["rule"], one["also"]) for one in findings] == [("own.oops", ["own.second"]), ("own.other", [])]


def test_findings_stand_in_the_order_of_the_files(git: Git) -> None:
    use(git, rule())
    for name in ("b.txt", "a/z.txt", "a.txt"):
        git.write(name, "oops\nx\noops\n")
    assert found(report(git.root)) == [
        (path, line, "own.oops") for path in ("a.txt", "a/z.txt", "b.txt") for line in (1, 3)
    ]


@pytest.mark.parametrize(
    ("table", "severity"),
    [
        ('"own.oops" = "info"', "info"),
        ('"own" = "warning"', "warning"),
        ('"own" = "info"\n"own.oops" = "warning"', "warning"),
        ('"own.oop" = "info"', "error"),
    ],
)
def test_severities_of_the_configuration(git: Git, table: str, severity: str) -> None:
    use(git, rule(), config=f"[severity]\n{table}")
    git.write("a.txt", "oops\n")
    read = report(git.root)
    assert [one["severity"] for one in read["findings"]] == [severity]
    assert read["verdict"]["counts"][severity] == 1


def test_the_environment_beats_the_file_and_flags_beat_both(git: Git) -> None:
    use(git, rule(severity='"warning"'), config='fail-on = "none"')
    git.write("a.txt", "oops\n")
    assert bot(git.root, "scan").code == 0
    assert bot(git.root, "scan", REVIEW_BOT_FAIL_ON="warning").code == 1
    assert bot(git.root, "scan", "--fail-on", "error", REVIEW_BOT_FAIL_ON="warning").code == 0
    assert report(git.root, REVIEW_BOT_SEVERITY_OWN_OOPS="info")["findings"][0]["severity"] == "info"
    assert report(git.root, REVIEW_BOT_EXCLUDE="a.txt")["findings"] == []
    assert report(git.root, REVIEW_BOT_FILTER="file")["findings"]
    assert bot(git.root, "scan", REVIEW_BOT_FAIL_UP="x").code == 2


def test_the_own_file_beats_pyproject_and_config_beats_both(git: Git) -> None:
    use(git, rule(severity='"warning"'), config='fail-on = "none"')
    git.write("a.txt", "oops\n")
    git.write("pyproject.toml", '[tool.review-bot]\nfail-on = "info"\n')
    git.write("sub/other.toml", 'rule-paths = ["../rules.toml"]\nselect = ["own"]\nfail-on = "warning"\n')
    assert bot(git.root, "scan").code == 0
    assert bot(git.root, "scan", "--config", "sub/other.toml").code == 1
    (git.root / ".review-bot.toml").unlink()
    assert bot(git.root, "scan", "--config", "pyproject.toml").code == 0


def test_ci_names_the_repository(git: Git) -> None:
    git.commit()
    assert report(git.root, GITHUB_REPOSITORY="ada/engine")["source"]["repository"] == "ada/engine"


@pytest.mark.parametrize("name", ["onnx", "ollama", "llamacpp", "openai", "scripted"])
def test_a_backend_that_is_missing_leaves_the_verdict_to_the_rules(git: Git, name: str) -> None:
    use(git, rule())
    git.write("a.txt", "oops\n")
    done = bot(git.root, "scan", "--backend", name, "--format", "json")
    read = json.loads(done.out)
    assert done.code == 1
    assert [part["what"] for part in read["degraded"]] == [f"backend:{name}"]
    assert done.err == f"degraded: backend:{name}: {read['degraded'][0]['reason']}\n"


def test_with_the_backend_none_nothing_is_said(git: Git) -> None:
    use(git, rule())
    git.write("a.txt", "oops\n")
    done = bot(git.root, "scan", "--format", "json", "--backend", "none")
    read = json.loads(done.out)
    assert (done.code, done.err, read["degraded"]) == (1, "", [])
    assert {row["model"] for row in read["coverage"]} == {"off"}


def test_without_any_model_one_line_says_how_to_get_one(git: Git) -> None:
    use(git, rule(), config='[model]\nllamacpp = { url = "http://127.0.0.1:9" }\nollama = { host = "127.0.0.1:9" }')
    git.write("a.txt", "oops\n")
    done = bot(git.root, "scan", "--format", "json", "--backend", "auto")
    read = json.loads(done.out)
    assert (done.code, [one["what"] for one in read["degraded"]]) == (1, ["backend:auto"])
    assert done.err == f"degraded: backend:auto: {read['degraded'][0]['reason']}\n"
    assert "ollama pull" in done.err
    assert {row["model"] for row in read["coverage"]} == {"off"}


@pytest.mark.parametrize("name", ["none", "auto", "onnx"])
def test_a_required_model_that_is_missing_is_an_error(git: Git, name: str) -> None:
    git.commit()
    done = bot(git.root, "scan", "--require-model", "--backend", name)
    assert (done.code, done.err.count("\n")) == (2, 1)


def test_the_other_options_of_the_model_are_accepted(git: Git) -> None:
    use(git, rule())
    git.write("a.txt", "oops\n")
    options = "--window 8192 --deadline 30 --offline --no-cache --no-memory --resume --allow-remote --trace t.jsonl"
    assert report(git.root, *options.split())["verdict"]["counts"]["error"] == 1


def test_the_deadline_of_the_model_does_not_cut_the_rules(git: Git) -> None:
    use(git, rule())
    git.write("a.txt", "oops\n")
    assert report(git.root, "--deadline", "0.000001")["findings"]
