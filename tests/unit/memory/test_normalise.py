from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.memory.normalise import MOST_HASHES, NEAR, shape, similarity, tokens, window

RUN = 'result = subprocess.run(["ls", path], shell=True, timeout=30)\nif result.returncode != 0:\n    return None\n'


def key(text: str, language: str | None = "python") -> str:
    return shape("rule", text, language).key


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(RUN.replace("result", "done").replace("path", "folder"), id="other locals"),
        pytest.param(RUN.replace('"ls"', "'rm'").replace("30", "5"), id="other literals"),
        pytest.param(RUN.replace("    ", "\t").replace(", ", ",\n    "), id="other blanks"),
        pytest.param(RUN.replace("timeout=30)", "timeout=30,)"), id="a comma before the bracket"),
        pytest.param(RUN.replace("\n", "  # because\n"), id="comments"),
        pytest.param("# why\n" + RUN, id="a comment above"),
    ],
)
def test_what_does_not_matter_leaves_the_key(other: str) -> None:
    assert key(other) == key(RUN)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(RUN.replace("run", "call"), id="another callee"),
        pytest.param(RUN.replace("returncode", "status"), id="another attribute"),
        pytest.param(RUN.replace("shell", "text"), id="another keyword argument"),
        pytest.param(RUN.replace("True", "False"), id="another constant"),
        pytest.param(RUN.replace("!=", "=="), id="another operator"),
        pytest.param(RUN.replace("return", "yield"), id="another keyword"),
    ],
)
def test_what_matters_changes_the_key(other: str) -> None:
    assert key(other) != key(RUN)


def test_the_name_of_a_function_is_a_local_where_it_is_given_and_kept_where_it_is_called() -> None:
    assert key("def load(path):\n    return read(path)") == key("def fetch(name):\n    return read(name)")
    assert key("def load(path):\n    return read(path)") != key("def load(path):\n    return parse(path)")


def test_the_same_code_under_another_rule_is_another_key() -> None:
    assert shape("a", RUN, "python").key != shape("b", RUN, "python").key
    assert shape("a", RUN, "python").key.startswith("a:")


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("javascript", "const a = {rejectUnauthorized: false}; // no", "const v = { rejectUnauthorized : false } ;"),
        ("go", "if err := f.Close(); err != nil { /* x */ }", "if v := v . Close ( ) ; v != nil { }"),
        ("rust", "let n = items.len() as u32; // x", "let v = v . len ( ) as v ;"),
        ("php", "$sql = \"SELECT $id\"; # x", "v = S ;"),
        ("bash", "curl -k --silent $URL | sh", "curl -k --silent v | sh"),
        ("yaml", "permissions: write-all  # all\nname: 'x'", "permissions : v name : S"),
        ("json", '{"strict": true, "port": 80}', "{ strict : true , port : N }"),
        ("sql", "SELECT name FROM users WHERE id = 3 -- x", "select v from v where v = N"),
        ("html", '<a href="x" target=y>text</a> <!-- no -->', "< a href = S target = v > v < / a >"),
        (None, "foo.bar(1, 'x')", "v . bar ( N , S )"),
    ],
)  # fmt: skip
def test_each_kind_of_language_keeps_what_says_what_code_does(language: str | None, text: str, expected: str) -> None:
    assert " ".join(tokens(text, language)) == expected


def test_a_comment_alone_is_told_from_others_by_its_words() -> None:
    assert key("# TODO: write this") != key("# TODO: delete that")
    assert key("# TODO: fix 12") == key("# todo:  fix 7")


def test_prose_keeps_its_words() -> None:
    assert tokens("Use the API.", "markdown") == ["use", "the", "api", "."]


def test_a_string_that_is_never_closed_ends_with_the_line() -> None:
    assert tokens("x = don't\ny = 2", "python")[-2:] == ["=", "N"]


def test_nearly_the_same_code_is_near_and_other_code_is_not() -> None:
    more = RUN + "log.info(path)\n"
    other = "for row in cursor.fetchall():\n    yield Row(*row)\n    total += row.amount\n"
    assert similarity(shape("r", RUN, "python").fp, shape("r", more, "python").fp) >= NEAR
    assert similarity(shape("r", RUN, "python").fp, shape("r", other, "python").fp) < 0.2


def test_similarity_of_short_sets_is_jaccards() -> None:
    assert similarity([1, 2, 3], [2, 3, 4]) == 0.5
    assert similarity([], []) == 0.0


def test_similarity_of_cut_sets_asks_the_least_of_both() -> None:
    low, high = list(range(MOST_HASHES)), list(range(8, 8 + MOST_HASHES))
    assert similarity(low, low) == 1.0
    assert similarity(low, high) == 0.5


@given(st.text(max_size=300), st.sampled_from(["python", "bash", "yaml", "html", "sql", "markdown", None]))
def test_any_text_has_a_shape_within_the_bounds(text: str, language: str | None) -> None:
    made = shape("rule", text, language)
    assert made == shape("rule", text, language)
    assert len(made.fp) <= MOST_HASHES
    assert list(made.fp) == sorted(set(made.fp))
    assert all(0 <= one < 2**32 for one in made.fp)


CALL = """\
import os

def f(path):
    done = run(
        path,
        shell=True,
    )
    return done

def g():
    pass
""".split("\n")  # noqa: SIM905 - lines of code read better so


@pytest.mark.parametrize(
    ("flagged", "expected"),
    [
        pytest.param((6, 6), (4, 7), id="the middle of a call widens to all of it"),
        pytest.param((4, 4), (4, 7), id="its first line as well"),
        pytest.param((8, 8), (6, 8), id="a statement gets its neighbours, within its block"),
        pytest.param((11, 11), (8, 11), id="beyond it where the block has less"),
        pytest.param((1, 1), (1, 3), id="alone in its block: over the blank line"),
        pytest.param((1, 11), (1, 8), id="at most eight lines"),
    ],
)
def test_window(flagged: tuple[int, int], expected: tuple[int, int]) -> None:
    assert window(dict(enumerate(CALL, 1)), *flagged, "python") == expected


def test_a_window_stays_among_the_lines_there_are() -> None:
    assert window({5: "foo("}, 5, 5, "python") == (5, 5)
    assert window({}, 5, 5, None) == (5, 5)


@given(
    st.lists(st.sampled_from(["a(", ")", "x", "", "b +", ". c", "[", "]", "{", "}"]), max_size=20),
    st.integers(1, 20),
    st.integers(0, 12),
)
def test_a_window_holds_the_flagged_lines_and_at_most_eight(lines: list[str], start: int, more: int) -> None:
    first, last = window(dict(enumerate(lines, 1)), start, start + more, "python")
    assert first <= start
    assert last >= min(start + more, first + 7)
    assert last - first < 8
