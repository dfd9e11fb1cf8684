from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.diffing.parse import parse
from review_bot.domain.finding import Finding
from review_bot.domain.language import LANGUAGES
from review_bot.rules.model import Rule, Where
from review_bot.rules.ruleset import RuleSet
from review_bot.rules.suppress import Catalogue, Comment, Outcome, apply, catalogue, find_comments
from review_bot.rules.suppress import judge as judge_view
from review_bot.rules.view import View

SHELL, EVAL, GUARD = "py.command.shell-true", "py.code.eval", "diff.guard-removed"
KNOWN = {SHELL: "injection-command", EVAL: "injection-code", GUARD: "correctness", "tls.verify": "tls"}
CATALOGUE = Catalogue(KNOWN, frozenset({SHELL, EVAL, "tls.verify"}), frozenset({GUARD}))


def finding(line: int, rule: str = SHELL, *, end: int | None = None, also: tuple[str, ...] = ()) -> Finding:
    return Finding(
        "0" * 16, rule, "rule", KNOWN.get(rule, "tests"), "error", 0.9, "a.py", "new", line, end or line, 1, 2, "m"
    )._replace(also=also)


def numbered(text: str) -> list[tuple[int, str]]:
    return list(enumerate(text.split("\n"), 1))


def comments(text: str, language: str | None = "python") -> list[Comment]:
    return find_comments(numbered(text), language, whole=True)


def judge(text: str, *findings: Finding, added: range | None = None, catalogue: Catalogue = CATALOGUE) -> Outcome:
    total = text.count("\n") + 1
    lines = added if added is not None else range(1, total + 1)
    return apply(findings, comments(text), path="a.py", catalogue=catalogue, added=lines, total=total)


def held(text: str, *findings: Finding) -> list[int]:
    return [one.finding.start_line for one in judge(text, *findings).suppressed]


def problems(text: str, *findings: Finding, added: range | None = None) -> list[tuple[str, int]]:
    return [(one.rule, one.start_line) for one in judge(text, *findings, added=added).problems]


def test_on_the_flagged_line() -> None:
    outcome = judge(f"run(x, shell=True)  # review-bot: ignore[{SHELL}] -- trusted", finding(1))
    assert outcome.kept == []
    assert [(one.by, one.reason) for one in outcome.suppressed] == [("inline", "ignored in line 1: trusted")]
    assert outcome.problems == []


@pytest.mark.parametrize("name", [SHELL, "py.command", "py", "py.*", "injection-command", f"{EVAL}, {SHELL}"])
def test_an_id_a_prefix_or_a_category(name: str) -> None:
    assert held(f"# review-bot: ignore[{name}]\nrun(x)", finding(2)) == [2]


@pytest.mark.parametrize("name", [EVAL, "py.comm", "command", "*", "", "shell-true"])
def test_other_ids_hold_nothing_back(name: str) -> None:
    assert held(f"# review-bot: ignore[{name}]\nrun(x)", finding(2)) == []


def test_a_comment_behind_code_does_not_speak_of_the_line_below() -> None:
    assert held(f"y = 1  # review-bot: ignore[{SHELL}]\nrun(x)", finding(2)) == []


def test_a_blank_line_parts_the_comment_from_the_code() -> None:
    assert held(f"# review-bot: ignore[{SHELL}]\n\nrun(x)", finding(3)) == []


def test_comments_stand_on_each_other() -> None:
    text = f"# review-bot: ignore[{SHELL}]\n# review-bot: ignore[{EVAL}]\nrun(eval(x))"
    assert held(text, finding(3), finding(3, EVAL)) == [3, 3]
    assert problems(text, finding(3), finding(3, EVAL)) == []


def test_any_line_of_the_finding_counts() -> None:
    assert held(f"run(\n  x,\n)  # review-bot: ignore[{SHELL}]", finding(1, end=3)) == [1]


def test_the_whole_file() -> None:
    text = f"# review-bot: ignore-file[{SHELL}] -- a fixture\n" + "x\n" * 40
    outcome = judge(text, finding(30)._replace(side="old"), finding(31))
    assert [one.reason for one in outcome.suppressed] == ["ignore-file in line 1: a fixture"] * 2


