"""The schema, the TOML text and the docs say the same as the declarations."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from review_bot.config import Config, load
from review_bot.config.check import from_table
from review_bot.config.describe import config_docs, effective, schema, toml
from review_bot.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

FULL = """
fail-on = "warning"
filter = "file"
select = ["py", "secrets"]
ignore = ["py.style"]
rule-paths = ["rules"]
[severity]
py.style = "info"
"js.eval" = "error"
[hook]
deadline = 2.5
[model]
order = ["onnx", "ollama"]
onnx = { path = "models/x", threads = 2 }
breaker = { failures = 1, pause = 0.5 }
[memory]
enabled = false
[github]
max-comments = 3
[[linters]]
name = "ruff"
command = ["ruff", "check"]
"""
SCALARS = (
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = SCALARS | st.lists(SCALARS) | st.dictionaries(st.text(), SCALARS)


def accepts(document: dict[str, Any]) -> bool:
    return bool(Draft202012Validator(schema()).is_valid(document))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("text", ["", FULL], ids=["empty", "full"])
def test_the_schema_accepts_what_we_accept(text: str) -> None:
    document = tomli.loads(text)

    assert accepts(document)
    from_table(document, "here")


@pytest.mark.parametrize(
    "text",
    [
        "wrong = 1",
        "fail-on = 'x'",
        "model.window = 3",
        "model.window = true",
        "model.deadline = 0",
        "model.wrong = 1",
        "model.order = ['auto']",
        "severity.a = 'x'",
        "severity.a.b = 1",
        "linters = [{}]",
        "linters = [{name = 'x', command = []}]",
    ],
)
def test_the_schema_refuses_what_we_refuse(text: str) -> None:
    document = tomli.loads(text)

    assert not accepts(document)
    with pytest.raises(ConfigError):
        from_table(document, "here")


def test_defaults_in_the_schema_are_those_of_the_configuration() -> None:
    properties = schema()["properties"]

    assert properties["exclude"]["default"] == list(Config().exclude)
    assert properties["model"]["properties"]["top-p"] == {
        "description": "share of the likeliest tokens to choose from",
        "default": 0.9,
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 1,
    }


def test_the_effective_configuration_can_be_read_back(tmp_path: Path) -> None:
    (tmp_path / ".review-bot.toml").write_text(FULL)
    first = load(str(tmp_path), environ={})
    text = "\n".join(f"{key} = {toml(value)}" for key, value in effective(first.config))
    (tmp_path / ".review-bot.toml").write_text(text)

    assert load(str(tmp_path), environ={}).config == first.config
    assert accepts(tomli.loads(text))


@given(VALUES)
def test_any_value_is_written_as_toml_on_one_printable_line(value: Any) -> None:
    text = toml(value)

    assert text.isprintable()
    assert tomli.loads(f"value = {text}")["value"] == value


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    assert toml("a\udcff\U000e0001") == '"a\\ufffd\\U000e0001"'


def test_the_page_of_the_docs_is_up_to_date() -> None:
    page = os.path.join(os.path.dirname(__file__), "..", "..", "..", "docs", "configuration.md")
    with open(page, encoding="utf-8") as stream:
        text = stream.read()

    generated = text.partition("<!-- begin: keys -->\n")[2].partition("<!-- end: keys -->")[0]
    assert generated == config_docs() + "\n"
