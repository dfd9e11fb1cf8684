"""Types, bounds and names; what a wrong one is told."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_bot.config import load
from review_bot.config.check import from_environment, from_table, variable
from review_bot.config.model import Linter, leaves
from review_bot.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

FILE = ".review-bot.toml"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def complaint(root: Path, text: str, environ: dict[str, str] | None = None) -> str:
    (root / FILE).write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(str(root), environ=environ or {})
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fail_on = 'info'", "unknown key fail_on; did you mean fail-on?"),
        ("window = 4096", "unknown key window; did you mean model.window?"),
        ("[model]\nwindw = 4096", "unknown key model.windw; did you mean model.window?"),
        ("[modle]\nwindow = 4096", "unknown key modle; did you mean model?"),
        ("[model.ollama]\nhots = ''", "unknown key model.ollama.hots; did you mean model.ollama.host?"),
        ("[model.openai]\napi = ''", "unknown key model.openai.api; known are model.openai.url, "
         "model.openai.model, model.openai.key-env"),
        ("[[linters]]\nname = 'x'\ncommand = ['x']\ntimeout = 3",
         "unknown key linters[0].timeout; known are linters[0].name, linters[0].command, linters[0].deadline"),
        ("[[linters]]\nname = 'x'\ncomand = ['x']", "unknown key linters[0].comand; did you mean linters[0].command?"),
        ("\"a\\nb\" = 1", "unknown key a\\nb; known are "),
    ],
)  # fmt: skip
def test_unknown_keys_are_told_the_nearest_known_one(tmp_path: Path, text: str, expected: str) -> None:
    assert complaint(tmp_path, text).startswith(f"{FILE}: {expected}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fail-on = 'errror'", "fail-on is 'errror'; expected one of none, info, warning, error"),
        ("fail-on = true", "fail-on is true; expected one of none, info, warning, error"),
        ("select = 'py'", "select is 'py'; expected a list of texts"),
        ("select = ['py', 3]", "select is a list; expected a list of texts"),
        ("rule-paths = [\"a\\u0000\"]", "rule-paths is a list; expected a list of texts"),
        ("baseline = \"a\\u0000\"", "baseline is 'a\\x00'; expected a text"),
        ("severity = 'info'",
         "severity is 'info'; expected a table of rule id or prefix = one of error, warning, info"),
        ("severity.a = 'of'", "severity.a is 'of'; expected one of error, warning, info"),
        ("severity.a.b = 3", "severity.a.b is 3; expected one of error, warning, info"),
        ("model = 3", "model is 3; expected a table"),
        ("model.ollama = 'x'", "model.ollama is 'x'; expected a table"),
        ("[[model]]\nwindow = 3", "model is a list; expected a table"),
        ("model.window = true", "model.window is true; expected a whole number from 512 to 1048576"),
        ("model.window = 511", "model.window is 511; expected a whole number from 512 to 1048576"),
        ("model.window = 600.0", "model.window is 600.0; expected a whole number from 512 to 1048576"),
        ("model.window = '600'", "model.window is '600'; expected a whole number from 512 to 1048576"),
        (f"model.window = 0x{'f' * 5000}",
         "model.window is a number out of all bounds; expected a whole number from 512 to 1048576"),
        ("model.deadline = 0", "model.deadline is 0; expected a number above 0 and up to 31536000"),
        ("model.deadline = nan", "model.deadline is nan; expected a number above 0 and up to 31536000"),
        ("model.deadline = inf", "model.deadline is inf; expected a number above 0 and up to 31536000"),
        ("model.deadline = 2026-01-01", "model.deadline is 2026-01-01; expected a number above 0 and up to 31536000"),
        ("model.judge = 1", "model.judge is 1; expected true or false"),
        ("model.order = ['auto']",
         "model.order is a list; expected a list of onnx, ollama, llamacpp, openai, scripted"),
        ("memory.explore = 0.6", "memory.explore is 0.6; expected a number from 0 to 0.5"),
        ("linters = {}", "linters is a table; expected an array of tables"),
        ("linters = [1]", "linters[0] is 1; expected a table"),
        ("linters = [{}]", "linters[0] has no name; add name, a text that is not empty"),
        ("linters = [{name = 'x', command = []}]",
         "linters[0].command is a list; expected a list of texts that is not empty"),
        ("linters = [{name = 'x', command = ['x']}, {name = 'x', command = ['y']}]",
         "linters has two entries named 'x'; rename or remove one"),
    ],
)  # fmt: skip
def test_wrong_values_are_told_what_is_expected(tmp_path: Path, text: str, expected: str) -> None:
    assert complaint(tmp_path, text) == f"{FILE}: {expected}"


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    assert len(complaint(tmp_path, f"fail-on = '{'x' * 5000}'")) < 200


@pytest.mark.parametrize(
    "text", ["[severity]\n'py.style' = 'info'", "severity.py.style = 'info'", "[severity.py]\nstyle='info'"]
)
def test_severities_with_and_without_quotes(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)

    assert load(str(tmp_path), environ={}).config.severity == (("py.style", "info"),)


def test_linters(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('[[linters]]\nname = "ruff"\ncommand = ["ruff", "check"]\ndeadline = 5')

    (linter,) = load(str(tmp_path), environ={}).config.linters

    assert linter == Linter(name="ruff", command=("ruff", "check"), deadline=5)


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("FAIL_ON", "info", "fail_on", "info"),
        ("SELECT", "py.sql, secrets,", "select", ("py.sql", "secrets")),
        ("SELECT", '["a,b", "c"]', "select", ("a,b", "c")),
        ("EXCLUDE", "[ab]*.py", "exclude", ("[ab]*.py",)),
        ("SELECT", "[]", "select", ()),
        ("BASELINE", " b.json", "baseline", " b.json"),
        ("SEVERITY", '{ "py.style" = "info" }', "severity", (("py.style", "info"),)),
        ("LINTERS", '[{ name = "x", command = ["y"] }]', "linters", (Linter(name="x", command=("y",)),)),
    ],
)
def test_variables_at_the_top(name: str, text: str, key: str, value: object) -> None:
    config = load(None, environ={f"REVIEW_BOT_{name}": text}).config

    assert getattr(config, key) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", True), ("true", True), ("YES", True), ("on", True), ("0", False), ("False", False), ("no", False)],
)
def test_variables_that_say_yes_or_no(text: str, value: bool) -> None:
    assert load(None, environ={"REVIEW_BOT_MODEL_JUDGE": text}).config.model.judge is value


def test_variables_of_nested_tables() -> None:
    environ = {"REVIEW_BOT_MODEL_OLLAMA_HOST": "h", "REVIEW_BOT_MODEL_TOP_P": "0.5", "REVIEW_BOT_HOOK_DEADLINE": "2.5"}

    config = load(None, environ=environ).config

    assert (config.model.ollama.host, config.model.top_p, config.hook.deadline) == ("h", 0.5, 2.5)


def test_a_variable_adds_one_severity_to_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("severity = { 'py.style' = 'info', secrets = 'warning' }")

    loaded = load(str(tmp_path), environ={"REVIEW_BOT_SEVERITY_PY_STYLE": "error"})

    assert loaded.config.severity == (("secrets", "warning"), ("py_style", "error"))
    assert loaded.origins["severity"] == f"{FILE}, environment REVIEW_BOT_SEVERITY_PY_STYLE"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("MODEL_WINDW", "4096", "unknown variable; did you mean REVIEW_BOT_MODEL_WINDOW?"),
        ("XYZ", "1", "unknown variable; `review-bot config show` names the keys"),
        ("MODEL_WINDOW", "big", "model.window is 'big'; expected a whole number from 512 to 1048576"),
        ("MODEL_WINDOW", "9" * 5000, "model.window is "),
        ("MODEL_JUDGE", "maybe", "model.judge is 'maybe'; expected true or false"),
        ("MODEL_DEADLINE", "inf", "model.deadline is inf; expected a number above 0 and up to 31536000"),
        ("SELECT", "[1]", "select is a list; expected a list of texts"),
        ("SELECT", "[a]", "select is '[a]'; expected a list of texts"),
        ("LINTERS", "ruff", "linters is 'ruff'; expected an array of tables"),
        ("LINTERS", "[]\nx = 1", "linters is '[]\\nx = 1'; expected an array of tables"),
        ("LINTERS", "[" * 100_000, "linters is "),
        ("SEVERITY_PY", "of", "severity.py is 'of'; expected one of error, warning, info"),
    ],
)
def test_wrong_variables_are_named(name: str, text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, environ={f"REVIEW_BOT_{name}": text})

    assert str(caught.value).startswith(f"environment REVIEW_BOT_{name}: {expected}")


def test_wrong_flags_are_named() -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, flags={"model.window": "3"}, environ={})

    assert str(caught.value) == "--window: model.window is 3; expected a whole number from 512 to 1048576"


@pytest.mark.parametrize("name", ["REVIEW_BOT_CACHE_DIR", "REVIEW_BOT_MODEL_DIR", "REVIEW_BOT_OFFLINE", "REVIEW_BOTX"])
def test_variables_that_are_no_keys(name: str) -> None:
    assert load(None, environ={name: "1"}).config.fail_on == "error"


def test_a_secret_of_the_user_may_begin_with_our_prefix(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("[memory]\nactor-key-env = 'REVIEW_BOT_ACTOR_KEY'")
    environ = {
        "REVIEW_BOT_ACTOR_KEY": "s3",
        "REVIEW_BOT_TOKEN": "s4",
        "REVIEW_BOT_MODEL_OPENAI_KEY_ENV": "REVIEW_BOT_TOKEN",
    }

    assert load(str(tmp_path), environ=environ).config.model.openai.key_env == "REVIEW_BOT_TOKEN"


def test_no_two_keys_share_a_variable() -> None:
    names = [variable(dotted) for dotted, _ in leaves()]

    assert len(names) == len(set(names))


@given(st.sampled_from([dotted for dotted, _ in leaves()]), VALUES)
def test_no_value_gives_anything_but_our_error(dotted: str, value: Any) -> None:
    for name in reversed(dotted.split(".")):
        value = {name: value}
    with contextlib.suppress(ConfigError):
        from_table(value, FILE)


@given(st.sampled_from([dotted for dotted, _ in leaves()]), st.text("[]{}=\"', 1.-eEnaixfTt\n", max_size=20))
def test_no_variable_gives_anything_but_our_error(dotted: str, text: str) -> None:
    with contextlib.suppress(ConfigError):
        from_environment({variable(dotted): text}, [])


def test_pairs_of_name_and_text(tmp_path: Path) -> None:
    (tmp_path / ".review-bot.toml").write_text('[model.onnx]\nadapters = { python = "a", go = "b" }\n')
    assert load(str(tmp_path)).config.model.onnx.adapters == (("python", "a"), ("go", "b"))


@pytest.mark.parametrize("text", ['"a"', "{ python = 7 }", '{ python = "" }', '["a"]', "{ python = { a = 1 } }"])
def test_pairs_that_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / ".review-bot.toml").write_text(f"[model.onnx]\nadapters = {text}\n")
    with pytest.raises(ConfigError, match=r"model\.onnx\.adapters"):
        load(str(tmp_path))
