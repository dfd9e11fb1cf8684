from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.domain.finding import Finding, Suggestion
from review_bot.rules.fix import Plan, expand, parse_errors, patch_of, plan, suggestion_for
from review_bot.rules.model import Fix, Rule

LOAD = re.compile(r"yaml\.load\((?P<A>\w*)\)")


def rule(safety: str = "safe") -> Rule:
    fix = Fix("yaml.safe_load({A})", "safe" if safety == "safe" else "suggest")
    return Rule("a.load", "tests", "error", "high", ("python",), "m", "w", "regex", "x", fix=fix)


def finding(suggestion: Suggestion | None, path: str = "a.py") -> Finding:
    line = suggestion.start_line if suggestion else 1
    return Finding("0" * 16, "a.load", "rule", "tests", "error", 0.9, path, "new", line, line, 1, 2, "m")._replace(
        suggestion=suggestion
    )


def suggest(
    text: str,
    old: str,
    template: str,
    *,
    added: range = range(1, 100),
    grammar: str | None = None,
    fires: bool | None = None,
    **captures: str,
) -> Suggestion | None:
    start = text.index(old)
    check = None if fires is None else lambda _text, _lines: fires
    return suggestion_for(
        text, start, start + len(old), template, captures, expected=old, added=added, grammar=grammar, fires=check
    )


def scan(path: str, data: bytes, added: set[int]) -> list[Finding]:
    """What a rule against `yaml.load(x)` finds, with its suggestion."""
    text = data.decode("utf-8", "replace")
    found = []
    for match in LOAD.finditer(text):
        made = suggestion_for(
            text, *match.span(), "yaml.safe_load({A})", match.groupdict(), expected=match[0], added=added
        )
        found.append(finding(made, path))
    return found


def fixed(data: bytes, added: set[int], path: str = "a.py", safety: str = "safe") -> Plan:
    return plan(scan(path, data, added), {path: data}, rules={"a.load": rule(safety)}, added={path: added})


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("f({A})", "f(1)"),
        ("f($A, $$$B)", "f(1, 2, 3)"),
        ("f({UNKNOWN}, $UNKNOWN)", "f({UNKNOWN}, $UNKNOWN)"),
        ("{LOOP}", "{A}"),
        ("if x:\n    {A}", "if x:\n      1"),
    ],
)
def test_variables_are_replaced_once(template: str, expected: str) -> None:
    assert expand(template, {"A": "1", "B": "2, 3", "LOOP": "{A}"}, indent="  ") == expected


def test_whole_lines_are_suggested() -> None:
    text = "a\n  x = old(1)  # why\nb\n"
    assert suggest(text, "old(1)", "new({A})", A="1") == Suggestion(2, 2, "  x = new(1)  # why", ("applies",))


def test_a_range_over_lines() -> None:
    text = "  f(\n    1,\n  )\n"
    assert suggest(text, "f(\n    1,\n  )", "g({A})", A="1") == Suggestion(1, 3, "  g(1)", ("applies",))


def test_several_lines_get_the_indentation() -> None:
    assert suggest("  a\n", "a", "b\nc") == Suggestion(1, 1, "  b\n  c", ("applies",))


def test_carriage_returns_are_left_to_the_writer() -> None:
    assert suggest("a(\r\n)\r\nb", "a(\r\n)", "c(\n)") == Suggestion(1, 2, "c(\n)", ("applies",))


def test_taking_out_the_only_code_of_a_line_takes_out_the_line() -> None:
    assert suggest("  stop()  \nb\n", "stop()", "") == Suggestion(1, 1, "", ("applies",))
    assert suggest("a; stop()\n", "stop()", "") == Suggestion(1, 1, "a;", ("applies",))


def test_nothing_is_suggested_for_lines_that_were_not_added() -> None:
    assert suggest("f(\n1)\n", "f(\n1)", "g", added=range(1, 2)) is None


def test_nothing_is_suggested_where_nothing_changes() -> None:
    assert suggest("a\n", "a", "a") is None