def test_the_whole_file_only_in_its_first_lines() -> None:
    text = "\n" * 20 + f"# review-bot: ignore-file[{SHELL}]\nrun(x)"
    assert held(text, finding(22)) == []
    assert problems(text, finding(22)) == [("suppression.unused", 21)]


def test_a_removed_line_is_not_spoken_of_by_a_line_comment() -> None:
    assert held(f"# review-bot: ignore[{SHELL}]\nrun(x)", finding(2)._replace(side="old")) == []


def test_a_block_ends_where_it_is_enabled() -> None:
    text = f"a\n# review-bot: disable[py]\nb\n# review-bot: enable[{SHELL}]\nc"
    assert held(text, finding(1), finding(3), finding(5), finding(5, EVAL)) == [3, 5]


def test_a_block_without_end_reaches_the_end_of_the_file() -> None:
    assert held(f"# review-bot: disable[{SHELL}]\na\nb", finding(3)) == [3]


def test_a_merged_finding_needs_every_one_of_its_rules() -> None:
    one = finding(2, also=(EVAL,))
    assert held(f"# review-bot: ignore[{SHELL}]\nx", one) == []
    assert held(f"# review-bot: ignore[{SHELL}, {EVAL}]\nx", one) == [2]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", 'x = "# review-bot: ignore[a]"'),
        ("python", '"""Write\n# review-bot: ignore[a]\n"""'),
        ("python", "review-bot: ignore[a]"),
        ("python", "# say review-bot: ignore[a] there"),
        ("python", "# review-bot: ignored[a]"),
        ("javascript", "x = '// review-bot: ignore[a]'"),
        ("javascript", "# review-bot: ignore[a]"),
        ("markdown", "`# review-bot: ignore[a]`"),
    ],
)
def test_words_outside_a_comment_are_none(language: str, text: str) -> None:
    assert comments(text, language) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "x  #review-bot: ignore[a]-- why"),
        ("python", "x  # noqa: S602  # review-bot: ignore[a] -- why"),
        ("python", "x = 'a' \"b\"  # review-bot: ignore[ a ] -- why"),
        ("javascript", "x  // review-bot: ignore[a] -- why"),
        ("javascript", "x  /* review-bot: ignore[a] -- why */"),
        ("javascript", "{/* review-bot: ignore[a] -- why */}"),
        ("java", "/**\n * review-bot: ignore[a] -- why\n */"),
        ("html", "<!-- review-bot: ignore[a] -- why -->"),
        ("sql", "-- review-bot: ignore[a] -- why"),
        ("ini", "; review-bot: ignore[a] -- why"),
        ("rst", ".. review-bot: ignore[a] -- why"),
        ("dockerfile", "RUN x # review-bot: ignore[a] -- why"),
        ("yaml", "  - run: x # review-bot: ignore[a] — why\r"),
        (None, "% review-bot: ignore[a] -- why"),
        (None, "{# review-bot: ignore[a] -- why #}"),
        ("html", "{# review-bot: ignore[a] -- why #}"),
        ("erb", "<%# review-bot: ignore[a] -- why %>"),
        (None, "{{!-- review-bot: ignore[a] -- why --}}"),
    ],
)
def test_comments_of_many_languages(language: str | None, text: str) -> None:
    assert [(one.ids, one.reason) for one in comments(text, language)] == [(("a",), "why")]


def test_jsx_and_long_comments_speak_of_the_line_below() -> None:
    assert comments("<a>\n  {/* review-bot: ignore[a] */}\n  <b/>", "javascript")[0].covers == (2, 3)
    assert comments("/*\n * review-bot: ignore[a]\n */\nx", "c")[0].covers == (2, 4)


def test_two_in_one_comment() -> None:
    found = comments("x  # review-bot: ignore[a] -- one # review-bot: ignore[b] -- two")
    assert [(one.ids, one.reason) for one in found] == [(("a",), "one"), (("b",), "two")]


def test_the_columns_are_those_of_the_comment() -> None:
    (one,) = comments("é = 1  # review-bot: ignore[a]  ")
    assert one.text[one.start_column - 1 : one.end_column - 1] == "# review-bot: ignore[a]"


