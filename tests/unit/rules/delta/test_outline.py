from __future__ import annotations

from review_bot.rules.delta.outline import Outline, outline


def _outline(text: str, language: str) -> Outline:
    return outline(dict(enumerate(text.split("\n"), 1)), language)


def _code(side: Outline) -> list[str]:
    return [statement.code for statement in side.statements]


def test_statements_end_where_their_brackets_close() -> None:
    side = _outline("x = call(\n    a,\n    b,\n)\ny = 1", "python")
    assert [(one.start, one.end) for one in side.statements] == [(1, 4), (5, 5)]


def test_a_block_begins_behind_its_brace() -> None:
    side = _outline("app.get('/x', (req, res) => {\n  send(res);\n});\n", "javascript")
    assert _code(side) == ['app.get("", (req, res) => {', "send(res);"]
    assert side.statements[1].parent == 0


def test_a_literal_does_not_begin_a_block() -> None:
    side = _outline("c := http.Client{\n\tTimeout: 3,\n}\nuse(c)\n", "go")
    assert [(one.start, one.end) for one in side.statements] == [(1, 3), (4, 4)]


def test_a_return_without_a_value_ends_its_line() -> None:
    side = _outline("func f() {\n\tif a {\n\t\treturn\n\t}\n\tb()\n}\n", "go")
    assert _code(side) == ["func f() {", "if a {", "return", "b()"]


def test_a_string_over_lines_is_one_statement() -> None:
    side = _outline('query = """\nSELECT 1\n"""\nrun(query)\n', "python")
    assert [(one.start, one.end) for one in side.statements] == [(1, 3), (4, 4)]


def test_comments_between_the_lines_of_a_statement_are_left_out() -> None:
    side = _outline("def f(  # noqa\n    a,  # first\n    b,\n):\n    pass\n", "python")
    assert side.statements[0].text == "def f( a, b, ):"


def test_functions_know_their_class_and_decorators() -> None:
    side = _outline("class A:\n    @property\n    def name(self):\n        return 1\n", "python")
    (function,) = side.functions
    assert (function.qualname, function.container, function.start, function.end) == ("A.name", "A", 2, 4)


def test_functions_of_several_languages() -> None:
    texts = {
        "javascript": ("const f = async (a) => {\n  g();\n};\n", "f"),
        "typescript": ("class A {\n  async load(x: string): Promise<void> {\n    g();\n  }\n}\n", "A.load"),
        "go": ("func (s *Store) Get(k string) error {\n\treturn nil\n}\n", "Store.Get"),
        "java": ("class A {\n    public int size(String x) {\n        return 1;\n    }\n}\n", "A.size"),
        "ruby": ("def total(x)\n  x\nend\n", "total"),
        "php": ("<?php\nfunction total($x) {\n    return $x;\n}\n", "total"),
        "rust": ("pub async fn total(x: u8) -> u8 {\n    x\n}\n", "total"),
        "csharp": ("class A\n{\n    public int Size(string x)\n    {\n        return 1;\n    }\n}\n", ""),
    }
    for language, (text, name) in texts.items():
        found = [function.qualname for function in _outline(text, language).functions]
        assert found == ([name] if name else []), language


def test_test_cases_are_known_by_their_title() -> None:
    side = _outline("describe('sums', () => {\n  it('adds', () => {\n    f();\n  });\n});\n", "javascript")
    assert [function.name for function in side.functions] == ["describe sums", "it adds"]


def test_the_function_around_a_line_is_the_innermost() -> None:
    side = _outline("def a():\n    def b():\n        c()\n    b()\n", "python")
    inner, outer = side.function_at(3), side.function_at(4)
    assert inner is not None
    assert inner.name == "b"
    assert outer is not None
    assert outer.name == "a"
    assert side.function_at(9) is None


def test_lines_with_gaps_are_read_as_pieces() -> None:
    side = outline({1: "f(", 2: "  a", 10: "g()"}, "python")
    assert [(one.start, one.end) for one in side.statements] == [(1, 2), (10, 10)]
