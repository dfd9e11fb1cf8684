from __future__ import annotations

import pytest

from review_bot.rules.delta.change import FileChange, WholeChange
from review_bot.rules.delta.dependencies import dependency_risk
from review_bot.rules.delta.example import change_of, versions
from review_bot.rules.view import View


def _change(before: str, after: str, path: str = "a.py") -> WholeChange:
    change = change_of(versions(before, after, path))
    return WholeChange([View(file, change.contents) for file in change.files], change.tree)


def _file(before: str, after: str, path: str = "a.py") -> FileChange:
    (file,) = _change(before, after, path).files
    return file


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(a, b)\n", "f(\n    a,\n    b,\n)\n"),
        ("x = 'a'\n", 'x = "a"\n'),
        ("return a and b\n", "return (\n    a\n    and b\n)\n"),
        ("x = 1;\n", "x = 1\n"),
    ],
    ids=["lines", "quotes", "brackets", "semicolon"],
)
def test_layout_is_no_edit(before: str, after: str) -> None:
    assert _file(before, after).edits == []


def test_another_order_is_an_edit() -> None:
    assert _file("a()\nb()\nc()\n", "b()\na()\nc()\n").edits != []


def test_a_line_of_another_file_has_moved() -> None:
    change = _change(
        "--- path: a.py ---\nx = compute(3)\ny = 1\n--- path: b.py ---\nz = 2\n",
        "--- path: a.py ---\ny = 1\n--- path: b.py ---\nz = 2\nx = compute(3)\n",
    )
    assert change.moved("    x = compute(3)")
    assert change.moved_from("x = compute(3)")
    assert not change.moved("x = compute(4)")


def test_similar_statements_are_paired() -> None:
    file = _file("get(url, timeout=3)\nlog(url)\n", "get(url)\nlog(url)\n")
    assert [(old.text, new.text) for old, new in file.pairing.pairs] == [("get(url, timeout=3)", "get(url)")]


def test_statements_without_a_counterpart_are_gone_or_fresh() -> None:
    file = _file("keep()\nremoved(1, 2)\n", "keep()\nbrand = new.thing\n")
    assert [one.text for one in file.pairing.gone] == ["removed(1, 2)"]
    assert [one.text for one in file.pairing.fresh] == ["brand = new.thing"]


def test_a_short_statement_follows_what_stood_in_its_place() -> None:
    file = _file("assert x == 3\n", "assert x\n")
    assert len(file.pairing.pairs) == 1


def test_a_renamed_function_is_paired_by_its_text() -> None:
    body = "    first = load(path)\n    second = parse(first)\n    return second\n"
    file = _file("def old_name(path):\n" + body, "def new_name(path):\n" + body)
    after = file.pairing.function(file.old.functions[0])
    assert after is not None
    assert after.name == "new_name"
    assert file.pairing.before(after) == file.old.functions[0]


def test_a_match_of_a_new_statement_that_lost_a_line_stands_at_that_line() -> None:
    file = _file("get(\n    url,\n    timeout=3,\n)\n", "get(\n    url,\n)\n")
    match = file.match("new", file.new.statements[0])
    assert (match.side, match.start_line, match.quote) == ("old", 3, "timeout=3,")


def test_a_file_without_text_after_keeps_still() -> None:
    file = _file("x = 1\n", "")
    assert file.view.file.deleted
    assert file.new.statements == ()


USUAL = ".".join(("pypi", "org"))


@pytest.mark.parametrize(
    ("line", "elsewhere"),
    [
        (f"--index-url https://{USUAL}/simple", False),
        (f"-i https://{USUAL}/simple/  # the usual one", False),
        (f"--trusted-host {USUAL}", False),
        (f"--index-url https://{USUAL}.evil.example/simple", True),
        (f"--extra-index-url https://evil.example/{USUAL}/simple", True),
        (f"--index-url http://{USUAL}/simple", True),
    ],
)
def test_only_the_usual_index_itself_is_the_usual_one(line: str, elsewhere: bool) -> None:
    file = _file("flask==3.0.0\n", f"flask==3.0.0\n{line}\n", "requirements.txt")
    said = [match.message for match in dependency_risk(file, ())]
    assert said == ([f"packages may come from elsewhere: {line}"] if elsewhere else [])


def test_an_unchanged_statement_is_found_by_its_place() -> None:
    before = "if a:\n    raise b\nx = 1\nif a:\n    raise b\nif a:\n    go()\n"
    file = _file(before, f"y = 2\nif a:\n    y = 3\n{before.replace('x = 1', 'if a:')}")
    places = [file.unchanged(one) for one in file.old.statements]
    assert [one.start if one else None for one in places] == [4, 5, None, 7, 8, 9, 10]