def test_the_lines_of_a_fragment_need_not_follow_each_other() -> None:
    lines = [(3, "# review-bot: ignore[a]"), (4, "x"), (90, "y  # review-bot: ignore[b]")]
    assert [one.covers for one in find_comments(lines, "python", whole=False)] == [(3, 4), (90,)]


@pytest.mark.parametrize("form", ["ignore", "ignore[]", "ignore[*]", "disable[*]", "ignore-file", "ignore[ , ]"])
def test_a_suppression_without_id(form: str) -> None:
    text = f"x  # review-bot: {form}"
    outcome = judge(text, finding(1))
    assert [one.rule for one in outcome.problems] == ["suppression.without-id"]
    assert outcome.kept == [finding(1)]


def test_an_unknown_id_names_the_nearest() -> None:
    (one,) = judge("x  # review-bot: ignore[py.command.shell-tru]").problems
    assert (one.rule, one.severity, one.category) == ("suppression.unknown-id", "warning", "conventions")
    assert one.message == f"no rule has the id py.command.shell-tru; did you mean {SHELL}?"
    assert (one.start_line, one.quote) == (1, "# review-bot: ignore[py.command.shell-tru]")


@pytest.mark.parametrize("name", ["model", "model.tls", "suppression.unused", "suppression", "tls", "py"])
def test_ids_that_are_known(name: str) -> None:
    assert ("suppression.unknown-id", 1) not in problems(f"x  # review-bot: ignore[{name}]")


def test_an_id_that_held_something_back_is_known() -> None:
    assert problems("x  # review-bot: ignore[S602]", finding(1, "S602")) == []


def test_an_unused_one() -> None:
    (one,) = judge(f"x  # review-bot: ignore[{SHELL}, {EVAL}]", finding(1)).problems
    assert (one.rule, one.message) == ("suppression.unused", f"ignore[{EVAL}] holds nothing back")


def test_one_above_an_added_line_is_unused_even_if_unchanged() -> None:
    assert problems(f"# review-bot: ignore[{SHELL}]\nx", added=range(2, 3)) == [("suppression.unused", 1)]


@pytest.mark.parametrize("added", [range(0), range(1, 2)], ids=["nothing", "the comment"])
def test_nobody_knows_what_an_unchanged_line_would_give(added: range) -> None:
    assert problems(f"# review-bot: ignore[{SHELL}]\nx", added=added) == []


@pytest.mark.parametrize("name", [GUARD, "diff", "correctness", "model.tls"])
def test_a_rule_about_a_change_or_one_that_did_not_run_is_never_unused(name: str) -> None:
    assert problems(f"x  # review-bot: ignore[{name}]") == []


def test_a_rule_that_was_not_selected_is_never_unused() -> None:
    resting = CATALOGUE._replace(active=frozenset({EVAL}))
    for name in (SHELL, "py"):
        assert judge(f"x  # review-bot: ignore[{name}]", catalogue=resting).problems == []


def test_an_unused_block_and_file() -> None:
    text = f"# review-bot: ignore-file[{EVAL}]\n# review-bot: disable[{SHELL}]\nx\n# review-bot: enable[{SHELL}]"
    assert problems(text) == [("suppression.unused", 1), ("suppression.unused", 2)]
    assert problems(text, added=range(2, 5)) == [("suppression.unused", 2)]
    assert problems(text, added=range(2, 4)) == []


def test_enabling_what_was_never_disabled() -> None:
    assert problems(f"x\n# review-bot: enable[{SHELL}]") == [("suppression.unused", 2)]


def test_problems_can_be_held_back_too() -> None:
    text = "# review-bot: ignore-file[suppression] -- examples\n# review-bot: ignore"
    outcome = judge(text)
    assert outcome.problems == []
    assert [one.finding.rule for one in outcome.suppressed] == ["suppression.without-id"]


def test_problems_on_unchanged_lines_are_not_news() -> None:
    assert problems("x  # review-bot: ignore\ny", added=range(2, 3)) == []


