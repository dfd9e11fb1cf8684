from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review_bot.diffing.parts import parts_of
from review_bot.diffing.rows import read
from review_bot.diffing.tokens import estimate
from review_bot.domain.window import Part, heading
from unit.diffing.changes import change_of, lines_of

LINE = st.one_of(
    st.sampled_from(
        ["", "    x = 1", "def f(a, b):", "class A:", "    return 1", "}", "  if a:", "\tfoo();", "# note"]
    ),
    st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=30),
    st.integers(0, 3000).map(lambda n: "x" * n),
)
TEXT = st.lists(LINE, max_size=60).map(lambda lines: "".join(f"{line}\n" for line in lines))
FILES = st.dictionaries(st.sampled_from(["a.py", "b/c.go", "d.txt"]), st.tuples(TEXT, TEXT), max_size=3)


def added(parts: tuple[Part, ...]) -> list[tuple[str, int]]:
    return sorted((part.path, number) for part in parts for number in part.added_lines)


@settings(max_examples=40, deadline=None)
@given(FILES, st.sampled_from([100, 400, 1000]), st.booleans())
def test_every_added_line_is_in_one_part_as_it_is_and_within_the_limit(
    files: dict[str, tuple[str, str]], limit: int, whole: bool
) -> None:
    change = change_of(files, whole=whole)
    parts, uncovered = parts_of(change, limit)
    wanted = sorted((file.path, number) for file in change.files for h in file.hunks for number, _ in h.added_lines())
    assert added(parts) == wanted
    for part in parts:
        assert estimate(heading(part.path) + part.text) <= limit
        assert part.tokens == estimate(part.text)
        rows = list(read(part.text))
        assert [row.number for row in rows if row.kind == "+"] == list(part.added_lines)
        assert set(part.context_lines) == {row.number for row in rows if row.kind == " "}
        old, new = map(lines_of, files[part.path])
        for row in rows:
            source = "\n".join(old) if row.kind == "-" else new[row.number - 1]
            assert _found(row.bare, source)
    named = {part.path for part in parts} | {one.path for one in uncovered}
    assert named == {file.path for file in change.files}


def _found(shown: str, source: str) -> bool:
    """Whether the pieces between the marks stand in the source, in order."""
    at = 0
    if shown in source:
        return True
    for piece in shown.split("…"):
        at = source.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def python(functions: int, lines: int) -> str:
    body = [
        f"def function_{n}(first, second):\n" + "".join(f"    call_{n}({i})\n" for i in range(lines))
        for n in range(functions)
    ]
    return "\n\n".join(body)


def test_an_oversized_hunk_is_cut_before_definitions() -> None:
    parts, _ = parts_of(change_of({"a.py": ("", python(20, 6))}), 500)
    assert len(parts) > 2
    assert [part.part for part in parts] == [f"{n}/{len(parts)}" for n in range(1, len(parts) + 1)]
    for part in parts:
        assert next(iter(read(part.text))).bare.startswith("def ")


def test_the_enclosing_signature_is_repeated_in_every_piece() -> None:
    parts, _ = parts_of(change_of({"a.py": ("", python(1, 200))}), 500)
    assert len(parts) > 2
    for part in parts[1:]:
        first = next(iter(read(part.text)))
        assert (first.kind, first.number, first.bare) == (" ", 1, "def function_0(first, second):")
        assert 1 in part.context_lines
        assert 1 not in part.added_lines


def test_a_hunk_shows_what_it_stands_in() -> None:
    old = python(1, 40)
    new = old.replace("    call_0(30)\n", "    call_0(31)\n")
    (part,), _ = parts_of(change_of({"a.py": (old, new)}), 900)
    assert part.text.startswith("1  def function_0(first, second):\n29  ")
    assert "-      call_0(30)\n32+     call_0(31)\n" in part.text
    assert (part.start_line, part.end_line, part.added_lines) == (29, 35, (32,))


def test_without_the_file_git_says_what_a_hunk_stands_in() -> None:
    from review_bot.diffing.parse import parse

    change = change_of({"a.txt": ("a\nb\n", "a\nc\n")}, whole=False)
    data = change.files[0].hunks[0].data.replace(b" @@\n", b" @@ int main(void)\n")
    (part,), _ = parts_of(change._replace(files=parse(data)), 900)
    assert part.text == "@@ int main(void)\n1  a\n-  b\n2+ c\n"