def test_nothing_is_suggested_where_the_text_reads_otherwise() -> None:
    assert suggestion_for("abc", 0, 1, "x", {}, expected="b", added=range(9)) is None


@pytest.mark.parametrize(
    ("text", "old", "new", "ok"),
    [
        ("f(1)\n", "f(1)", "g(1)", True),
        ("f(1)\n", "f(1)", "g(1", False),
        ("if x:\n    stop()\ny\n", "stop()", "", False),
        ("if x:\n    stop()\n    y\n", "stop()", "", True),
        ("broken(\nf(1)\n", "f(1)", "g(1)", True),
    ],
)
def test_the_result_must_parse_as_well_as_before(text: str, old: str, new: str, ok: bool) -> None:
    made = suggest(text, old, new, grammar="python")
    assert (made.verified if made else None) == (("applies", "parses") if ok else None)


def test_the_rule_must_be_silent_afterwards() -> None:
    assert suggest("a\n", "a", "b", fires=True) is None
    made = suggest("a\n", "a", "b", fires=False, grammar="python")
    assert made == Suggestion(1, 1, "b", ("applies", "parses", "rules"))


@pytest.mark.parametrize(("left", "ok"), [(0, True), (1, True), (2, False), (3, False)])
def test_another_place_in_the_same_line_may_be_left(left: int, ok: bool) -> None:
    def fires(text: str, _lines: range) -> int:
        return 2 if text == "old old\n" else left

    made = suggestion_for("old old\n", 0, 3, "new", {}, expected="old", added={1}, fires=fires)
    assert (made is not None) == ok


def test_the_rule_is_asked_about_the_new_lines() -> None:
    asked = []

    def fires(text: str, lines: range) -> bool:
        asked.append((text, lines))
        return False

    suggestion_for("x\r\na\r\n", 3, 4, "b\nc", {}, expected="a", added={2}, fires=fires)
    assert asked == [("x\r\nb\r\nc\r\n", range(2, 4))]


def test_errors_of_a_text() -> None:
    assert parse_errors("f(1)\n", "python") == 0
    assert parse_errors("f(\ud800;\n", "javascript") > 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"yaml.load(x)\n", b"yaml.safe_load(x)\n"),
        (b"a\r\nyaml.load(x)\r\nb\n", b"a\r\nyaml.safe_load(x)\r\nb\n"),
        (b"yaml.load(x)", b"yaml.safe_load(x)"),
        (b"yaml.load(x)\r", b"yaml.safe_load(x)\r"),
        (b"\xef\xbb\xbfyaml.load(x)\n", b"\xef\xbb\xbfyaml.safe_load(x)\n"),
        (b"# \xe9\nyaml.load(x)\n", b"# \xe9\nyaml.safe_load(x)\n"),
        ("é = yaml.load(x)\n\n\n".encode(), "é = yaml.safe_load(x)\n\n\n".encode()),
        (b"a\x0c\xe2\x80\xa8yaml.load(x)\n", b"a\x0c\xe2\x80\xa8yaml.safe_load(x)\n"),
    ],
)
def test_every_other_byte_stays(before: bytes, after: bytes) -> None:
    assert fixed(before, {1, 2}).files == {"a.py": after}


def test_lines_outside_the_change_are_left() -> None:
    made = fixed(b"yaml.load(x)\nyaml.load(y)\n", {2})
    assert made.files == {"a.py": b"yaml.load(x)\nyaml.safe_load(y)\n"}


def test_a_line_that_is_not_utf8_is_left() -> None:
    made = fixed(b"yaml.load(x) # \xe9\nyaml.load(y)\n", {1, 2})
    assert made.files == {"a.py": b"yaml.load(x) # \xe9\nyaml.safe_load(y)\n"}
    assert [one.start_line for one in made.left] == [1]


def test_only_safe_fixes_are_made() -> None:
    assert fixed(b"yaml.load(x)\n", {1}, safety="suggest") == Plan({}, (), ())