def test_equal_problems_have_fingerprints_of_their_own() -> None:
    found = judge("x  # review-bot: ignore\nx  # review-bot: ignore").problems
    assert len({one.fingerprint for one in found}) == 2


def test_the_catalogue_of_rules() -> None:
    def rule(name: str, scope: Where) -> Rule:
        return Rule(name, "tls", "error", "high", ("*",), "m", "w", "regex", "x", scope)

    made = catalogue(RuleSet.of([rule("a", Where()), rule("b", Where("removed")), rule("c", Where("pair"))]), {"a"})
    assert (dict(made.known), made.passing) == ({"a": "tls", "b": "tls", "c": "tls"}, {"b", "c"})


@given(
    st.lists(st.tuples(st.integers(0, 50), st.text(alphabet="# review-bot:ignoe[]dsabl,.*-'\"/\nfx"))),
    st.sampled_from([None, *sorted(LANGUAGES)]),
    st.booleans(),
)
def test_any_lines_are_read_and_judged(lines: list[tuple[int, str]], language: str | None, whole: bool) -> None:
    found = find_comments(lines, language, whole=whole)
    outcome = apply([finding(3)], found, path="a", catalogue=CATALOGUE, added=range(50), total=50)
    assert len(outcome.kept) + len([one for one in outcome.suppressed if one.finding == finding(3)]) == 1


@given(
    st.sampled_from(["ignore", "ignore-file", "disable", "enable"]),
    st.lists(st.text(alphabet="abc.*-\"' ", max_size=6), max_size=3),
    st.text(alphabet="abc #-/*", max_size=12),
    st.integers(1, 30),
)
def test_whatever_stands_in_the_brackets(form: str, ids: list[str], reason: str, line: int) -> None:
    text = f"x\n  # review-bot: {form}[{','.join(ids)}] -- {reason}\ny"
    (one,) = comments(text)
    assert one.form == form
    assert all(name.strip() == name and name for name in one.ids)
    judge(text, finding(line))


class Files:
    """Contents with one new version, counting how often it is asked for."""

    def __init__(self, text: str | None) -> None:
        self.text = text
        self.reads = 0

    def new(self, _file: object) -> bytes | None:
        self.reads += 1
        return None if self.text is None else self.text.encode()

    def old(self, _file: object) -> bytes | None:
        return None


def view_of(patch: str, files: Files) -> View:
    head = "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n"
    (file,) = parse((head + patch).encode())
    return View(file, files)


def test_a_file_without_findings_and_comments_is_not_read() -> None:
    files = Files("x\n")
    assert judge_view(view_of("@@ -0,0 +1 @@\n+x\n", files), [], CATALOGUE) == Outcome([], [], [], {})
    assert files.reads == 0


def test_a_comment_far_from_the_hunk_counts_where_the_file_is_at_hand() -> None:
    patch = "@@ -8,0 +9 @@\n+run(x)\n"
    text = f"# review-bot: ignore-file[{SHELL}]\n" + "\n" * 7 + "run(x)\n"
    assert judge_view(view_of(patch, Files(text)), [finding(9)], CATALOGUE).kept == []
    assert judge_view(view_of(patch, Files(None)), [finding(9)], CATALOGUE).kept == [finding(9)]


def test_an_unchanged_comment_in_the_fragment_counts() -> None:
    patch = f"@@ -3,1 +3,2 @@\n     # review-bot: ignore[{SHELL}]\n+    run(x)\n"
    assert judge_view(view_of(patch, Files(None)), [finding(4)], CATALOGUE).kept == []
    assert [one.start_line for one in judge_view(view_of(patch, Files(None)), [], CATALOGUE).problems] == [3]


def test_all_lines_are_examined_where_all_are_asked_for() -> None:
    view = view_of("@@ -1 +1,2 @@\n a\n+b\n", Files(f"a  # review-bot: ignore[{SHELL}]\nb\n"))
    assert judge_view(view, [finding(2)], CATALOGUE).problems == []
    wide = judge_view(view, [finding(2)], CATALOGUE, filter_mode="file")
    assert [one.rule for one in wide.problems] == ["suppression.unused"]
