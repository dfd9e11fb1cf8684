"""Rules of one's own: every kind, scope and place, and the commands around them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fakes.rule_files import rule, rules
from integration.cli_helpers import bot, found, one_line, report, use

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Git

PYTHON = '["python"]'
TESTS = "[[rule.test]]\nbad = '''{bad}'''\n[[rule.test]]\nok = '''{ok}'''\n"
KINDS = {
    "pattern": rule(kind="pattern = 'oops($$$A)'", bad="oops(1)", languages=PYTHON),
    "ast": rule(
        kind="[rule.ast]\nkind = 'call'\nhas = { field = 'function', regex = '^oops$' }",
        bad="oops(1)",
        languages=PYTHON,
    ),
    "regex": rule(kind=r"regex = '''\boops\(\d\)'''", bad="oops(1)"),
    "entropy": rule(
        kind="[rule.entropy]\nregex = '''oops\\((\\w+)\\)'''\nmin = 0.0\nmin-length = 1",
        bad="oops(1)",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_one_version(git: Git, kind: str) -> None:
    use(git, KINDS[kind])
    git.write("a.py", "fine(1)\noops(1)\n")
    assert found(report(git.root)) == [("a.py", 2, "own.oops")]
    assert bot(git.root, "rules", "test", "rules.toml").code == 0


BOTH = "[[rule.test]]\nbefore = 'a'\nafter = 'b'\nlines = []\n"


@pytest.mark.parametrize(
    ("scope", "before", "after", "expected"),
    [
        ("added", "oops\nx\n", "oops\nx\noops\n", [("new", 3)]),
        ("removed", "oops\nx\noops\n", "oops\nx\n", [("old", 3)]),
        ("context", "oops\nx\n", "oops\nx\ny\n", [("new", 1)]),
        ("file", "oops\n" + "x\n" * 20, "oops\n" + "x\n" * 20 + "y\n", [("new", 1)]),
    ],
)
def test_scopes(git: Git, scope: str, before: str, after: str, expected: list[tuple[str, int]]) -> None:
    tests = TESTS.format(bad="oops", ok="fine")
    if scope == "removed":
        tests = "[[rule.test]]\nbefore = 'oops'\nafter = 'fine'\nlines = [1]\n[[rule.test]]\nok = 'fine'\n"
    use(git, rule(where=f'{{ scope = "{scope}" }}', tests=tests))
    git.write("a.txt", before)
    git.commit()
    git.write("a.txt", after)
    read = report(git.root, "--filter", "file" if scope in ("file", "context") else "added")
    assert [(one["side"], one["start_line"]) for one in read["findings"]] == expected


def test_a_pair_is_what_the_old_version_did_not_have(git: Git) -> None:
    use(git, rule(kind="pattern = 'oops()'", bad="oops()", languages=PYTHON, where='{ scope = "pair" }'))
    git.write("a.py", "oops()\n")
    git.commit()
    git.write("a.py", "x = 1\nif x:\n    oops()\n")
    assert found(report(git.root)) == []
    git.write("a.py", "oops()\noops()\n")
    assert len(found(report(git.root))) == 1


def test_paths_and_exclude(git: Git) -> None:
    use(git, rule(where='{ paths = ["src/**"], exclude = ["**/old_*"] }'))
    for name in ("a.txt", "src/a.txt", "src/deep/b.txt", "src/old_a.txt"):
        git.write(name, "oops\n")
    assert [path for path, _, _ in found(report(git.root))] == ["src/a.txt", "src/deep/b.txt"]


@pytest.mark.parametrize(("tests", "severities"), [("run", ["error"]), ("skip", []), ("lower", ["warning"])])
def test_rules_in_tests(git: Git, tests: str, severities: list[str]) -> None:
    use(git, rule(where=f'{{ tests = "{tests}" }}'))
    git.write("tests/test_a.txt", "oops\n")
    assert [one["severity"] for one in report(git.root)["findings"]] == severities


def test_keywords_and_unless(git: Git) -> None:
    use(git, rule(keywords='["OOPS"]', unless='["allowed"]'))
    git.write("a.txt", "oops\noops allowed\n")
    assert found(report(git.root)) == [("a.txt", 1, "own.oops")]


def test_messages_hold_what_was_captured(git: Git) -> None:
    use(git, rule(kind="pattern = 'oops($A)'", bad="oops(1)", languages=PYTHON, message='"{A} is wrong"'))
    git.write("a.py", "oops(x + \n  1)\n")
    assert [one["message"] for one in report(git.root)["findings"]] == ["x + 1 is wrong"]


def test_rule_paths_count_from_the_file_that_names_them(git: Git, tmp_path: Path) -> None:
    (tmp_path / "shared" / "deep").mkdir(parents=True)
    (tmp_path / "shared" / "one.toml").write_text(rules(rule("own.one")))
    (tmp_path / "shared" / "deep" / "two.toml").write_text(rules(rule("own.two", category='"performance"')))
    (tmp_path / "shared" / "readme.md").write_text("no rules")
    (tmp_path / "shared" / "conf.cfg").write_text('rule-paths = ["."]\nselect = ["own"]\n')
    git.commit()
    git.write("sub/a.txt", "oops\n")
    read = report(git.root / "sub", "--config", str(tmp_path / "shared" / "conf.cfg"))
    assert {name for _, _, name in found(read)} == {"own.one", "own.two"}


def test_list_prints_one_line_a_rule(git: Git) -> None:
    use(git, rule(), rule("own.second"))
    lines = bot(git.root, "rules", "list").out.splitlines()
    ids = [line.split()[0] for line in lines]
    assert ids == sorted(ids)
    assert {"own.oops", "own.second", "suppression.unused"} <= set(ids)
    listed = json.loads(bot(git.root, "rules", "list", "--format", "json").out)
    assert set(ids) >= {one["id"] for one in listed}


def test_show_prints_the_reason_and_the_examples(git: Git) -> None:
    use(git, rule(cwe="[78]", references='["https://example.com/x"]', where='{ paths = ["src/**"] }'))
    done = bot(git.root, "rules", "show", "own.oops")
    assert (done.code, done.err) == (0, "")
    assert all(text in done.out for text in ("because", "found", "CWE-78", "https://example.com/x", "oops", "src/**"))


def test_show_knows_the_findings_about_suppressions(git: Git) -> None:
    git.commit()
    done = bot(git.root, "rules", "show", "suppression.unused")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("suppression.unused\n")


def test_new_writes_a_template_that_passes(git: Git) -> None:
    assert bot(git.root, "rules", "new", "mine.toml").code == 0
    done = bot(git.root, "rules", "test", "mine.toml")
    assert (done.code, done.err) == (0, "")
    before = (git.root / "mine.toml").read_bytes()
    assert "mine.toml" in one_line(bot(git.root, "rules", "new", "mine.toml"))
    assert (git.root / "mine.toml").read_bytes() == before
    assert "no/mine.toml" in one_line(bot(git.root, "rules", "new", "no/mine.toml"))


def test_an_example_that_fails_names_the_rule(git: Git) -> None:
    git.write("mine.toml", rules(rule(bad="fine")))
    done = bot(git.root, "rules", "test", "mine.toml")
    assert done.code == 1
    assert "own.oops" in done.out
    git.write("mine.toml", rules(rule(tests=TESTS.format(bad="oops", ok="oops too"))))
    assert bot(git.root, "rules", "test", "mine.toml").code == 1


def test_an_example_of_one_version_for_a_rule_over_two_is_told(git: Git) -> None:
    use(git, rule(kind="[rule.delta]\ncheck = 'auth-removed'", bad="oops(1)", languages=PYTHON))
    result = bot(git.root, "rules", "test", "rules.toml")
    assert (result.code, "`before` and `after`" in result.out) == (1, True)


def test_a_structural_rule_that_misses_shows_the_tree(git: Git) -> None:
    git.write("mine.toml", rules(rule(kind="pattern = 'oops()'", bad="ooops(1)", languages=PYTHON)))
    done = bot(git.root, "rules", "test", "mine.toml")
    assert done.code == 1
    assert "own.oops" in done.out
    assert "call" in done.out
    assert "identifier" in done.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (rules(rule(colour='"red"')), "colour"),
        (rules(rule(kind="regex = '('")), "regex"),
        (rules(rule(kind="regex = 'a'\npattern = 'b'")), "own.oops"),
        (rules(rule(kind="")), "own.oops"),
        (rules(rule(kind="[rule.ast]\nkind = 'no_such_kind'", languages=PYTHON)), "no_such_kind"),
        (rules(rule(kind="[rule.ast]\nknid = 'call'", languages=PYTHON)), "knid"),
        (rules(rule(kind="pattern = 'x'", languages='["*"]')), "languages"),
        (rules(rule(languages='["klingon"]')), "klingon"),
        (rules(rule(category='"style"')), "category"),
        (rules(rule(severity='"fatal"')), "severity"),
        (rules(rule(confidence="0.9")), "confidence"),
        (rules(rule(where='{ scope = "all" }')), "scope"),
        (rules(rule(where='{ scop = "file" }')), "scop"),
        (rules(rule(fix='{ template = "x", safety = "sure" }')), "safety"),
        (rules(rule(cwe='"78"')), "cwe"),
        (rules(rule(keywords="[1]")), "keywords"),
        (rules(rule(unless='["("]')), "unless"),
        (rules(rule("own oops")), "id"),
        (rules(rule(), rule()), "own.oops"),
        (rules(rule(tests="[[rule.test]]\nbad = 'oops'\n")), "own.oops"),
        (rules(rule(tests="[[rule.test]]\nok = 'fine'\n")), "own.oops"),
        (rules(rule(kind="[rule.delta]\ncheck = 'no-such-check'")), "no-such-check"),
        (rules(rule(kind="[rule.entropy]\nmin = 3.0")), "regex"),
        ("schema = 2\n", "schema"),
        ("[[rule]]\n", "schema"),
        ("schema = 1\nrules = 3\n", "rules"),
        ("schema = 1\nrule = 3\n", "rule"),
        ("schema = ", "rules.toml"),
        ("\0", "rules.toml"),
    ],
    ids=range(29),
)
def test_a_wrong_rule_file_is_one_line_that_names_it(git: Git, text: str, said: str) -> None:
    git.write("conf/rules.toml", text)
    git.write(".review-bot.toml", 'rule-paths = ["conf/rules.toml"]\n')
    line = one_line(bot(git.root, "scan"))
    assert "rules.toml" in line
    assert said in line
    assert one_line(bot(git.root, "rules", "test", "conf/rules.toml")).count(said)


def test_an_id_of_a_shipped_rule_is_taken(git: Git) -> None:
    use(git, rule("secrets.aws-access-key-id"))
    assert "secrets.aws-access-key-id" in one_line(bot(git.root, "scan"))


def test_a_rule_path_that_is_not_there(git: Git) -> None:
    git.write(".review-bot.toml", 'rule-paths = ["no/rules"]\n')
    assert "no/rules" in one_line(bot(git.root, "scan"))
    assert "nothing.toml" in one_line(bot(git.root, "rules", "test", "nothing.toml"))


SLOW = rule("own.slow", kind="regex = '(x+x+)+y'", bad="xxy")


def test_a_catastrophic_rule_is_stopped_and_named(git: Git) -> None:
    use(git, rule(), SLOW)
    git.write("a.txt", "oops\n" + "x" * 60 + "\n")
    git.write("b.txt", "oops " + "x" * 60 + "\n")
    done = bot(git.root, "scan", "--format", "json")
    read = json.loads(done.out)
    assert done.code == 1
    assert [part["what"] for part in read["degraded"]] == ["rule:own.slow"]
    assert found(read) == [("a.txt", 1, "own.oops"), ("b.txt", 1, "own.oops")]
    assert done.err.startswith("degraded: rule:own.slow: ")


def test_a_catastrophic_rule_does_not_hang_the_hook(git: Git) -> None:
    use(git, rule(), SLOW)
    git.write("a.txt", "x" * 60 + "\n")
    git("add", "-A")
    done = bot(git.root, "hook", "pre-commit")
    assert done.code == 0
    assert "rule:own.slow" in done.err
