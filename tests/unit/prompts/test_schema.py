from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from review_bot.domain.window import Part
from review_bot.prompts.schema import answer_schema

PARTS = (Part("a.py", 3, 9, (3, 4), "", 1), Part("a.py", 20, 22, (21,), "", 1, "1/2"), Part("b.py", 1, 1, (1,), "", 1))
FINDING = {
    "path": "a.py", "line": 4, "quote": "x", "category": "tests", "severity": "info", "message": "m", "fix": "",
}  # fmt: skip
ORDER = ["path", "line", "quote", "category", "severity", "message", "fix"]


def fits(schema: Any, answer: Any) -> bool:
    return Draft202012Validator(dict(schema)).is_valid(answer)


def answer(*findings: dict[str, Any]) -> dict[str, Any]:
    return {"thought": "t", "findings": list(findings)}


def test_keys_stand_in_the_order_of_writing() -> None:
    schema = json.loads(json.dumps(answer_schema(PARTS[:1], ["tests"])))
    item = schema["properties"]["findings"]["items"]
    assert list(schema["properties"]) == schema["required"] == ["thought", "findings"]
    assert list(item["properties"]) == item["required"] == ORDER
    assert schema["x-guidance"] == {"whitespace_flexible": False}


def test_a_line_is_one_that_the_window_adds_to_that_file() -> None:
    schema = answer_schema(PARTS, ["tests"])
    for path, lines in (("a.py", [3, 4, 21]), ("b.py", [1])):
        for line in range(25):
            assert fits(schema, answer({**FINDING, "path": path, "line": line})) == (line in lines)
    assert not fits(schema, answer({**FINDING, "path": "c.py"}))


@pytest.mark.parametrize(
    "change",
    [
        {"category": "praise"},
        {"category": "secrets"},
        {"severity": "fatal"},
        {"message": "m" * 201},
        {"extra": 1},
        {"line": "4"},
        {"fix": None},
    ],
    ids=str,
)
def test_what_a_specialist_may_not_say_is_no_answer(change: dict[str, Any]) -> None:
    schema = answer_schema(PARTS, ["tests"])
    assert fits(schema, answer(FINDING))
    assert not fits(schema, answer({**FINDING, **change}))


def test_the_empty_answer_is_always_possible_and_findings_are_few() -> None:
    one, more = answer_schema(PARTS[:1], ["tests"]), answer_schema(PARTS, ["tests"])
    assert fits(one, answer())
    assert fits(one, answer(*[FINDING] * 3))
    assert not fits(one, answer(*[FINDING] * 4))
    assert fits(more, answer(*[FINDING] * 5))
    assert not fits(more, answer(*[FINDING] * 6))


def test_a_window_that_adds_nothing_takes_the_empty_answer_only() -> None:
    schema = answer_schema([PARTS[0]._replace(added_lines=())], ["tests"])
    assert fits(schema, answer())
    assert not fits(schema, answer(FINDING))


def test_a_path_that_is_not_utf8_is_named_as_it_is_shown() -> None:
    schema = answer_schema([PARTS[0]._replace(path="a\udcff.py")], ["tests"])
    assert fits(schema, answer({**FINDING, "path": "a\ufffd.py"}))


def keywords(schema: Any) -> set[str]:
    """Every keyword of a schema, names of properties left out."""
    if isinstance(schema, list):
        return {word for item in schema for word in keywords(item)}
    if not isinstance(schema, dict):
        return set()
    below = {
        word for name, value in schema.items() if name not in ("properties", "x-guidance") for word in keywords(value)
    }
    inside = {word for value in schema.get("properties", {}).values() for word in keywords(value)}
    return set(schema) | below | inside


def test_every_keyword_is_one_that_llama_cpp_enforces() -> None:
    assert keywords(json.loads(json.dumps(answer_schema(PARTS, ["tests"])))) == {
        "x-guidance", "type", "properties", "required", "additionalProperties", "items", "maxItems", "anyOf", "enum",
        "maxLength",
    }  # fmt: skip


@pytest.mark.parametrize("parts", [PARTS[:1], PARTS, (PARTS[0]._replace(added_lines=()),)])
def test_guidance_compiles_it_and_takes_answers_without_blanks_only(parts: tuple[Part, ...]) -> None:
    llguidance = pytest.importorskip("llguidance", reason="needs the wheel llguidance")
    schema = json.dumps(answer_schema(parts, ["tests", "correctness"]))
    grammar = llguidance.LLMatcher.grammar_from_json_schema(schema)
    assert not llguidance.LLMatcher.validate_grammar(grammar)
    tokens = llguidance.LLTokenizer("byte")
    lines = bool(parts[0].added_lines)
    for value, blanks, good in ((answer(), False, True), (answer(FINDING), False, lines), (answer(), True, False)):
        text = json.dumps(value) if blanks else json.dumps(value, separators=(",", ":"))
        matcher = llguidance.LLMatcher(tokens, grammar)
        taken = matcher.consume_tokens(tokens.tokenize_str(text))
        assert (taken and matcher.is_accepting()) == good