def test_context_goes_before_code() -> None:
    old = "".join(f"unchanged line number {n}\n" for n in range(7))
    new = old.replace("number 3\n", "number 3 is new\n")
    (large,), _ = parts_of(change_of({"a.txt": (old, new)}), 200)
    (small,), _ = parts_of(change_of({"a.txt": (old, new)}), 70)
    assert len(large.context_lines) == 6
    assert len(small.context_lines) < 6
    assert "4+ unchanged line number 3 is new\n" in small.text


def test_a_giant_line_is_cut_with_a_mark() -> None:
    (part,), _ = parts_of(change_of({"a.txt": ("", "word " * 5000 + "\nnext\n")}), 300)
    rows = list(read(part.text))
    assert rows[0].bare.endswith("…")
    assert rows[0].bare[:-1] in "word " * 5000
    assert rows[1].bare == "next"


def test_a_removed_check_goes_with_the_nearest_part_and_a_removed_comment_is_named() -> None:
    lines = [f"line {n}\n" for n in range(60)]
    old = [*lines[:30], "    if not allowed: raise Denied\n", *lines[30:]]
    (part,), uncovered = parts_of(change_of({"a.txt": ("".join(old), "".join([*lines, "added\n"]))}), 900)
    assert "-      if not allowed: raise Denied\n" in part.text
    assert part.added_lines == (61,)
    assert not uncovered
    old = [*lines[:30], "plain words\n", *lines[30:]]
    (part,), uncovered = parts_of(change_of({"a.txt": ("".join(old), "".join([*lines, "added\n"]))}), 900)
    assert "plain words" not in part.text
    assert [tuple(one) for one in uncovered] == [("a.txt", "1 hunk that only removes lines")]


def test_files_without_lines_to_show_are_named_with_the_reason() -> None:
    from review_bot.diffing.parse import parse

    data = (
        b"diff --git a/logo.png b/logo.png\nindex 1..2 100644\nBinary files a/logo.png and b/logo.png differ\n"
        b"diff --git a/gone.py b/gone.py\ndeleted file mode 100644\nindex 1..0\n--- a/gone.py\n+++ /dev/null\n"
        b"@@ -1 +0,0 @@\n-a\n"
        b"diff --git a/less.py b/less.py\nindex 1..2 100644\n--- a/less.py\n+++ b/less.py\n@@ -1,2 +1 @@\n a\n-b\n"
        b"diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n"
        b"diff --git a/m b/m\nold mode 100644\nnew mode 100755\n"
        b"diff --git a/e b/e\nnew file mode 100644\nindex 0..1\n"
        b"diff --git a/sub b/sub\nindex 1234567..89abcde 160000\n--- a/sub\n+++ b/sub\n@@ -1 +1 @@\n"
        b"-Subproject commit 1\n+Subproject commit 2\n"
        b"diff --git a/v.py b/v.py\nindex 1..2 100644\n--- a/v.py\n+++ b/v.py\n@@ -1 +1 @@\n-a\n+b\n"
    )
    change = change_of({})._replace(files=parse(data))
    parts, uncovered = parts_of(change, 900, skipped={"v.py": "excluded"})
    assert not parts
    assert dict(uncovered) == {
        "logo.png": "binary",
        "gone.py": "deleted",
        "less.py": "only removes lines",
        "y": "only renamed",
        "m": "only its mode changed",
        "e": "empty",
        "sub": "submodule",
        "v.py": "excluded",
    }


@pytest.mark.parametrize("kind", ["+", " ", "-"])
def test_every_shown_line_is_cleaned_first(kind: str) -> None:
    seen = []

    def clean(path: str, line: int, text: str) -> str:
        seen.append((path, line, text))
        return text.replace("secret", "<hidden>")

    old, new = "a secret\nb secret\n", "a secret\nc secret\n"
    (part,), _ = parts_of(change_of({"a.txt": (old, new)}), 900, clean=clean)
    assert "secret" not in part.text
    assert part.text.count("<hidden>") == 3
    expected = {"+": ("a.txt", 2, "c secret"), " ": ("a.txt", 1, "a secret"), "-": ("a.txt", -2, "b secret")}
    assert expected[kind] in seen


def test_line_ends_and_a_byte_order_mark_are_not_shown() -> None:
    (part,), _ = parts_of(change_of({"a.txt": ("", "\ufeffa\r\nb\r\n")}), 900)
    assert part.text == "1+ a\n2+ b\n"
