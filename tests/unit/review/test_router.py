from __future__ import annotations

import pytest

from review_bot.diffing.tokens import estimate
from review_bot.domain.language import language_of
from review_bot.domain.window import Part
from review_bot.prompts.templates import load
from review_bot.review.router import Router

PROMPTS = load()


def part(path: str, *lines: str) -> Part:
    text = "".join(
        line if line[:1].isdigit() or line.startswith("-") else f"{n}+ {line}\n"
        for n, line in enumerate(lines or ("x = 1",), 1)
    )
    return Part(path, 1, 1, (1,), text, estimate(text), language=language_of(path))


@pytest.mark.parametrize(
    ("path", "line", "name"),
    [
        ("a.py", "x = 1", "python"),
        ("a.py", "subprocess.run(x)", "security"),
        ("a.py", "if not user.is_admin:", "security"),
        ("a.py", "tokens = count(text)", "python"),
        ("a.py", "1  subprocess.run(x)\n2+ x = 1\n", "python"),
        ("a.py", "-  check_password(user)\n1+ pass\n", "security"),
        ("test_a.py", "subprocess.run(x)", "tests"),
        ("src/a.test.ts", "expect(1)", "tests"),
        ("a.ts", "let x = 1", "javascript"),
        ("a.vue", "let x = 1", "javascript"),
        ("a.go", "x := 1", "go"),
        ("A.java", "int x = 1;", "java"),
        ("A.kt", "val x = 1", "java"),
        ("a.rs", "let x = 1;", "general"),
        ("a.yaml", "a: 1", "config"),
        ("Dockerfile", "FROM x", "config"),
        ("tests/a.json", "{}", "config"),
        ("a.sql", "SELECT 1", "sql"),
        ("app/migrations/0001_a.py", "x = 1", "sql"),
        (".github/workflows/ci.yml", "permissions: {}", "workflow"),
        (".gitlab-ci.yml", "a: 1", "workflow"),
        ("README.md", "words", "general"),
        ("LICENSE", "password", "general"),
    ],
)
def test_a_part_goes_by_its_language_and_by_what_it_does(path: str, line: str, name: str) -> None:
    assert Router(PROMPTS).of(part(path, line)) == name


def test_a_window_goes_to_whoever_speaks_for_most_of_it() -> None:
    route = Router(PROMPTS)
    code, short, other = part("a.py", *["x = 1"] * 9), part("a.sql", "SELECT 1"), part("b.go", *["y := 1"] * 9)
    assert route([code]) == "python"
    assert route([code, short]) == "python"
    assert route([code, other]) == "general"
