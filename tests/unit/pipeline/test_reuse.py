from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.domain.window import Part
from review_bot.pipeline.reuse import Known, keys_of, known, packed, salt
from review_bot.prompts.raw import RawFinding

SALT = salt("digest", "prompts 1", (0.3, 7))
CODE = ["def total(xs):", "    result = 0", "    for x in xs:", "        result += x", "    return xs[9]"]


def part(lines: list[str], start: int = 1, path: str = "a.py", around: str = "", kinds: str = "") -> Part:
    marks = kinds or "+" * len(lines)
    numbered = [f"{start + index}{kind} {text}\n" for index, (kind, text) in enumerate(zip(marks, lines, strict=True))]
    added = tuple(start + index for index, kind in enumerate(marks) if kind == "+")
    return Part(path, start, start + len(lines) - 1, added, around + "".join(numbered), 10, language="python")


def remark(line: int = 5, quote: str = "    return xs[9]", message: str = "past the end", fix: str = "") -> RawFinding:
    return RawFinding("a.py", line, quote, "correctness", "warning", message, fix)


def look(before: Part, remarks: list[RawFinding], after: Part) -> Known | None:
    return known(after, keys_of(after, SALT), dict.fromkeys(keys_of(before, SALT), packed(before, remarks)))


def test_the_same_part_has_the_same_remarks() -> None:
    assert look(part(CODE), [remark()], part(CODE)) == Known((remark(),), "same")
    assert look(part(CODE), [], part(CODE)) == Known((), "same")


def test_a_part_that_only_moved_down_has_them_at_its_own_lines() -> None:
    found = look(part(CODE), [remark(fix="    return xs[-1]")], part(CODE, 41, "b.py"))
    assert found == Known((remark(45, fix="    return xs[-1]")._replace(path="b.py"),), "same")


def test_a_part_that_moved_to_other_surroundings_is_known() -> None:
    before, after = part(CODE, around="8  class A:\n"), part(CODE, 20, around="19  class B:\n")
    found = look(before, [remark()], after)
    assert found == Known((remark(24),), "moved")


def test_a_part_that_was_indented_anew_takes_quote_and_fix_along() -> None:
    deeper = [f"  {line}" for line in CODE]
    found = look(part(CODE), [remark(fix="    return xs[-1]")], part(deeper))
    assert found == Known((remark(quote="      return xs[9]", fix="      return xs[-1]"),), "moved")


def test_a_line_that_left_its_block_is_another_part() -> None:
    assert look(part(CODE), [], part([*CODE[:4], "return xs[9]"])) is None
    assert look(part(["if a:", "    b()", "    c()"]), [], part(["if a:", "    b()", "c()"])) is None


def test_a_renamed_variable_keeps_remarks_on_lines_that_do_not_name_it() -> None:
    renamed = [line.replace("result", "amount") for line in CODE]
    assert look(part(CODE), [remark()], part(renamed)) == Known((remark(),), "renamed")


@pytest.mark.parametrize(
    "said",
    [
        remark(4, "        result += x"),
        remark(message="`result` is never returned"),
        remark(fix="    return result"),
        remark(quote="    return ys[9]"),
    ],
    ids=["quote", "message", "fix", "a quote that was wrong"],
)
def test_a_renamed_variable_that_a_remark_speaks_of_is_asked_about_anew(said: RawFinding) -> None:
    renamed = [line.replace("result", "amount") for line in CODE]
    assert look(part(CODE), [said], part(renamed)) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["a = 1", "b = 2", "f(a, b)"], ["a = 1", "b = 2", "f(b, a)"]),
        (["a = open(p)", "use(a)"], ["a = close(p)", "use(a)"]),
        (["a = 'x'", "use(a)"], ["a = 'y'", "use(a)"]),
        (["a = x.left", "use(a)"], ["a = x.right", "use(a)"]),
        (["a = 1", "if a < 2:", "    b()"], ["a = 1", "if a <= 2:", "    b()"]),
        (["a = 1", "b = a"], ["a = 1", "b = c"]),
    ],
    ids=["swapped", "another function", "another text", "another field", "another operator", "another variable"],
)
def test_what_means_something_else_is_asked_about_anew(before: list[str], after: list[str]) -> None:
    assert look(part(before), [], part(after)) is None


def test_an_added_line_is_not_a_kept_one() -> None:
    assert look(part(["a", "b"], kinds="++"), [], part(["a", "b"], kinds="+ ")) is None


def test_another_model_prompt_or_language_knows_nothing() -> None:
    bodies = dict.fromkeys(keys_of(part(CODE), SALT), packed(part(CODE), []))
    other = salt("digest 2", "prompts 1", (0.3, 7))
    assert known(part(CODE), keys_of(part(CODE), other), bodies) is None
    go = part(CODE)._replace(language="go")
    assert known(go, keys_of(go, SALT), bodies) is None


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", "{}", '{"remarks":[[0]],"names":[],"added":5}', '{"remarks":7,"names":[],"added":5}',
             '{"remarks":[["x","q","c","s","m","f"]],"names":[],"added":5}', '{"remarks":[],"names":[],"added":4}',
             "[" * 5000],
)  # fmt: skip
def test_a_body_that_is_not_ours_is_no_body(body: str) -> None:
    assert known(part(CODE), keys_of(part(CODE), SALT), dict.fromkeys(keys_of(part(CODE), SALT), body)) is None


@given(st.text(max_size=300), st.text(max_size=40))
def test_any_text_has_keys(text: str, quote: str) -> None:
    odd = Part("a.py", 1, 1, (1,), text, 1)
    body = packed(odd, [RawFinding("a.py", None, quote)])
    found = known(odd, keys_of(odd, SALT), dict.fromkeys(keys_of(odd, SALT), body))
    assert found is not None
    assert found.remarks[0].quote == quote
