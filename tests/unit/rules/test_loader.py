"""Every mistake in a rule file is named by file, rule and key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.errors import RuleError
from review_bot.rules.loader import parse_rule_file, unique

HEAD = """schema = 1
[[rule]]
id = "my.rule"
category = "correctness"
severity = "warning"
confidence = "high"
languages = ["python"]
message = "no"
why = "because"
"""
TESTS = """
[[rule.test]]
bad = "foo(1)"
[[rule.test]]
ok = "bar(1)"
"""
PATTERN = HEAD + 'pattern = "foo($A)"\n'


def test_a_plain_rule() -> None:
    file = parse_rule_file("r.toml", (PATTERN + 'keywords = ["FOO"]\n' + TESTS).encode())
    (rule,) = file.rules
    assert (rule.id, rule.kind, rule.body, rule.keywords) == ("my.rule", "pattern", ("foo($A)",), ("foo",))
    assert [example.bad for example in file.examples["my.rule"]] == ["foo(1)", None]


def test_aliases_of_languages() -> None:
    text = (PATTERN + TESTS).replace('["python"]', '["js", "tsx", "shell", "c#"]')
    (rule,) = parse_rule_file("r.toml", text.encode()).rules
    assert rule.languages == ("javascript", "typescript", "bash", "csharp")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "schema"),
        (PATTERN.replace("schema = 1", "schema = 2") + TESTS, "schema"),
        (PATTERN.replace("schema = 1", 'schema = 1\nother = "x"') + TESTS, "other"),
        ("schema = 1\nrule = 3", "rule"),
        (PATTERN + "colour = 1" + TESTS, "colour"),
        (PATTERN.replace('category = "correctness"', 'category = "style"') + TESTS, "category"),
        (PATTERN.replace('severity = "warning"', 'severity = "fatal"') + TESTS, "severity"),
        (PATTERN.replace('confidence = "high"', "confidence = 0.9") + TESTS, "confidence"),
        (PATTERN.replace('languages = ["python"]', 'languages = ["cobol"]') + TESTS, "languages"),
        (PATTERN.replace('languages = ["python"]\n', "") + TESTS, "languages"),
        (PATTERN.replace('message = "no"', 'message = ""') + TESTS, "message"),
        (PATTERN.replace('id = "my.rule"', 'id = "my rule"') + TESTS, "id"),
        (HEAD + TESTS, "pattern"),
        (PATTERN + 'regex = "foo"' + TESTS, "regex"),
        (HEAD + 'regex = "(foo"' + TESTS, "regex"),
        (HEAD + "pattern = []" + TESTS, "pattern"),
        (HEAD + "ast = 3" + TESTS, "ast"),
        (PATTERN + 'where = { scope = "moon" }' + TESTS, "where.scope"),
        (PATTERN + 'where = { tests = "maybe" }' + TESTS, "where.tests"),
        (PATTERN + "where = { once = 1 }" + TESTS, "where.once"),
        (PATTERN + "where = { path = [] }" + TESTS, "where.path"),
        (PATTERN + 'fix = { safety = "safe" }' + TESTS, "fix.template"),
        (PATTERN + 'fix = { template = "", safety = "sure" }' + TESTS, "fix.safety"),
        (PATTERN + 'unless = "("' + TESTS, "unless"),
        (PATTERN + "cwe = [-1]" + TESTS, "cwe"),
        (PATTERN.replace("schema = 1", "schema = true") + TESTS, "schema"),
        (PATTERN.replace("schema = 1", "schema = 1.0") + TESTS, "schema"),
        (PATTERN.replace('["python"]', '"python"') + TESTS, "languages"),
        (PATTERN + 'keywords = "foo"' + TESTS, "keywords"),
        (PATTERN + 'where = { paths = "src/**" }' + TESTS, "where.paths"),
        (HEAD + '[rule.delta]\ncheck = "auth-removed"\nnames = "x"' + TESTS, "delta.names"),
        (PATTERN + 'keywords = ["foo"]\nreferences = [1]' + TESTS, "references"),
        (HEAD + '[rule.entropy]\nregex = "x"' + TESTS, "entropy.regex"),
        (HEAD + '[rule.entropy]\nregex = "(x)"\nmin = "a"' + TESTS, "entropy.min"),
        (HEAD + '[rule.entropy]\nregex = "(x)"\nlength = 3' + TESTS, "entropy.length"),
        (HEAD + '[rule.delta]\ncheck = "nothing"' + TESTS, "delta.check"),
        (HEAD + '[rule.taint]\nsources = ["$X"]' + TESTS, "taint.sinks"),
        (HEAD + '[rule.taint]\nsinks = ["run(1)"]' + TESTS, "taint.sinks"),
        (PATTERN, "test"),
        (PATTERN + '[[rule.test]]\nbad = "foo(1)"', "test"),
        (PATTERN + '[[rule.test]]\nok = "bar(1)"', "test"),
        (PATTERN + TESTS + '[[rule.test]]\nbad = "x"\nok = "y"', "test"),
        (PATTERN + TESTS + '[[rule.test]]\nbefore = "x"', "test"),
        (PATTERN + TESTS + '[[rule.test]]\nbad = "x"\nlines = [0]', "test.lines"),
        (PATTERN + TESTS + '[[rule.test]]\nbad = "x"\nrepeat = 0', "test.repeat"),
        (PATTERN + TESTS + PATTERN.removeprefix("schema = 1\n") + TESTS, "id"),
    ],
)
def test_mistakes_are_named(text: str, key: str) -> None:
    with pytest.raises(RuleError) as raised:
        parse_rule_file("team/rules.toml", text.encode())
    said = str(raised.value)
    assert said.startswith("team/rules.toml: ")
    assert f"`{key}`" in said
    assert "\n" not in said


def test_a_near_key_is_suggested() -> None:
    with pytest.raises(RuleError, match="did you mean `severity`"):
        parse_rule_file("r.toml", (PATTERN + 'severty = "error"' + TESTS).encode())


def test_an_id_in_two_files() -> None:
    (first,) = parse_rule_file("a.toml", (PATTERN + TESTS).encode()).rules
    (second,) = parse_rule_file("b.toml", (PATTERN + TESTS).encode()).rules
    with pytest.raises(RuleError, match=r"b\.toml.*used twice, also in a\.toml"):
        unique([first, second])


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes(data: bytes) -> None:
    try:
        parse_rule_file("r.toml", data)
    except RuleError as error:
        assert "\n" not in str(error)  # noqa: PT017 - any other exception fails the test


@given(st.text(alphabet='[]=".{}\nabcrule testid123', max_size=200))
def test_any_table(text: str) -> None:
    try:
        parse_rule_file("r.toml", ("schema = 1\n[[rule]]\n" + text).encode())
    except RuleError as error:
        assert "\n" not in str(error)  # noqa: PT017
