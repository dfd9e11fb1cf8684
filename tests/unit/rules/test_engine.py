"""Which text a rule sees, and which of its matches count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from review_bot.domain.review import SourceInfo
from review_bot.pipeline.examples import diff_of
from review_bot.ports import Change
from review_bot.rules.engine import Engine
from review_bot.rules.loader import parse_rule_file
from review_bot.rules.model import Rule, Where

if TYPE_CHECKING:
    from review_bot.domain.diff import FileDiff
    from review_bot.domain.finding import Finding


class Texts:
    """Both versions of every file; `known` False is a patch without a work tree."""

    def __init__(self, files: dict[str, tuple[str, str]], *, known: bool) -> None:
        self.files, self.known = files, known

    def new(self, file: FileDiff) -> bytes | None:
        return self.files[file.path][1].encode() if self.known else None

    def old(self, file: FileDiff) -> bytes | None:
        return self.files[file.path][0].encode() if self.known else None


def rule(**fields: Any) -> Rule:
    given: dict[str, Any] = {
        "id": "my.rule",
        "category": "correctness",
        "severity": "warning",
        "confidence": "high",
        "languages": ("*",),
        "message": "found {A}",
        "why": "because",
        "kind": "regex",
        "body": "TODO",
    }
    return Rule(**given | fields)


def run(rules: Rule | list[Rule], before: str, after: str, path: str = "a.py", **options: Any) -> list[Finding]:
    known = options.pop("known", True)
    change = Change(SourceInfo("diff"), (diff_of(path, before, after),), Texts({path: (before, after)}, known=known))
    engine = Engine(rules if isinstance(rules, list) else [rules], **options)
    return [finding for outcome in engine.run(change) for finding in outcome.findings]


def places(findings: list[Finding]) -> list[tuple[str, int, int, int]]:
    return [(one.side, one.start_line, one.start_column, one.end_column) for one in findings]


def test_only_added_lines() -> None:
    assert places(run(rule(), "# TODO\n", "# TODO\nx = 1  # TODO\n")) == [("new", 2, 10, 14)]


def test_removed_lines() -> None:
    found = run(rule(where=Where(scope="removed")), "a\nb TODO\n", "a\n")
    assert places(found) == [("old", 2, 3, 7)]


def test_pair_scope_of_lines_counts_what_the_group_at_holds() -> None:
    wanted = rule(body=r"use (?P<at>\w+)@v\d", where=Where(scope="pair"))
    found = run(wanted, "use a@v1\nuse b@x\n", "use a@v2\nuse b@v3\nuse a@v2\n")
    assert places(found) == [("new", 2, 5, 6), ("new", 3, 5, 6)]


def test_pair_scope_with_every_line() -> None:
    wanted = rule(body=r"use (?P<at>\w+)@v\d", where=Where(scope="pair"))
    assert not run(wanted, "use a@v1\nx\n", "use a@v1\ny\n", filter_mode="nofilter")


def test_file_scope_crosses_lines() -> None:
    wanted = rule(body=r"first(?s:.)*second", where=Where(scope="file"))
    assert places(run(wanted, "first\n", "first\nand\nsecond\n")) == [("new", 1, 1, 7)]


def test_the_group_at_is_the_place() -> None:
    wanted = rule(body=r"(?s)first.*(?P<at>second)", where=Where(scope="file"))
    assert places(run(wanted, "", "first\n  second\n")) == [("new", 2, 3, 9)]


def test_context_stops_at_the_hunk() -> None:
    wanted = rule(body=r"(?s)first.*second", where=Where(scope="context"))
    far = "first\n" + "x\n" * 10
    assert run(wanted, far, far + "second\n") == []
    assert places(run(wanted, "first\n", "first\nsecond\n")) == [("new", 1, 1, 7)]


def test_pair_wants_something_new() -> None:
    wanted = rule(kind="pattern", body=("foo($A)",), languages=("python",), where=Where(scope="pair"))
    assert run(wanted, "foo(1)\n", "x = 1\nfoo(1)  # moved\n") == []
    assert places(run(wanted, "foo(1)\n", "foo(1)\nfoo(2)\n")) == [("new", 2, 1, 7)]


def test_every_line_with_another_filter() -> None:
    found = run(rule(), "# TODO\n", "# TODO\nx\n", filter_mode="file")
    assert places(found) == [("new", 1, 3, 7)]


@pytest.mark.parametrize("path", ["a.py", "src/deep/a.py"])
def test_paths(path: str) -> None:
    assert run(rule(where=Where(paths=("*.py",))), "", "TODO\n", path)
    assert not run(rule(where=Where(paths=("*.js",))), "", "TODO\n", path)
    assert not run(rule(where=Where(exclude=("*.py",))), "", "TODO\n", path)


def test_keywords_are_asked_of_added_text() -> None:
    assert not run(rule(keywords=("fixme",)), "fixme\n", "fixme\nTODO\n")
    assert run(rule(keywords=("fixme",)), "", "TODO\nFIXME\n")


def test_a_keyword_with_a_gap() -> None:
    assert run(rule(keywords=("def …=[",)), "", "def f(a=[]): TODO\n")
    assert not run(rule(keywords=("def …=[",)), "", "x =[]\ndef f(): TODO\n")


def test_unless_reads_the_flagged_line() -> None:
    assert not run(rule(unless=("JIRA-[0-9]+",)), "", "TODO JIRA-1\n")


@pytest.mark.parametrize(("tests", "severity"), [("run", "warning"), ("lower", "info"), ("skip", None)])
def test_tests(tests: Any, severity: str | None) -> None:
    found = run(rule(where=Where(tests=tests)), "", "TODO\n", "tests/test_a.py")
    assert [one.severity for one in found] == ([severity] if severity else [])


def test_once_a_file() -> None:
    (found,) = run(rule(where=Where(once=True)), "", "TODO\nTODO\nTODO\n")
    assert found.start_line == 1
    assert found.message.endswith("(and 2 more in this file)")


def test_metavariables_in_the_message() -> None:
    wanted = rule(kind="pattern", body=("foo($A)",), languages=("python",))
    (found,) = run(wanted, "", "foo(1 +\n    2)\n")
    assert found.message == "found 1 + 2"


def test_entropy() -> None:
    wanted = rule(kind="entropy", body={"regex": 'key = "([^"]+)"', "min": 3.0, "min-length": 10})
    assert run(wanted, "", 'key = "aaaaaaaaaaaaaa"\n') == []
    assert run(wanted, "", 'key = "q7Zp"\n') == []
    assert len(run(wanted, "", 'key = "q7ZpXk29LmRt"\n')) == 1


@pytest.mark.parametrize("known", [True, False], ids=["whole", "fragment"])
def test_structural_places_in_a_fragment(known: bool) -> None:
    before = "def f():\n" + "    pass\n" * 5
    wanted = rule(kind="pattern", body=("foo($A)",), languages=("python",))
    assert places(run(wanted, before, before + "    é = foo(1)\n", known=known)) == [("new", 7, 9, 15)]


def test_line_ends_are_no_text() -> None:
    assert places(run(rule(body="TODO$"), "", "x TODO\r\n")) == [("new", 1, 3, 7)]


def test_a_slow_rule_is_stopped_and_named() -> None:
    slow = rule(id="my.slow", body="(a+)+$")
    change_text = "a" * 60 + "!\nTODO\n"
    change = Change(
        SourceInfo("diff"), (diff_of("a.py", "", change_text),), Texts({"a.py": ("", change_text)}, known=True)
    )
    engine = Engine([slow, rule()])
    found = [finding.rule for outcome in engine.run(change) for finding in outcome.findings]
    assert found == ["my.rule"]
    assert [part.what for part in engine.degraded] == ["rule:my.slow"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("# @generated\nTODO\n", "generated"),
        ("// Code generated by x. DO NOT EDIT.\nTODO\n", "generated"),
        ("# This file is auto-generated by make_table.\nTODO\n", "generated"),
        ("// <auto-generated />\nTODO\n", "generated"),
        ("/* eslint-disable */\n// This file is auto-generated\nTODO\n", "generated"),
        ("// AUTO-GENERATED FILE, do not modify\nTODO\n", "generated"),
        ("var a=1;" * 2000 + "TODO\n", "minified"),
    ],
    ids=["generated", "do not edit", "by a program", "by a compiler", "below a setting", "in capitals", "minified"],
)
def test_machine_made(text: str, reason: str) -> None:
    change = Change(SourceInfo("diff"), (diff_of("a.js", "", text),), Texts({"a.js": ("", text)}, known=True))
    (outcome,) = Engine([rule()]).run(change)
    assert outcome.skipped == reason
    (outcome,) = Engine([rule()], machine_made=True).run(change)
    assert len(outcome.findings) == 1 or len(text) > 2000


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + ")" * 10_000,
        "[" * 10_000,
        "x = " + "9" * 5_000_000,
        "\0TODO",
        "\ufeffTODO\n",
        "\ud7ff\u2028TODO\r",
    ],
    ids=["deep", "unclosed", "long line", "NUL", "BOM", "separators"],
)
def test_hostile_text(text: str) -> None:
    structural = rule(id="my.tree", kind="pattern", body=("foo($A)",), languages=("python",))
    for path in ("a.py", "b.txt"):
        run([structural, rule()], "", text, path, machine_made=True)


def test_secrets_are_masked_in_every_finding() -> None:
    secret = "q7ZpXk29LmRt"
    rules = [
        rule(id="my.secret", category="secrets", body="q7Zp[A-Za-z0-9]+"),
        rule(id="my.call", kind="pattern", body=("foo($A)",), languages=("python",)),
    ]
    found = run(rules, "", f'foo("{secret}")\n')
    assert len(found) == 2
    assert not any(secret in repr(one) for one in found)


def test_fingerprints_survive_what_does_not_matter() -> None:
    (first,) = run(rule(), "", "x = 1  # TODO\n")
    (moved,) = run(rule(message="other words"), "", "y = 2\n\n    x = 1   # TODO\n")
    assert first.fingerprint == moved.fingerprint


def test_equal_lines_have_fingerprints_of_their_own() -> None:
    found = run(rule(), "", "TODO TODO\nTODO TODO\n")
    assert len({one.fingerprint for one in found}) == 4


def test_the_ordinal_counts_unchanged_lines() -> None:
    (only,) = run(rule(), "", "TODO\n")
    (second,) = run(rule(), "TODO\n", "TODO\nTODO\n")
    assert only.fingerprint != second.fingerprint


def test_a_rule_file_of_a_user() -> None:
    text = """schema = 1
