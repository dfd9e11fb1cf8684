from __future__ import annotations

import pytest

from review_bot.rules.delta.dependencies import near_name
from review_bot.rules.delta.manifests import contradicts, dependencies, locked
from review_bot.rules.delta.popular import NPM, PYPI


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("requirements.txt", "Flask==2.0 # web\n-r other.txt\n", {"flask": "==2.0"}),
        ("requirements.txt", "requests>=2,<3; python_version>'3'\n", {"requests": ">=2,<3"}),
        ("pyproject.toml", '[project]\ndependencies = ["a>=1"]\n', {"a": ">=1"}),
        ("pyproject.toml", '[dependency-groups]\ndev = ["b"]\n', {"b": ""}),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3"\na = {version = "^1"}\n', {"a": "^1"}),
        ("package.json", '{"dependencies": {"a": "^1"}, "devDependencies": {"b": "2"}}', {"a": "^1", "b": "2"}),
        ("go.mod", "module x\n\nrequire (\n\tgithub.com/a/b v1.2.3\n)\n", {"github.com/a/b": "v1.2.3"}),
        ("Cargo.toml", '[dependencies]\nserde = "1"\n', {"serde": "1"}),
        ("Gemfile", 'gem "rails", "7.0"\n', {"rails": '"7.0"'}),
        ("setup.py", 'setup(\n    install_requires=[\n        "a>=1",\n    ],\n)\n', {"a": ">=1"}),
    ],
)  # fmt: skip
def test_dependencies(path: str, text: str, expected: dict[str, str]) -> None:
    assert dependencies(path, text) == expected


@pytest.mark.parametrize("path", ["package.json", "pyproject.toml", "Cargo.toml", "composer.json"])
def test_a_broken_manifest_has_none(path: str) -> None:
    assert dependencies(path, "{[broken") is None


def test_other_files_are_no_manifests() -> None:
    assert dependencies("a.py", "x = 1") is None


@pytest.mark.parametrize(
    ("path", "text", "name", "expected"),
    [
        ("yarn.lock", 'a@^1.0.0:\n  version "1.2.0"\n', "a", ["1.2.0"]),
        ("poetry.lock", '[[package]]\nname = "a-b"\nversion = "1.0"\n', "a-b", ["1.0"]),
        ("package-lock.json", '{"node_modules/a": {\n"version": "1.0.0"\n}}', "a", ["1.0.0"]),
        ("go.sum", "x.io/a v1.0.0 h1:x=\nx.io/a v1.0.0/go.mod h1:y=\n", "x.io/a", ["v1.0.0"]),
        ("Gemfile.lock", "GEM\n  specs:\n    a (1.0)\n", "a", ["1.0"]),
        ("yarn.lock", "", "a", []),
    ],
)
def test_locked_versions(path: str, text: str, name: str, expected: list[str]) -> None:
    assert locked(path, text, name) == expected


@pytest.mark.parametrize(
    ("spec", "versions", "expected"),
    [
        ("^1.2.0", ["1.3.0"], False),
        ("^2.0.0", ["1.3.0"], True),
        ("==1.2", ["1.2.0"], False),
        ("==1.2", ["1.3"], True),
        ("*", ["1.0"], False),
        ("^1.0 || ^2.0", ["1.0"], False),
        (">=1", [], True),
    ],
)
def test_contradictions(spec: str, versions: list[str], expected: bool) -> None:
    assert contradicts(spec, versions) == expected


@pytest.mark.parametrize(
    ("name", "near"),
    [("reqeusts", "requests"), ("nunpy", "numpy"), ("requests", None), ("my-shop", None), ("pandas2", "pandas")],
)
def test_slips_of_popular_names(name: str, near: str | None) -> None:
    assert near_name(name, PYPI) == near


def test_a_scope_is_no_slip() -> None:
    assert near_name("@types/express", NPM) is None