def test_of_two_fixes_in_a_line_the_second_waits() -> None:
    made = fixed(b"yaml.load(x); yaml.load(y)\n", {1})
    assert made.files == {"a.py": b"yaml.safe_load(x); yaml.load(y)\n"}
    assert (len(made.fixed), len(made.left)) == (1, 1)


def test_fixes_that_break_the_text_together_are_made_one_by_one() -> None:
    text = b"if x:\n    a()\n    b()\ny\n"
    both = [finding(Suggestion(2, 2, "")), finding(Suggestion(3, 3, ""))]
    made = plan(both, {"a.py": text}, rules={"a.load": rule()}, added={"a.py": {2, 3}})
    assert made == Plan({"a.py": b"if x:\n    b()\ny\n"}, (both[0],), (both[1],))


@pytest.mark.parametrize(
    ("before", "suggestion", "after"),
    [
        (b"a\nb\nc\n", Suggestion(2, 2, ""), b"a\nc\n"),
        (b"\xef\xbb\xbfa\nb\n", Suggestion(1, 1, ""), b"\xef\xbb\xbfb\n"),
        (b"a\nb", Suggestion(2, 2, ""), b"a\n"),
        (b"a\r\nb\r\nc", Suggestion(1, 2, "x\ny\nz"), b"x\r\ny\r\nz\r\nc"),
        (b"a\r\nb", Suggestion(2, 2, "x\ny"), b"a\r\nx\r\ny"),
    ],
)
def test_lines_are_taken_out_and_put_in(before: bytes, suggestion: Suggestion, after: bytes) -> None:
    made = plan([finding(suggestion, "a")], {"a": before}, rules={"a.load": rule()}, added={"a": {1, 2, 3}})
    assert made.files == {"a": after}


def test_a_suggestion_beyond_the_end_is_left() -> None:
    made = plan([finding(Suggestion(3, 3, "x"))], {"a.py": b"a\n"}, rules={"a.load": rule()}, added={"a.py": {3}})
    assert (made.files, len(made.left)) == ({}, 1)


def test_the_patch_is_shown_without_control_characters() -> None:
    patch = patch_of("a\x1b.py", b"\xef\xbb\xbfa\r\n\tb\x1b[31m\nc", b"a\r\n\tb\nc\n")
    assert patch == (
        "--- a/a\\x1b.py\n+++ b/a\\x1b.py\n@@ -1,3 +1,3 @@\n a\n"
        "-\tb\\x1b[31m\n-c\n\\ No newline at end of file\n+\tb\n+c\n"
    )


LINES = st.sampled_from(
    [b"yaml.load(x)", b"  yaml.load(y)  # \xc3\xa9", b"ok", b"", b"\xff", b"yaml.load(a) yaml.load(b)"]
)
FILES = st.lists(st.tuples(LINES, st.sampled_from([b"\n", b"\r\n"])), max_size=8)


@given(FILES, st.sets(st.integers(1, 8)), st.booleans())
def test_lines_outside_the_change_keep_their_bytes(rows: list[tuple[bytes, bytes]], added: set[int], cut: bool) -> None:
    before = b"".join(line + eol for line, eol in rows)
    before = before[:-1] if cut else before
    after = fixed(before, added, "a").files.get("a", before)
    old, new = before.split(b"\n"), after.split(b"\n")
    assert len(old) == len(new)
    assert [x for i, x in enumerate(old, 1) if i not in added] == [x for i, x in enumerate(new, 1) if i not in added]


@given(FILES, st.sets(st.integers(1, 8)))
def test_fixing_comes_to_an_end(rows: list[tuple[bytes, bytes]], added: set[int]) -> None:
    data = b"".join(line + eol for line, eol in rows)
    for _ in range(2):
        data = fixed(data, added, "a").files.get("a", data)
    assert fixed(data, added, "a").files == {}
    assert fixed(data, added, "a").fixed == ()
