from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.rules.commit_message import Cleanup, Policy, check, cleaned

SCISSORS = "# ------------------------ >8 ------------------------"
EDITED = Cleanup()
WRITTEN = Cleanup(comments=False, scissors=False)
ANYWHERE = Policy()
MAIN = Policy(branch="main")


def texts(text: str, cleanup: Cleanup = EDITED) -> list[str]:
    return [line.text for line in cleaned(text, cleanup)]


def rules(text: str, policy: Policy = ANYWHERE, *, merge: bool = False) -> list[str]:
    return [problem.rule for problem in check(cleaned(text, EDITED), policy, merge=merge)]


def test_comments_and_the_diff_below_the_scissors_are_dropped() -> None:
    message = f"\nAdd a thing\n\nBecause.\n# Please enter\n{SCISSORS}\n# Do not edit\ndiff --git a/x b/x\n+key\n"
    assert texts(message) == ["Add a thing", "", "Because."]


def test_numbers_are_those_of_the_file() -> None:
    assert [line.number for line in cleaned("\n# hello\nAdd\n\nWhy\n", EDITED)] == [3, 4, 5]


def test_comments_are_content_where_nobody_edits() -> None:
    assert texts(f"#1 is mended\n\n{SCISSORS}\n", WRITTEN) == ["#1 is mended", "", SCISSORS]


@pytest.mark.parametrize("comment", [";", "//", "REM"])
def test_other_comment_strings(comment: str) -> None:
    message = f"# not a comment\n{comment} one\n{comment} {SCISSORS[2:]}\ndiff\n"
    assert texts(message, Cleanup(comment)) == ["# not a comment"]


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("#1 mended\n\n; Please enter\n;\n", ["#1 mended"]),
        (f"#1 mended\n;{SCISSORS[1:]}\n; Do not\ndiff\n+x\n", ["#1 mended"]),
        ("Add\n", ["Add"]),
        ("Add\n# comment\n", ["Add"]),
        ("", []),
    ],
)
def test_the_comment_character_that_git_chose(message: str, kept: list[str]) -> None:
    assert texts(message, Cleanup("auto")) == kept


@pytest.mark.parametrize("message", ["", "\n\n", "# only\n#comments\n", f"{SCISSORS}\nx", " \t\n"])
def test_an_empty_message_is_left_to_git(message: str) -> None:
    assert rules(message, Policy(conventional=True, branch="main")) == []


@pytest.mark.parametrize(
    "message",
    [
        "Add a thing",
        "Add a thing\n",
        "Add a thing\n\nBody\nmore body " + "x" * 200,
        "a" * 72,
        "é" * 72,
        "Add a thing\n# comment in the second line\n",
        "Wipe the cache",
        "Mention fixup! and WIP",
        "fixup: not what git writes",
    ],
)
def test_good_messages(message: str) -> None:
    assert rules(message, MAIN) == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("a" * 73, ["commit.subject-length"]),
        ("Add\nbody at once", ["commit.second-line"]),
        ("a" * 80 + "\nbody", ["commit.subject-length", "commit.second-line"]),
    ],
)
def test_form_is_a_warning(message: str, expected: list[str]) -> None:
    problems = check(cleaned(message, EDITED), MAIN)
    assert [problem.rule for problem in problems] == expected
    assert {problem.severity for problem in problems} == {"warning"}


def test_a_long_subject_is_marked_where_it_is_too_long() -> None:
    problem = check(cleaned("\n" + "a" * 60, EDITED), Policy(subject_length=50))[0]
    assert (problem.line, problem.column) == (2, 51)
    assert problem.message == "the subject has 60 characters, more than 50"


@pytest.mark.parametrize("word", ["fixup!", "squash!", "amend!", "Fixup!"])
def test_leftovers_on_a_protected_branch(word: str) -> None:
    problems = check(cleaned(f"{word} Add a thing\n", EDITED), MAIN)
    assert [(problem.rule, problem.severity) for problem in problems] == [("commit.leftover", "error")]
    assert problems[0].message == f"{word} must not stay on main"


@pytest.mark.parametrize("subject", ["WIP", "wip: try", "WIP try", "[WIP] try", "(wip) try", "WIP!"])
def test_work_in_progress_on_a_protected_branch(subject: str) -> None:
    assert rules(subject, MAIN) == ["commit.leftover"]


@pytest.mark.parametrize("subject", ["fixup! Add " + "x" * 90, "squash! Add", "WIP", "amend! Add"])
def test_leftovers_elsewhere_are_fine(subject: str) -> None:
    assert rules(subject) == []


@pytest.mark.parametrize(
    "subject",
    ["feat: add", "fix(parser): mend", "feat!: drop", "refactor(core)!: move", "Docs: say", "build(deps): bump x"],
)
def test_conventional_subjects(subject: str) -> None:
    assert rules(subject, Policy(conventional=True)) == []


@pytest.mark.parametrize(
    "subject", ["Add a thing", "feat add", "feat:add", "feat(): add", "thing: add", "feat: ", "WIP"]
)
def test_unconventional_subjects_are_errors(subject: str) -> None:
    problems = check(cleaned(subject, EDITED), Policy(conventional=True))
    assert [(problem.rule, problem.severity) for problem in problems] == [("commit.conventional", "error")]


@pytest.mark.parametrize(
    "subject",
    ["Merge branch 'topic' into main" + "x" * 90, "Merge pull request #1 from a/b", 'Revert "Add"', 'Reapply "Add"'],
)
def test_what_git_wrote_is_exempt(subject: str) -> None:
    assert rules(f"{subject}\nsecond", Policy(conventional=True, branch="main")) == []


def test_a_merge_with_words_of_its_own_is_exempt() -> None:
    assert rules("Bring it together", Policy(conventional=True), merge=True) == []


@given(st.text(), st.sampled_from(["#", ";", "auto", "//"]), st.booleans(), st.booleans())
def test_any_text_is_read(text: str, comment: str, comments: bool, scissors: bool) -> None:
    lines = cleaned(text, Cleanup(comment, comments=comments, scissors=scissors))
    assert all(text.split("\n")[line.number - 1].rstrip() == line.text for line in lines)
    check(lines, Policy(conventional=True, branch="main"))
