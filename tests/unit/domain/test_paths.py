"""Globs, and which files are tests."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review_bot.domain import paths
from review_bot.domain.paths import excluded, is_test, matches


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("**", "a/b.py", True),
        ("*.py", "a/b.py", True),
        ("*.py", "a/b.pyc", False),
        ("**/*.min.js", "x.min.js", True),
        ("vendor/**", "vendor/a/b", True),
        ("vendor/**", "src/vendor/a", False),
        ("vendor/", "vendor/a", True),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/b/a.py", False),
        ("src/**/*.py", "src/a.py", True),
        ("src/**/*.py", "src/b/c/a.py", True),
        ("Dockerfile", "deploy/Dockerfile", True),
        ("Dockerfile*", "deploy/Dockerfile.dev", True),
        ("*.{yml,yaml}", "a/b.yaml", True),
        ("file[0-9].txt", "file7.txt", True),
        ("file[!0-9].txt", "file7.txt", False),
        ("a[b", "a[b", True),
        ("/top.py", "top.py", True),
        ("/top.py", "a/top.py", False),
        ("a?c", "abc", True),
        ("a+b.py", "aab.py", False),
    ],
)
def test_globs(glob: str, path: str, fits: bool) -> None:
    assert matches(path, glob) is fits


@pytest.mark.parametrize(
    ("path", "glob", "out"),
    [
        ("sub/a.py", "sub", True),
        ("x/sub/a.py", "sub", True),
        ("x/sub/a.py", "x/sub", True),
        ("y/x/sub/a.py", "x/sub", False),
        ("subs/a.py", "sub", False),
        ("a.py", "a.py", True),
    ],
)
def test_a_plain_name_excludes_the_folder_below_it(path: str, glob: str, out: bool) -> None:
    assert excluded(path, (glob,)) is out


@pytest.mark.parametrize(
    ("path", "test"),
    [
        ("tests/a.py", True),
        ("src/test_a.py", True),
        ("src/a_test.go", True),
        ("src/a.spec.ts", True),
        ("conftest.py", True),
        ("src/test/java/A.java", True),
        ("core/src/jvmTest/kotlin/A.kt", True),
        ("src/testFixtures/java/A.java", True),
        ("src/testimonials/a.ts", False),
        ("src/main/java/ATest.java", True),
        ("Shop.Tests/Cart.cs", True),
        ("src/latest.py", False),
        ("src/contest/a.py", False),
        ("attestation.py", False),
    ],
)
def test_tests(path: str, test: bool) -> None:
    assert is_test(path) is test


@given(st.text(alphabet="ab/*?.[]{},!", max_size=10), st.text(alphabet="ab/.,", min_size=1, max_size=8))
@settings(deadline=None)
def test_what_is_ruled_out_early_would_not_have_matched(glob: str, path: str) -> None:
    if paths._compiled(glob).fullmatch(path):
        assert all(part in path for part in paths._literals(glob))


@given(
    st.sampled_from(["*.{a,b}", "**/*.{a,b.a}", "*.a", "**/*.{a}", "*.{,a}"]),
    st.text("ab/.,{}", min_size=1, max_size=6),
)
@settings(deadline=None)
def test_the_quick_answers_are_those_of_the_expression(glob: str, path: str) -> None:
    assert matches(path, glob) == bool(paths._compiled(glob).fullmatch(path))