[[rule]]
id = "my.shell"
category = "injection-command"
severity = "error"
confidence = "high"
languages = ["python"]
message = "shell=True runs {A} through a shell"
why = "because"
keywords = ["shell"]
pattern = "subprocess.$F($$$A, shell=True)"
[[rule.test]]
bad = "subprocess.run(cmd, shell=True)"
[[rule.test]]
ok = "subprocess.run(cmd)"
"""
    (mine,) = parse_rule_file("my.toml", text.encode()).rules
    (found,) = run(mine, "", "import subprocess\nsubprocess.run(cmd, check=True, shell=True)\n")
    assert (found.start_line, found.message) == (2, "shell=True runs cmd, check=True through a shell")


def test_a_long_flat_file_is_searched_in_parts() -> None:
    calls = rule(id="my.call", kind="pattern", body=("foo($A)",), languages=("python",), keywords=("foo",))
    text = "".join(f"foo({number})\nif x:\n    foo(\n        {number})\n" for number in range(500))
    change = Change(SourceInfo("diff"), (diff_of("a.py", "", text),), Texts({"a.py": ("", text)}, known=True))
    (outcome,) = Engine([calls]).run(change)
    expected = [line for start in range(1, 2001, 4) for line in (start, start + 2)]
    assert [finding.start_line for finding in outcome.findings] == expected
    assert outcome.findings[-1].end_line == 2000
