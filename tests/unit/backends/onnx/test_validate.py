from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review_bot.backends.onnx.validate import keeps_to

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "thought": {"type": "string", "minLength": 1, "maxLength": 3},
        "sure": {"type": "boolean"},
        "share": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "rows": {
            "type": "array",
            "maxItems": 2,
            "items": {"anyOf": [{"const": "none"}, {"type": "object", "properties": {"line": {"enum": [3, 4]}}}]},
        },
    },
    "required": ["thought"],
    "additionalProperties": False,
}
WORDS = st.sampled_from(["thought", "sure", "share", "rows", "line", "other", "none", "abc", "abcd", ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.sampled_from([0, 1, 3, 4, 5, -1, 0.5, 2.5]) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=300)
@given(VALUES | st.fixed_dictionaries({"thought": WORDS}, optional={"share": VALUES, "rows": VALUES, "sure": VALUES}))
def test_it_says_what_a_full_validator_says(value: Any) -> None:
    expected = jsonschema.Draft202012Validator(SCHEMA).is_valid(value)
    assert keeps_to(json.dumps(value), SCHEMA) == expected


@pytest.mark.parametrize("text", ["", "{", "none", '{"thought":"a"} and more', "[" * 100_000])
def test_what_is_no_json_keeps_to_nothing(text: str) -> None:
    assert not keeps_to(text, {})
